//! The settings file: YAML whose keys are the flags' names. It is read as flags that were given
//! before all others, so that there is one way to read a value.

use {
    crate::{
        config::{Config, ConfigError, variables::meant},
        yaml,
    },
    clap::{ArgMatches, Args, Command, parser::ValueSource},
    serde_json::{Map, Value},
    std::path::Path,
};

/// Reads flags, and the environment for those that are not given. The first is the program.
#[cfg(test)]
pub(super) fn parse(arguments: &[&str]) -> Result<Config, ConfigError> {
    let matches = Config::augment_args(Command::new("config"))
        .try_get_matches_from(arguments)
        .map_err(|error| ConfigError(error.to_string()))?;
    clap::FromArgMatches::from_arg_matches(&matches).map_err(|error| ConfigError(error.to_string()))
}

/// What a file sets, as flags; what `given` sets by flag or by environment is left out.
pub fn file_arguments(path: &Path, given: &ArgMatches) -> Result<Vec<String>, ConfigError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("{shown} cannot be read: {error}")))?;
    let settings = settings(&text).map_err(|error| ConfigError(format!("{shown}: {error}")))?;
    let mut arguments = Vec::new();
    for (key, value) in settings {
        let flags =
            flags(&key, &value).map_err(|error| ConfigError(format!("{shown}: {key}: {error}")))?;
        let source = given.value_source(&key.replace('-', "_"));
        if !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            arguments.extend(flags);
        }
    }
    Ok(arguments)
}

fn settings(text: &str) -> Result<Map<String, Value>, String> {
    let settings = match serde_saphyr::from_str(text) {
        Ok(Value::Object(settings)) => settings,
        Ok(Value::Null) => Map::new(),
        Ok(_) => {
            return Err("a mapping of settings is wanted, a line `listen: 127.0.0.1:0` each".into());
        }
        Err(error) => return Err(yaml::told(&error)),
    };
    let command = Config::augment_args(Command::new("config"));
    let known: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    match settings.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => {
            let meant = meant(key, &known);
            Err(format!("unknown key {key:?}{meant}; allowed are {}", known.join(", ")))
        }
        None => Ok(settings),
    }
}

fn flags(key: &str, value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) if is_list(key) => {
            values.iter().map(|value| Ok(format!("--{key}={}", scalar(value)?))).collect()
        }
        value => Ok(vec![format!("--{key}={}", scalar(value)?)]),
    }
}

/// Whether a setting takes several values.
fn is_list(key: &str) -> bool {
    let command = Config::augment_args(Command::new("config"));
    command.get_arguments().any(|argument| {
        argument.get_long() == Some(key) && argument.get_value_delimiter().is_some()
    })
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Err("a value is wanted; leave the key out for the default".to_owned()),
        Value::Array(_) => Err("it takes one value, and no list".to_owned()),
        Value::Object(_) => Err("it takes a text, a number, true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    fn given(flags: &[&str]) -> ArgMatches {
        let arguments = std::iter::once(&"config").chain(flags);
        Config::augment_args(Command::new("config")).try_get_matches_from(arguments).unwrap()
    }

    fn file(text: &str, flags: &[&str]) -> Result<Vec<String>, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file_arguments(file.path(), &given(flags))
    }

    #[test]
    fn no_flag_gives_the_defaults() {
        assert_eq!(parse(&["config"]).unwrap(), Config::default());
    }

    #[test]
    fn a_bare_flag_is_true() {
        assert!(parse(&["config", "--controllers"]).unwrap().controllers);
        assert!(!parse(&["config", "--controllers=false"]).unwrap().controllers);
    }

    #[test]
    fn a_file_is_read_as_flags() {
        let text = "controllers: false\nservice-account-issuer: [https://a, https://b]\n";
        let mut arguments = file(text, &[]).unwrap();
        arguments.insert(0, "config".to_owned());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let config = parse(&arguments).unwrap();
        assert_eq!(config.service_account_issuer, ["https://a", "https://b"]);
        assert!(!config.controllers);
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        assert!(file("controllers: false", &["--controllers"]).unwrap().is_empty());
        assert_eq!(file("listen: '[::1]:0'", &[]).unwrap(), ["--listen=[::1]:0"]);
    }

    #[test]
    fn an_unknown_key_is_told_which_are_known() {
        let error = file("listn: x", &[]).unwrap_err().0;
        assert!(
            error.contains(
                "unknown key \"listn\" (is listen meant?); allowed are listen, ready-file"
            ),
            "{error}"
        );
    }

    #[rstest]
    #[case("listen: x\ncontrol-token: hush\n  bad: [", "line 3, column 6: this is not YAML")]
    #[case("control-token: \"hush", "line 1, column 16: this is not YAML")]
    #[case("control-token: *hush", "an alias names no anchor")]
    #[case("hush: a\nhush: b", "line 2, column 1: a key is given twice")]
    #[case("control-token: hush\n---\nlisten: x", "more than one document")]
    fn an_error_tells_where_but_not_what(#[case] text: &str, #[case] expected: &str) {
        let error = file(text, &[]).unwrap_err().0;
        assert!(error.contains(expected) && !error.contains("hush"), "{error}");
    }

    #[test]
    fn a_value_of_another_shape_is_refused() {
        assert!(file("listen: [a, b]", &[]).is_err());
        assert!(file("controllers: {a: b}", &[]).is_err());
        assert!(file("- listen", &[]).is_err());
        assert!(file("", &[]).unwrap().is_empty());
    }
}
