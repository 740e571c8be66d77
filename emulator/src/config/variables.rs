//! The environment variables of settings. One that is none of them is a mistake, as an unknown key
//! of the file is.

use {
    crate::config::{Config, ConfigError},
    clap::{Args, Command},
};

/// How the names of all of them begin.
const PREFIX: &str = "TOKEN_EMULATOR_";

/// The one that names the settings file.
const FILE: &str = "TOKEN_EMULATOR_CONFIG";

/// What `exec` and `env` set for clients.
const CLIENTS: [&str; 4] = [
    "TOKEN_EMULATOR_URL",
    "TOKEN_EMULATOR_HTTPS_URL",
    "TOKEN_EMULATOR_CA_FILE",
    "TOKEN_EMULATOR_TOKEN_FILE",
];

/// Refuses the variables that look like settings and are none.
pub fn check_variables(names: impl IntoIterator<Item = String>) -> Result<(), ConfigError> {
    let command = Config::augment_args(Command::new("config"));
    let settings = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
    let known: Vec<_> = settings.chain([FILE]).collect();
    let is_known = |name: &str| {
        known.contains(&name) || CLIENTS.contains(&name) || is_of_a_service(name, PREFIX)
    };
    let mut unknown = names.into_iter().filter(|name| name.starts_with(PREFIX) && !is_known(name));
    match unknown.next() {
        Some(name) => Err(ConfigError(format!(
            "the environment variable {name} is unknown{}; allowed are {}",
            meant(&name, &known),
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Whether Kubernetes puts such a variable into each container, for a service whose name begins as
/// the program's does: `TOKEN_EMULATOR_SERVICE_HOST`, `TOKEN_EMULATOR_PORT_8693_TCP_ADDR`.
/// Source: kubernetes `pkg/kubelet/envvars/envvars.go`.
fn is_of_a_service(name: &str, prefix: &str) -> bool {
    let Some(rest) = name.strip_prefix(prefix) else { return false };
    // The service may have a longer name.
    let is_of = |part: &str| rest == part || rest.ends_with(&format!("_{part}"));
    let is_port = || {
        let rest = rest.strip_prefix("PORT_").or_else(|| Some(rest.split_once("_PORT_")?.1));
        let mut parts = rest.unwrap_or_default().split('_');
        let [number, protocol, what, end] = [(); 4].map(|()| parts.next());
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        number.is_some_and(is_number)
            && matches!(protocol, Some("TCP" | "UDP" | "SCTP"))
            && matches!(what, None | Some("PROTO" | "PORT" | "ADDR"))
            && end.is_none()
    };
    let is_named = || rest.starts_with("SERVICE_PORT_") || rest.contains("_SERVICE_PORT_");
    is_of("SERVICE_HOST") || is_of("SERVICE_PORT") || is_of("PORT") || is_named() || is_port()
}

/// A name without what all of them have in common.
fn own(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// What was meant by a name that is unknown, if one that is known is like it.
pub(super) fn meant(name: &str, known: &[&str]) -> String {
    let likeness = |known: &&str| strsim::jaro(own(name), own(known));
    let closest = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match closest.filter(|closest| likeness(closest) > 0.8) {
        Some(closest) => format!(" (is {closest} meant?)"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[rstest]
    #[case("TOKEN_EMULATOR_LISTEN", true)]
    #[case("TOKEN_EMULATOR_CONFIG", true)]
    #[case("TOKEN_EMULATOR_HTTPS_URL", true)]
    #[case("TOKEN_EMULATOR_SERVICE_HOST", true)]
    #[case("TOKEN_EMULATOR_SERVICE_PORT", true)]
    #[case("TOKEN_EMULATOR_SERVICE_PORT_HTTPS", true)]
    #[case("TOKEN_EMULATOR_PORT", true)]
    #[case("TOKEN_EMULATOR_PORT_8693_TCP", true)]
    #[case("TOKEN_EMULATOR_PORT_8693_TCP_PROTO", true)]
    #[case("TOKEN_EMULATOR_PORT_8693_TCP_PORT", true)]
    #[case("TOKEN_EMULATOR_PORT_8693_TCP_ADDR", true)]
    #[case("TOKEN_EMULATOR_CI_SERVICE_HOST", true)]
    #[case("TOKEN_EMULATOR_CI_PORT_8693_TCP_ADDR", true)]
    #[case("PATH", true)]
    #[case("TOKEN_EMULATOR_LISTN", false)]
    #[case("TOKEN_EMULATOR_", false)]
    #[case("TOKEN_EMULATOR_PORT_8693_HTTP", false)]
    #[case("TOKEN_EMULATOR_PORT_8693_TCP_ADDRESS", false)]
    #[case("TOKEN_EMULATOR_PORTS", false)]
    #[case("TOKEN_EMULATOR_GOOGLE-AUTH", false)]
    fn a_variable_that_is_none_is_refused(#[case] name: &str, #[case] known: bool) {
        assert_eq!(check_variables([name.to_owned()]).is_ok(), known);
    }

    #[rstest]
    #[case(
        "TOKEN_EMULATOR_LISTN",
        "is unknown (is TOKEN_EMULATOR_LISTEN meant?); allowed are TOKEN_"
    )]
    #[case("TOKEN_EMULATOR_", "TOKEN_EMULATOR_ is unknown; allowed are TOKEN_EMULATOR_LISTEN, ")]
    fn the_one_that_was_meant_is_named(#[case] name: &str, #[case] expected: &str) {
        let error = check_variables([name.to_owned()]).unwrap_err().0;
        assert!(error.contains(expected), "{error}");
    }
}
