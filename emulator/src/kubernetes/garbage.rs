//! The garbage collector of kube-controller-manager: what becomes of the objects that another
//! one owns, when that goes.
//!
//! Source: kubernetes `pkg/controller/garbagecollector/garbagecollector.go`.

use {
    crate::{
        kubernetes::{
            controllers, kinds,
            metadata::{self, has_finalizers},
            objects::{self, delete},
        },
        world::{World, objects::Object},
    },
    serde_json::Value,
    std::{collections::VecDeque, sync::Arc},
};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// What has become of an object.
#[derive(Debug)]
pub enum News {
    /// Its deletion has begun.
    Deleting(Arc<Object>),
    /// It was removed.
    Removed(Arc<Object>),
}

/// Does what follows from it, and from that in turn: owners may form a chain of any length, so
/// that nothing here calls itself.
pub fn follow(world: &World, news: News) {
    let mut queue = VecDeque::from([news]);
    while let Some(news) = queue.pop_front() {
        match news {
            // It may have been written since.
            News::Deleting(object) => {
                if let Some(object) = world.objects.with_uid(&object.uid) {
                    deleting(world, &object, &mut queue);
                }
            }
            News::Removed(object) => removed(world, &object, &mut queue),
        }
    }
}

/// Its dependents are let go, or go first.
fn deleting(world: &World, object: &Object, queue: &mut VecDeque<News>) {
    let held = |finalizer: &str| names(&object.document).any(|name| name == finalizer);
    if held(ORPHAN) {
        for dependent in world.objects.owned_by(&object.uid) {
            disown(world, &dependent, &object.uid);
        }
        let_go(world, object, ORPHAN, queue);
    } else if held(FOREGROUND) {
        for dependent in world.objects.owned_by(&object.uid) {
            delete(world, &dependent, queue);
        }
        let left = world.objects.owned_by(&object.uid);
        if !left.iter().any(|dependent| blocks(dependent, &object.uid)) {
            let_go(world, object, FOREGROUND, queue);
        }
    }
}

/// Its dependents go with it, and its owner may have waited for that.
fn removed(world: &World, object: &Object, queue: &mut VecDeque<News>) {
    for dependent in world.objects.owned_by(&object.uid) {
        let others = dependent.owners.iter().filter(|owner| **owner != object.uid);
        if others.into_iter().any(|owner| world.objects.with_uid(owner).is_some()) {
            disown(world, &dependent, &object.uid);
        } else {
            delete(world, &dependent, queue);
        }
    }
    for owner in &object.owners {
        let owner = world.objects.with_uid(owner);
        if let Some(owner) = owner.filter(|owner| owner.deletion_timestamp.is_some())
            && !waits(world, &owner)
        {
            deleting(world, &owner, queue);
        }
    }
}

/// Whether it waits for a dependent that is going: then all of them are not gone through for each.
fn waits(world: &World, owner: &Object) -> bool {
    let is_going = |it: &Object| it.deletion_timestamp.is_some() && blocks(it, &owner.uid);
    names(&owner.document).any(|name| name == FOREGROUND)
        && world.objects.owns(&owner.uid, is_going)
}

fn delete(world: &World, object: &Object, queue: &mut VecDeque<News>) {
    let place = (object.namespace.as_str(), object.name.as_str());
    let options = delete::Options { uid: Some(object.uid.clone()), ..delete::Options::default() };
    // One that is going already, or has gone meanwhile, needs nothing more.
    if object.deletion_timestamp.is_none()
        && let Ok((_, Some(news))) = delete::begin(world, kinds::of(object.kind), place, &options)
    {
        controllers::settle(world, &news);
        queue.push_back(news);
    }
}

fn disown(world: &World, dependent: &Object, owner: &str) {
    let mut document = dependent.document.clone();
    if let Some(references) = document["metadata"]["ownerReferences"].as_array_mut() {
        references.retain(|reference| reference["uid"] != owner);
    }
    drop_if_empty(&mut document, "ownerReferences");
    let build = |version| objects::from_document(dependent.kind, document, version);
    // Somebody who changed it meanwhile keeps what they wrote.
    let _ = world.objects.replace(dependent, build);
}

fn let_go(world: &World, object: &Object, finalizer: &str, queue: &mut VecDeque<News>) {
    let mut document = object.document.clone();
    if let Some(finalizers) = document["metadata"]["finalizers"].as_array_mut() {
        finalizers.retain(|name| name != finalizer);
    }
    drop_if_empty(&mut document, "finalizers");
    if has_finalizers(&document) {
        let build = |version| objects::from_document(object.kind, document, version);
        let _ = world.objects.replace(object, build);
    } else if world.objects.remove(object).is_ok() {
        let news = News::Removed(Arc::new(object.clone()));
        controllers::settle(world, &news);
        queue.push_back(news);
    }
}

fn drop_if_empty(document: &mut Value, member: &str) {
    let metadata = metadata::object_at(document, "metadata");
    if metadata.get(member).and_then(Value::as_array).is_some_and(Vec::is_empty) {
        metadata.remove(member);
    }
}

fn blocks(dependent: &Object, owner: &str) -> bool {
    let references = dependent.document["metadata"]["ownerReferences"].as_array();
    references
        .into_iter()
        .flatten()
        .any(|reference| reference["uid"] == owner && reference["blockOwnerDeletion"] == true)
}

fn names(document: &Value) -> impl Iterator<Item = &str> {
    let finalizers = document["metadata"]["finalizers"].as_array();
    finalizers.into_iter().flatten().filter_map(Value::as_str)
}
