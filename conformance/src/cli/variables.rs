//! The environment variables that the program reads. One that is named like them and is none of them
//! is a mistake.

use {
    super::{Exit, flags::Cli},
    clap::CommandFactory,
};

/// How the names of all of them begin.
const PREFIX: &str = "TOKEN_CONFORMANCE_";

/// Refuses the variables that look as if they were read and are not.
pub(super) fn check(names: impl IntoIterator<Item = String>) -> Result<(), Exit> {
    let command = Cli::command();
    let flags = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let mut known: Vec<_> = flags.filter_map(|flag| flag.get_env()?.to_str()).collect();
    known.sort_unstable();
    known.dedup();
    let is_known = |name: &str| known.contains(&name) || is_of_a_service(name);
    let mut unknown = names.into_iter().filter(|name| name.starts_with(PREFIX) && !is_known(name));
    match unknown.next() {
        Some(name) => Err(Exit::usage(format!(
            "the environment variable {name} is unknown; allowed are {}",
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Whether Kubernetes puts such a variable into each container, for a service whose name begins as
/// the program's does. Source: kubernetes `pkg/kubelet/envvars/envvars.go`.
fn is_of_a_service(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    let words: Vec<_> = rest.split('_').collect();
    let is_service = words.windows(2).any(|two| matches!(two, ["SERVICE", "HOST" | "PORT"]));
    let is_port = words.windows(3).any(|three| {
        matches!(three, ["PORT", number, "TCP" | "UDP" | "SCTP"] if number.parse::<u16>().is_ok())
    });
    is_service || is_port || words.last() == Some(&"PORT")
}

#[cfg(test)]
mod tests {
    use {super::check, rstest::rstest};

    #[rstest]
    #[case("TOKEN_CONFORMANCE_TOKEN", true)]
    #[case("TOKEN_CONFORMANCE_ACCESS_TOKEN", true)]
    #[case("TOKEN_CONFORMANCE_SERVICE_HOST", true)]
    #[case("TOKEN_CONFORMANCE_SERVICE_PORT_HTTP", true)]
    #[case("TOKEN_CONFORMANCE_PORT", true)]
    #[case("TOKEN_CONFORMANCE_CI_PORT_80_TCP_ADDR", true)]
    #[case("HOME", true)]
    #[case("TOKEN_CONFORMANCE_SERVER", false)]
    #[case("TOKEN_CONFORMANCE_ACESS_TOKEN", false)]
    #[case("TOKEN_CONFORMANCE_", false)]
    fn a_variable_that_is_not_read_is_refused(#[case] name: &str, #[case] known: bool) {
        let checked = check([name.to_owned()]);
        assert_eq!(checked.is_ok(), known);
        if let Err(exit) = checked {
            assert_eq!(exit.0, 2);
            assert!(exit.1.contains("TOKEN_CONFORMANCE_ACCESS_TOKEN, TOKEN_CONFORMANCE_TOKEN"));
        }
    }
}
