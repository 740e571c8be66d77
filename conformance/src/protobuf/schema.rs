//! The fields of the messages that the suite knows.

use Kind::{Flag, Message, Messages, Number, Raw, Text, TextMap, Texts, TextsMap, Time};

/// How a field is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Time,
    Raw,
    Message(&'static str),
    Texts,
    Messages(&'static str),
    TextMap,
    TextsMap,
}

/// Number, name in JSON, and how it is written.
pub(super) type Field = (u32, &'static str, Kind);

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
            (4, "expirationSeconds", Number),
        ],
    ),
    (
        "BoundObjectReference",
        &[(1, "kind", Text), (2, "apiVersion", Text), (3, "name", Text), (4, "uid", Text)],
    ),
    ("TokenRequestStatus", &[(1, "token", Text), (2, "expirationTimestamp", Time)]),
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
        &[(1, "username", Text), (2, "uid", Text), (3, "groups", Texts), (4, "extra", TextsMap)],
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
            (8, "creationTimestamp", Time),
            (9, "deletionTimestamp", Time),
            (10, "deletionGracePeriodSeconds", Number),
            (11, "labels", TextMap),
            (12, "annotations", TextMap),
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
            (4, "time", Time),
            (6, "fieldsType", Text),
            (7, "fieldsV1", Raw),
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
];

/// The fields of a message; one that is not known has none.
pub(super) fn fields(message: &str) -> &'static [Field] {
    MESSAGES.iter().find(|(name, _)| *name == message).map_or(&[], |(_, fields)| fields)
}
