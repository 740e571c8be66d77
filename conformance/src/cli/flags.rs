//! The flags. One that is not here is refused.

use {
    crate::{batch::Item, catalog::Catalog, glob, level::Level, verdict::name},
    clap::{Args, Parser, Subcommand},
    std::path::PathBuf,
};

/// Judges servers of the Kubernetes TokenRequest API and of GKE Multi-Cloud's agent tokens.
#[derive(Debug, Parser)]
#[command(name = "token-conformance", version)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Read cases and snapshots below this folder, not from the binary
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) suite: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases against a target
    Run(Box<RunArgs>),
    /// List the cases
    List(Selection),
    /// Write the snapshots of Kubernetes cases from a kube-apiserver
    Record(RecordArgs),
    /// Say what a case or requirement is about
    Explain {
        /// The id of either
        id: String,
    },
    /// Write the cases and snapshots that the binary carries into a folder
    Export {
        /// The folder
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Only cases whose names fit
    #[arg(long, value_name = "GLOB")]
    pub(super) run: Vec<String>,
    /// No cases whose names fit
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    /// The level to judge at
    #[arg(long, default_value = "should", value_name = "must|should|observed")]
    pub(super) level: Level,
}

#[derive(Debug, Args)]
pub(super) struct Kubernetes {
    /// The cluster, as kubectl would find it
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context, if not the current one
    #[arg(long, requires = "kubeconfig")]
    pub(super) context: Option<String>,
    /// The cluster's URL
    #[arg(long, value_name = "URL")]
    pub(super) server: Option<String>,
    /// The bearer token to use there
    #[arg(
        long,
        env = "TOKEN_CONFORMANCE_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub(super) token: Option<String>,
    /// Whom to trust there (PEM)
    #[arg(long, value_name = "PATH")]
    pub(super) ca_file: Option<PathBuf>,
    /// Trust anybody
    #[arg(long)]
    pub(super) insecure_skip_tls_verify: bool,
}

#[derive(Debug, Default, Args)]
pub(super) struct Google {
    /// The Google API's URL
    #[arg(long, value_name = "URL")]
    pub(super) google_endpoint: Option<String>,
    /// The access token to use there
    #[arg(
        long,
        env = "TOKEN_CONFORMANCE_ACCESS_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub(super) access_token: Option<String>,
    /// The attached cluster to use; one is made when none is named
    #[arg(long, requires = "google_endpoint", value_name = "NAME")]
    pub(super) attached_cluster: Option<String>,
    /// A service account token of that cluster, to be exchanged
    #[arg(long, requires = "attached_cluster", value_name = "PATH")]
    pub(super) subject_token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) kubernetes: Kubernetes,
    #[command(flatten)]
    pub(super) google: Google,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// `pattern: reason` of cases that fail and are known to, or `pattern: {reason, until: DAY}`
    #[arg(long, value_name = "FILE")]
    pub(super) known_failing: Option<PathBuf>,
    /// How many cases at once
    #[arg(long, default_value_t = 8)]
    pub(super) parallel: usize,
    /// The most requests a second; 50 unless the target is on this machine
    #[arg(long)]
    pub(super) qps: Option<u32>,
    /// Run only cases that make nothing
    #[arg(long)]
    pub(super) read_only: bool,
    /// Say what would run, and make nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where to write junit.xml, report.json and report.html
    #[arg(long, value_name = "DIR")]
    pub(super) report_dir: Option<PathBuf>,
    /// Show the exchanges of cases that passed, too
    #[arg(long)]
    pub(super) trace: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) kubernetes: Kubernetes,
    /// Only cases whose names fit
    #[arg(long, value_name = "GLOB")]
    pub(super) run: Vec<String>,
    /// The folder that holds kubernetes/
    #[arg(long, default_value = "snapshots", value_name = "DIR")]
    pub(super) into: PathBuf,
}

impl Selection {
    /// The cases and variants that are meant.
    pub(super) fn items(&self, catalog: &Catalog) -> Vec<Item> {
        let mut items = Vec::new();
        for (id, case) in &catalog.cases {
            let level = catalog.requirement(case).map(|it| it.level);
            for variant in case.variants() {
                if level.is_some_and(|it| it <= self.level) && self.fits(&name(id, variant)) {
                    items.push((id.clone(), variant));
                }
            }
        }
        items
    }

    fn fits(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|it| glob::matches(it, name));
        (self.run.is_empty() || any(&self.run)) && !any(&self.skip)
    }
}
