//! The roles that every cluster has, and those made up of others.
//!
//! `bootstrap.json` holds the roles and bindings of kube-apiserver v1.37.1, as it lists them.

use {
    crate::{
        codec::distinct::Distinct,
        kubernetes::{
            kinds,
            managed_fields::{self, Manager},
            metadata::{object_at, set_managed_fields},
            objects,
        },
        world::{
            World,
            clock::rfc3339,
            objects::{Kind, Object},
            settings::AuthorizationMode,
        },
    },
    serde_json::{Value, json},
};

/// Makes the roles and bindings of a new cluster, where roles decide.
pub fn plant(world: &World) {
    if world.settings.authorization_mode != AuthorizationMode::Rbac {
        return;
    }
    let objects: Vec<Value> =
        serde_json::from_str(include_str!("bootstrap.json")).expect("the recording is JSON");
    for mut object in objects {
        let kind = object["kind"].as_str().unwrap_or("").to_owned();
        let resource = kinds::RESOURCES.iter().find(|resource| resource.name == kind);
        let resource = resource.expect("the recording holds roles and bindings");
        object["apiVersion"] = resource.api_version.into();
        let metadata = object_at(&mut object, "metadata");
        let text =
            |member: &str| metadata.get(member).and_then(Value::as_str).unwrap_or("").to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let uid = world.uid(resource.plural, &namespace, &name);
        metadata.insert("uid".to_owned(), uid.into());
        let now = rfc3339(world.clock.now());
        metadata.insert("creationTimestamp".to_owned(), now.clone().into());
        let manager = Manager::named("kube-apiserver", resource.api_version, now);
        let managed = managed_fields::created(&object, &manager);
        set_managed_fields(&mut object, managed);
        let build = |version| objects::from_document(resource.kind, object, version);
        // One that is there already stays.
        let _ = world.objects.create(resource.kind, &namespace, &name, build);
    }
    aggregate(world);
}

/// Gives the roles that are made up of others the rules of those, as the controller for that does.
pub fn aggregate(world: &World) {
    if !world.settings.controllers {
        return;
    }
    let roles = world.objects.list(Kind::ClusterRole, None).items;
    // Roles are made up of roles that are: what went into one goes on into the next.
    for _ in 0..3 {
        for role in &roles {
            let Some(role) = world.objects.get(Kind::ClusterRole, "", &role.name) else { continue };
            let Some(rules) = aggregated(world, &role) else { continue };
            if role.document["rules"] == rules {
                continue;
            }
            let mut document = role.document.clone();
            document["rules"] = rules;
            let build = |version| objects::from_document(Kind::ClusterRole, document, version);
            // Somebody who changed it meanwhile gives cause to aggregate again.
            let _ = world.objects.replace(&role, build);
        }
    }
}

fn aggregated(world: &World, role: &Object) -> Option<Value> {
    let selectors = role.document["aggregationRule"]["clusterRoleSelectors"].as_array()?;
    let selected = |other: &Object| {
        let labels = &other.document["metadata"]["labels"];
        selectors.iter().any(|selector| {
            let wanted = selector["matchLabels"].as_object();
            wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value))
        })
    };
    let mut rules = Distinct::default();
    for other in world.objects.list(Kind::ClusterRole, None).items {
        if other.name == role.name || !selected(&other) {
            continue;
        }
        rules.extend(other.document["rules"].as_array().into_iter().flatten().cloned());
    }
    Some(json!(rules.into_vec()))
}
