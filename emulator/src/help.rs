//! The parts of help beside the flags: examples, and for `serve` the rules for all of its flags.

use clap::Command;

/// Below the help of the program.
pub(crate) const PROGRAM: &str = "\
Examples:
  token-emulator serve                                 on port 8693, until Ctrl-C
  token-emulator exec -- npm test                      beside a command, on a free port
  token-emulator serve --help                          what can be set";

/// Below the help of `serve`.
pub(crate) const SERVE: &str = "\
Every flag is also an environment variable, and a key of the settings file. A flag wins over the
environment, the environment over the file, the file over the default.
Durations are written as Go writes them: 1h30m, 10s, 200ms, 0.

Examples:
  token-emulator serve
  token-emulator serve --listen 127.0.0.1:0 --ready-file ready.json
  token-emulator serve --authorization-mode RBAC --seed seed.yaml
  token-emulator serve --service-account-issuer self --state-dir ~/.local/state/token-emulator

Exit codes: 0 when told to stop, 1 when it cannot start or a file cannot be written, 2 for a bad
setting.";

/// Below the help of `exec`, behind what it sets.
pub(crate) const EXEC: &str = "\
Every flag of serve is taken, too (see token-emulator serve --help), with two other defaults:
  --listen 127.0.0.1:0            a free port
  --service-account-issuer self   the server's own https URL; the in-cluster name is accepted, too

Examples:
  token-emulator exec -- npm test
  token-emulator exec --authorization-mode RBAC -- sh -c 'kubectl create token default'

Exit codes: that of the command, 128 and the signal if one ended it; 127 when there is no such
command, 126 when it cannot be run; 1 and 2 as serve.";

/// Below the help of `health`.
pub(crate) const HEALTH: &str = "\
Examples:
  token-emulator health
  token-emulator health --listen 127.0.0.1:4711
  token-emulator health --ready-file ready.json";

/// Below the help of `wait`.
pub(crate) const WAIT: &str = "\
Examples:
  token-emulator wait --ready-file ready.json
  token-emulator wait --listen 127.0.0.1:8693 --timeout 10s

Exit codes: 0 once it answers, 1 when it does not in time, 2 for a bad flag.";

/// Below the help of `env`, behind what it sets.
pub(crate) const ENV: &str = "\
Examples:
  eval \"$(token-emulator env --ready-file ready.json)\"
  token-emulator env --ready-file ready.json >> \"$HOME/.profile\"";

/// Below the help of `config print`.
pub(crate) const PRINT: &str = "\
Every flag of serve is taken, too (see token-emulator serve --help).

Examples:
  token-emulator config print
  token-emulator config print --config settings.yaml --google-auth strict > all.yaml";

/// Below the help of `config`.
pub(crate) const CONFIG: &str = "\
Examples:
  token-emulator config print --config settings.yaml";

/// Below the help of `version`.
pub(crate) const VERSION: &str = "\
Examples:
  token-emulator version";

/// Below the help of `completions`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  source <(token-emulator completions bash)
  token-emulator completions fish > ~/.config/fish/completions/token-emulator.fish";

/// Below the help of `man`.
pub(crate) const MAN: &str = "\
Examples:
  token-emulator man > token-emulator.1
  token-emulator man serve | man -l -";

/// The command line as help shows it: the flags of `serve` appear once, in its own help. The other
/// commands that take them have other defaults.
pub(crate) fn shown(command: Command) -> Command {
    let hidden = |command: Command| {
        command.mut_args(|argument| {
            let hide = argument.get_long().is_some_and(|long| long != "help");
            argument.hide(hide)
        })
    };
    command
        .mut_subcommand("exec", hidden)
        .mut_subcommand("config", |config| config.mut_subcommand("print", hidden))
}
