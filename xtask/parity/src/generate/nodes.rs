//! Nodes and what they are given, pods that are bound to them and evicted from them.

use {
    crate::{random::Random, request::Request},
    serde_json::{Value, json},
};

const CORE: &str = "/api/v1";

/// A request about a node, or about a pod's place on one.
pub(super) fn request(random: &mut Random) -> Request {
    match random.below(5) {
        0 => binding(random),
        1 => eviction(random),
        2 => {
            let name = random.text(&["{{ns}}", "{{ns}}", "missing"]);
            Request::new("PUT", format!("{CORE}/nodes/{name}")).json(node(random))
        }
        _ => Request::new("POST", format!("{CORE}/nodes")).json(node(random)),
    }
}

// One fault of a kind at a time: maps come in any order.
fn node(random: &mut Random) -> Value {
    let mut node = json!({ "metadata": { "name": "{{ns}}" }, "spec": {} });
    if random.chance(60) {
        let taints = (0..1 + random.below(3)).map(|_| taint(random));
        node["spec"]["taints"] = taints.collect::<Vec<_>>().into();
    }
    if random.chance(40) {
        let cidrs = (0..1 + random.below(3)).map(|_| {
            random.text(&[
                "10.0.0.0/8",
                "2001:db8::/64",
                "FE80:0::/64",
                "1.2.3.4/8",
                "010.0.0.0/8",
                "10.0.0.0/08",
                "::ffff:1.2.3.0/120",
                "10.0.0.0/33",
                "x",
                "",
            ])
        });
        node["spec"]["podCIDRs"] = cidrs.collect::<Vec<_>>().into();
    }
    if random.chance(30) {
        let member = random.pick(&["podCIDR", "externalID", "providerID"]);
        node["spec"][member] = random.text(&["10.0.0.0/8", "other", ""]).into();
    }
    if random.chance(15) {
        node["spec"]["configSource"] = json!({ "configMap": { "name": "x" } });
    }
    if random.chance(25) {
        let features = (0..random.below(4)).map(|_| random.text(&["A", "B", "A/b", "b", "A//b"]));
        node["status"] = json!({ "declaredFeatures": features.collect::<Vec<_>>() });
    }
    if random.chance(25) {
        let quantity = random.text(&["1", "-1", "1.5", "1500m", "2Ki", "0.1n"]);
        let resource = random.text(&["cpu", "pods", "example.com/x"]);
        node["status"] = json!({ "capacity": { resource: quantity } });
    }
    node
}

fn taint(random: &mut Random) -> Value {
    let mut taint = json!({
        "key": random.text(&["a", "a", "example.com/b", "not ok", "", "/b"]),
        "effect": random.text(&["NoSchedule", "NoSchedule", "NoExecute", "odd", ""]),
    });
    if random.chance(30) {
        taint["value"] = random.text(&["v", "not ok", ""]).into();
    }
    taint
}

fn place(random: &mut Random) -> (String, String) {
    let namespace = random.text(&["{{ns}}", "{{ns}}", "{{ns}}", "missing"]);
    (namespace, random.text(&["pod", "other", "missing", ""]))
}

fn binding(random: &mut Random) -> Request {
    let (namespace, name) = place(random);
    let path = match random.below(3) {
        0 => format!("{CORE}/namespaces/{namespace}/bindings"),
        _ => format!("{CORE}/namespaces/{namespace}/pods/{name}/binding"),
    };
    let named = if random.chance(75) { name } else { random.text(&["", "other"]) };
    let mut target = json!({ "name": random.text(&["{{ns}}", "node", "Not_ok", ""]) });
    if random.chance(40) {
        target["kind"] = random.text(&["Node", "Node", "Pod", "\u{1}"]).into();
    }
    accepted(random, Request::new("POST", path))
        .json(json!({ "metadata": { "name": named }, "target": target }))
}

fn eviction(random: &mut Random) -> Request {
    let (namespace, name) = place(random);
    let path = format!("{CORE}/namespaces/{namespace}/pods/{name}/eviction");
    let named = if random.chance(75) { name } else { random.text(&["", "other"]) };
    accepted(random, Request::new("POST", path)).json(json!({ "metadata": { "name": named } }))
}

fn accepted(random: &mut Random, request: Request) -> Request {
    if random.chance(80) {
        return request;
    }
    request.header("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
}
