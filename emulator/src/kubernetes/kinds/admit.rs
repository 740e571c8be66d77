//! What admission does to an object of some kinds before it is stored.
//!
//! Source: kubernetes `plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds,nodetaint}`.

use {
    crate::{
        kubernetes::{
            exchange::Exchange,
            kinds::Resource,
            metadata::{self, object_at},
            objects::create::suffix,
            status::Failure,
        },
        world::objects::{Kind, Object},
    },
    serde_json::{Map, Value, json},
};

/// Where a pod finds its token.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Admits an object, and adds to it what admission adds.
pub fn apply(
    exchange: &Exchange<'_>,
    resource: &Resource,
    object: &mut Value,
) -> Result<(), Failure> {
    match resource.kind {
        Kind::Pod => pod(exchange, resource, object),
        Kind::Node => {
            node(object);
            Ok(())
        }
        _ => Ok(()),
    }
}

// A node is not ready until its kubelet says so.
fn node(object: &mut Value) {
    let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    let spec = object_at(object, "spec");
    let taints = spec.entry("taints").or_insert_with(|| json!([]));
    if let Some(taints) = taints.as_array_mut() {
        taints.push(taint);
    }
}

fn pod(exchange: &Exchange<'_>, resource: &Resource, object: &mut Value) -> Result<(), Failure> {
    let (name, namespace) =
        (metadata::shown_name(object).to_owned(), metadata::text(object, "namespace").to_owned());
    let spec = object_at(object, "spec");
    if spec.get("serviceAccountName").and_then(Value::as_str).unwrap_or("").is_empty() {
        spec.insert("serviceAccountName".to_owned(), "default".into());
        spec.insert("serviceAccount".to_owned(), "default".into());
    }
    let account = spec["serviceAccountName"].as_str().unwrap_or("").to_owned();
    let found = exchange.world.objects.get(Kind::ServiceAccount, &namespace, &account);
    let found = found.ok_or_else(|| {
        let why = format!(
            "error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
        );
        Failure::not_admitted(resource, &name, &why, Vec::new())
    })?;
    let secrets = &found.document["imagePullSecrets"];
    if spec.get("imagePullSecrets").and_then(Value::as_array).is_none_or(Vec::is_empty)
        && secrets.is_array()
    {
        spec.insert("imagePullSecrets".to_owned(), secrets.clone());
    }
    if mounts_token(spec, &found) {
        mount_token(exchange, spec);
    }
    tolerate(spec);
    prioritize(spec).map_err(|why| Failure::not_admitted(resource, &name, &why, Vec::new()))
}

// There are no priority classes but those of the system.
fn prioritize(spec: &mut Map<String, Value>) -> Result<(), String> {
    let class = spec.get("priorityClassName").and_then(Value::as_str).unwrap_or("");
    let priority = match class {
        "" => 0,
        "system-cluster-critical" => 2_000_000_000,
        "system-node-critical" => 2_000_001_000,
        class => return Err(format!("no PriorityClass with name {class} was found")),
    };
    if let Some(told) = spec.get("priority").and_then(Value::as_i64).filter(|it| *it != priority) {
        return Err(format!(
            "the integer value of priority ({told}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name"
        ));
    }
    spec.insert("priority".to_owned(), priority.into());
    spec.insert("preemptionPolicy".to_owned(), "PreemptLowerPriority".into());
    Ok(())
}

fn mounts_token(spec: &Map<String, Value>, account: &Object) -> bool {
    let own = spec.get("automountServiceAccountToken").and_then(Value::as_bool);
    own.or(account.document["automountServiceAccountToken"].as_bool()).unwrap_or(true)
}

fn mount_token(exchange: &Exchange<'_>, spec: &mut Map<String, Value>) {
    let volume = format!("kube-api-access-{}", suffix(exchange.world));
    let mount = json!({"name": volume, "readOnly": true, "mountPath": MOUNT_PATH});
    let mut used = false;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            used |= add_mount(container, &mount);
        }
    }
    if !used {
        return;
    }
    let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
    if let Some(volumes) = volumes.as_array_mut() {
        volumes.push(token_volume(&volume));
    }
}

fn add_mount(container: &mut Value, mount: &Value) -> bool {
    let Some(container) = container.as_object_mut() else { return false };
    let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
    let Some(mounts) = mounts.as_array_mut() else { return false };
    if mounts.iter().any(|mounted| mounted["mountPath"] == MOUNT_PATH) {
        return false;
    }
    mounts.push(mount.clone());
    true
}

fn token_volume(name: &str) -> Value {
    json!({
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }},
                {"downwardAPI": {"items": [{
                    "path": "namespace",
                    "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                }]}},
            ],
            "defaultMode": 420,
        },
    })
}

/// A pod stays for five minutes on a node that has gone away, unless it says otherwise.
pub fn tolerate(spec: &mut Map<String, Value>) {
    let tolerations = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(tolerations) = tolerations.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        if tolerations.iter().any(|toleration| toleration["key"] == key) {
            continue;
        }
        tolerations.push(json!({
            "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
        }));
    }
}
