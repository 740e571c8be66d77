//! The Kubernetes libraries of several languages, on the emulator, and on a kube-apiserver where that
//! is asked for: what a check wants is what the real server answers.

use {
    super::{
        Options,
        program::{FETCH_NODE, FETCH_PYTHON, Program},
        scenario::Report,
    },
    crate::{
        Result,
        kube::{self, Kube},
    },
    std::fs,
};

const PROGRAMS: &[Program] = &[
    Program {
        name: "kubernetes-go",
        needs: &["go"],
        fetch: &[
            "go mod download",
            "go mod download -modfile=client-go-0.32.mod",
            "go mod download -modfile=client-go-0.29.mod",
            "go -C runtime mod download",
        ],
        build: &[
            "go build -o bin/client-go ./client-go",
            "go build -modfile=client-go-0.32.mod -o bin/client-go-0.32 ./client-go",
            "go build -modfile=client-go-0.29.mod -o bin/client-go-0.29 ./client-go",
            "go -C runtime build -o ../bin/ ./...",
        ],
        runs: &[
            "bin/client-go",
            "bin/client-go-0.32",
            "bin/client-go-0.29",
            "bin/manager",
            "bin/relying-party",
        ],
    },
    Program {
        name: "kubernetes-python",
        needs: &["python3"],
        fetch: FETCH_PYTHON,
        build: &[],
        runs: &["venv/bin/python main.py"],
    },
    Program {
        name: "kubernetes-node",
        needs: &["node", "npm"],
        fetch: FETCH_NODE,
        build: &[],
        runs: &["node main.mjs"],
    },
    Program {
        name: "kubernetes-java",
        needs: &["mvn", "javac", "java"],
        fetch: &["mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=jars"],
        build: &["javac -d classes -cp jars/* -sourcepath src src/Main.java"],
        runs: &["java -cp jars/*:classes Main"],
    },
    Program {
        name: "kubernetes-rust",
        needs: &["cargo"],
        fetch: &["cargo fetch --quiet --locked"],
        build: &["cargo build --quiet --locked --offline --target-dir target"],
        runs: &["target/debug/kubernetes-rust"],
    },
];

/// Every program that is selected.
pub(super) fn run(options: &Options) -> Result<Report> {
    let mut report = Report::default();
    let programs: Vec<_> = PROGRAMS.iter().filter(|program| options.wants(program.name)).collect();
    for program in &programs {
        program.report(&options.emulator, &["--authorization-mode", "RBAC"], &mut report)?;
    }
    if options.beside_kube && !programs.is_empty() {
        let kube = Kube::start(kube::VERSION, &[])?;
        for program in programs {
            let mut real = Report::default();
            on_kube(program, &kube, &mut real)?;
            println!("{real}\n\nThat was kube-apiserver.\n");
            report.add_failures(real);
        }
    }
    Ok(report)
}

fn on_kube(program: &Program, kube: &Kube, report: &mut Report) -> Result {
    let Some(folder) = program.install(report) else { return Ok(()) };
    let file = folder.join("kubeconfig");
    fs::write(&file, kubeconfig(kube))?;
    program.drive(&folder, &[("KUBECONFIG", file.display().to_string())], report)
}

fn kubeconfig(kube: &Kube) -> String {
    let (url, ca, token) = (&kube.url, kube.ca_file().display().to_string(), kube::TOKEN);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: kube\n\
         clusters: [{{name: kube, cluster: {{server: \"{url}\", certificate-authority: \"{ca}\"}}}}]\n\
         users: [{{name: admin, user: {{token: \"{token}\"}}}}]\n\
         contexts: [{{name: kube, context: {{cluster: kube, user: admin}}}}]\n"
    )
}
