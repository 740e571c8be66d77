//! Flags in, exit code out: 0 when told to stop, 1 when something failed, 2 for a bad setting.

use {
    crate::{banner, signals::Signals},
    clap::{ArgMatches, Args, Command, FromArgMatches, Parser},
    std::{ffi::OsString, io::Write, path::PathBuf, process::ExitCode},
    token_emulator::{
        Config, Emulator, StartError,
        config::{ConfigError, file_arguments},
    },
};

/// An in-memory emulator of the Kubernetes TokenRequest API and of GKE Multi-Cloud's
/// generateAttachedClusterAgentToken
#[derive(Debug, Parser)]
#[command(name = "token-emulator", version, arg_required_else_help = true)]
enum Cli {
    /// Answer both APIs, over http and https, on one port
    #[command(after_help = SETTINGS)]
    Serve(Serve),
}

const SETTINGS: &str = "\
Every flag is also an environment variable, and a key of the settings file. A flag wins over the
environment, the environment over the file, the file over the default.
Durations are written as Go writes them: 1h30m, 10s, 200ms, 0.";

#[derive(Debug, Args)]
struct Serve {
    /// Settings (YAML), by the names of the flags
    #[arg(long = "config", env = "TOKEN_EMULATOR_CONFIG", hide_env_values = true)]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    config: Config,
}

/// Runs the program on its own arguments.
pub(crate) fn run() -> ExitCode {
    match config().and_then(|config| serve(&config)) {
        Ok(code) => code,
        Err(StartError::Config(error)) => fail(&error, 2),
        Err(error) => fail(&error, 1),
    }
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::from(code)
}

/// Reads the flags twice: what the file sets goes in front the second time.
fn config() -> Result<Config, StartError> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = <Cli as clap::CommandFactory>::command();
    let matches =
        command.clone().try_get_matches_from(&arguments).unwrap_or_else(|error| error.exit());
    let Cli::Serve(Serve { file, config }) =
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match (file, matches.subcommand()) {
        (Some(file), Some((_, given))) => {
            let from_file = file_arguments(&file, given)?;
            again(command, &arguments, from_file).map_err(|error| {
                StartError::Config(ConfigError(format!("{}: {error}", file.display())))
            })
        }
        _ => Ok(config),
    }
}

fn again(
    command: Command,
    arguments: &[OsString],
    from_file: Vec<String>,
) -> Result<Config, clap::Error> {
    // The program and its subcommand come first: `serve` has no flags before it.
    let (head, tail) = arguments.split_at(2);
    let all = head.iter().cloned().chain(from_file.into_iter().map(OsString::from));
    let matches: ArgMatches = command.try_get_matches_from(all.chain(tail.iter().cloned()))?;
    let Cli::Serve(Serve { config, .. }) = Cli::from_arg_matches(&matches)?;
    Ok(config)
}

fn serve(config: &Config) -> Result<ExitCode, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let emulator = Emulator::start_on_all_cores(config)?;
        // Nobody may be there to read it, and the server is of use all the same.
        let _ = std::io::stdout().write_all(banner::text(config, &emulator).as_bytes());
        signals.next().await;
        let stopped = tokio::task::spawn_blocking(|| emulator.stop());
        tokio::select! {
            _ = stopped => Ok(ExitCode::SUCCESS),
            code = signals.next() => std::process::exit(i32::from(code)),
        }
    })
}
