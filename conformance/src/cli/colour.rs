//! A little colour, where somebody looks and does not mind (`NO_COLOR`).

use std::{
    env,
    io::{self, IsTerminal},
};

/// How lines begin, and their colours.
const COLOURS: &[(&str, &str)] = &[
    ("failed:", "31"),
    ("could not run:", "31"),
    ("known to fail:", "33"),
    ("passed:", "32"),
    ("skipped:", "2"),
];

/// Whether this is a terminal that does more than print.
pub(super) fn moves(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// The text as it may be shown.
pub(super) fn painted(text: &str) -> String {
    let plain = env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    if plain || !moves(&io::stdout()) { text.to_owned() } else { paint(text) }
}

fn paint(text: &str) -> String {
    let line = |line: &str| {
        let found = COLOURS.iter().find(|(start, _)| line.starts_with(start));
        match found {
            Some((start, colour)) => {
                format!("\x1b[{colour}m{start}\x1b[0m{}\n", &line[start.len()..])
            }
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_verdict_of_a_line_is_painted() {
        assert_eq!(super::paint("failed: a\n  b\n"), "\x1b[31mfailed:\x1b[0m a\n  b\n");
    }
}
