//! The claims of a token that a client sent, decoded as go-jose decodes them: first those of every
//! JWT, then those of Kubernetes.
//!
//! Sources: go-jose `jwt/claims.go`; kubernetes `pkg/serviceaccount/{claims,legacy}.go`.

use {
    super::members::{self, Members, Undecodable, Wrong, kind, object, set_text},
    serde_json::Value,
};

/// The claims that every JWT may have.
#[derive(Debug, Default)]
pub struct Public {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// `aud`, whether one or several.
    pub audiences: Vec<String>,
    /// `exp`, in seconds.
    pub expiry: Option<i64>,
    /// `nbf`
    pub not_before: Option<i64>,
    /// `iat`
    pub issued_at: Option<i64>,
    /// `jti`; empty when there is none.
    pub id: String,
}

/// The claim `kubernetes.io` of a token that was issued.
#[derive(Debug, Default)]
pub struct Issued {
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: Reference,
    /// The pod that it is bound to.
    pub pod: Option<Reference>,
    /// The secret that it is bound to.
    pub secret: Option<Reference>,
    /// The node that it is bound to, or that its pod runs on.
    pub node: Option<Reference>,
    /// Whether it is bound to a webhook configuration.
    pub webhook: bool,
}

/// What a token of a Secret says.
#[derive(Debug, Default)]
pub struct Legacy {
    /// The service account's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its identity.
    pub uid: String,
    /// The Secret that the token lives in.
    pub secret: String,
}

/// A name and an identity; what is absent is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The object's name.
    pub name: String,
    /// Its identity.
    pub uid: String,
}

/// Claims that only one kind of token has.
pub(super) trait Private: Sized {
    /// Decodes them.
    fn decode(payload: &Members<'_>) -> Result<Self, Wrong>;
}

/// What go-jose says of a time that is no number.
const NOT_A_TIME: &str = "expected number value to unmarshal NumericDate";
/// What go-jose says of an `aud` that is neither text nor a list of texts.
const NOT_AN_AUDIENCE: &str = "expected string or array value to unmarshal to Audience";

/// All claims of a payload.
pub(super) fn claims<T: Private>(payload: &str) -> Result<(Public, T), Undecodable> {
    let members = Members::read(payload).unwrap_or_default();
    let public = Public::decode(&members).map_err(Wrong::told)?;
    Ok((public, T::decode(&members).map_err(Wrong::told)?))
}

impl Public {
    fn decode(payload: &Members<'_>) -> Result<Self, Wrong> {
        let mut claims = Self::default();
        payload.decode(|name, value| {
            match name {
                "iss" => set_text(&mut claims.issuer, value)?,
                "sub" => set_text(&mut claims.subject, value)?,
                "jti" => set_text(&mut claims.id, value)?,
                "aud" => claims.audiences = audiences(value)?,
                "exp" => claims.expiry = seconds(value)?,
                "nbf" => claims.not_before = seconds(value)?,
                "iat" => claims.issued_at = seconds(value)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(claims)
    }
}

impl Private for Issued {
    fn decode(payload: &Members<'_>) -> Result<Self, Wrong> {
        let mut claims = Self::default();
        let Some(kubernetes) = payload.get("kubernetes.io") else { return Ok(claims) };
        object(kubernetes, "serviceaccount.kubernetes")?.decode(|name, value| {
            match name {
                "namespace" => set_text(&mut claims.namespace, value)?,
                "serviceaccount" => set_reference(&mut claims.service_account, value)?,
                "pod" => claims.pod = reference(value)?,
                "secret" => claims.secret = reference(value)?,
                "node" => claims.node = reference(value)?,
                "validatingwebhookconfiguration" | "mutatingwebhookconfiguration" => {
                    claims.webhook |= reference(value)?.is_some();
                }
                "attestations" => attestations(value)?,
                "warnafter" => drop(seconds(value)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(claims)
    }
}

impl Private for Legacy {
    fn decode(payload: &Members<'_>) -> Result<Self, Wrong> {
        let mut claims = Self::default();
        payload.decode(|name, value| {
            match name.strip_prefix("kubernetes.io/serviceaccount/").unwrap_or_default() {
                "namespace" => set_text(&mut claims.namespace, value),
                "secret.name" => set_text(&mut claims.secret, value),
                "service-account.name" => set_text(&mut claims.name, value),
                "service-account.uid" => set_text(&mut claims.uid, value),
                _ => Ok(()),
            }
        })?;
        Ok(claims)
    }
}

fn reference(value: &str) -> Result<Option<Reference>, Wrong> {
    let mut reference = Reference::default();
    set_reference(&mut reference, value)?;
    Ok((kind(value) != "null").then_some(reference))
}

fn set_reference(reference: &mut Reference, value: &str) -> Result<(), Wrong> {
    object(value, "serviceaccount.ref")?.decode(|name, value| match name {
        "name" => set_text(&mut reference.name, value),
        "uid" => set_text(&mut reference.uid, value),
        _ => Ok(()),
    })
}

fn attestations(value: &str) -> Result<(), Wrong> {
    let attestations = object(value, "map[string]authentication.AttestationValue")?;
    attestations
        .decode(|_, value| members::texts(value, "authentication.AttestationValue").map(drop))
}

fn seconds(value: &str) -> Result<Option<i64>, Wrong> {
    let wrong = || Wrong::Now(Undecodable::Expected(NOT_A_TIME));
    match kind(value) {
        "null" => Ok(None),
        "number" => {
            let seconds = value.parse().ok().filter(|seconds: &f64| seconds.is_finite());
            Ok(Some(whole(seconds.ok_or_else(wrong)?)))
        }
        _ => Err(wrong()),
    }
}

/// A number without its fraction. What an i64 cannot hold is what amd64 makes of it in Go.
fn whole(number: f64) -> i64 {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    if fits { number as i64 } else { i64::MIN }
}

fn audiences(value: &str) -> Result<Vec<String>, Wrong> {
    let wrong = || Wrong::Now(Undecodable::Expected(NOT_AN_AUDIENCE));
    match serde_json::from_str(value) {
        Ok(Value::String(audience)) => Ok(vec![audience]),
        Ok(Value::Array(audiences)) => audiences
            .into_iter()
            .map(|audience| audience.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case(r#"{"exp": "soon"}"#, Undecodable::Expected(NOT_A_TIME))]
    #[case(r#"{"exp": 1e999}"#, Undecodable::Expected(NOT_A_TIME))]
    #[case(r#"{"aud": 7}"#, Undecodable::Expected(NOT_AN_AUDIENCE))]
    #[case(r#"{"aud": null}"#, Undecodable::Expected(NOT_AN_AUDIENCE))]
    #[case(r#"{"aud": ["a", 7]}"#, Undecodable::Expected(NOT_AN_AUDIENCE))]
    #[case(r#"{"sub": [], "aud": 7}"#, Undecodable::Expected(NOT_AN_AUDIENCE))]
    #[case(r#"{"jti": 7}"#, Undecodable::Type { found: "number", wanted: "string" })]
    #[case(r#"{"x": 1, "x": 2}"#, Undecodable::Duplicate("x".to_owned()))]
    #[case(
        r#"{"kubernetes.io": "x"}"#,
        Undecodable::Type { found: "string", wanted: "serviceaccount.kubernetes" }
    )]
    #[case(
        r#"{"kubernetes.io": {"pod": 7}}"#,
        Undecodable::Type { found: "number", wanted: "serviceaccount.ref" }
    )]
    #[case(
        r#"{"kubernetes.io": {"node": {"uid": {}}}}"#,
        Undecodable::Type { found: "object", wanted: "string" }
    )]
    #[case(
        r#"{"kubernetes.io": {"attestations": {"a": "b"}}}"#,
        Undecodable::Type { found: "string", wanted: "authentication.AttestationValue" }
    )]
    fn claims_of_the_wrong_type_say_what_was_expected(
        #[case] payload: &str,
        #[case] expected: Undecodable,
    ) {
        assert_eq!(claims::<Issued>(payload).unwrap_err(), expected);
    }

    #[test]
    fn null_is_nothing_and_fractions_are_cut_off() {
        let payload = r#"{"aud": "a", "exp": 1.9, "nbf": null, "iat": 1e19,
                          "kubernetes.io": {"namespace": "n", "pod": null, "secret": {}}}"#;
        let (public, issued) = claims::<Issued>(payload).unwrap();
        assert_eq!((public.audiences, public.expiry), (vec!["a".to_owned()], Some(1)));
        assert_eq!((public.not_before, public.issued_at), (None, Some(i64::MIN)));
        assert_eq!((issued.pod, issued.secret), (None, Some(Reference::default())));
        assert_eq!(issued.namespace, "n");
        assert!(claims::<Issued>(r#"{"kubernetes.io": null}"#).is_ok());
    }
}
