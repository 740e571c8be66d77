//! Writes the tables of both APIs anew, from what their own Go packages know of themselves, and a
//! running kube-apiserver says of itself. Needs Go; the versions in the `go.mod` files decide what
//! is written.

use {
    crate::{
        Result,
        kube::{self, Kube},
        root,
    },
    std::{fs, path::Path, process::Command},
};

/// One program: its folder, and where each file that it writes belongs.
struct Program {
    folder: &'static str,
    /// Whether it asks a running kube-apiserver.
    asks: bool,
    files: &'static [(&'static str, &'static str)],
}

const PROGRAMS: &[Program] = &[
    Program {
        folder: "xtask/schema/kubernetes",
        asks: false,
        files: &[
            ("schema.txt", "emulator/src/codec/schema/kubernetes.txt"),
            ("kinds.txt", "emulator/src/codec/schema/kinds.txt"),
            ("samples.txt", "emulator/src/codec/schema/samples.txt"),
        ],
    },
    Program {
        folder: "xtask/schema/openapi",
        asks: true,
        files: &[("openapi.bin", "emulator/src/kubernetes/openapi/openapi.bin")],
    },
    Program {
        folder: "xtask/schema/google",
        asks: false,
        files: &[
            ("clusters.descriptors.binpb", "emulator/src/google/clusters/tables/descriptors.binpb"),
            ("clusters.routes.txt", "emulator/src/google/clusters/tables/routes.txt"),
        ],
    },
];

/// `cargo xtask schema`: runs all programs, and names the tables that changed.
pub(crate) fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(format!("schema takes no arguments, got {argument:?}").into());
    }
    let out = tempfile::tempdir()?;
    PROGRAMS.iter().try_for_each(|program| write(program, out.path()))
}

fn write(program: &Program, out: &Path) -> Result {
    let mut go = Command::new("go");
    go.args(["run", "."]).arg(out).current_dir(root().join(program.folder)).env("GOWORK", "off");
    let kube = program.asks.then(|| Kube::start(kube::VERSION, &[])).transpose()?;
    if let Some(kube) = &kube {
        go.env("KUBE_URL", &kube.url).env("KUBE_TOKEN", kube::TOKEN);
    }
    let status = go.status().map_err(|error| format!("go is needed: {error}"))?;
    if !status.success() {
        return Err(format!("go run in {} ended with {status}", program.folder).into());
    }
    for (name, place) in program.files {
        let (new, path) = (fs::read(out.join(name))?, root().join(place));
        let changed = fs::read(&path).ok().as_deref() != Some(new.as_slice());
        println!("{place}: {}", if changed { "changed" } else { "as it was" });
        if changed {
            fs::write(path, new)?;
        }
    }
    Ok(())
}
