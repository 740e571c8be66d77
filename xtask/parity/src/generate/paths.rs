//! Everything that is no object: discovery, health, keys, and paths that lead nowhere.

use {
    super::Setting,
    crate::{random::Random, request::Request},
};

const PATHS: &[&str] = &[
    "/",
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/",
    "/apis",
    "/apis/",
    "/apis/authentication.k8s.io",
    "/apis/authentication.k8s.io/v1",
    "/apis/authorization.k8s.io",
    "/apis/authorization.k8s.io/v1",
    "/apis/rbac.authorization.k8s.io",
    "/apis/rbac.authorization.k8s.io/v1",
    "/apis/apps",
    "/apis/apps/v1",
    "/version",
    "/version/",
    "/healthz",
    "/livez",
    "/readyz",
    "/healthz/",
    "/healthz/ping",
    "/livez/ping",
    "/healthz?verbose",
    "/livez?verbose",
    "/readyz?verbose",
    "/readyz?verbose=1",
    "/livez?exclude=ping",
    "/readyz?exclude=nothing",
    "/healthz/etcd",
    "/livez/etcd",
    "/readyz/etcd",
    "/readyz/shutdown",
    "/healthz/log",
    "/healthz/nothing",
    "/livez/poststarthook/start-apiextensions-informers",
    "/readyz/informer-sync",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
    "/openid/v1/jwks",
    "/openid/v1/jwks/",
    "/.well-known/other",
    "/openid",
    "/openid/v1",
    "/openid/v1/jwks/x",
    "/.well-known/openid-configuration/x",
    "/.well-known",
    "/foo",
    "/apis/nosuch.group",
    "/apis/nosuch.group/v1",
    "/apis/nosuch.group/v1/things",
    "/api/v2",
    "/api/v1/nosuch",
    "/apis/authentication.k8s.io/v2",
    "/apis/authentication.k8s.io/v1/nosuch",
    "/apis/authentication.k8s.io/v1beta1",
    "/apis/authentication.k8s.io/v1/tokenreviews",
    "/apis/authentication.k8s.io/v1/tokenreviews/x",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/token",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/token/",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/nosuch",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/token/x",
    "/api/v1/namespaces/{{ns}}/nosuch",
    "/api/v1//namespaces",
    "//api/v1",
    "/api//v1",
    "/API/v1",
    "/api/v1/Namespaces",
    "/api/v1/namespaces/{{ns}}/serviceaccounts//token",
    "/api/v1/namespaces//serviceaccounts/a/token",
    "/api/v1/namespaces/{{ns}}/tokenreviews",
    "/api/v1/namespaces/{{ns}}/nodes",
    "/apis/authentication.k8s.io/v1/namespaces/{{ns}}/tokenreviews",
    "/api/v1/namespaces/{{ns}}/status",
    "/api/v1/namespaces/{{ns}}/finalize",
    "/openapi",
    "/openapi/",
    "/openapi/v4",
    "/index.html",
    "/api/v1/namespaces/{{ns}}/pods/pod/nosuch",
    "/swagger.json",
    "/%2e%2e",
    "/a%00b",
    "/api%2Fv1",
    "/%zz",
    "/apis/%20",
    "/logs",
    "/logs/",
    "/debug",
    "/debug/pprof",
    "/debug/flags/v",
    "/flagz",
    "/statusz",
    "/api/v1/componentstatuses",
    "/api/v1/namespaces/{{ns}}/events",
    "/api/v1/namespaces/{{ns}}/services",
    "/api/v1/namespaces/{{ns}}/pods/pod/status",
    "/api/v1/namespaces/{{ns}}/pods/pod/nosuch/x",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a;b",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/%C3%A9",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/%FF",
    "/api/v1/namespaces/%FF/serviceaccounts",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a%20b",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a%22b",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/a/status",
    "/api/v1/namespaces/{{ns}}/serviceaccounts/",
    "/api/v1/nodes/missing/status",
    "/apis/apps/v1/namespaces/{{ns}}/deployments",
    "/apis/apps/v1/namespaces/{{ns}}/deployments/x",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/apiregistration.k8s.io/v1",
    "/api/..",
    "/./api",
    "/api/.",
    "/api/v1/../v1",
    "/..//api",
    "/API",
    "/api/v1;x",
    "/foo%0Abar",
    "/foo%3Fbar",
    "/apis/authentication.k8s.io/v1/",
    "/apis/authentication.k8s.io//v1",
    "/metrics/nosuch",
];

const METHODS: &[&str] = &[
    "GET",
    "GET",
    "GET",
    "GET",
    "POST",
    "HEAD",
    "OPTIONS",
    "PUT",
    "DELETE",
    "TRACE",
    "FOO",
    "get",
    "CONNECTION",
];

/// A request for one of these paths, by anybody.
pub(super) fn request(random: &mut Random, setting: &Setting) -> Request {
    let path = random.text(PATHS);
    let (path, query) =
        path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
    let mut method = random.text(METHODS);
    let writes = matches!(method.as_str(), "PUT" | "DELETE" | "POST");
    if writes
        && (path.ends_with("/status") || path.ends_with("/finalize") || path.contains("namespaces"))
        && !path.ends_with("token")
    {
        method = "GET".to_owned();
    }
    let mut request = Request::new(&method, path);
    request.query.extend(query.map(str::to_owned));
    match random.below(5) {
        0 => request.headers.clear(),
        1 => {
            let token = setting.token(random);
            request = request.header("Authorization", &format!("Bearer {token}"));
        }
        _ => {}
    }
    if random.chance(12) {
        request = request.header(
            "Content-Type",
            random.pick(&["json", "application/json", "text/plain", "application/yaml", "*/*"]),
        );
    }
    if random.chance(35) {
        let accept = random.text(&[
            "application/json",
            "*/*",
            "text/html",
            "application/*",
            "application/jwk-set+json",
            "application/yaml;q=0",
            "application/vnd.kubernetes.protobuf",
            "application/json, */*",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
            "application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io",
        ]);
        // YAML is not answered yet.
        request =
            request.header("Accept", if accept.contains("yaml") { "text/plain" } else { &accept });
    }
    request
}
