//! Objects that exist from the start: those of every cluster, and those of a seed file.

use {
    crate::{
        codec::{FieldValidation, Target, json},
        kubernetes::{
            kinds::{self, Resource},
            metadata,
            objects::create::{plant, plant_over},
            rbac::bootstrap,
        },
        world::{World, objects::Kind},
    },
    serde_json::{Value, json},
};

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Who makes what stands in a seed file.
const SEED: &str = "seed";

/// Who makes them.
pub const SERVER: &str = "kube-apiserver";

/// Where the server notes since when it has kept track of legacy tokens.
const TRACKING: &str = "kube-apiserver-legacy-service-account-token-tracking";

/// Makes what a new cluster has.
pub fn seed_defaults(world: &World) {
    for name in NAMESPACES {
        let namespace = json!({
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": { "name": name },
        });
        // One that is there already stays.
        let _ = plant(world, kinds::of(Kind::Namespace), namespace, SERVER);
    }
    let since = world.clock.now().to_string();
    let tracking = json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": { "name": TRACKING, "namespace": "kube-system" },
        "data": { "since": since.split('T').next() },
    });
    let _ = plant(world, kinds::of(Kind::ConfigMap), tracking, SERVER);
    bootstrap::plant(world);
}

/// Makes an object of a seed file, in place of one of that name that is there already; its
/// namespace is made when it is not there. An error names the field.
pub fn seed(world: &World, object: &Value) -> Result<(), String> {
    let text = |member: &str| object[member].as_str().unwrap_or("");
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let resource = kinds::named(api_version, kind)
        .ok_or_else(|| format!("kind {kind:?} of apiVersion {api_version:?} cannot be seeded"))?;
    let mut object = read(resource, object)?;
    // What another server has said of it, so that what kubectl prints is a seed.
    metadata::wipe(&mut object);
    metadata::object_at(&mut object, "metadata").remove("resourceVersion");
    if resource.namespaced {
        give_namespace(world, &mut object);
    }
    if resource.kind == Kind::Pod {
        give_account(&mut object);
    }
    let planted = plant_over(world, resource, object, SEED).map_err(|failure| failure.message)?;
    let [namespace, name] = ["namespace", "name"].map(|member| metadata::text(&planted, member));
    match world.objects.get(resource.kind, namespace, name) {
        Some(_) => Ok(()),
        None => Err("it is removed at once: the service account or owner that it names is not \
                     there"
            .to_owned()),
    }
}

fn give_namespace(world: &World, object: &mut Value) {
    let namespace = match metadata::text(object, "namespace") {
        "" => "default".to_owned(),
        namespace => namespace.to_owned(),
    };
    let missing = json!({
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": { "name": namespace },
    });
    // One that is there already stays.
    let _ = plant(world, kinds::of(Kind::Namespace), missing, SEED);
    metadata::object_at(object, "metadata").insert("namespace".to_owned(), namespace.into());
}

// Admission would do so for a client.
fn give_account(pod: &mut Value) {
    let spec = metadata::object_at(pod, "spec");
    if spec.get("serviceAccountName").and_then(Value::as_str).unwrap_or("").is_empty() {
        spec.insert("serviceAccountName".to_owned(), "default".into());
        spec.insert("serviceAccount".to_owned(), "default".into());
    }
}

fn read(resource: &'static Resource, object: &Value) -> Result<Value, String> {
    let error = match decode(resource, object) {
        Ok(object) => return Ok(object),
        Err(error) => error,
    };
    if error.starts_with("strict decoding error: ") {
        return Err(error);
    }
    let differs = |changed: &Value| decode(resource, changed).err().as_ref() != Some(&error);
    match wrong_field(object, differs) {
        field if field.is_empty() => Err(error),
        field => Err(format!("{field}: {error}")),
    }
}

// Of an error only the cause is shown: the message may repeat the object, which may be a Secret.
fn decode(resource: &'static Resource, object: &Value) -> Result<Value, String> {
    let target = Target::new(resource.api_version, resource.name)
        .expect("every kind that is kept is in the schema");
    json::decode(object.to_string().as_bytes(), &target, FieldValidation::Strict)
        .map(|decoded| decoded.object)
        .map_err(|error| error.cause)
}

/// The path of the innermost field without which the error is another one, or none.
fn wrong_field(object: &Value, differs: impl Fn(&Value) -> bool) -> String {
    let (mut pointer, mut path) = (String::new(), String::new());
    loop {
        let mut fields = object.pointer(&pointer).map(fields).unwrap_or_default();
        // What an object is, is known by then.
        fields
            .retain(|(_, name)| !pointer.is_empty() || !["kind", "apiVersion"].contains(&&**name));
        let pointers: Vec<String> =
            fields.iter().map(|(step, _)| format!("{pointer}{step}")).collect();
        let Some(index) =
            first(pointers.len(), |count| differs(&without(object, &pointers[..count])))
        else {
            return path;
        };
        let (step, name) = &fields[index];
        pointer.push_str(step);
        if !path.is_empty() && !name.starts_with('[') {
            path.push('.');
        }
        path.push_str(name);
    }
}

/// The index of the field that makes the difference: the last of the fewest first ones that do.
fn first(fields: usize, differs: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut fewest, mut most) = (0, fields);
    if !differs(fields) {
        return None;
    }
    while most - fewest > 1 {
        let middle = fewest.midpoint(most);
        if differs(middle) {
            most = middle;
        } else {
            fewest = middle;
        }
    }
    Some(fewest)
}

fn without(object: &Value, pointers: &[String]) -> Value {
    let mut object = object.clone();
    for pointer in pointers {
        object.pointer_mut(pointer).map(Value::take);
    }
    object
}

/// The fields of a value: the last step of a JSON pointer to each, and how a path shows it.
fn fields(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(members) => {
            let step = |name: &String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            members.keys().map(|name| (step(name), name.clone())).collect()
        }
        Value::Array(items) => {
            (0..items.len()).map(|index| (format!("/{index}"), format!("[{index}]"))).collect()
        }
        _ => Vec::new(),
    }
}
