//! `/healthz`, `/livez` and `/readyz`, whole and check by check. Nothing here is ever unwell.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go`.

use crate::{
    codec::{negotiate::Query, quote::quote},
    kubernetes::exchange::Reply,
};

/// The checks before the hooks, by endpoint.
const OWN: [(&str, &[&str]); 3] = [
    ("healthz", &["ping", "log", "loopback-serving-certificate", "etcd"]),
    ("livez", &["ping", "log", "loopback-serving-certificate", "etcd"]),
    ("readyz", &["ping", "log", "etcd", "etcd-readiness", "informer-sync"]),
];

/// The checks of what runs after the start.
const HOOKS: &[&str] = &[
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
];

/// Whether an endpoint has a check of that name.
pub fn is_check(endpoint: &str, name: &[&str]) -> bool {
    let has_checks = OWN.iter().any(|(known, _)| *known == endpoint);
    has_checks && checks(endpoint).any(|check| check.split('/').eq(name.iter().copied()))
}

/// The answer for all checks of an endpoint.
pub fn all(endpoint: &str, query: &Query) -> Reply {
    let mut unknown: Vec<&str> = query.all("exclude").collect();
    unknown.sort_unstable();
    unknown.dedup();
    let excluded = unknown.clone();
    let mut text = String::new();
    for check in checks(endpoint) {
        let what = if excluded.contains(&check) { "excluded: ok" } else { "ok" };
        text.push_str(&format!("[+]{check} {what}\n"));
        unknown.retain(|name| *name != check);
    }
    if !query.has("verbose") {
        return plain("ok", true);
    }
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.into_iter().map(quote).collect();
        let unknown = unknown.join(",");
        text.push_str(&format!(
            "warn: some health checks cannot be excluded: no matches for {unknown}\n"
        ));
    }
    plain(format!("{text}{endpoint} check passed\n"), true)
}

/// The answer for one check.
pub fn one() -> Reply {
    plain("ok", false)
}

fn checks(endpoint: &str) -> impl Iterator<Item = &'static str> {
    let own = OWN.iter().find(|(name, _)| *name == endpoint).map_or(&[][..], |(_, own)| own);
    let last = (endpoint == "readyz").then_some("shutdown");
    own.iter().copied().chain(HOOKS.iter().copied()).chain(last)
}

fn plain(body: impl Into<bytes::Bytes>, nosniff: bool) -> Reply {
    let content_type = "text/plain; charset=utf-8";
    Reply::Document { status: 200, content_type, body: body.into(), cache_control: None, nosniff }
}
