//! What a call says beside its message: how long it may take, and values in base64.

use {
    super::super::status::{Code, Status},
    base64::{
        Engine, alphabet,
        engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    },
    http::HeaderMap,
    std::time::Duration,
};

/// The most digits that a timeout has. Source: gRPC's `PROTOCOL-HTTP2.md`, `TimeoutValue`.
const DIGITS: usize = 8;

/// Binary values come with padding and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Refuses what cannot be read, and a deadline that has passed before the work begins.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Status> {
    let is_broken = |value: &[u8]| {
        let mut values = value.split(|byte| *byte == b',');
        values.any(|value| BASE64.decode(value.trim_ascii()).is_err())
    };
    let mut values = headers.iter().filter(|(name, _)| name.as_str().ends_with("-bin"));
    if let Some((name, _)) = values.find(|(_, value)| is_broken(value.as_bytes())) {
        let message = format!("Malformed binary metadata in header {name}.");
        return Err(Status::new(Code::Internal, message));
    }
    if !headers.contains_key("grpc-timeout") {
        return Ok(());
    }
    match timeout(headers) {
        None => Err(Status::new(Code::Internal, "Malformed grpc-timeout.")),
        Some(Duration::ZERO) => Err(too_late()),
        Some(_) => Ok(()),
    }
}

/// How long a call may take; `None` when it does not say, or not so that it can be read.
pub(crate) fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let timeout = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    if digits.len() > DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    let unit = match unit {
        "H" => Duration::from_secs(3600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    unit.checked_mul(number)
}

/// A deadline that has passed.
pub(crate) fn too_late() -> Status {
    Status::new(Code::DeadlineExceeded, "Deadline expired before operation could complete.")
}
