//! What kube-controller-manager and kubelet do in a real cluster, as far as tokens need it
//! (`--controllers`): service accounts and root certificates for new namespaces, tokens for token
//! Secrets, an end for terminating namespaces and for pods whose grace is over.
//!
//! It happens at once, within the request that gives cause for it; what waits for a time happens
//! with the first request after that time on the emulated clock.

use {
    crate::{
        kubernetes::{
            garbage::{self, News},
            kinds::{
                self,
                validate::{SERVICE_ACCOUNT_NAME, TOKEN_SECRET},
            },
            kubelet,
            metadata::{self, has_finalizers},
            objects::{self, create::plant},
            rbac::bootstrap,
        },
        tokens::legacy,
        world::{
            World,
            objects::{Kind, Object},
        },
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    std::sync::Arc,
};

/// An object was created.
pub fn created(world: &World, object: &Arc<Object>) {
    if !world.settings.controllers {
        return;
    }
    match object.kind {
        Kind::Namespace => furnish(world, &object.name),
        Kind::ClusterRole => bootstrap::aggregate(world),
        Kind::Secret if object.document["type"] == TOKEN_SECRET => fill_token(world, object),
        Kind::Pod => kubelet::created(world, object),
        _ => {}
    }
}

/// Another version of an object was written.
pub fn updated(world: &World, object: &Arc<Object>) {
    if !world.settings.controllers {
        return;
    }
    match object.kind {
        Kind::ClusterRole => bootstrap::aggregate(world),
        Kind::Namespace if object.deletion_timestamp.is_some() => empty(world, object),
        Kind::Secret if object.document["type"] == TOKEN_SECRET && object.token.is_empty() => {
            fill_token(world, object);
        }
        _ => {}
    }
}

/// An object was removed.
pub fn removed(world: &World, object: &Arc<Object>) {
    follow(world, News::Removed(Arc::clone(object)));
}

/// What follows when an object was removed, or its deletion has begun.
pub fn follow(world: &World, news: News) {
    if world.settings.controllers {
        settle(world, &news);
        garbage::follow(world, news);
    }
}

/// The part of it that is no garbage collector's.
pub fn settle(world: &World, news: &News) {
    match news {
        News::Deleting(object) => match object.kind {
            Kind::Namespace => empty(world, object),
            Kind::Pod => world.expiries.add(object),
            _ => {}
        },
        News::Removed(object) => settle_removed(world, object),
    }
}

fn settle_removed(world: &World, object: &Object) {
    if object.kind == Kind::ClusterRole {
        bootstrap::aggregate(world);
    }
    if object.kind == Kind::Pod {
        world.expiries.remove(object);
    }
    if object.kind == Kind::ServiceAccount {
        remove_token_secrets(world, object);
    }
    if let Some(namespace) = world.objects.get(Kind::Namespace, "", &object.namespace) {
        let furniture = [(Kind::ServiceAccount, "default"), (Kind::ConfigMap, "kube-root-ca.crt")];
        if namespace.deletion_timestamp.is_none()
            && furniture.contains(&(object.kind, object.name.as_str()))
        {
            furnish(world, &namespace.name);
        }
        finish(world, &namespace);
    }
}

/// Does what the time has come for.
pub fn tick(world: &World) {
    if !world.settings.controllers {
        return;
    }
    for (namespace, name, uid) in world.expiries.due(world.clock.now()) {
        let pod = world.objects.get(Kind::Pod, &namespace, &name).filter(|pod| pod.uid == uid);
        let Some(pod) = pod else { continue };
        if has_finalizers(&pod.document) {
            end_grace(world, &pod);
        } else if world.objects.remove(&pod).is_ok() {
            removed(world, &pod);
        }
    }
}

// From then on only the finalizers hold a pod. One that no node runs has had no grace at all, and
// no kubelet writes it.
fn end_grace(world: &World, pod: &Object) {
    if pod.document["metadata"]["deletionGracePeriodSeconds"] == 0 {
        return;
    }
    let mut document = pod.document.clone();
    let grace = "deletionGracePeriodSeconds".to_owned();
    metadata::object_at(&mut document, "metadata").insert(grace, 0.into());
    let build = |version| objects::from_document(pod.kind, document, version);
    // Somebody who changed it meanwhile keeps what they wrote.
    let _ = world.objects.replace(pod, build);
}

// A namespace gets its service account and the certificates to trust.
fn furnish(world: &World, namespace: &str) {
    let account = json!({
        "kind": "ServiceAccount",
        "apiVersion": "v1",
        "metadata": { "name": "default", "namespace": namespace },
    });
    let certificates = json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": { "kubernetes.io/description": CERTIFICATES },
        },
        "data": { "ca.crt": world.settings.ca_certificate },
    });
    for (kind, object) in [(Kind::ServiceAccount, account), (Kind::ConfigMap, certificates)] {
        // What is there already stays.
        let _ = plant(world, kinds::of(kind), object, MANAGER);
    }
}

/// Who makes what controllers make.
const MANAGER: &str = "kube-controller-manager";

/// What the certificates say of themselves.
const CERTIFICATES: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

// A token Secret whose service account exists gets its token; any other goes.
fn fill_token(world: &World, secret: &Arc<Object>) {
    let name = secret.document["metadata"]["annotations"][SERVICE_ACCOUNT_NAME].as_str();
    let account = world.objects.get(Kind::ServiceAccount, &secret.namespace, name.unwrap_or(""));
    let Some(account) = account else {
        if world.objects.remove(secret).is_ok() {
            removed(world, secret);
        }
        return;
    };
    let mut document = secret.document.clone();
    let token = legacy::sign(world, &account, &secret.name);
    let data = metadata::object_at(&mut document, "data");
    for (key, text) in [
        ("token", token.as_str()),
        ("ca.crt", &world.settings.ca_certificate),
        ("namespace", &secret.namespace),
    ] {
        data.insert(key.to_owned(), BASE64_STANDARD.encode(text).into());
    }
    let metadata = metadata::object_at(&mut document, "metadata");
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations
            .insert("kubernetes.io/service-account.uid".to_owned(), account.uid.as_str().into());
    }
    let build = |version| objects::from_document(Kind::Secret, document, version);
    // Somebody who changed the Secret meanwhile keeps what they wrote.
    let _ = world.objects.replace(secret, build);
}

fn remove_token_secrets(world: &World, account: &Object) {
    for secret in world.objects.list(Kind::Secret, Some(&account.namespace)).items {
        let named = &secret.document["metadata"]["annotations"][SERVICE_ACCOUNT_NAME];
        if secret.document["type"] == TOKEN_SECRET && *named == account.name.as_str() {
            let _ = world.objects.remove(&secret);
        }
    }
}

// The kinds whose objects live in a namespace.
fn namespaced() -> impl Iterator<Item = Kind> {
    let all = kinds::RESOURCES.iter().chain(kinds::others::kept());
    all.filter(|resource| resource.namespaced).map(|resource| resource.kind)
}

// What finalizers hold stays; the namespace stays with it.
fn empty(world: &World, namespace: &Object) {
    for kind in namespaced() {
        for object in world.objects.list(kind, Some(&namespace.name)).items {
            if !has_finalizers(&object.document) && world.objects.remove(&object).is_ok() {
                world.expiries.remove(&object);
            }
        }
    }
    finish(world, namespace);
}

fn finish(world: &World, namespace: &Object) {
    let name = Some(namespace.name.as_str());
    let is_empty = || namespaced().all(|kind| world.objects.list(kind, name).items.is_empty());
    if namespace.deletion_timestamp.is_some() && !has_finalizers(&namespace.document) && is_empty()
    {
        let _ = world.objects.remove(namespace);
    }
}
