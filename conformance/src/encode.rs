//! Bodies of requests, in the encoding that a variant wants.

use {
    crate::{protobuf, variant::Encoding},
    bytes::Bytes,
    serde_json::{Value, json},
};

/// Writes a body. Protobuf cannot do without kind and apiVersion, so those of `kind` are added.
pub fn body(body: Value, kind: Option<&str>, encoding: Encoding) -> Result<Bytes, String> {
    match encoding {
        Encoding::Json => Ok(Bytes::from(body.to_string())),
        Encoding::Yaml => {
            let text = serde_saphyr::to_string(&body).map_err(|error| error.to_string())?;
            Ok(Bytes::from(text))
        }
        Encoding::Protobuf => {
            let mut whole = json!({"apiVersion": "authentication.k8s.io/v1"});
            if let Some(kind) = kind {
                whole["kind"] = kind.into();
            }
            crate::given::merge(&mut whole, &body);
            Ok(Bytes::from(protobuf::encode(&whole)?))
        }
    }
}

/// Reads hexadecimal digits; white space is free.
pub fn hex(text: &str) -> Result<Bytes, String> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|it| !it.is_whitespace())
        .map(|it| it.to_digit(16).ok_or_else(|| format!("{it} is not a hexadecimal digit")))
        .collect::<Result<_, _>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).map_err(|error| error.to_string()),
        _ => Err("a byte is two digits".to_owned()),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_become_bytes() {
        assert_eq!(hex("6b 38\n7300").unwrap(), Bytes::from_static(b"k8s\0"));
        assert!(hex("6").is_err());
        assert!(hex("zz").is_err());
    }
}
