//! What the settings come to, as a settings file that would set them so.

use {
    clap::{ArgMatches, Args, Command, parser::ValueSource},
    std::{any::TypeId, fmt::Write},
    token_emulator::{Config, credential::Credential},
};

/// The settings that have a value, each with where it comes from. A credential is not shown.
pub(crate) fn text(given: &ArgMatches) -> String {
    let command = Config::augment_args(Command::new("config"));
    let mut text = String::new();
    for argument in command.get_arguments() {
        let (id, Some(name)) = (argument.get_id().as_str(), argument.get_long()) else { continue };
        let Some(values) = given.get_raw(id) else { continue };
        let values: Vec<_> = values.map(|value| value.to_string_lossy().into_owned()).collect();
        let source = match given.value_source(id) {
            Some(ValueSource::DefaultValue) => "default",
            Some(ValueSource::EnvVariable) => "environment",
            _ => "flag or file",
        };
        let line = match values.as_slice() {
            _ if is_credential(argument) => format!("# {name}: is set, and not shown"),
            [one]
                if argument.get_num_args().is_none_or(|range| range.max_values() <= 1)
                    && !is_list(argument) =>
            {
                format!("{name}: {}", quoted(one))
            }
            many => {
                let many: Vec<_> = many.iter().map(|value| quoted(value)).collect();
                format!("{name}: [{}]", many.join(", "))
            }
        };
        let _ = writeln!(text, "{line} # {source}");
    }
    text
}

/// Its type says so, and keeps it out of every log.
fn is_credential(argument: &clap::Arg) -> bool {
    argument.get_value_parser().type_id() == TypeId::of::<Credential>()
}

fn is_list(argument: &clap::Arg) -> bool {
    matches!(argument.get_action(), clap::ArgAction::Append)
}

/// A value as YAML takes it for what it is.
fn quoted(value: &str) -> String {
    if matches!(value, "true" | "false") {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}
