//! Which form a body has, which form an answer is to have, and what the query asks for.

mod accept;
mod content_type;
mod options;
mod query;

pub use {
    accept::{
        NOT_ACCEPTABLE, Output, Transform, accept, accept_discovery, accept_plain, is_routable,
        ranges,
    },
    content_type::{UNSUPPORTED_MEDIA_TYPE, content_type},
    options::{Invalid, WriteOptions, field_manager, is_pretty, write_options},
    query::Query,
};

/// A form that bodies come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MediaType {
    /// `application/json`
    #[default]
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
}

impl MediaType {
    /// All of them, in the order of preference.
    pub const ALL: [Self; 3] = [Self::Json, Self::Yaml, Self::Protobuf];

    /// Its name, as headers have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    const fn subtype(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Protobuf => "vnd.kubernetes.protobuf",
        }
    }
}
