//! Why a console block is not run.

use {
    crate::example::Example,
    regex::Regex,
    std::{
        collections::BTreeMap,
        path::{Path, PathBuf},
        sync::LazyLock,
    },
};

/// Programs that documents use and that need not be installed.
const TOOLS: [&str; 10] =
    ["curl", "docker", "gcloud", "go", "jq", "kubectl", "node", "npm", "python3", "vault"];

/// What prepares this repository, which is done before its documents are run.
const OF_THE_REPOSITORY: [&str; 2] = ["cargo xtask", "cargo build"];

/// A word where the name of a program stands: at the start, after an operator, after `--`
/// or `-c`.
static PROGRAM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)(?:^|[|;&(]|-- |-c ')\s*(?:[A-Z_]+=[^\s(]* )*([a-z0-9]+)")
        .expect("it is a constant")
});
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|; |\bexport )([A-Z][A-Z0-9_]*)=").expect("it is a constant")
});

/// A variable that is used, as `$NAME` or in braces, by its whole name.
static USED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)").expect("it is a constant"));

static ENVIRONMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"-m venv ([^ ]+)").expect("it is a constant"));

/// The variables and the folders of Python of blocks that were not run, and the line of each block.
pub(crate) type Lost = BTreeMap<String, usize>;

/// What is said of a block whose program is not installed, after the program's name.
const NOT_INSTALLED: &str = " is not installed";

/// Why these are not run, if so.
pub(crate) fn find(examples: &[Example], lost: &Lost) -> Option<String> {
    examples.iter().find_map(|Example { command, .. }| {
        of_the_repository(command).or_else(|| absent(command)).or_else(|| variable(command, lost))
    })
}

/// Notes what a block that was not run would have made.
pub(crate) fn lose(examples: &[Example], line: usize, lost: &mut Lost) {
    for example in examples {
        for assigned in ASSIGNED.captures_iter(&example.command) {
            lost.insert(assigned[1].to_owned(), line);
        }
        for made in ENVIRONMENT.captures_iter(&example.command) {
            lost.insert(format!("{}/", &made[1]), line);
        }
    }
}

/// Notes the variables of a block that is run: they are there.
pub(crate) fn regain(examples: &[Example], lost: &mut Lost) {
    for example in examples {
        for assigned in ASSIGNED.captures_iter(&example.command) {
            lost.remove(&assigned[1]);
        }
    }
}

fn of_the_repository(command: &str) -> Option<String> {
    let found = OF_THE_REPOSITORY.iter().find(|start| command.starts_with(**start))?;
    Some(format!("`{found}` is not run again"))
}

fn absent(command: &str) -> Option<String> {
    let tool = tools(command).find(|tool| !is_installed(tool))?;
    Some(format!("{tool}{NOT_INSTALLED}"))
}

/// The program that was missing, where that is the reason.
pub(crate) fn missing_tool(reason: &str) -> Option<&str> {
    reason.strip_suffix(NOT_INSTALLED).filter(|tool| TOOLS.contains(tool))
}

fn tools(command: &str) -> impl Iterator<Item = &str> {
    let programs = PROGRAM.captures_iter(command).filter_map(|found| found.get(1));
    programs.map(|program| program.as_str()).filter(|program| TOOLS.contains(program))
}

fn is_installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(tool)).any(|it| is_file(&it))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn variable(command: &str, lost: &Lost) -> Option<String> {
    let used: Vec<&str> =
        USED.captures_iter(command).filter_map(|it| it.get(1)).map(|it| it.as_str()).collect();
    let is_used =
        |name: &str| used.contains(&name) || name.ends_with('/') && command.contains(name);
    let (name, line) = lost.iter().find(|(name, _)| is_used(name))?;
    Some(format!("{name} comes from the block of line {line}, which was not run"))
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    fn examples(command: &str) -> Vec<Example> {
        vec![Example { line: 1, command: command.to_owned(), output: String::new() }]
    }

    #[rstest]
    #[case("cargo xtask ci", Some("`cargo xtask` is not run again"))]
    #[case("true | sort", None)]
    #[case("echo $KEPT", None)]
    #[case("echo $LOST", Some("LOST comes from the block of line 7, which was not run"))]
    #[case("echo $LOST_NOT ${LOSTS} LOST", None)]
    #[case("echo ${LOST:-a}", Some("LOST comes from the block of line 7, which was not run"))]
    #[case("echo $LOST/a", Some("LOST comes from the block of line 7, which was not run"))]
    #[case("venv/bin/python3 a", Some("venv/ comes from the block of line 7, which was not run"))]
    #[case("echo \"${LOST}\"", Some("LOST comes from the block of line 7, which was not run"))]
    fn a_block_is_run_unless_there_is_a_reason(
        #[case] command: &str,
        #[case] expected: Option<&str>,
    ) {
        let mut lost = Lost::new();
        lose(&examples("A=b; LOST=$(c); python3 -m venv venv"), 7, &mut lost);
        assert_eq!(find(&examples(command), &lost).as_deref(), expected);
    }

    #[rstest]
    #[case("curl vault | jq . | head", &["curl", "jq"])]
    #[case("A=$(gcloud x); B=c kubectl go && token-emulator exec -- npm test", &["gcloud", "kubectl", "npm"])]
    #[case("sh -c 'jq .'", &["jq"])]
    #[case("echo 'vault'", &[])]
    fn a_tool_is_known_by_where_it_stands(#[case] command: &str, #[case] expected: &[&str]) {
        assert_eq!(tools(command).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        assert!(!is_installed("no-such-program") && is_installed("sh"));
    }

    #[test]
    fn a_missing_tool_is_told_from_other_reasons() {
        assert_eq!(missing_tool("curl is not installed"), Some("curl"));
        assert_eq!(missing_tool("a cluster is not installed"), None);
        assert_eq!(missing_tool("it takes a cluster"), None);
    }

    #[test]
    fn a_variable_that_is_set_anew_is_there() {
        let mut lost = Lost::new();
        lose(&examples("export A=b"), 7, &mut lost);
        regain(&examples("A=c"), &mut lost);
        assert_eq!(find(&examples("echo $A"), &lost), None);
    }
}
