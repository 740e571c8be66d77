//! What is made of the command line's definition: completions for shells, and manual pages.

use {clap::Command, clap_complete::Shell, std::io, token_emulator::config::ConfigError};

/// The script that completes commands and flags in a shell.
pub(crate) fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual page of the program, or of one of its commands.
pub(crate) fn page(mut command: Command, path: &[String]) -> Result<Vec<u8>, ConfigError> {
    command.build();
    let mut described = command;
    for name in path {
        let Some(found) = described.find_subcommand(name) else {
            let known: Vec<_> =
                described.get_subcommands().map(|command| command.get_name()).collect();
            let error = format!("there is no command {name:?}; allowed are {}", known.join(", "));
            return Err(ConfigError(error));
        };
        described = found.clone();
    }
    let mut page = Vec::new();
    let rendered: io::Result<()> = clap_mangen::Man::new(described).render(&mut page);
    // Writing to memory does not fail.
    rendered.map(|()| page).map_err(|error| ConfigError(error.to_string()))
}
