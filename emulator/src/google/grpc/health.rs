//! `grpc.health.v1.Health`: a convenience that the real endpoint does not have.
//!
//! Its two messages have one field each, so they are read and written by hand.

use super::super::{
    SERVICES,
    status::{Code, Status},
};

/// `HealthCheckResponse { status: SERVING }`
const SERVING: [u8; 2] = [0x08, 0x01];

/// Check: the whole server, or one of its services.
pub(super) fn check(request: &[u8]) -> Result<Vec<u8>, Status> {
    let service = match request {
        [] => "",
        [0x0a, length, name @ ..] if usize::from(*length) == name.len() => {
            std::str::from_utf8(name).map_err(|_| unknown())?
        }
        _ => return Err(unknown()),
    };
    if service.is_empty() || SERVICES.iter().any(|api| api.schema().has_service(service)) {
        Ok(SERVING.into())
    } else {
        Err(unknown())
    }
}

fn unknown() -> Status {
    Status::new(Code::NotFound, "unknown service")
}
