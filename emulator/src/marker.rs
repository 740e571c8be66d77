//! The mark that a run leaves in the files that it writes, so that a later one recognises them:
//! an extension of the kubeconfig, which kubectl keeps when it edits the file, and a member of the
//! ready file. The files that have no place for it are known by their digests, which it lists.

use {
    aws_lc_rs::digest::{SHA256, digest},
    serde_json::{Value, json},
    std::fmt::Write,
};

/// The name of the kubeconfig's extension, and of its cluster, user and context.
pub(crate) const NAME: &str = "token-emulator";

/// The member of the ready file.
pub(crate) const MEMBER: &str = "token_emulator";

/// The mark of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// What no other run has.
    run: String,
    /// The digests of the files that cannot be marked.
    digests: Vec<String>,
}

impl Marker {
    /// The mark of a run that writes these files beside the marked ones.
    pub(crate) fn new(run: &[u8], files: &[&str]) -> Self {
        let digests = files.iter().map(|text| hexadecimal_digest(text.as_bytes())).collect();
        Self { run: hexadecimal(run), digests }
    }

    /// Its form in a file.
    pub(crate) fn to_json(&self) -> Value {
        let version = env!("CARGO_PKG_VERSION");
        json!({"version": version, "run": self.run, "sha256": self.digests})
    }

    /// The mark of a ready file.
    pub(crate) fn of_ready_file(text: &[u8]) -> Option<Self> {
        let ready: Value = serde_json::from_slice(text).ok()?;
        Self::from_json(&ready[MEMBER])
    }

    /// The mark of a kubeconfig.
    pub(crate) fn of_kubeconfig(text: &[u8]) -> Option<Self> {
        let config: Value = serde_saphyr::from_slice(text).ok()?;
        let extensions = config["extensions"].as_array()?;
        let extension = extensions.iter().find(|extension| extension["name"] == NAME)?;
        Self::from_json(&extension["extension"])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let digests = value["sha256"].as_array()?.iter();
        Some(Self {
            run: value["run"].as_str()?.to_owned(),
            digests: digests.filter_map(|digest| Some(digest.as_str()?.to_owned())).collect(),
        })
    }

    /// Whether the run wrote a file with these bytes.
    pub(crate) fn lists(&self, bytes: &[u8]) -> bool {
        self.digests.contains(&hexadecimal_digest(bytes))
    }
}

/// Whether a kubeconfig names a cluster that is not an emulator's: then it holds something of the
/// user's, whatever else is in it.
pub(crate) fn has_other_cluster(kubeconfig: &[u8]) -> bool {
    let Ok(config) = serde_saphyr::from_slice::<Value>(kubeconfig) else { return true };
    match &config["clusters"] {
        Value::Array(clusters) => clusters.iter().any(|cluster| cluster["name"] != NAME),
        clusters => !clusters.is_null(),
    }
}

fn hexadecimal_digest(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let marker = Marker::new(&[0, 255], &["a", "b"]);
        let extension = json!({"name": NAME, "extension": marker.to_json()});
        let config = json!({"clusters": [], "extensions": [{"name": "other"}, extension]});
        assert_eq!(Marker::of_kubeconfig(config.to_string().as_bytes()), Some(marker.clone()));
        let ready = json!({MEMBER: marker.to_json()}).to_string();
        assert_eq!(Marker::of_ready_file(ready.as_bytes()), Some(marker.clone()));
        assert!(marker.lists(b"a") && marker.lists(b"b") && !marker.lists(b"c"));
    }

    // `kubectl config use-context` 1.32 wrote the first.
    #[rstest]
    #[case(
        "apiVersion: v1\nclusters: null\nextensions:\n- extension:\n    run: \"0012\"\n    sha256:\n    - \
         aa\n    version: 0.1.0\n  name: token-emulator\nkind: Config\n",
        true
    )]
    #[case("apiVersion: v1\nkind: Config\nclusters: []\n", false)]
    #[case("extensions: [{name: token-emulator, extension: {run: 1, sha256: []}}]", false)]
    #[case("extensions: {name: token-emulator}", false)]
    #[case("extensions:\n- name: [", false)]
    #[case("", false)]
    fn a_kubeconfig_is_marked_or_not(#[case] text: &str, #[case] marked: bool) {
        assert_eq!(Marker::of_kubeconfig(text.as_bytes()).is_some(), marked);
    }

    #[rstest]
    #[case("clusters: [{name: token-emulator}]", false)]
    #[case("clusters: null", false)]
    #[case("kind: Config", false)]
    #[case("clusters: [{name: token-emulator}, {name: prod}]", true)]
    #[case("clusters: {}", true)]
    #[case("clusters: [", true)]
    fn another_cluster_is_seen(#[case] text: &str, #[case] seen: bool) {
        assert_eq!(has_other_cluster(text.as_bytes()), seen);
    }
}
