//! Fact × case × target: that everything known of a server by number is checked by a case, or says
//! why not. Reads what stands in one line each, and refuses what does not; whether it means
//! something is the catalog's affair.

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
    /// Checked by these cases, and yet there is a reason why by none.
    Torn(Vec<&'a str>),
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
    for server in &servers {
        matrix.print(server);
    }
    matrix.whole(&servers)
}

/// That every fact has a case or a reason, as a gate.
pub(crate) fn check() -> Result {
    Matrix::read(&root().join("fixtures"))?.whole(&SERVERS)
}

impl Matrix {
    fn read(fixtures: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(fixtures, "", &mut files)?;
        let odd: Vec<String> = files.iter().flat_map(|(name, text)| unread(name, text)).collect();
        if !odd.is_empty() {
            return Err(format!("has to stand in one line: {}", odd.join("; ")).into());
        }
        let mut matrix = Self::default();
        for (_, text) in files.iter().filter(|(name, _)| name.starts_with("requirements/")) {
            matrix.requirements.extend(requirements(text));
        }
        for (name, text) in &files {
            matrix.add(name, text);
        }
        Ok(matrix)
    }

    /// That of each of these servers facts are known, and each has a case or a reason, not both.
    fn whole(&self, servers: &[&str]) -> Result {
        let mut wrong = Vec::new();
        for server in servers {
            let facts = self.facts.get(server).filter(|it| !it.is_empty());
            if facts.is_none() {
                wrong.push(format!("no facts are known of {server}"));
            }
            for (number, words) in facts.into_iter().flatten() {
                match self.row(server, number, words) {
                    Row::Gap => wrong.push(format!("{server} {number} has no case and no reason")),
                    Row::Torn(cases) => wrong.push(format!(
                        "{server} {number} has a case ({}) and a reason why there is none",
                        cases.join(", ")
                    )),
                    Row::Checked(_) | Row::Unchecked(_) => {}
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
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
            None if !cases.is_empty() => Row::Checked(cases),
            Some(_) if !cases.is_empty() => Row::Torn(cases),
            Some((_, reason)) => Row::Unchecked(reason.trim_matches(['}', ' ', '"'])),
            None => Row::Gap,
        }
    }

    /// Prints a server's facts.
    fn print(&self, server: &str) {
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
                Row::Torn(cases) => {
                    gaps += 1;
                    println!("    TORN: a reason why no case, and yet {}", cases.join(", "));
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

/// The lines that say something of facts in a way that is not read here.
fn unread(name: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let is_odd = |line: &str| {
        if name.starts_with("facts/") {
            return fact(line).is_none();
        }
        let start = if name.starts_with("requirements/") { "  facts: " } else { "facts: " };
        let key = line.trim_start().trim_start_matches("- ");
        let is_list = |it: &str| it.starts_with('[') && it.ends_with(']') && !it.contains('\'');
        key.starts_with("facts:") && !line.strip_prefix(start).is_some_and(is_list)
    };
    let odd = lines.filter(|(_, line)| is_odd(line));
    odd.map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim())).collect()
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
    fn what_is_not_read_is_an_error() {
        for (name, text) in [
            ("kubernetes/a/b.yaml", "requirement: floor\nfacts:\n- \"2.4\"\n"),
            ("kubernetes/a/b.yaml", "facts: [\"2.4\",\n  \"2.5\"]\n"),
            ("kubernetes/a/b.yaml", "facts: ['2.4']\n"),
            ("requirements/a.yaml", "- id: floor\n  facts:\n  - \"2.4\"\n"),
            ("requirements/a.yaml", "- facts: [\"2.4\"]\n  id: floor\n"),
            ("facts/kubernetes.yaml", "'2.4': words\n"),
            ("facts/kubernetes.yaml", "\"2.4\":\n  is: words\n"),
        ] {
            assert!(!unread(name, text).is_empty(), "{name}: {text}");
        }
        assert!(unread("facts/google.yaml", "# All.\n\"1.1\": words\n").is_empty());
        assert!(unread("requirements/a.yaml", "- id: a\n  facts: [\"1.1\"]\n").is_empty());
    }

    #[test]
    fn facts_are_known_and_have_a_case_or_a_reason_but_not_both() {
        let whole = |facts: &str| {
            let mut matrix = matrix();
            matrix.add("facts/kubernetes.yaml", facts);
            matrix.whole(&["kubernetes"]).map_err(|error| error.to_string())
        };
        assert!(whole("\"2.4\": words\n\"9.9\": {is: words, unchecked: nobody sees}\n").is_ok());
        assert!(whole("# None.\n").unwrap_err().contains("no facts"));
        assert!(matrix().whole(&["google"]).unwrap_err().to_string().contains("no facts"));
        assert!(whole("\"9.9\": words\n").unwrap_err().contains("no case"));
        let torn = whole("\"2.4\": {is: words, unchecked: nobody sees it}\n").unwrap_err();
        assert!(torn.contains("kubernetes/a/b"), "{torn}");
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
