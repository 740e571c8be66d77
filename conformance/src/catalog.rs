//! Every requirement, case and snapshot, checked before anybody is judged by them.

use {
    crate::{
        case::Case,
        fact::{self, Facts},
        ordered::Ordered,
        patterns,
        requirement::Requirement,
        snapshot::Snapshot,
        yaml,
    },
    aws_lc_rs::digest,
    serde::Deserialize,
    std::{collections::BTreeMap, fmt, fs, io, path::Path},
};

/// The files that the binary carries: their names, from `fixtures/` or `snapshots/` on, and texts.
pub static CORPUS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// What the suite is made of.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Requirements by id.
    pub requirements: BTreeMap<String, Requirement>,
    /// Cases by id: the path below `fixtures/`, without its extension.
    pub cases: BTreeMap<String, Case>,
    /// Snapshots by the id of their case.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// How targets that we know differ, by name.
    pub targets: BTreeMap<String, Known>,
    /// What is known of servers by number, by the server's name.
    pub facts: BTreeMap<String, Facts>,
    /// The numbers that are named, with the file that does.
    cited: Vec<(String, String)>,
    digest: String,
}

/// How a target differs from what is demanded, as `fixtures/targets/*.yaml` has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Known {
    /// Cases that fail there, each with the reason. They have to fail.
    #[serde(default)]
    pub known_failing: Ordered<String>,
}

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub why: String,
}

impl Catalog {
    /// The catalog that the binary carries.
    pub fn embedded() -> Result<Self, Vec<Fault>> {
        Self::load(CORPUS.iter().copied())
    }

    /// The catalog below a folder that holds `fixtures/` and `snapshots/`.
    pub fn read(root: &Path) -> Result<Self, Vec<Fault>> {
        let mut files = Vec::new();
        for tree in ["fixtures", "snapshots"] {
            collect(&root.join(tree), tree, &mut files).map_err(|error| {
                vec![Fault { file: root.join(tree).display().to_string(), why: error.to_string() }]
            })?;
        }
        Self::load(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// Reads and checks files.
    pub fn load<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<Fault>> {
        let mut catalog = Self::default();
        let mut faults = Vec::new();
        let mut digest = digest::Context::new(&digest::SHA256);
        for (file, text) in files {
            for part in [file, "\0", text, "\0"] {
                digest.update(part.as_bytes());
            }
            if let Err(why) = catalog.add(file, text) {
                faults.push(Fault { file: file.to_owned(), why });
            }
        }
        let digest = digest.finish();
        catalog.digest = digest.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        faults.extend(catalog.contradictions());
        if faults.is_empty() { Ok(catalog) } else { Err(faults) }
    }

    /// The SHA-256 of its files, by which two runs can be seen to have judged by the same.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// The requirement of a case.
    pub fn requirement(&self, case: &Case) -> Option<&Requirement> {
        self.requirements.get(&case.requirement)
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), String> {
        if let Some(id) = file.strip_prefix("snapshots/").and_then(|it| it.strip_suffix(".snap")) {
            self.snapshots.insert(id.to_owned(), Snapshot::parse(text)?);
        } else if file.starts_with("fixtures/requirements/") {
            for requirement in yaml::read::<Vec<Requirement>>(text)? {
                let id = requirement.id.clone();
                self.cite(file, &requirement.facts);
                if self.requirements.insert(id.clone(), requirement).is_some() {
                    return Err(format!("requirement {id} stands twice"));
                }
            }
        } else if let Some(name) = file.strip_prefix("fixtures/targets/") {
            self.targets.insert(name.trim_end_matches(".yaml").to_owned(), yaml::read(text)?);
        } else if let Some(name) = file.strip_prefix("fixtures/facts/") {
            self.facts.insert(name.trim_end_matches(".yaml").to_owned(), yaml::read(text)?);
        } else if let Some(id) =
            file.strip_prefix("fixtures/").and_then(|it| it.strip_suffix(".yaml"))
        {
            let mut case: Case = yaml::read(text)?;
            if let Some(why) = patterns::faults(&yaml::read(text)?).into_iter().next() {
                return Err(why);
            }
            case.imply(text);
            self.cite(file, &case.facts);
            self.cases.insert(id.to_owned(), case);
        }
        Ok(())
    }

    fn cite(&mut self, file: &str, facts: &[String]) {
        self.cited.extend(facts.iter().map(|it| (file.to_owned(), it.clone())));
    }

    /// Numbers that are named and that nothing is known by. A catalog without facts knows none.
    fn unknown_facts(&self) -> impl Iterator<Item = Fault> {
        self.cited.iter().filter_map(|(file, number)| {
            let facts = self.facts.get(fact::server(file))?;
            let known = facts.0.iter().any(|(it, _)| it == number);
            let why = format!("there is no fact {number}");
            (!known).then(|| Fault { file: file.clone(), why })
        })
    }

    fn contradictions(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.unknown_facts().collect();
        let mut fault = |file: String, why: String| faults.push(Fault { file, why });
        for (id, case) in &self.cases {
            let file = format!("fixtures/{id}.yaml");
            if self.requirement(case).is_none() {
                fault(file.clone(), format!("there is no requirement {}", case.requirement));
            }
            if !is_sentence(id) {
                fault(file.clone(), "its name is not a sentence of lower-case words".to_owned());
            }
            for why in case.faults() {
                fault(file.clone(), why);
            }
        }
        for id in self.snapshots.keys().filter(|id| !self.cases.contains_key(*id)) {
            fault(format!("snapshots/{id}.snap"), "it belongs to no case".to_owned());
        }
        for (target, known) in &self.targets {
            let case = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
            let names = known.known_failing.0.iter().map(|(name, _)| name);
            for name in names.filter(|name| !self.cases.contains_key(&case(name))) {
                let file = format!("fixtures/targets/{target}.yaml");
                fault(file, format!("there is no case {name}"));
            }
        }
        for (id, requirement) in &self.requirements {
            let checked = self.cases.values().any(|case| case.requirement == *id);
            if !checked && requirement.unchecked.is_none() {
                fault(
                    format!("requirement {id}"),
                    "no case checks it, and no reason says why".into(),
                );
            }
        }
        faults
    }
}

/// At least three lower-case words.
fn is_sentence(id: &str) -> bool {
    let name = id.rsplit('/').next().unwrap_or(id);
    let word = |it: &str| {
        !it.is_empty() && it.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.split('-').count() >= 3 && name.split('-').all(word)
}

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, files)?;
        } else if name.ends_with(".yaml") || name.ends_with(".snap") {
            files.push((name, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIREMENT: (&str, &str) = (
        "fixtures/requirements/a.yaml",
        "[{id: floor, level: must, sentence: It holds., source: here}]",
    );

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        match Catalog::load(files.iter().copied()) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        }
    }

    fn case(text: &str) -> Vec<String> {
        faults(&[REQUIREMENT, ("fixtures/kubernetes/it-holds-well.yaml", text)])
    }

    #[test]
    fn a_whole_case_is_taken() {
        assert!(case("{requirement: floor, when: {send: GET /}, then: {status: 200}}").is_empty());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let found = case("{requirement: floor, when: {send: GET /}, then: {stauts: 200}}");
        assert!(found[0].contains("stauts"), "{found:?}");
    }

    #[test]
    fn an_expectation_that_nothing_can_meet_is_an_error() {
        let found = case("{requirement: floor, when: {send: GET /}, then: {message: '~ a(b'}}");
        assert!(found[0].contains("no regular expression"), "{found:?}");
    }

    #[test]
    fn what_judges_nobody_is_an_error() {
        for text in [
            "{requirement: roof, when: {send: GET /}, then: {status: 200}}",
            "{requirement: floor, when: {send: GET /}}",
            "{requirement: floor, when: {send: GET /, clock: 1h}, then: {status: 200}}",
            "{requirement: floor, when: {clock: 1h}, then: {status: 200}}",
        ] {
            assert!(!case(text).is_empty(), "{text}");
        }
        assert!(!faults(&[REQUIREMENT]).is_empty());
    }
}
