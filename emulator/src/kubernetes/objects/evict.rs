//! `POST …/pods/NAME/eviction`: a pod is deleted, where nothing protects it.
//!
//! Source: kubernetes `pkg/registry/core/pod/storage/eviction.go`; there are no disruption budgets.

use {
    crate::{
        kubernetes::{
            admission, body,
            exchange::{Exchange, Outcome, Reply},
            kinds, metadata,
            objects::{self, binding::set_condition, create, delete, find},
            status::Failure,
        },
        world::{clock::rfc3339, objects::Kind},
    },
    serde_json::json,
};

/// Evicts a pod.
pub fn evict(exchange: &Exchange<'_>, namespace: &str, name: &str) -> Outcome {
    let output = body::accept(exchange)?;
    let (mut eviction, options) = body::read_created(exchange, "policy/v1", "Eviction")?;
    metadata::match_namespace(&mut eviction, namespace)?;
    let resource = kinds::of(Kind::Pod);
    admission::namespace(exchange, resource, namespace, name)?;
    admission::deny(exchange, resource, name)?;
    if metadata::text(&eviction, "name") != name {
        return Err(Failure::bad_request("name in URL does not match name in Eviction object"));
    }
    let mut deletion = body::delete_options(&eviction["deleteOptions"])?;
    deletion.dry_run |= options.dry_run;
    let pod = find(exchange.world, resource, namespace, name)?;
    if !deletion.dry_run {
        let mut document = pod.document.clone();
        let condition = json!({
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        });
        let now = rfc3339(exchange.world.clock.now());
        set_condition(&mut document, condition, &now);
        let build = |version| objects::from_document(Kind::Pod, document, version);
        // Who wrote it in between has said more about it than this would.
        let _ = exchange.world.objects.replace(&pod, build);
    }
    delete::remove(exchange.world, resource, (namespace, name), &deletion)?;
    Ok(Reply::Object { status: 201, object: create::done(), output })
}
