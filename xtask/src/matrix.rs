//! Fact × case × target: that everything known of a server by number is checked by a case, or says
//! why not. Reads what stands in one line each; whether it means something is the catalog's affair.

use {
    crate::{Result, root},
    std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::Path,
    },
};

/// The two servers of which facts are known.
const SERVERS: [&str; 2] = ["kubernetes", "google"];

/// A case as the matrix shows it.
#[derive(Debug)]
struct Case {
    name: String,
    targets: String,
}

/// One line of the matrix.
#[derive(Debug, PartialEq, Eq)]
enum Row<'a> {
    /// Checked by these cases.
    Checked(Vec<&'a str>),
    /// Checked by none, for a reason.
    Unchecked(&'a str),
    /// Checked by none.
    Gap,
}

/// What stands in the files.
#[derive(Debug, Default)]
struct Matrix {
    /// Number, words and reason, in order, of each server.
    facts: BTreeMap<&'static str, Vec<(String, String)>>,
    /// The facts of each requirement.
    requirements: BTreeMap<String, BTreeSet<String>>,
    /// The cases, with the facts that they check.
    cases: Vec<(Case, &'static str, BTreeSet<String>)>,
}

/// `cargo xtask matrix [kubernetes|google]`: prints every fact, and fails where one has no case.
pub(crate) fn run(arguments: &[String]) -> Result {
    let servers: Vec<&str> = match arguments {
        [] => SERVERS.to_vec(),
        [server] if SERVERS.contains(&server.as_str()) => vec![server],
        _ => return Err("usage: cargo xtask matrix [kubernetes|google]".into()),
    };
    let matrix = Matrix::read(&root().join("fixtures"))?;
    let gaps: usize = servers.iter().map(|server| matrix.print(server)).sum();
    if gaps == 0 { Ok(()) } else { Err(format!("{gaps} facts have no case and no reason").into()) }
}

impl Matrix {
    fn read(fixtures: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(fixtures, "", &mut files)?;
        let mut matrix = Self::default();
        for (_, text) in files.iter().filter(|(name, _)| name.starts_with("requirements/")) {
            matrix.requirements.extend(requirements(text));
        }
        for (name, text) in &files {
            matrix.add(name, text);
        }
        Ok(matrix)
    }

    fn add(&mut self, name: &str, text: &str) {
        let server = server(name.strip_prefix("facts/").unwrap_or(name));
        if name.starts_with("facts/") {
            self.facts.insert(server, text.lines().filter_map(fact).collect());
        } else if SERVERS.iter().any(|it| name.starts_with(&format!("{it}/"))) {
            let mut facts = line(text, "facts:").map(numbers).unwrap_or_default();
            let requirement = line(text, "requirement:").unwrap_or_default();
            facts.extend(self.requirements.get(requirement).cloned().unwrap_or_default());
            let name = name.trim_end_matches(".yaml").to_owned();
            self.cases.push((Case { targets: targets(server, text), name }, server, facts));
        }
    }

    fn row<'a>(&'a self, server: &str, number: &str, words: &'a str) -> Row<'a> {
        let named =
            self.cases.iter().filter(|(_, it, facts)| *it == server && facts.contains(number));
        let cases: Vec<&str> = named.map(|(case, ..)| case.name.as_str()).collect();
        match words.split_once("unchecked:") {
            _ if !cases.is_empty() => Row::Checked(cases),
            Some((_, reason)) => Row::Unchecked(reason.trim_matches(['}', ' ', '"'])),
            None => Row::Gap,
        }
    }

    /// Prints a server's facts, and returns how many are checked by nobody.
    fn print(&self, server: &str) -> usize {
        let (mut checked, mut unchecked, mut gaps) = (0, 0, 0);
        for (number, words) in self.facts.get(server).into_iter().flatten() {
            let is = words.split("unchecked:").next().unwrap_or_default();
            let is = is.trim_start_matches("{is:").trim_matches([' ', ',', '"']);
            println!("{server} {number} {is}");
            match self.row(server, number, words) {
                Row::Checked(cases) => {
                    checked += 1;
                    for case in cases {
                        println!("    {case} [{}]", self.targets(case));
                    }
                }
                Row::Unchecked(why) => {
                    unchecked += 1;
                    println!("    unchecked: {why}");
                }
                Row::Gap => {
                    gaps += 1;
                    println!("    GAP: no case, and no reason");
                }
            }
        }
        println!(
            "{server}: {checked} facts checked, {unchecked} with a reason why not, {gaps} gaps\n"
        );
        gaps
    }

    fn targets(&self, name: &str) -> &str {
        let case = self.cases.iter().find(|(case, ..)| case.name == name);
        case.map_or("", |(case, ..)| case.targets.as_str())
    }
}

/// Whose facts a file speaks of.
fn server(name: &str) -> &'static str {
    let name = name.strip_prefix("requirements/").unwrap_or(name);
    if name.starts_with("google") { "google" } else { "kubernetes" }
}

/// The targets that a case judges.
fn targets(server: &str, text: &str) -> String {
    let needs = line(text, "needs:").unwrap_or_default();
    let emulator_alone = ["clock", "own-clusters"].iter().any(|it| needs.contains(it))
        || text.contains("AttachedCluster}")
        || text.contains("$new");
    let real = if server == "google" { "Google" } else { "kube-apiserver" };
    match () {
        () if emulator_alone => "emulator".to_owned(),
        () if needs.is_empty() => format!("emulator, {real}"),
        () => format!("emulator, {real} with {}", needs.trim_matches(['[', ']'])),
    }
}

/// The facts of each requirement of a file.
fn requirements(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("- id:") {
            found.push((id.trim().to_owned(), BTreeSet::new()));
        } else if let (Some(facts), Some(last)) = (line.strip_prefix("  facts:"), found.last_mut())
        {
            last.1.extend(numbers(facts));
        }
    }
    found
}

/// `"1.2": a few words`.
fn fact(line: &str) -> Option<(String, String)> {
    let (number, words) = line.strip_prefix('"')?.split_once("\": ")?;
    Some((number.to_owned(), words.trim().to_owned()))
}

/// `["1.2", "3.4"]`.
fn numbers(list: &str) -> BTreeSet<String> {
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What follows a key that begins a line.
fn line<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else if name.ends_with(".yaml") {
            files.push((name, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        let mut matrix = Matrix::default();
        let text = "- id: floor\n  facts: [\"2.4\"]\n- id: roof\n  facts: [\"2.6\"]\n";
        matrix.requirements.extend(requirements(text));
        matrix.add("kubernetes/a/b.yaml", "requirement: floor\nfacts: [\"1.1\"]\nneeds: [clock]\n");
        matrix
    }

    #[test]
    fn a_fact_is_checked_by_way_of_a_requirement_or_a_case() {
        let matrix = matrix();
        for number in ["2.4", "1.1"] {
            let checked = Row::Checked(vec!["kubernetes/a/b"]);
            assert_eq!(matrix.row("kubernetes", number, "words"), checked);
        }
        assert_eq!(matrix.targets("kubernetes/a/b"), "emulator");
    }

    #[test]
    fn a_fact_of_another_server_or_of_no_case_is_a_gap() {
        let matrix = matrix();
        assert_eq!(matrix.row("google", "2.4", "words"), Row::Gap);
        assert_eq!(matrix.row("kubernetes", "2.6", "words"), Row::Gap);
        let reason = "{is: words, unchecked: nobody sees it}";
        assert_eq!(matrix.row("kubernetes", "2.6", reason), Row::Unchecked("nobody sees it"));
    }
}
