//! Bodies that stand as they are, broken or out of place.

use crate::{
    random::Random,
    request::{Body, Request},
};

/// Bodies that are broken, or that say what they should not.
const BODIES: &[&str] = &[
    "",
    " ",
    "null",
    "[]",
    "\"x\"",
    "5",
    "true",
    "{",
    "}",
    "{]",
    "{\"a\"",
    "{\"a\":}",
    "{\"a\":1,}",
    "{}x",
    "{} {}",
    "\u{feff}{}",
    "{'a':1}",
    "{\"kind\":5}",
    "{\"kind\":null}",
    "{\"apiVersion\":[]}",
    "{\"apiVersion\":\"a/b/c\"}",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}",
    "{\"kind\":\"Pod\"}",
    "{\"apiVersion\":\"v1\"}",
    "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"Nonsense\"}",
    "{\"apiVersion\":\"authentication.k8s.io/v1beta1\",\"kind\":\"TokenRequest\"}",
    "{\"apiVersion\":\"authentication.k8s.io/v1beta1\",\"kind\":\"TokenReview\"}",
    "{\"apiVersion\":\"v1\",\"kind\":\"TokenRequest\"}",
    "{\"Kind\":\"Pod\",\"apiVersion\":\"v1\"}",
    "{\"apiVersion\":\"v1\",\"kind\":\"Status\"}",
    "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}",
    "{\"apiVersion\":\"nosuch.io/v1\",\"kind\":\"TokenRequest\"}",
    "{\"apiVersion\":\"authentication.k8s.io/__internal\",\"kind\":\"TokenRequest\"}",
    "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}",
    "{\"spec\":{\"a\":1,\"a\":2},\"spec\":{\"audiences\":[\"x\"]}}",
    "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"},\"x\":{\"y\":1}}",
    "{\"spec\":{\"token\":\"x\",\"token\":\"y\"}}",
    "{\"metadata\":{\"labels\":{\"a\":\"b\",\"a\":\"c\"}}}",
    "{\"spec\":{\"audiences\":[\"a\"],\"audiences\":[\"b\"]}}",
    "{\"spec\":[]}",
    "{\"spec\":\"x\"}",
    "{\"metadata\":[]}",
    "{\"metadata\":5}",
    "{\"status\":5}",
    "{\"spec\":{\"expirationSeconds\":\"3600\"}}",
    "{\"spec\":{\"expirationSeconds\":3600.5}}",
    "{\"spec\":{\"expirationSeconds\":1e3}}",
    "{\"spec\":{\"expirationSeconds\":99999999999999999999}}",
    "{\"spec\":{\"audiences\":\"x\"}}",
    "{\"spec\":{\"audiences\":[1]}}",
    "{\"spec\":{\"audiences\":[null]}}",
    "{\"spec\":{\"audiences\":{}}}",
    "{\"spec\":{\"boundObjectRef\":[]}}",
    "{\"spec\":{\"boundObjectRef\":{\"kind\":5}}}",
    "{\"spec\":{\"token\":5}}",
    "{\"spec\":{\"ExpirationSeconds\":5}}",
    "{\"metadata\":{\"creationTimestamp\":\"x\"}}",
    "{\"metadata\":{\"creationTimestamp\":5}}",
    "{\"metadata\":{\"labels\":[]}}",
    "{\"metadata\":{\"labels\":{\"a\":1}}}",
    "{\"metadata\":{\"name\":5}}",
    "{\"metadata\":{\"managedFields\":[{\"operation\":\"x\"}]}}",
    "{\"metadata\":{\"generation\":\"x\"}}",
    "{\"a\":\"\\ud800\"}",
    "{\"\u{e9}\":\"\\u00e9\"}",
    "{\"a\\\"b\":1}",
    "{\"a\":\"\n\"}",
    "{\"a\":\"\\x\"}",
    "{\"a\":01}",
    "{\"a\":-}",
    "{\"a\":1.}",
    "{\"a\":tru}",
    "nul",
    "{\"a\":1 \"b\":2}",
    "{\"spec\":{\"expirationSeconds\":3600,\"extra\":{\"deep\":[{\"x\":1}]}},\"more\":1}",
    "{\"a\":{\"b\":[{\"c\":1},{\"c\":2,\"c\":3}]}}",
    "{\"spec\":{\"user\":5}}",
    "{\"spec\":{\"groups\":\"x\"}}",
    "{\"spec\":{\"resourceAttributes\":5}}",
    "{\"spec\":{\"extra\":{\"a\":\"b\"}}}",
];

/// Puts one of them in the place of the body, if there is one.
pub(super) fn replace(random: &mut Random, request: &mut Request) {
    if !super::odd::writes(request) {
        return;
    }
    request.body = Body::Text(random.text(BODIES));
    if random.chance(3) {
        request.body = Body::Text(format!("{{\"x\":\"{}\"}}", "y".repeat(3 << 20)));
    } else if random.chance(3) {
        let fields: Vec<String> =
            (0..120).map(|it| format!("\"field-{it}-{}\":1", "z".repeat(it % 60))).collect();
        request.body = Body::Text(format!("{{{}}}", fields.join(",")));
    }
}
