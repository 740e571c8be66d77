//! The commands of `commands.script` with an emulator, and, where that is wanted, with a
//! kube-apiserver beside it, which has to make kubectl say the same.

use {
    super::{
        super::{
            Options,
            scenario::Report,
            tool::{Answer, Tool},
        },
        minor, same,
        script::{self, Command, Section},
    },
    crate::{
        Result,
        kube::{self, Kube},
    },
    std::{fs, path::Path},
    token_launch::Server,
};

/// What edits: one value is changed, in YAML and in JSON.
const EDITOR: &str = r#"sed -i -e 's/a: b$/a: e/' -e 's/"a": "b"/"a": "e"/'"#;

/// One kubectl, and the servers that it talks to.
struct Pair {
    ours: Tool,
    real: Option<Tool>,
}

/// Every section with every kubectl.
pub(in crate::clients) fn run(options: &Options, report: &mut Report) -> Result {
    let sections = script::sections()?;
    for tool in options.kubectls.iter().filter(|tool| tool.is_installed()) {
        let minor = minor(tool)?;
        let kube = options.beside_kube.then(|| Kube::start(kube::VERSION, &[])).transpose()?;
        let server = emulator(&options.emulator, kube.as_ref())?;
        let pair = Pair {
            ours: client(tool, server.folder(), "ours", &ours(&server, kube.is_some()))?,
            real: match &kube {
                Some(kube) => Some(client(tool, server.folder(), "real", &real(kube))?),
                None => None,
            },
        };
        for section in &sections {
            report.note(&tool.name, section.name, pair.run(section, minor));
        }
    }
    Ok(())
}

fn emulator(binary: &Path, kube: Option<&Kube>) -> Result<Server> {
    let bare = ["--controllers=false", "--authorization-mode=RBAC", "--token-cache-ttl=10s"];
    let mut flags = bare.map(str::to_owned).to_vec();
    flags.extend(
        kube.map(|kube| {
            format!("--token-auth-file={}", kube.folder().join("tokens.csv").display())
        }),
    );
    Ok(Server::start(binary, &flags.iter().map(String::as_str).collect::<Vec<_>>())?)
}

/// Where a server is, whom it trusts, and a bearer in `system:masters`.
struct Target {
    url: String,
    ca_file: String,
    token: String,
}

fn ours(server: &Server, shared: bool) -> Target {
    let token = if shared { kube::TOKEN } else { server.token() };
    let [url, ca_file, token] = [server.https_url(), server.ca_file(), token].map(str::to_owned);
    Target { url, ca_file, token }
}

fn real(kube: &Kube) -> Target {
    let ca_file = kube.ca_file().display().to_string();
    Target { url: kube.url.clone(), ca_file, token: kube::TOKEN.to_owned() }
}

/// kubectl with a home of its own, so that it remembers nothing of another server.
fn client(tool: &Tool, folder: &Path, name: &str, target: &Target) -> Result<Tool> {
    let home = folder.join(name);
    fs::create_dir_all(&home)?;
    let (Target { url, ca_file, token }, config) = (target, home.join("config"));
    let text = format!(
        "apiVersion: v1\nkind: Config\n\
         clusters: [{{name: c, cluster: {{server: '{url}', certificate-authority: '{ca_file}'}}}}]\n\
         users: [{{name: u, user: {{token: '{token}'}}}}]\n\
         contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n"
    );
    fs::write(&config, text)?;
    let tool = tool.clone().with("KUBECONFIG", &config.display().to_string());
    Ok(tool.with("HOME", &home.display().to_string()).with("EDITOR", EDITOR))
}

impl Pair {
    fn run(&self, section: &Section, minor: u32) -> Result<(), String> {
        let commands = section.commands.iter().filter(|command| command.since <= minor);
        let faults: Vec<_> = commands.filter_map(|command| self.fault(command).err()).collect();
        match faults.as_slice() {
            [] => Ok(()),
            [first, ..] => Err(format!("{} of {}: {first}", faults.len(), section.commands.len())),
        }
    }

    fn fault(&self, command: &Command) -> Result<(), String> {
        let Some(real) = &self.real else {
            let ours = command.run(&self.ours)?;
            return command.fault(&ours).map_or(Ok(()), Err);
        };
        // At the same time, since some of them wait for something.
        let (ours, real) = std::thread::scope(|scope| {
            let ours = scope.spawn(|| command.run(&self.ours));
            let real = command.run(real);
            (ours.join().unwrap_or_else(|_| Err("kubectl could not be run".to_owned())), real)
        });
        let (ours, real) = (ours?, real?);
        match (command.differs(), difference(&real, &ours)) {
            (false, Some(difference)) => Err(format!("{command}: {difference}")),
            (true, None) => Err(format!("{command}: does not differ any more")),
            _ => Ok(()),
        }
    }
}

fn difference(real: &Answer, ours: &Answer) -> Option<String> {
    same::difference(&real.said.out, &ours.said.out)
        .or_else(|| same::difference(&real.said.err, &ours.said.err))
        .or_else(|| (real.success != ours.success).then(|| "another exit code".to_owned()))
}
