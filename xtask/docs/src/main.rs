//! Runs every console block of the documents as a reader would, from the top of a page to its end,
//! and compares the output with what the page shows. `cargo xtask docs` builds and runs it.
//!
//! - Each page has a folder of its own, which is also `HOME`, and one shell, so that variables and
//!   files last from block to block.
//! - `token-emulator serve` starts in the background, on a free port, and stops at the page's end or
//!   when the page starts another. In commands and files `127.0.0.1:8693` and `localhost:8693`
//!   become its address, and in outputs its port becomes 8693 again. One that is to listen anywhere
//!   else, or to advertise another address, is refused.
//! - A command has to succeed; one that is to fail ends in `; echo $?` or the like.
//! - A command without output in the page only has to succeed. Otherwise the output has to be the
//!   same, but for times, UUIDs and key ids, and `…`, which stands for any text.
//! - `<!-- file: NAME -->` before a block writes it to a file of that name, as the page asks the
//!   reader to; `<!-- not run: REASON -->` before a console block leaves it out.
//! - A block is not run, and named with the reason, where a program that it uses is not installed,
//!   where it builds this repository, or where it uses a variable of a block that was not run.
#![expect(clippy::print_stdout, reason = "a command line tool talks by printing")]

mod example;
mod output;
mod page;
mod reader;
mod reason;
mod server;
mod shell;

use {
    clap::Parser,
    page::Page,
    reader::Reader,
    std::{
        error::Error,
        fs,
        path::{Path, PathBuf},
        process::ExitCode,
    },
};

/// Runs the console blocks of documents, and compares their output with what is shown.
#[derive(Debug, Parser)]
struct Args {
    /// The folder of the repository.
    #[arg(long)]
    root: PathBuf,
    /// The folder with the programs that the documents are about.
    #[arg(long)]
    programs: PathBuf,
    /// Pages to run, such as docs/control.md; all when there is none.
    pages: Vec<String>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let names = if args.pages.is_empty() { all(&args.root)? } else { args.pages.clone() };
    // Its commands run in folders of their own.
    let programs = std::path::absolute(&args.programs)?;
    let (mut ran, mut failed, mut nothing) = (0, 0, Vec::new());
    for name in &names {
        let text =
            fs::read_to_string(args.root.join(name)).map_err(|it| format!("{name}: {it}"))?;
        let page = Page::parse(&text).map_err(|error| format!("{name}:{error}"))?;
        let mut reader = Reader::new(name, &programs)?;
        for finding in reader.follow(&page)? {
            println!("{finding}");
            failed += 1;
        }
        for (line, reason) in &reader.left_out {
            println!("{name}:{line}: not run: {reason}");
        }
        ran += reader.ran;
        nothing.extend(reader.nothing_for_want_of_tools());
    }
    let nothing: String = nothing.iter().map(|page| format!("; {page}")).collect();
    println!("{ran} commands on {} pages ran, {failed} not as shown{nothing}", names.len());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The documents of the repository.
fn all(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let mut docs = Vec::new();
    for entry in fs::read_dir(root.join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            docs.push(format!("docs/{name}"));
        }
    }
    docs.sort();
    names.extend(docs);
    Ok(names)
}
