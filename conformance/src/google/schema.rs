//! What the API's published descriptors and HTTP bindings say of its methods and messages.

use {
    prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor},
    serde_json::Value,
    std::sync::LazyLock,
};

/// A FileDescriptorSet of the API, of long-running operations and of error details.
const DESCRIPTORS: &[u8] =
    include_bytes!("../../../emulator/src/google/clusters/tables/descriptors.binpb");
/// A binding a line: method, HTTP method, path template, body.
const ROUTES: &str = include_str!("../../../emulator/src/google/clusters/tables/routes.txt");

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the descriptors are ours, and a test reads them")]
    DescriptorPool::decode(DESCRIPTORS).expect("the embedded descriptors are sound")
});

/// A method and where it is bound.
#[derive(Debug, Clone)]
pub struct Method {
    /// The HTTP method.
    pub verb: &'static str,
    /// The path's template.
    pub template: &'static str,
    /// `*` when the message is the body, a field's name, or `-`.
    pub body: &'static str,
    /// Service and method as gRPC's path has them.
    pub path: String,
    descriptor: MethodDescriptor,
}

impl Method {
    /// Finds a method by its service and name: `AttachedClusters.GetAttachedCluster`.
    pub fn find(name: &str) -> Option<Self> {
        let named = format!(".{name}");
        let is_it = |line: &&str| line.split(' ').next().is_some_and(|it| it.ends_with(&named));
        lines().find(is_it).and_then(Self::read)
    }

    /// Every method that has a path.
    pub fn all() -> impl Iterator<Item = Self> {
        lines().filter_map(Self::read)
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut words = line.split(' ');
        let (service, method) = words.next()?.rsplit_once('.')?;
        let service_descriptor = POOL.get_service_by_name(service)?;
        let descriptor = service_descriptor.methods().find(|it| it.name() == method)?;
        let (verb, template, body) = (words.next()?, words.next()?, words.next()?);
        Some(Self { verb, template, body, path: format!("/{service}/{method}"), descriptor })
    }

    /// Its name: `GetAttachedCluster`.
    pub fn name(&self) -> &str {
        self.descriptor.name()
    }

    /// Finds a method by its path in gRPC.
    pub fn at(path: &str) -> Option<Self> {
        let (service, name) = path.trim_start_matches('/').split_once('/')?;
        let service = service.rsplit('.').next()?;
        Self::find(&format!("{service}.{name}")).filter(|method| method.path == path)
    }

    /// The request's message.
    pub fn input(&self) -> MessageDescriptor {
        self.descriptor.input()
    }

    /// The answer's message.
    pub fn output(&self) -> MessageDescriptor {
        self.descriptor.output()
    }
}

/// The full name of the message that a field holds.
pub fn kind_of(message: &MessageDescriptor, field: &str) -> Option<String> {
    let kind = message.get_field_by_name(field)?.kind();
    kind.as_message().map(|it| it.full_name().to_owned())
}

fn lines() -> impl Iterator<Item = &'static str> {
    ROUTES.lines().filter(|line| !line.starts_with('#'))
}

/// The JSON name of a field: `attachedCluster` for `attached_cluster`.
pub fn camel(snake: &str) -> String {
    let mut out = String::new();
    for (index, word) in snake.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => out.extend(first.to_uppercase()),
            first => out.extend(first),
        }
        out.push_str(letters.as_str());
    }
    out
}

/// `google.rpc.Status`.
pub fn status() -> Option<MessageDescriptor> {
    POOL.get_message_by_name("google.rpc.Status")
}

/// Reads a message from its JSON form.
pub fn from_json(descriptor: MessageDescriptor, value: &Value) -> Result<DynamicMessage, String> {
    DynamicMessage::deserialize(descriptor, value).map_err(|error| error.to_string())
}

/// The JSON form of an encoded message.
pub fn to_json(descriptor: MessageDescriptor, bytes: &[u8]) -> Result<Value, String> {
    let message = DynamicMessage::decode(descriptor, bytes).map_err(|error| error.to_string())?;
    serde_json::to_value(message).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_service_and_name() {
        let method = Method::find("AttachedClusters.GetAttachedCluster").unwrap();
        assert_eq!(method.verb, "GET");
        assert_eq!(method.output().name(), "AttachedCluster");
        assert_eq!(
            method.path,
            "/google.cloud.gkemulticloud.v1.AttachedClusters/GetAttachedCluster"
        );
        assert!(Method::find("AttachedClusters.NoSuchMethod").is_none());
        assert!(status().is_some());
    }
}
