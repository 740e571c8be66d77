//! Seeds: what they may hold, and what is said of what they may not.

use {
    crate::client::{get, post},
    rstest::rstest,
    serde_json::{Value, json},
    std::{fs, path::Path},
    tempfile::TempDir,
    token_emulator::{Config, Emulator},
};

const ACCOUNTS: &str = "/api/v1/namespaces/a/serviceaccounts";

/// A configuration with a seed, which is there as long as the folder.
fn config(seed: &str) -> (TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.yaml");
    fs::write(&path, seed).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    (folder, Config { listen, seed: Some(path), ..Config::default() })
}

async fn start(seed: &str) -> Emulator {
    let (_folder, config) = config(seed);
    Emulator::start_with(config).await.unwrap()
}

/// The error of a seed, without the folder that its file is in.
async fn error_of(seed: &str) -> String {
    let (folder, config) = config(seed);
    let error = Emulator::start_with(config).await.unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[rstest]
#[case::unknown_kind(
    "{apiVersion: v1, kind: Nothing, metadata: {name: a}}",
    "Nothing a: kind \"Nothing\" of apiVersion \"v1\" cannot be seeded"
)]
#[case::unknown_fields(
    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: vault, lables: {}}, spce: 1}",
    "ServiceAccount vault/a: strict decoding error: unknown field \"metadata.lables\", unknown field \"spce\""
)]
#[case::another_type(
    "{apiVersion: v1, kind: Namespace, metadata: {name: [a]}}",
    "Namespace: metadata.name: json: cannot unmarshal array into Go struct field ObjectMeta.metadata.name of type string"
)]
#[case::no_base64(
    "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {good: aGk=, 'a/b': hush!}}",
    "Secret s: data.a/b: illegal base64 data at input byte 4"
)]
#[case::deep(
    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}, {name: d, image: i, resources: {limits: {cpu: x}}}]}}",
    "Pod p: spec.containers[1].resources.limits.cpu: quantities must match the regular expression"
)]
#[case::invalid(
    "{apiVersion: v1, kind: Pod, metadata: {name: p}}",
    "Pod p: Pod \"p\" is invalid: spec.containers: Required value"
)]
#[case::nameless(
    "{apiVersion: v1, kind: Namespace}",
    "Namespace: Namespace \"\" is invalid: metadata.name: Required value: name or generateName"
)]
#[case::removed_at_once(
    "{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {name: t, annotations: {kubernetes.io/service-account.name: none}}}",
    "Secret t: it is removed at once: the service account or owner that it names is not there"
)]
#[case::no_issuer(
    "{name: projects/p/locations/l/attachedClusters/c}",
    "AttachedCluster projects/p/locations/l/attachedClusters/c: oidcConfig: Required field is missing"
)]
#[case::bad_issuer(
    "{name: projects/p/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'http://a'}}",
    "attachedClusters/c: oidcConfig.issuerUrl: Invalid issuer URL. It has to begin with https://"
)]
#[case::bad_keys(
    "{name: projects/p/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'https://a', jwks: aGk=}}",
    "attachedClusters/c: oidcConfig.jwks: it has to be a JWK Set (JSON), in base64"
)]
#[case::no_bytes(
    "{name: projects/p/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'https://a', jwks: [a]}}",
    "attachedClusters/c: oidcConfig"
)]
#[case::bad_name(
    "{kind: AttachedCluster, name: c, oidcConfig: {issuerUrl: 'https://a'}}",
    "AttachedCluster c: name: Invalid resource name"
)]
#[case::projects("projects: p", "projects: is a list of names or numbers, alone in its document")]
#[case::fraction("projects: [1.5]", "projects: is a list of names or numbers")]
#[case::something_else("token: hush", "it is neither a Kubernetes object (apiVersion and kind)")]
#[tokio::test]
async fn an_error_names_file_document_and_field(#[case] document: &str, #[case] expected: &str) {
    let error = error_of(&format!("# A comment.\nprojects: [p]\n---\n{document}\n")).await;
    let error = error.strip_prefix("--seed: seed.yaml: document 2 (line 4)").unwrap_or(&error);
    let error = error.trim_start_matches([',', ':', ' ']);
    let whole = error.contains(expected) && !error.starts_with("--seed");
    assert!(whole && !error.contains("hush"), "{error}");
}

#[tokio::test]
async fn an_error_in_a_list_names_the_item() {
    let list = "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: A}}\n";
    let error = error_of(list).await;
    let place = "--seed: seed.yaml: document 1 (line 1), item 2, Namespace A: ";
    assert!(error.starts_with(place), "{error}");
}

#[rstest]
#[case(
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: default}}"
)]
#[case(
    "{name: projects/p/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'https://a'}}",
    "{name: projects/p/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'https://b'}}"
)]
#[tokio::test]
async fn what_is_there_twice_is_an_error(#[case] first: &str, #[case] second: &str) {
    let error = error_of(&format!("{first}\n---\n{second}\n")).await;
    assert!(error.ends_with(": it is in document 1 (line 1) already"), "{error}");
}

#[tokio::test]
async fn a_cluster_of_a_project_that_is_not_listed_is_an_error() {
    let cluster =
        "{name: projects/q/locations/l/attachedClusters/c, oidcConfig: {issuerUrl: 'https://a'}}";
    let error = error_of(&format!("{cluster}\n---\nprojects: [p]\n")).await;
    assert!(error.ends_with("is in none of the projects that the seed lists"), "{error}");
}

#[tokio::test]
async fn a_seed_describes_what_the_emulator_makes_itself() {
    let seed = "
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: a, annotations: {x: one}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {x: two}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {x: three}}}
";
    let emulator = start(seed).await;
    for _ in 0..2 {
        let account = get(&emulator, &format!("{ACCOUNTS}/default")).await.1;
        assert_eq!(account["metadata"]["annotations"], json!({"x": "one"}));
        for (name, label) in [("a", "two"), ("default", "three")] {
            let namespace = get(&emulator, &format!("/api/v1/namespaces/{name}")).await.1;
            assert_eq!(namespace["metadata"]["labels"]["x"], label);
            assert_eq!(namespace["status"]["phase"], "Active");
        }
        assert_eq!(post(&emulator, "/_emulator/v1/state", "").await.0, 200);
    }
}

#[tokio::test]
async fn a_token_secret_may_come_before_its_account() {
    let emulator = start(
        "
- apiVersion: v1
  kind: Secret
  type: kubernetes.io/service-account-token
  metadata: {name: t, namespace: a, annotations: {kubernetes.io/service-account.name: builder}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: builder, namespace: a}}
",
    )
    .await;
    let secret = get(&emulator, "/api/v1/namespaces/a/secrets/t").await.1;
    assert!(secret["data"]["token"].is_string(), "{secret}");
}

#[tokio::test]
async fn what_the_api_lists_is_a_seed() {
    let first =
        start("{apiVersion: v1, kind: ServiceAccount, metadata: {name: b, namespace: a}}").await;
    let mut list = get(&first, ACCOUNTS).await.1;
    assert_eq!(list["kind"], "ServiceAccountList");
    list["items"][0]["metadata"]["deletionTimestamp"] = "2020-01-01T00:00:00Z".into();
    let names = |list: &Value| -> Vec<Value> {
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["metadata"]["name"].clone()).collect()
    };
    let second = start(&list.to_string()).await;
    let seeded = get(&second, ACCOUNTS).await.1;
    assert_eq!(names(&seeded), names(&list));
    assert!(seeded["items"][0]["metadata"]["deletionTimestamp"].is_null(), "{seeded}");
}

#[tokio::test]
async fn a_pod_without_an_account_runs_as_default() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}";
    let emulator = start(pod).await;
    let pod = get(&emulator, "/api/v1/namespaces/default/pods/p").await.1;
    assert_eq!(pod["spec"]["serviceAccountName"], "default");
}

#[test]
fn a_missing_file_is_named() {
    let config = Config { seed: Some(Path::new("/nowhere/seed.yaml").into()), ..Config::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(Emulator::start_with(config)).unwrap_err().to_string();
    assert!(error.starts_with("--seed: /nowhere/seed.yaml: "), "{error}");
}
