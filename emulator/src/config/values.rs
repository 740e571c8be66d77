//! How single values are read.

use {
    crate::world::settings::{AuthorizationMode, GoogleAuth},
    clap::builder::{PossibleValuesParser, TypedValueParser},
    std::net::{SocketAddr, ToSocketAddrs},
};

/// An address and a port; a name is looked up.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let allowed = "an address and a port, such as 127.0.0.1:8693, [::1]:0 or localhost:8693";
    let refused = |error: &dyn std::fmt::Display| format!("{error}; allowed is {allowed}");
    text.to_socket_addrs()
        .map_err(|error| refused(&error))?
        .next()
        .ok_or_else(|| refused(&"the name has no address"))
}

pub(super) fn authorization_mode() -> impl TypedValueParser<Value = AuthorizationMode> {
    PossibleValuesParser::new(["AlwaysAllow", "RBAC"]).map(|mode| match mode.as_str() {
        "RBAC" => AuthorizationMode::Rbac,
        _ => AuthorizationMode::AlwaysAllow,
    })
}

pub(super) fn google_auth() -> impl TypedValueParser<Value = GoogleAuth> {
    PossibleValuesParser::new(["off", "strict"]).map(|mode| match mode.as_str() {
        "strict" => GoogleAuth::Strict,
        _ => GoogleAuth::Off,
    })
}
