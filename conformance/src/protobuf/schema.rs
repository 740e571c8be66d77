//! The messages that the suite knows, as prost-reflect has them.

use {
    Kind::{Bytes, Flag, Map, Message, Messages, Number, PresentNumber, Text, Texts},
    prost_reflect::{
        DescriptorPool, MessageDescriptor,
        prost_types::{
            DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MessageOptions,
            OneofDescriptorProto,
            field_descriptor_proto::{Label, Type},
        },
    },
    std::sync::LazyLock,
};

/// How a field is written.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Bytes,
    Number,
    /// A number of which 0 is not the same as none.
    PresentNumber,
    Flag,
    Message(&'static str),
    Texts,
    Messages(&'static str),
    /// A map from texts to a message, or to texts.
    Map(Option<&'static str>),
}

/// Number, name in JSON, and how it is written.
type Field = (i32, &'static str, Kind);

/// The messages, each with its fields in the order of their numbers.
/// Source: the `generated.proto` files of k8s.io/api and k8s.io/apimachinery.
const MESSAGES: &[(&str, &[Field])] = &[
    (
        "TokenRequest",
        &[
            (1, "metadata", Message("ObjectMeta")),
            (2, "spec", Message("TokenRequestSpec")),
            (3, "status", Message("TokenRequestStatus")),
        ],
    ),
    (
        "TokenRequestSpec",
        &[
            (1, "audiences", Texts),
            (3, "boundObjectRef", Message("BoundObjectReference")),
            (4, "expirationSeconds", PresentNumber),
        ],
    ),
    (
        "BoundObjectReference",
        &[(1, "kind", Text), (2, "apiVersion", Text), (3, "name", Text), (4, "uid", Text)],
    ),
    ("TokenRequestStatus", &[(1, "token", Text), (2, "expirationTimestamp", Message("Time"))]),
    (
        "TokenReview",
        &[
            (1, "metadata", Message("ObjectMeta")),
            (2, "spec", Message("TokenReviewSpec")),
            (3, "status", Message("TokenReviewStatus")),
        ],
    ),
    ("TokenReviewSpec", &[(1, "token", Text), (2, "audiences", Texts)]),
    (
        "TokenReviewStatus",
        &[
            (1, "authenticated", Flag),
            (2, "user", Message("UserInfo")),
            (3, "error", Text),
            (4, "audiences", Texts),
        ],
    ),
    (
        "UserInfo",
        &[
            (1, "username", Text),
            (2, "uid", Text),
            (3, "groups", Texts),
            (4, "extra", Map(Some("ExtraValue"))),
        ],
    ),
    (
        "SelfSubjectReview",
        &[
            (1, "metadata", Message("ObjectMeta")),
            (2, "status", Message("SelfSubjectReviewStatus")),
        ],
    ),
    ("SelfSubjectReviewStatus", &[(1, "userInfo", Message("UserInfo"))]),
    (
        "ObjectMeta",
        &[
            (1, "name", Text),
            (2, "generateName", Text),
            (3, "namespace", Text),
            (4, "selfLink", Text),
            (5, "uid", Text),
            (6, "resourceVersion", Text),
            (7, "generation", Number),
            (8, "creationTimestamp", Message("Time")),
            (9, "deletionTimestamp", Message("Time")),
            (10, "deletionGracePeriodSeconds", Number),
            (11, "labels", Map(None)),
            (12, "annotations", Map(None)),
            (14, "finalizers", Texts),
            (17, "managedFields", Messages("ManagedFieldsEntry")),
        ],
    ),
    (
        "ManagedFieldsEntry",
        &[
            (1, "manager", Text),
            (2, "operation", Text),
            (3, "apiVersion", Text),
            (4, "time", Message("Time")),
            (6, "fieldsType", Text),
            (7, "fieldsV1", Message("FieldsV1")),
            (8, "subresource", Text),
        ],
    ),
    ("ServiceAccount", &[(1, "metadata", Message("ObjectMeta"))]),
    (
        "Status",
        &[
            (1, "metadata", Message("ListMeta")),
            (2, "status", Text),
            (3, "message", Text),
            (4, "reason", Text),
            (5, "details", Message("StatusDetails")),
            (6, "code", Number),
        ],
    ),
    (
        "StatusDetails",
        &[
            (1, "name", Text),
            (2, "group", Text),
            (3, "kind", Text),
            (4, "causes", Messages("StatusCause")),
            (5, "retryAfterSeconds", Number),
            (6, "uid", Text),
        ],
    ),
    ("StatusCause", &[(1, "reason", Text), (2, "message", Text), (3, "field", Text)]),
    ("ListMeta", &[(1, "selfLink", Text), (2, "resourceVersion", Text), (3, "continue", Text)]),
    ("ExtraValue", &[(1, "items", Texts)]),
    ("FieldsV1", &[(1, "raw", Bytes)]),
    ("Time", &[(1, "seconds", PresentNumber), (2, "nanos", Number)]),
    ("TypeMeta", &[(1, "apiVersion", Text), (2, "kind", Text)]),
    (
        "Unknown",
        &[
            (1, "typeMeta", Message("TypeMeta")),
            (2, "raw", Bytes),
            (3, "contentEncoding", Text),
            (4, "contentType", Text),
        ],
    ),
];

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let file = FileDescriptorProto {
        name: Some("kubernetes.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: MESSAGES.iter().map(|(name, fields)| descriptor(name, fields)).collect(),
        ..FileDescriptorProto::default()
    };
    let mut pool = DescriptorPool::new();
    #[expect(clippy::expect_used, reason = "the table is ours, and tests read it")]
    pool.add_file_descriptor_proto(file).expect("the table of messages is sound");
    pool
});

/// A message by its name, if the suite knows it.
pub(super) fn message(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(name)
}

fn descriptor(name: &str, fields: &[Field]) -> DescriptorProto {
    let mut message = DescriptorProto { name: Some(name.to_owned()), ..DescriptorProto::default() };
    for (number, name, kind) in fields {
        let mut field = field(*number, name, *kind);
        match kind {
            Map(values) => {
                let entry = entry(name, *values);
                field.type_name.clone_from(&entry.name);
                message.nested_type.push(entry);
            }
            PresentNumber => {
                field.oneof_index = i32::try_from(message.oneof_decl.len()).ok();
                let name = Some(format!("_{name}"));
                message.oneof_decl.push(OneofDescriptorProto { name, options: None });
            }
            _ => {}
        }
        message.field.push(field);
    }
    message
}

fn field(number: i32, name: &str, kind: Kind) -> FieldDescriptorProto {
    let (label, kind_of_value, message) = match kind {
        Text => (Label::Optional, Type::String, None),
        Bytes => (Label::Optional, Type::Bytes, None),
        Number | PresentNumber => (Label::Optional, Type::Int64, None),
        Flag => (Label::Optional, Type::Bool, None),
        Message(message) => (Label::Optional, Type::Message, Some(message)),
        Texts => (Label::Repeated, Type::String, None),
        Messages(message) => (Label::Repeated, Type::Message, Some(message)),
        Map(_) => (Label::Repeated, Type::Message, None),
    };
    FieldDescriptorProto {
        number: Some(number),
        name: Some(name.to_owned()),
        label: Some(label.into()),
        r#type: Some(kind_of_value.into()),
        type_name: message.map(|it| format!(".{it}")),
        proto3_optional: matches!(kind, PresentNumber).then_some(true),
        ..FieldDescriptorProto::default()
    }
}

/// The message that an entry of a map is: `LabelsEntry` for `labels`.
fn entry(map: &str, values: Option<&'static str>) -> DescriptorProto {
    let name = format!("{}{}Entry", map[..1].to_uppercase(), &map[1..]);
    let mut entry =
        descriptor(&name, &[(1, "key", Text), (2, "value", values.map_or(Text, Message))]);
    entry.options = Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() });
    entry
}
