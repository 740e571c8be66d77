//! Attached clusters: the message on the wire, and the one in the world. Field by field.

use {
    crate::{
        google::{schema::Schema, service::Context, wire},
        world::{
            attached_cluster::{
                AttachedCluster, Authorization, Fleet, Logging, Monitoring, Oidc, Proxy, State,
                SystemComponents, Toleration,
            },
            trusted_keys::TrustedKeys,
        },
    },
    jiff::Timestamp,
    prost_reflect::{DynamicMessage, Value},
    std::sync::Arc,
};

/// What a client says of a cluster. What only the server says is left empty.
pub(super) fn from_message(message: &DynamicMessage) -> AttachedCluster {
    AttachedCluster {
        name: String::new(),
        description: wire::text(message, "description").to_owned(),
        oidc: wire::inner(message, "oidc_config").map(oidc).unwrap_or_default(),
        platform_version: wire::text(message, "platform_version").to_owned(),
        distribution: wire::text(message, "distribution").to_owned(),
        fleet: Fleet {
            project: wire::inner(message, "fleet")
                .map(|fleet| wire::text(fleet, "project").to_owned())
                .unwrap_or_default(),
            membership: String::new(),
        },
        state: State::Provisioning,
        uid: String::new(),
        create_time: Timestamp::UNIX_EPOCH,
        update_time: Timestamp::UNIX_EPOCH,
        etag: wire::text(message, "etag").to_owned(),
        kubernetes_version: String::new(),
        annotations: wire::map(message, "annotations"),
        errors: Vec::new(),
        authorization: wire::inner(message, "authorization").map(authorization),
        logging: wire::inner(message, "logging_config").map(logging),
        monitoring: wire::inner(message, "monitoring_config").map(monitoring),
        proxy: wire::inner(message, "proxy_config").map(proxy),
        binary_authorization: wire::inner(message, "binary_authorization")
            .map(|config| wire::number(config, "evaluation_mode")),
        security_posture: wire::inner(message, "security_posture_config")
            .map(|config| wire::number(config, "vulnerability_mode")),
        system_components: wire::inner(message, "system_components_config").map(components),
    }
}

/// A proxy's configuration.
pub(super) fn proxy(message: &DynamicMessage) -> Proxy {
    let secret = wire::inner(message, "kubernetes_secret");
    let text = |field| secret.map(|secret| wire::text(secret, field).to_owned());
    Proxy {
        name: text("name").unwrap_or_default(),
        namespace: text("namespace").unwrap_or_default(),
    }
}

fn oidc(message: &DynamicMessage) -> Oidc {
    let jwks = wire::bytes(message, "jwks");
    // Whatever is handed over is kept; what cannot be used shows when a token comes.
    let keys = Arc::new(TrustedKeys::parse(&jwks).unwrap_or_default());
    Oidc { issuer_url: wire::text(message, "issuer_url").to_owned(), jwks, keys }
}

fn authorization(message: &DynamicMessage) -> Authorization {
    let names = |list, field| {
        let names =
            wire::messages(message, list).map(|member| wire::text(member, field).to_owned());
        names.collect()
    };
    Authorization {
        users: names("admin_users", "username"),
        groups: names("admin_groups", "group"),
    }
}

fn logging(message: &DynamicMessage) -> Logging {
    let components = wire::inner(message, "component_config").map(|config| {
        let components = wire::list(config, "enable_components");
        components.iter().filter_map(Value::as_enum_number).collect()
    });
    Logging { components }
}

fn monitoring(message: &DynamicMessage) -> Monitoring {
    Monitoring {
        managed_prometheus: wire::inner(message, "managed_prometheus_config")
            .map(|config| wire::flag(config, "enabled")),
        cloud_monitoring: wire::inner(message, "cloud_monitoring_config").map(|config| {
            config.has_field_by_name("enabled").then(|| wire::flag(config, "enabled"))
        }),
    }
}

fn components(message: &DynamicMessage) -> SystemComponents {
    let text = |message, field| wire::text(message, field).to_owned();
    let tolerations = wire::messages(message, "tolerations").map(|toleration| Toleration {
        key: text(toleration, "key"),
        value: text(toleration, "value"),
        operator: wire::number(toleration, "key_operator"),
        effect: wire::number(toleration, "effect"),
    });
    let labels = wire::messages(message, "labels");
    let labels = labels.map(|label| (text(label, "key"), text(label, "value")));
    SystemComponents { tolerations: tolerations.collect(), labels: labels.collect() }
}

/// A cluster as its clients see it.
pub(super) fn to_message(context: &Context<'_>, cluster: &AttachedCluster) -> DynamicMessage {
    let schema = context.schema();
    let mut message = context.message("AttachedCluster");
    let message = &mut message;
    wire::set_text(message, "name", &context.written(&cluster.name));
    wire::set_text(message, "description", &cluster.description);
    let oidc = wire::fill(message, "oidc_config");
    wire::set_text(oidc, "issuer_url", &cluster.oidc.issuer_url);
    oidc.set_field_by_name("jwks", Value::Bytes(cluster.oidc.jwks.clone().into()));
    wire::set_text(message, "platform_version", &cluster.platform_version);
    wire::set_text(message, "distribution", &cluster.distribution);
    let fleet = wire::fill(message, "fleet");
    wire::set_text(fleet, "project", &cluster.fleet.project);
    wire::set_text(fleet, "membership", &cluster.fleet.membership);
    set_server_fields(message, cluster);
    set_configuration(schema, message, cluster);
    message.clone()
}

fn set_server_fields(message: &mut DynamicMessage, cluster: &AttachedCluster) {
    let state = state_number(cluster.state);
    message.set_field_by_name("state", Value::EnumNumber(state));
    let reconciling = cluster.state == State::Reconciling;
    message.set_field_by_name("reconciling", Value::Bool(reconciling));
    wire::set_text(message, "uid", &cluster.uid);
    wire::set_time(message, "create_time", cluster.create_time);
    wire::set_time(message, "update_time", cluster.update_time);
    wire::set_text(message, "etag", &cluster.etag);
    wire::set_text(message, "kubernetes_version", &cluster.kubernetes_version);
    wire::set_map(message, "annotations", &cluster.annotations);
}

/// A state as the API enumerates it.
fn state_number(state: State) -> i32 {
    match state {
        State::Provisioning => 1,
        State::Running => 2,
        State::Reconciling => 3,
        State::Stopping => 4,
        State::Error => 5,
        State::Degraded => 6,
    }
}

fn set_configuration(schema: &Schema, message: &mut DynamicMessage, cluster: &AttachedCluster) {
    let new = |name: &str| schema.message(&format!("google.cloud.gkemulticloud.v1.{name}"));
    let named = |kind: &str, field: &str, text: &str| {
        let mut message = new(kind);
        wire::set_text(&mut message, field, text);
        message
    };
    let errors = cluster.errors.iter().map(|error| named("AttachedClusterError", "message", error));
    wire::set_messages(message, "errors", errors);
    if let Some(Authorization { users, groups }) = &cluster.authorization {
        let authorization = wire::fill(message, "authorization");
        let users = users.iter().map(|user| named("AttachedClusterUser", "username", user));
        wire::set_messages(authorization, "admin_users", users);
        let groups = groups.iter().map(|group| named("AttachedClusterGroup", "group", group));
        wire::set_messages(authorization, "admin_groups", groups);
    }
    if let Some(logging) = &cluster.logging {
        set_logging(wire::fill(message, "logging_config"), logging);
    }
    if let Some(monitoring) = &cluster.monitoring {
        set_monitoring(wire::fill(message, "monitoring_config"), monitoring);
    }
    if let Some(proxy) = &cluster.proxy {
        let secret = wire::fill(wire::fill(message, "proxy_config"), "kubernetes_secret");
        wire::set_text(secret, "name", &proxy.name);
        wire::set_text(secret, "namespace", &proxy.namespace);
    }
    if let Some(mode) = cluster.binary_authorization {
        let config = wire::fill(message, "binary_authorization");
        config.set_field_by_name("evaluation_mode", Value::EnumNumber(mode));
    }
    if let Some(mode) = cluster.security_posture {
        let config = wire::fill(message, "security_posture_config");
        config.set_field_by_name("vulnerability_mode", Value::EnumNumber(mode));
    }
    if let Some(SystemComponents { tolerations, labels }) = &cluster.system_components {
        let config = wire::fill(message, "system_components_config");
        let tolerations = tolerations.iter().map(|toleration| {
            let mut message = named("Toleration", "key", &toleration.key);
            wire::set_text(&mut message, "value", &toleration.value);
            message.set_field_by_name("key_operator", Value::EnumNumber(toleration.operator));
            message.set_field_by_name("effect", Value::EnumNumber(toleration.effect));
            message
        });
        wire::set_messages(config, "tolerations", tolerations);
        let labels = labels.iter().map(|(key, value)| {
            let mut message = named("Label", "key", key);
            wire::set_text(&mut message, "value", value);
            message
        });
        wire::set_messages(config, "labels", labels);
    }
}

fn set_logging(message: &mut DynamicMessage, logging: &Logging) {
    if let Some(components) = &logging.components {
        let components = components.iter().copied().map(Value::EnumNumber).collect();
        let config = wire::fill(message, "component_config");
        config.set_field_by_name("enable_components", Value::List(components));
    }
}

fn set_monitoring(message: &mut DynamicMessage, monitoring: &Monitoring) {
    if let Some(enabled) = monitoring.managed_prometheus {
        let config = wire::fill(message, "managed_prometheus_config");
        config.set_field_by_name("enabled", Value::Bool(enabled));
    }
    if let Some(enabled) = monitoring.cloud_monitoring {
        let config = wire::fill(message, "cloud_monitoring_config");
        if let Some(enabled) = enabled {
            config.set_field_by_name("enabled", Value::Bool(enabled));
        }
    }
}
