//! `POST …/pods/NAME/binding`: a pod gets its node, and with it the node that its tokens name.
//!
//! Source: kubernetes `pkg/registry/core/pod/storage/storage.go`, BindingREST.

use {
    crate::{
        kubernetes::{
            admission, body,
            exchange::{Exchange, Outcome, Reply},
            kinds::{self, Resource},
            metadata, names,
            objects::{self, create, find},
            status::{Failure, FieldError},
        },
        world::{
            clock::rfc3339,
            objects::{Kind, Object, WriteError},
        },
    },
    serde_json::{Map, Value, json},
};

/// Binds a pod to a node; without a name in the path, the binding has the pod's.
pub fn bind(exchange: &Exchange<'_>, namespace: &str, name: Option<&str>) -> Outcome {
    let output = body::accept(exchange)?;
    let (mut binding, options) = body::read_created(exchange, "v1", "Binding")?;
    metadata::match_namespace(&mut binding, namespace)?;
    let own = metadata::text(&binding, "name").to_owned();
    // Without a pod in the path, it is a resource of its own.
    let plural = if name.is_some() { "pods" } else { "bindings" };
    let resource = Resource { plural, ..*kinds::of(Kind::Pod) };
    admission::namespace(exchange, &resource, namespace, name.unwrap_or(&own))?;
    admission::deny(exchange, &resource, name.unwrap_or(&own))?;
    let name = name.unwrap_or(&own);
    if name != own {
        return Err(Failure::bad_request("name in URL does not match name in Binding object"));
    }
    check(&binding["target"])?;
    if name.is_empty() {
        return Err(Failure::bad_request("Name parameter required."));
    }
    loop {
        let pod = find(exchange.world, kinds::of(Kind::Pod), namespace, name)?;
        check_preconditions(&binding, &pod)?;
        check_pod(&pod)?;
        let document = bound(&pod, &binding, &rfc3339(exchange.world.clock.now()));
        if options.dry_run {
            break;
        }
        let build = |version| objects::from_document(Kind::Pod, document, version);
        match exchange.world.objects.replace(&pod, build) {
            Err(WriteError::Changed) => {}
            _ => break,
        }
    }
    Ok(Reply::Object { status: 201, object: create::done(), output })
}

// The errors of this rule are told without a plan.
fn check(target: &Value) -> Result<(), Failure> {
    let text = |member: &str| target[member].as_str().unwrap_or("");
    let mut errors = Vec::new();
    if !matches!(text("kind"), "" | "Node") {
        let supported = r#""Node", "<empty>""#;
        errors.push(FieldError::unsupported("target.kind", text("kind"), supported));
    }
    if text("name").is_empty() {
        errors.push(FieldError::required("target.name", ""));
    } else if matches!(text("kind"), "" | "Node") {
        let faults = names::name_faults(Kind::Node, text("name"));
        errors.extend(
            faults.iter().map(|fault| FieldError::invalid("target.name", &target["name"], fault)),
        );
    }
    let texts: Vec<_> =
        errors.iter().map(|error| format!("{}: {}", error.field, error.text)).collect();
    match texts.as_slice() {
        [] => Ok(()),
        [text] => Err(Failure::unplanned(text)),
        texts => Err(Failure::unplanned(format!("[{}]", texts.join(", ")))),
    }
}

fn check_preconditions(binding: &Value, pod: &Object) -> Result<(), Failure> {
    let version = pod.resource_version.to_string();
    for (member, what, there) in
        [("uid", "UID", &pod.uid), ("resourceVersion", "ResourceVersion", &version)]
    {
        let wanted = metadata::text(binding, member);
        if !wanted.is_empty() && wanted != there {
            let key = format!("/registry/pods/{}/{}", pod.namespace, pod.name);
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {there}"
            );
            return Err(Failure::conflict("pods", "", &pod.name, &why));
        }
    }
    Ok(())
}

fn check_pod(pod: &Object) -> Result<(), Failure> {
    let name = &pod.name;
    let why = if pod.deletion_timestamp.is_some() {
        format!("pod {name} is being deleted, cannot be assigned to a host")
    } else if !pod.node_name.is_empty() {
        format!("pod {name} is already assigned to node \"{}\"", pod.node_name)
    } else if pod.document["spec"]["schedulingGates"].as_array().is_some_and(|it| !it.is_empty()) {
        format!("pod {name} has non-empty .spec.schedulingGates")
    } else {
        return Ok(());
    };
    Err(Failure::conflict("pods/binding", "", name, &why))
}

fn bound(pod: &Object, binding: &Value, now: &str) -> Value {
    let mut document = pod.document.clone();
    metadata::object_at(&mut document, "spec")
        .insert("nodeName".to_owned(), binding["target"]["name"].clone());
    for member in ["annotations", "labels"] {
        let given = binding["metadata"][member].as_object().filter(|given| !given.is_empty());
        if let Some(given) = given {
            let own = metadata::object_at(&mut document, "metadata")
                .entry(member)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(own) = own.as_object_mut() {
                own.extend(given.clone());
            }
        }
    }
    set_condition(&mut document, json!({"type": "PodScheduled", "status": "True"}), now);
    document
}

/// Sets a condition of a pod; one that is as it was keeps its time.
pub fn set_condition(pod: &mut Value, mut condition: Value, now: &str) {
    condition["lastTransitionTime"] = now.into();
    let status = metadata::object_at(pod, "status");
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    match conditions.iter_mut().find(|known| known["type"] == condition["type"]) {
        Some(known) => {
            if known["status"] == condition["status"] {
                condition["lastTransitionTime"] = known["lastTransitionTime"].clone();
            }
            *known = condition;
        }
        None => conditions.push(condition),
    }
}
