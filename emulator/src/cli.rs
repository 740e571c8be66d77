//! Flags in, exit code out: 0 when told to stop, 1 when something failed, 2 for a bad setting; of
//! `exec` the command's, 126 when it cannot be run, 127 when there is none.

use {
    crate::{
        banner, child, effective, environment, help, manual,
        reach::{self, Reach},
        signals,
        stop::{Reason, Stop},
    },
    clap::{
        ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, parser::ValueSource,
    },
    clap_complete::Shell,
    rustix::process::Signal,
    std::{
        ffi::{OsStr, OsString},
        io::Write,
        net::{Ipv4Addr, SocketAddr},
        path::PathBuf,
        process::ExitCode,
        time::Duration,
    },
    token_emulator::{
        Config, Emulator, StartError,
        config::{ConfigError, SELF, check_variables, duration, file_arguments},
    },
};

/// An in-memory emulator of the Kubernetes TokenRequest API and of GKE Multi-Cloud's
/// generateAttachedClusterAgentToken
#[derive(Debug, Parser)]
#[command(name = "token-emulator", version, arg_required_else_help = true)]
#[command(after_help = help::PROGRAM)]
enum Cli {
    /// Answer both APIs, over http and https, on one port
    #[command(after_help = help::SERVE)]
    Serve(Serve),
    /// Run a command beside an emulator of its own, on a free port, and end with its exit code
    #[command(after_help = format!("{}\n\n{}", environment::HELP, help::EXEC))]
    #[command(override_usage = "token-emulator exec [FLAGS OF serve] -- <COMMAND>...")]
    Exec(Exec),
    /// Say whether an emulator answers: exit code 0 if it does, 1 if not
    #[command(after_help = help::HEALTH)]
    Health(Reach),
    /// Wait until an emulator answers
    #[command(after_help = help::WAIT)]
    Wait(Wait),
    /// Print what points clients at an emulator that runs: eval "$(token-emulator env)"
    #[command(after_help = format!("{}\n\n{}", environment::HELP, help::ENV))]
    Env(Env),
    /// Say what the settings come to
    #[command(subcommand, after_help = help::CONFIG)]
    Config(Settings),
    /// Print the version
    #[command(after_help = help::VERSION)]
    Version,
    /// Print what completes commands and flags in a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page, as man reads it
    #[command(after_help = help::MAN)]
    Man {
        /// The command to describe [default: the program]
        command: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// Settings (YAML), by the names of the flags
    #[arg(long = "config", env = "TOKEN_EMULATOR_CONFIG", hide_env_values = true)]
    #[arg(value_name = "FILE", help_heading = "Server")]
    file: Option<PathBuf>,

    #[command(flatten)]
    config: Config,
}

#[derive(Debug, Args)]
struct Exec {
    #[command(flatten)]
    serve: Serve,

    /// The command, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Debug, Args)]
struct Wait {
    #[command(flatten)]
    reach: Reach,

    /// How long to wait
    #[arg(long, value_name = "DURATION", value_parser = duration::unsigned)]
    #[arg(default_value = "30s")]
    timeout: Duration,
}

#[derive(Debug, Args)]
struct Env {
    /// The ready file of the emulator
    #[arg(long, env = "TOKEN_EMULATOR_READY_FILE", hide_env_values = true, value_name = "PATH")]
    ready_file: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Settings {
    /// Print them as a settings file, each with where it comes from
    #[command(after_help = help::PRINT)]
    #[command(override_usage = "token-emulator config print [FLAGS OF serve]")]
    Print(Serve),
}

/// Runs the program on its own arguments.
pub(crate) fn run() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(StartError::Config(error)) => fail(&error, 2),
        Err(error) => fail(&error, 1),
    }
}

fn dispatch() -> Result<ExitCode, StartError> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (cli, matches) = read(&arguments)?;
    match cli {
        Cli::Serve(Serve { config, .. }) => {
            let (_, given) = matches.subcommand().expect("serve is a subcommand");
            serve(&where_it_was(config, given))
        }
        Cli::Exec(Exec { serve: Serve { config, .. }, command }) => {
            let (_, given) = matches.subcommand().expect("exec is a subcommand");
            exec(alone(config, given), &command)
        }
        Cli::Health(reach) => {
            reach.check(&matches)?;
            Ok(told(reach::look(&reach.target()?, reach::PATIENCE)))
        }
        Cli::Wait(Wait { reach, timeout }) => {
            reach.check(&matches)?;
            Ok(told(reach.wait(timeout)))
        }
        Cli::Env(Env { ready_file }) => {
            Ok(print(environment::read(&ready_file).map_err(StartError::Io)?))
        }
        Cli::Config(Settings::Print(_)) => {
            let nested = matches.subcommand().and_then(|(_, config)| config.subcommand());
            let (_, given) = nested.expect("print is a subcommand of config");
            Ok(print(effective::text(given)))
        }
        Cli::Version => Ok(print(concat!("token-emulator ", env!("CARGO_PKG_VERSION"), "\n"))),
        Cli::Completions { shell } => Ok(print(manual::completions(Cli::command(), shell))),
        Cli::Man { command } => Ok(print(manual::page(help::shown(Cli::command()), &command)?)),
    }
}

fn told(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(line) => print(format!("{line}\n")),
        Err(error) => fail(&error, 1),
    }
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::from(code)
}

fn print(text: impl AsRef<[u8]>) -> ExitCode {
    // Nobody may be there to read it.
    let _ = std::io::stdout().write_all(text.as_ref());
    ExitCode::SUCCESS
}

/// Reads the flags, a second time where there is a file: what it sets goes in front then.
fn read(arguments: &[OsString]) -> Result<(Cli, ArgMatches), StartError> {
    let command = help::shown(Cli::command());
    let matches =
        command.clone().try_get_matches_from(arguments).unwrap_or_else(|error| error.exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if cli.takes_settings() {
        let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
        check_variables(names)?;
    }
    let (Some(file), Some((depth, given))) = (cli.file(), innermost(&matches)) else {
        return Ok((cli, matches));
    };
    let from_file = file_arguments(file, given)?;
    again(command, arguments.split_at(depth), from_file)
        .map_err(|error| StartError::Config(ConfigError(format!("{}: {error}", file.display()))))
}

impl Cli {
    fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::Serve(serve)
            | Self::Exec(Exec { serve, .. })
            | Self::Config(Settings::Print(serve)) => serve.file.as_ref(),
            _ => None,
        }
    }

    /// Whether the variables of settings mean something to it.
    fn takes_settings(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Exec(_) | Self::Config(_))
    }
}

/// The flags of the last subcommand, and how many words come before them: no subcommand has flags
/// in front of it.
fn innermost(matches: &ArgMatches) -> Option<(usize, &ArgMatches)> {
    let (_, mut given) = matches.subcommand()?;
    let mut depth = 2;
    while let Some((_, inner)) = given.subcommand() {
        (given, depth) = (inner, depth + 1);
    }
    Some((depth, given))
}

fn again(
    command: Command,
    (head, tail): (&[OsString], &[OsString]),
    from_file: Vec<String>,
) -> Result<(Cli, ArgMatches), clap::Error> {
    let all = head.iter().cloned().chain(from_file.into_iter().map(OsString::from));
    let matches: ArgMatches = command.try_get_matches_from(all.chain(tail.iter().cloned()))?;
    Ok((Cli::from_arg_matches(&matches)?, matches))
}

/// The port of the last run where one is kept, unless another is given.
fn where_it_was(mut config: Config, given: &ArgMatches) -> Config {
    let is_default = given.value_source("listen") == Some(ValueSource::DefaultValue);
    if is_default && config.kept_port().is_some() {
        config.listen.set_port(0);
    }
    config
}

/// The settings of `exec`, where they are not given: a free port, so that two of them run side by
/// side, and as the issuer the server's own URL, which can be discovered there.
fn alone(mut config: Config, given: &ArgMatches) -> Config {
    let is_default = |id: &str| given.value_source(id) == Some(ValueSource::DefaultValue);
    if is_default("listen") {
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    }
    if is_default("service_account_issuer") {
        config.service_account_issuer.insert(0, SELF.to_owned());
    }
    config
}

fn serve(config: &Config) -> Result<ExitCode, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stop = Stop::new(config)?;
        let mut emulator = Emulator::start_on_all_cores(config)?;
        print(banner::text(config, &emulator));
        let code = stopped(stop.next().await);
        // Before the next signal is looked at, which ends the program at once.
        emulator.remove_files();
        let stopping = tokio::task::spawn_blocking(|| emulator.stop());
        tokio::select! {
            _ = stopping => Ok(code),
            signal = stop.signal() => std::process::exit(i32::from(signals::code(signal))),
        }
    })
}

/// 0 when it was asked to stop; other signals give what a shell reports of a program that they end.
fn stopped(reason: Reason) -> ExitCode {
    match reason {
        Reason::Abandoned => ExitCode::SUCCESS,
        Reason::Signal(Signal::HUP | Signal::INT | Signal::QUIT | Signal::TERM) => {
            ExitCode::SUCCESS
        }
        Reason::Signal(signal) => ExitCode::from(signals::code(signal)),
    }
}

/// Runs a command, whose exit code is ours: 128 and the signal when one ended it, as a shell says
/// it. When this is told to end, so is the command.
fn exec(config: Config, command: &[OsString]) -> Result<ExitCode, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stop = Stop::new(&config)?;
        let emulator = Emulator::start_on_all_cores(&config)?;
        let child = tokio::process::Command::new(&command[0])
            .args(&command[1..])
            .envs(environment::of(&emulator))
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => return Ok(not_run(&command[0], &error)),
        };
        let status = child::attend(&mut child, &mut stop).await?;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let code = status.code().or_else(|| Some(128 + signal?)).unwrap_or(1);
        Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
    })
}

/// The exit codes of a shell for a command that is not there, and for one that cannot be run.
fn not_run(command: &OsStr, error: &std::io::Error) -> ExitCode {
    let command = command.to_string_lossy();
    if error.kind() == std::io::ErrorKind::NotFound {
        let looked = if command.contains('/') { "there is no such file" } else { "not in PATH" };
        return fail(&format!("{command}: command not found: {looked}"), 127);
    }
    fail(&format!("{command}: the command cannot be run: {error}"), 126)
}
