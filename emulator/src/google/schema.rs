//! What the API's own descriptors say of it: its messages, its methods, and the paths they are at.
//!
//! The tables are generated, for the methods that an API is given.

use {
    super::{
        service::{Handler, Service},
        transcode::path::{Path, Template},
    },
    prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor},
    std::collections::{HashMap, HashSet},
};

/// The tables of an API, read.
#[derive(Debug)]
pub(crate) struct Schema {
    pool: DescriptorPool,
    methods: HashMap<String, Method>,
    routes: Vec<Route>,
    verbs: HashSet<String>,
}

/// A method of one of its services.
#[derive(Debug)]
pub(crate) struct Method {
    /// `google.cloud.gkemulticloud.v1.AttachedClusters.GetAttachedCluster`
    pub(crate) name: String,
    /// What it takes.
    pub(crate) input: MessageDescriptor,
    /// What it gives.
    pub(crate) output: MessageDescriptor,
    /// The field that holds the name of what it works on, with dots.
    pub(crate) resource_field: String,
    /// Its name in the journal; empty for one that is not implemented.
    pub(crate) operation: &'static str,
    /// What it does.
    pub(crate) handler: Handler,
}

/// Where a method is over HTTP.
#[derive(Debug)]
pub(crate) struct Route {
    method: String,
    http_method: http::Method,
    template: Template,
    /// What the body is.
    pub(crate) body: Body,
}

/// What a request's body is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    Nothing,
    /// The message.
    Everything,
    /// One field of the message.
    Field(String),
}

/// A request that found its way.
#[derive(Debug)]
pub(crate) struct Routed<'a> {
    /// The method.
    pub(crate) method: &'a Method,
    /// The binding.
    pub(crate) route: &'a Route,
    /// What the path's variable holds.
    pub(crate) resource: String,
}

impl Schema {
    /// The method of that name, with dots only.
    pub(crate) fn method(&self, name: &str) -> Option<&Method> {
        self.methods.get(name)
    }

    /// The descriptors themselves.
    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Whether there is a service of that name.
    pub(crate) fn has_service(&self, name: &str) -> bool {
        self.pool.get_service_by_name(name).is_some()
    }

    /// An empty message of a type that the descriptors hold.
    pub(crate) fn message(&self, name: &str) -> DynamicMessage {
        let descriptor = self.pool.get_message_by_name(name);
        DynamicMessage::new(descriptor.expect("the descriptors hold what the handlers name"))
    }

    /// Finds the method that an HTTP request is for.
    pub(crate) fn route(&self, http_method: &http::Method, path: &str) -> Option<Routed<'_>> {
        let path = Path::split(path, |verb| self.verbs.contains(verb));
        self.routes.iter().filter(|route| route.http_method == *http_method).find_map(|route| {
            let resource = route.template.matches(&path)?;
            Some(Routed { method: self.methods.get(&route.method)?, route, resource })
        })
    }

    pub(super) fn read(service: &Service) -> Self {
        let pool = DescriptorPool::decode(service.descriptors)
            .expect("the embedded descriptors are sound");
        let lines =
            service.routes.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let routes: Vec<Route> = lines.map(Route::read).collect();
        // The set also describes what is there as a convenience, which is answered elsewhere.
        let services = pool.services().filter(|found| found.full_name().starts_with("google."));
        let methods = services.flat_map(|found| {
            let methods: Vec<_> = found.methods().collect();
            methods
        });
        let methods = methods.map(|method| {
            let name = method.full_name().to_owned();
            let (operation, handler) = service.row(&name);
            let route = routes.iter().find(|route| route.method == name);
            let method = Method {
                input: method.input(),
                output: method.output(),
                resource_field: route.map(|route| route.template.field.clone()).unwrap_or_default(),
                operation,
                handler,
                name: name.clone(),
            };
            (name, method)
        });
        let methods = methods.collect();
        let verbs = routes.iter().filter_map(|route| route.template.verb());
        let verbs = verbs.map(str::to_owned).collect();
        Self { methods, pool, routes, verbs }
    }
}

impl Route {
    fn read(line: &str) -> Self {
        let columns: Vec<&str> = line.split(' ').collect();
        let [method, http_method, template, body] = columns[..] else {
            panic!("a line of the embedded routes has four columns: {line}");
        };
        Self {
            method: method.to_owned(),
            http_method: http_method.parse().expect("the embedded routes name HTTP methods"),
            template: Template::parse(template).expect("the embedded templates are sound"),
            body: match body {
                "-" => Body::Nothing,
                "*" => Body::Everything,
                field => Body::Field(field.to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::google::clusters;

    fn method_at(http_method: &str, path: &str) -> Option<&'static str> {
        let routed = clusters::SERVICE.schema().route(&http_method.parse().unwrap(), path)?;
        routed.method.name.rsplit('.').next()
    }

    #[test]
    fn every_binding_leads_to_a_method() {
        let schema = clusters::SERVICE.schema();
        assert_eq!(schema.routes.len(), 13);
        for route in &schema.routes {
            assert!(schema.methods.contains_key(&route.method), "{}", route.method);
        }
    }

    #[test]
    fn paths_and_verbs_find_their_methods() {
        let location = "/v1/projects/p/locations/l";
        for (http_method, path, method) in [
            ("POST", "/attachedClusters", Some("CreateAttachedCluster")),
            ("GET", "/attachedClusters", Some("ListAttachedClusters")),
            ("POST", "/attachedClusters:import", Some("ImportAttachedCluster")),
            ("GET", "/attachedClusters/c", Some("GetAttachedCluster")),
            ("GET", "/attachedServerConfig", Some("GetAttachedServerConfig")),
            (
                "POST",
                "/attachedClusters/c:generateAttachedClusterAgentToken",
                Some("GenerateAttachedClusterAgentToken"),
            ),
            ("GET", "/attachedClusters/c:generateAttachedClusterAgentToken", None),
            ("POST", "/attachedClusters/c:GenerateAttachedClusterAgentToken", None),
            (
                "GET",
                ":generateAttachedClusterInstallManifest",
                Some("GenerateAttachedClusterInstallManifest"),
            ),
            ("POST", ":generateAttachedClusterInstallManifest", None),
            ("GET", "/attachedClusters/c/jwks", None),
            ("POST", "/operations/o:cancel", Some("CancelOperation")),
            ("GET", "", None),
        ] {
            assert_eq!(method_at(http_method, &format!("{location}{path}")), method, "{path}");
        }
    }
}
