//! What a kubelet may ask tokens for (`--enable-admission-plugins NodeRestriction`): those of the
//! pods on its own node, for the audiences that those pods mount.
//!
//! Source: kubernetes `plugin/pkg/admission/noderestriction/admission.go`.

use {
    crate::{
        codec::quote::quote,
        kubernetes::{
            admission, authorize, exchange::Exchange, kinds, route::Attributes, status::Failure,
        },
        world::objects::{Kind, Object},
    },
    serde_json::Value,
};

/// The verb that allows a node an audience which no pod mounts.
const AUDIENCE_VERB: &str = "request-serviceaccounts-token-audience";

/// Admits a TokenRequest, or says why a node may not make it.
pub fn admit(exchange: &Exchange<'_>, request: &Value, account: &str) -> Result<(), Failure> {
    let node = exchange.caller.username.strip_prefix("system:node:");
    let (Some(node), true, true) = (
        node,
        exchange.caller.is_in("system:nodes"),
        admission::is_on(exchange.world, "NodeRestriction"),
    ) else {
        return Ok(());
    };
    let refuse = |why: &str| {
        Failure::not_admitted(kinds::of(Kind::ServiceAccount), account, why, Vec::new())
    };
    let reference = &request["spec"]["boundObjectRef"];
    let member = |name: &str| reference[name].as_str().unwrap_or("");
    let (name, uid) = (member("name"), member("uid"));
    if member("apiVersion") != "v1" || member("kind") != "Pod" || name.is_empty() {
        return Err(refuse("node requested token not bound to a pod"));
    }
    if uid.is_empty() {
        return Err(refuse("node requested token with a pod binding without a uid"));
    }
    let namespace = exchange.attributes.namespace;
    let pod = exchange.world.objects.get(Kind::Pod, namespace, name);
    // The plugin's own cache calls it a pod, not pods.
    let pod = pod.ok_or_else(|| Failure::not_found_as("pod", "", name))?;
    if pod.uid != uid {
        return Err(refuse(&format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        )));
    }
    if pod.node_name != node {
        return Err(refuse("node requested token bound to a pod scheduled on a different node"));
    }
    check_audience(exchange, request, &pod, account).map_err(|why| refuse(&why))
}

fn check_audience(
    exchange: &Exchange<'_>,
    request: &Value,
    pod: &Object,
    account: &str,
) -> Result<(), String> {
    let audience = match request["spec"]["audiences"].as_array().map(Vec::as_slice) {
        None | Some([]) => "",
        Some([audience]) => audience.as_str().unwrap_or(""),
        Some(_) => return Err("node may only request 0 or 1 audiences".to_owned()),
    };
    if mounts(pod, audience) || may_request(exchange, audience, account) {
        return Ok(());
    }
    let (user, audience) = (&exchange.caller.username, quote(audience));
    Err(format!("{user} is not authorized to request tokens for audience {audience}"))
}

fn mounts(pod: &Object, audience: &str) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let volumes = list(&pod.document["spec"]["volumes"]);
    let sources = volumes.iter().flat_map(|volume| list(&volume["projected"]["sources"]));
    let tokens = sources.filter_map(|source| source.get("serviceAccountToken").cloned());
    tokens.into_iter().any(|token| token["audience"].as_str().unwrap_or("") == audience)
}

fn may_request(exchange: &Exchange<'_>, audience: &str, account: &str) -> bool {
    let attributes = Attributes {
        verb: AUDIENCE_VERB.into(),
        is_resource: true,
        namespace: exchange.attributes.namespace,
        resource: audience,
        name: account.into(),
        ..Attributes::default()
    };
    authorize::authorize(exchange.world, &exchange.caller, &attributes, "").is_ok()
}
