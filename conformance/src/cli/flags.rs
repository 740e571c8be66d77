//! The flags. One that is not here is refused.

use {
    crate::{batch::Item, catalog::Catalog, glob, level::Level, verdict::name},
    clap::{Args, Parser, Subcommand, ValueEnum, value_parser},
    clap_complete::Shell,
    std::{ffi::OsString, path::PathBuf},
};

/// What stands below the help of `run`.
const EXAMPLES: &str = "\
Examples:
  token-conformance run --kubeconfig ~/.kube/config --context staging --dry-run
  token-conformance run --context staging --level must --report-dir reports
  token-conformance run --server https://10.0.0.1:6443 --token-file token --ca-file ca.crt
  token-conformance run --context staging --run 'kubernetes/token-request/*' --skip '*@http2'
  token-conformance run --google-endpoint https://us-west1-gkemulticloud.googleapis.com \\
    --access-token \"$(gcloud auth print-access-token)\" \\
    --attached-cluster projects/p/locations/us-west1/attachedClusters/c --subject-token-file token

Exit codes:
  0  the endpoint conforms
  1  a case failed or could not run
  2  a mistake on the command line or in a file
  3  nothing could be judged: the endpoint is out of reach, or refuses all
  4  the list of known failures is out of date
  5  nothing was selected";

/// What stands below the help of `list`.
const PATTERNS: &str = "\
Patterns:
  In a pattern * stands for any characters, slashes too, and ? for one. One without any of * ? / @
  is looked for anywhere in a name. A name is the case's id, and after an @ the variant beyond the
  first: kubernetes/token-request/header-is-algorithm-and-key@protobuf.

Examples:
  token-conformance list --run 'kubernetes/token-review/*' --level observed
  token-conformance list --run lifetime --format json";

/// Below the help of the program.
const PROGRAM: &str = "\
Examples:
  token-conformance run --context staging          judge a cluster that kubectl knows
  token-conformance run --context staging --dry-run
  token-conformance run --help                     what can be chosen";

/// Below the help of `record`.
const RECORD: &str = "\
Examples:
  token-conformance record --server https://127.0.0.1:6443 --token-file token --ca-file ca.crt
  token-conformance record --context kind-kind --run 'kubernetes/token-request/*'";

/// Below the help of `explain`.
const EXPLAIN: &str = "\
Examples:
  token-conformance explain kubernetes/token-request/header-is-algorithm-and-key";

/// Below the help of `export`.
const EXPORT: &str = "\
Examples:
  token-conformance export suite
  token-conformance run --suite suite --context staging";

/// Below the help of `completions`.
const COMPLETIONS: &str = "\
Examples:
  source <(token-conformance completions bash)
  token-conformance completions fish > ~/.config/fish/completions/token-conformance.fish";

/// Below the help of `man`.
const MAN: &str = "\
Examples:
  token-conformance man > token-conformance.1
  token-conformance man run | man -l -";

/// Judges servers of the Kubernetes TokenRequest API and of GKE Multi-Cloud's agent tokens.
#[derive(Debug, Parser)]
#[command(name = "token-conformance", version, after_help = PROGRAM)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Read the cases and snapshots from this folder instead of the binary
    #[arg(long, global = true, value_name = "DIR", help_heading = "Suite")]
    pub(super) suite: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases against a target
    #[command(after_help = EXAMPLES)]
    Run(Box<RunArgs>),
    /// List the cases, in the order of their names
    #[command(after_help = PATTERNS)]
    List(ListArgs),
    /// Write the snapshots of Kubernetes cases anew, from a kube-apiserver
    #[command(after_help = RECORD)]
    Record(Box<RecordArgs>),
    /// Explain a case or requirement
    #[command(after_help = EXPLAIN)]
    Explain {
        /// The id of a case or requirement
        id: String,
    },
    /// Write the cases and snapshots that the binary carries into a folder
    ///
    /// Files of an earlier export are replaced. One that was changed is not, nor is anything
    /// written then; cases that were added are left alone.
    #[command(after_help = EXPORT)]
    Export {
        /// The folder
        dir: PathBuf,
        /// Write over files that were changed, too
        #[arg(long)]
        force: bool,
    },
    /// Print the version
    #[command(after_help = "Examples:\n  token-conformance version")]
    Version,
    /// Print the completion script of a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page (roff)
    #[command(after_help = MAN)]
    Man {
        /// The command to document [default: the program]
        command: Option<String>,
    },
}

/// How cases are listed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// A name a line.
    Text,
    /// An array with what is known of each.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A name a line, or a JSON array
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct Selection {
    /// Only cases whose names match; may be repeated (see `list --help`)
    #[arg(long, value_name = "GLOB")]
    pub(super) run: Vec<String>,
    /// Leave out cases whose names match; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    /// How strictly: what clients need, what all implementations do, or kube-apiserver to the letter
    #[arg(long, default_value = "should", value_name = "must|should|observed")]
    pub(super) level: Level,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Kubernetes")]
pub(super) struct Kubernetes {
    /// The kubeconfig, or several as KUBECONFIG has them
    #[arg(long, value_name = "PATH", conflicts_with_all = ["server", "in_cluster"])]
    pub(super) kubeconfig: Option<OsString>,
    /// The context, if not the current one; without --kubeconfig, of those that kubectl would read
    #[arg(long, value_name = "NAME", conflicts_with_all = ["server", "in_cluster"])]
    pub(super) context: Option<String>,
    /// The cluster that this pod runs in, as its service account
    #[arg(long, conflicts_with = "server")]
    pub(super) in_cluster: bool,
    /// The cluster's URL, https or http
    #[arg(long, value_name = "URL")]
    pub(super) server: Option<String>,
    /// The bearer token; visible in the list of processes, unlike --token-file
    #[arg(
        long,
        env = "TOKEN_CONFORMANCE_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub(super) token: Option<String>,
    /// A file that holds the bearer token
    #[arg(long, value_name = "PATH")]
    pub(super) token_file: Option<PathBuf>,
    /// A client certificate (PEM)
    #[arg(long, value_name = "PATH", requires = "client_key")]
    pub(super) client_certificate: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(long, value_name = "PATH", requires = "client_certificate")]
    pub(super) client_key: Option<PathBuf>,
    /// CA certificates to trust (PEM); also for --google-endpoint
    #[arg(long, value_name = "PATH", conflicts_with = "insecure_skip_tls_verify")]
    pub(super) ca_file: Option<PathBuf>,
    /// Do not verify the server's certificate; also for --google-endpoint
    #[arg(long)]
    pub(super) insecure_skip_tls_verify: bool,
    /// The server name to verify the certificate against, and to send as SNI
    #[arg(long, value_name = "NAME")]
    pub(super) tls_server_name: Option<String>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Google")]
pub(super) struct Google {
    /// The API's URL
    #[arg(long, value_name = "URL")]
    pub(super) google_endpoint: Option<String>,
    /// The OAuth access token
    #[arg(
        long,
        env = "TOKEN_CONFORMANCE_ACCESS_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub(super) access_token: Option<String>,
    /// A file that holds the access token
    #[arg(long, value_name = "PATH")]
    pub(super) access_token_file: Option<PathBuf>,
    /// The attached cluster to use, projects/…/attachedClusters/…; the emulator needs none named
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
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) reports: Reports,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Run limits")]
pub(super) struct Limits {
    /// Use this existing namespace instead of creating one
    #[arg(long, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// The number of cases to run at the same time
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = value_parser!(u16).range(1..=256))]
    pub(super) parallel: u16,
    /// The most requests per second [default: 50, or no limit for a target on this machine]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(super) qps: Option<u32>,
    /// Run only cases that create nothing
    #[arg(long)]
    pub(super) read_only: bool,
    /// Print what would run and what would be created, and create nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Verdict and reports")]
pub(super) struct Reports {
    /// YAML, `pattern: reason` of cases that fail and are known to, or `pattern: {reason, until: DAY}`
    #[arg(long, value_name = "FILE")]
    pub(super) known_failing: Option<PathBuf>,
    /// Write over that file: what fails goes in, what passes comes out
    #[arg(long, requires = "known_failing")]
    pub(super) update_known_failing: bool,
    /// Where to write junit.xml, report.json, report.html and summary.md; only those of an earlier
    /// run are written over
    #[arg(long, value_name = "DIR")]
    pub(super) report_dir: Option<PathBuf>,
    /// Show the exchanges of cases that passed, too, and name all that were skipped
    #[arg(long)]
    pub(super) trace: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) kubernetes: Kubernetes,
    /// Only cases whose names match; may be repeated (see `list --help`)
    #[arg(long, value_name = "GLOB")]
    pub(super) run: Vec<String>,
    /// The folder that holds kubernetes/; the snapshots in it are written over
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
