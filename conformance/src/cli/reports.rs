//! The files of `--report-dir`. Those of an earlier run are replaced, and no others.

use {
    super::{
        Exit,
        files::{self, Found, file_error, foreign},
    },
    crate::report::{Report, html, json, junit, summary},
    std::{fs, path::Path},
};

/// A file: its name, how it is written, and whether a text is such a report.
struct File {
    name: &'static str,
    write: fn(&Report<'_>) -> Result<String, String>,
    is_own: fn(&str) -> bool,
}

const FILES: &[File] = &[
    File { name: "junit.xml", write: junit::report, is_own: junit::is_own },
    File { name: "report.json", write: |it| Ok(json::report(it)), is_own: json::is_own },
    File { name: "report.html", write: html::report, is_own: html::is_own },
    File { name: "summary.md", write: |it| Ok(summary::report(it)), is_own: summary::is_own },
];

/// Makes the folder, and finds out whether the reports can be written there.
pub(super) fn prepare(folder: &Path) -> Result<(), Exit> {
    let made = fs::create_dir_all(folder).and_then(|()| files::writable(folder));
    made.map_err(|error| file_error(folder, error))?;
    FILES.iter().try_for_each(|it| it.free(folder))
}

/// Writes the reports.
pub(super) fn write(folder: &Path, report: &Report<'_>) -> Result<(), Exit> {
    for file in FILES {
        let text = (file.write)(report).map_err(Exit::usage)?;
        // Somebody may have put one there meanwhile.
        file.free(folder)?;
        let path = folder.join(file.name);
        files::replace(&path, &text).map_err(|error| file_error(&path, error))?;
    }
    Ok(())
}

impl File {
    /// Whether nothing is lost when it is written.
    fn free(&self, folder: &Path) -> Result<(), Exit> {
        let path = folder.join(self.name);
        match files::look(&path).map_err(|error| file_error(&path, error))? {
            Found::Nothing => Ok(()),
            Found::File(content) if self.is_own_file(&content) => Ok(()),
            _ => Err(foreign(&path, "move it away, or name another --report-dir")),
        }
    }

    /// Whether a file is a report, or empty.
    fn is_own_file(&self, content: &[u8]) -> bool {
        content.trim_ascii().is_empty() || str::from_utf8(content).is_ok_and(self.is_own)
    }
}
