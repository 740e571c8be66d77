//! The command line: flags in, exit code out.

use {
    crate::{
        batch::{self, Item},
        catalog::Catalog,
        client::{Client, Endpoint, tls},
        glob, known, kubeconfig,
        level::Level,
        report::{junit, terminal},
        run::Run,
        snapshot::{self, Snapshot},
        target::{Side, Target},
        verdict::{Outcome, Verdict, name},
    },
    clap::{Args, Parser, Subcommand},
    std::{
        collections::BTreeMap,
        fs,
        io::{self, Write as _},
        path::PathBuf,
        sync::Arc,
    },
};

/// Judges servers of the Kubernetes TokenRequest API and of GKE Multi-Cloud's agent tokens.
#[derive(Debug, Parser)]
#[command(name = "token-conformance", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Read cases and snapshots below this folder, not from the binary.
    #[arg(long, global = true, value_name = "DIR")]
    suite: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run cases against a target.
    Run(RunArgs),
    /// List the cases.
    List(Selection),
    /// Write the snapshots of Kubernetes cases from a kube-apiserver.
    Record(RecordArgs),
    /// Say what a case or requirement is about.
    Explain {
        /// The id of either.
        id: String,
    },
}

#[derive(Debug, Args)]
struct Selection {
    /// Only cases whose names fit.
    #[arg(long, value_name = "GLOB")]
    run: Vec<String>,
    /// No cases whose names fit.
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
    /// The level to judge at.
    #[arg(long, default_value = "should", value_name = "must|should|observed")]
    level: Level,
}

#[derive(Debug, Args)]
struct Kubernetes {
    /// The cluster, as kubectl would find it.
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context, if not the current one.
    #[arg(long, requires = "kubeconfig")]
    context: Option<String>,
    /// The cluster's URL.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The bearer token to use there.
    #[arg(long, env = "TOKEN_CONFORMANCE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Whom to trust there (PEM).
    #[arg(long, value_name = "PATH")]
    ca_file: Option<PathBuf>,
    /// Trust anybody.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
}

#[derive(Debug, Default, Args)]
struct Google {
    /// The Google API's URL.
    #[arg(long, value_name = "URL")]
    google_endpoint: Option<String>,
    /// The access token to use there.
    #[arg(
        long,
        requires = "google_endpoint",
        env = "TOKEN_CONFORMANCE_ACCESS_TOKEN",
        hide_env_values = true
    )]
    access_token: Option<String>,
    /// The attached cluster to use; one is made when none is named.
    #[arg(long, requires = "google_endpoint", value_name = "projects/…/attachedClusters/…")]
    attached_cluster: Option<String>,
    /// A service account token of that cluster, to be exchanged.
    #[arg(long, requires = "attached_cluster", value_name = "PATH")]
    subject_token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    kubernetes: Kubernetes,
    #[command(flatten)]
    google: Google,
    #[command(flatten)]
    selection: Selection,
    /// `pattern: reason` of cases that fail and are known to.
    #[arg(long, value_name = "FILE")]
    known_failing: Option<PathBuf>,
    /// How many cases at once.
    #[arg(long, default_value_t = 8)]
    parallel: usize,
    /// Say what would run, and make nothing.
    #[arg(long)]
    dry_run: bool,
    /// Where to write junit.xml.
    #[arg(long, value_name = "DIR")]
    report_dir: Option<PathBuf>,
    /// Show the exchanges of cases that passed, too.
    #[arg(long)]
    trace: bool,
}

#[derive(Debug, Args)]
struct RecordArgs {
    #[command(flatten)]
    kubernetes: Kubernetes,
    /// Only cases whose names fit.
    #[arg(long, value_name = "GLOB")]
    run: Vec<String>,
    /// The folder that holds kubernetes/.
    #[arg(long, default_value = "snapshots", value_name = "DIR")]
    into: PathBuf,
}

/// Why the program ends before its end, and with which code.
struct Exit(u8, String);

/// Exit code 2: bad usage or configuration.
fn usage(why: impl Into<String>) -> Exit {
    Exit(2, why.into())
}

/// Runs the program and returns its exit code.
pub async fn main() -> u8 {
    let cli = Cli::parse();
    match command(cli).await {
        Ok(code) => code,
        Err(Exit(code, why)) => {
            let _ = writeln!(io::stderr(), "token-conformance: {why}");
            code
        }
    }
}

async fn command(cli: Cli) -> Result<u8, Exit> {
    let catalog = match &cli.suite {
        Some(root) => Catalog::read(root),
        None => Catalog::embedded(),
    };
    let catalog = Arc::new(catalog.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        usage(lines.join("\n"))
    })?);
    match cli.command {
        Command::Run(args) => run(catalog, args).await,
        Command::List(selection) => list(&catalog, &selection),
        Command::Record(args) => record(catalog, args).await,
        Command::Explain { id } => explain(&catalog, &id),
    }
}

async fn run(catalog: Arc<Catalog>, args: RunArgs) -> Result<u8, Exit> {
    let known = args.known_failing.as_deref().map(known::read).transpose().map_err(usage)?;
    let items = selected(&catalog, &args.selection);
    if items.is_empty() {
        return Err(Exit(5, "no case is selected".to_owned()));
    }
    let target = target(&args.kubernetes, &args.google).await?;
    let run = Run::new(catalog, target, args.selection.level);
    if args.dry_run {
        return plan(&run, &items);
    }
    let (run, mut outcomes) = execute(run, items, args.parallel).await?;
    let stale = known.map(|it| known::excuse(&it, &mut outcomes)).unwrap_or_default();
    if let Some(folder) = &args.report_dir {
        let target = run.target.kubernetes.as_ref().map(|it| it.client.endpoint().to_string());
        let xml = junit::report(&target.unwrap_or_default(), &outcomes).map_err(usage)?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("junit.xml"), xml))
            .map_err(|error| usage(format!("{}: {error}", folder.display())))?;
    }
    for line in &stale {
        let _ = writeln!(io::stderr(), "stale: {line}");
    }
    print(&terminal::report(&run.catalog, &outcomes, args.trace));
    Ok(code(&outcomes, &stale))
}

/// The exit code of a run.
fn code(outcomes: &[Outcome], stale: &[String]) -> u8 {
    let count = terminal::Count::of(outcomes);
    let could_run =
        |it: &Outcome| !matches!(it.verdict, Verdict::CouldNotRun(_) | Verdict::Skipped(_));
    if count.failed > 0 && !outcomes.iter().any(could_run) {
        3
    } else if count.failed > 0 {
        1
    } else if !stale.is_empty() {
        4
    } else if count.passed == 0 {
        3
    } else {
        0
    }
}

async fn execute(
    mut run: Run,
    items: Vec<Item>,
    parallel: usize,
) -> Result<(Arc<Run>, Vec<Outcome>), Exit> {
    run.open().await.map_err(|why| Exit(3, why))?;
    let run = Arc::new(run);
    let outcomes = batch::run(&run, items, parallel).await;
    if let Err(why) = run.close().await {
        let _ = writeln!(io::stderr(), "left behind: namespace {}: {why}", run.namespace);
    }
    Ok((run, outcomes))
}

fn plan(run: &Run, items: &[Item]) -> Result<u8, Exit> {
    let server = run.target.facts.server();
    print(&format!("would make the namespace {} at {server} and run:\n", run.namespace));
    for (id, variant) in items {
        let case = run.catalog.cases.get(id);
        let skipped = case.and_then(|case| run.skipped(id, case, *variant));
        let why = skipped.map(|why| format!(" (skipped: {why})")).unwrap_or_default();
        print(&format!("  {}{why}\n", name(id, *variant)));
    }
    Ok(0)
}

fn list(catalog: &Catalog, selection: &Selection) -> Result<u8, Exit> {
    let items = selected(catalog, selection);
    if items.is_empty() {
        return Err(Exit(5, "no case is selected".to_owned()));
    }
    for (id, variant) in items {
        print(&format!("{}\n", name(&id, variant)));
    }
    Ok(0)
}

fn explain(catalog: &Catalog, id: &str) -> Result<u8, Exit> {
    let case = catalog.cases.get(id.split('@').next().unwrap_or(id));
    let requirement = case.map_or(id, |it| it.requirement.as_str());
    let requirement = catalog
        .requirements
        .get(requirement)
        .ok_or_else(|| usage(format!("there is no case or requirement {id}")))?;
    let versions = match (requirement.versions.since, requirement.versions.until) {
        (None, None) => String::new(),
        (since, until) => format!(
            "\nversions: {} to {}",
            since.map_or("any".to_owned(), |it| format!("1.{it}")),
            until.map_or("any".to_owned(), |it| format!("1.{it}"))
        ),
    };
    print(&format!(
        "{} ({})\n{}\nsource: {}{versions}\n",
        requirement.id, requirement.level, requirement.sentence, requirement.source
    ));
    for (id, _) in catalog.cases.iter().filter(|(_, it)| it.requirement == requirement.id) {
        print(&format!("case: {id}\n"));
    }
    Ok(0)
}

async fn record(catalog: Arc<Catalog>, args: RecordArgs) -> Result<u8, Exit> {
    let selection = Selection { run: args.run, skip: Vec::new(), level: Level::Observed };
    let mut items = selected(&catalog, &selection);
    items.retain(|(id, variant)| id.starts_with("kubernetes/") && variant.records());
    if items.is_empty() {
        return Err(Exit(5, "no Kubernetes case is selected".to_owned()));
    }
    let target = target(&args.kubernetes, &Google::default()).await?;
    let mut run = Run::new(catalog, target, Level::Observed);
    run.snapshots = false;
    let (run, outcomes) = execute(run, items, 8).await?;
    let mut cases: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in &outcomes {
        cases.entry(&outcome.case).or_default().push(outcome);
    }
    for (id, outcomes) in cases {
        if outcomes.iter().all(|it| it.verdict == Verdict::Passed) {
            write(&run, id, &outcomes, &args.into)?;
        }
    }
    print(&terminal::report(&run.catalog, &outcomes, false));
    Ok(code(&outcomes, &[]))
}

/// Writes the snapshot of a case, unless it stands there already.
fn write(run: &Run, id: &str, outcomes: &[&Outcome], into: &std::path::Path) -> Result<(), Exit> {
    let sections: Vec<_> = outcomes.iter().map(|it| (it.variant, it.transcript.clone())).collect();
    let requirement = run.catalog.cases.get(id).map(|it| it.requirement.clone());
    let snapshot = Snapshot {
        requirement: requirement.unwrap_or_default(),
        recorded_from: run.target.facts.server(),
        contents: snapshot::contents(&sections),
    };
    let path = into.join(format!("{id}.snap"));
    let failed = |error: io::Error| usage(format!("{}: {error}", path.display()));
    let text = snapshot.file();
    if fs::read_to_string(&path).is_ok_and(|it| it == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(into)).map_err(failed)?;
    fs::write(&path, text).map_err(failed)?;
    print(&format!("recorded: {}\n", path.display()));
    Ok(())
}

fn selected(catalog: &Catalog, selection: &Selection) -> Vec<Item> {
    let any = |patterns: &[String], name: &str| patterns.iter().any(|it| glob::matches(it, name));
    let mut items = Vec::new();
    for (id, case) in &catalog.cases {
        let level = catalog.requirement(case).map(|it| it.level);
        for variant in case.variants() {
            let name = name(id, variant);
            let wanted = selection.run.is_empty() || any(&selection.run, &name);
            let wanted = wanted && !any(&selection.skip, &name);
            if wanted && level.is_some_and(|it| it <= selection.level) {
                items.push((id.clone(), variant));
            }
        }
    }
    items
}

async fn target(kubernetes: &Kubernetes, google: &Google) -> Result<Arc<Target>, Exit> {
    let mut target = Target { cluster: google.attached_cluster.clone(), ..Target::default() };
    let context = context(kubernetes)?;
    let trust = context.as_ref().map(|it| it.trust.clone());
    if let Some(context) = context {
        target.kubernetes = Some(side(&context)?);
    }
    if let Some(url) = &google.google_endpoint {
        // Both APIs on one address is the emulator, whose certificate the same authority signed.
        target.google = Some(side(&kubeconfig::Context {
            server: url.clone(),
            trust: trust.unwrap_or(tls::Trust::System),
            token: google.access_token.clone(),
            identity: None,
        })?);
    }
    if target.kubernetes.is_none() && target.google.is_none() {
        return Err(usage("name a target: --kubeconfig, --server or --google-endpoint"));
    }
    if let Some(path) = &google.subject_token_file {
        let text = fs::read_to_string(path)
            .map_err(|error| usage(format!("{}: {error}", path.display())))?;
        target.subject_token = Some(text.trim().to_owned());
    }
    target.learn().await.map_err(|error| Exit(3, format!("cannot reach {error}")))?;
    Ok(Arc::new(target))
}

fn side(context: &kubeconfig::Context) -> Result<Side, Exit> {
    let endpoint = Endpoint::parse(&context.server).map_err(usage)?;
    let tls = tls::config(&context.trust, context.identity.as_ref()).map_err(usage)?;
    Ok(Side { client: Client::new(endpoint, tls), credential: context.token.clone() })
}

fn context(flags: &Kubernetes) -> Result<Option<kubeconfig::Context>, Exit> {
    let mut context = match (&flags.kubeconfig, &flags.server) {
        (Some(path), _) => kubeconfig::read(path, flags.context.as_deref()).map_err(usage)?,
        (None, Some(server)) => kubeconfig::Context {
            server: server.clone(),
            trust: tls::Trust::System,
            token: None,
            identity: None,
        },
        (None, None) => return Ok(None),
    };
    if let Some(path) = &flags.ca_file {
        let pem = fs::read(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
        context.trust = tls::Trust::Authorities(pem);
    }
    if flags.insecure_skip_tls_verify {
        context.trust = tls::Trust::Anybody;
    }
    context.token = flags.token.clone().or(context.token);
    Ok(Some(context))
}

fn print(text: &str) {
    let _ = write!(io::stdout(), "{text}");
}
