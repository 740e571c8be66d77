//! What is made of the command line's definition: completions for shells, and manual pages.

use {
    super::{Exit, flags::Cli},
    clap::CommandFactory,
    clap_complete::Shell,
};

/// The script that completes commands and flags in a shell.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    let (mut command, mut script) = (Cli::command(), Vec::new());
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual page of the program, or of one of its commands.
pub(super) fn page(name: Option<&str>) -> Result<Vec<u8>, Exit> {
    let mut command = Cli::command();
    command.build();
    let described = match name {
        None => &command,
        Some(name) => command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
            Exit::usage(format!("there is no command {name:?}; allowed are {}", known.join(", ")))
        })?,
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(described.clone()).render(&mut page);
    // Writing to memory does not fail.
    rendered.map(|()| page).map_err(|error| Exit::usage(error.to_string()))
}
