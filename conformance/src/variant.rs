//! The axes along which one case is run: the encoding of bodies, and what carries them.

use {
    serde::{Deserialize, Serialize},
    std::fmt,
};

/// One way to run a case. The first of an API, JSON over HTTP/1.1, is always run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// JSON over HTTP/1.1.
    #[serde(alias = "rest")]
    Json,
    /// YAML over HTTP/1.1.
    Yaml,
    /// Kubernetes protobuf over HTTP/1.1.
    Protobuf,
    /// JSON over HTTP/2.
    Http2,
    /// Protobuf in gRPC frames over HTTP/2.
    Grpc,
}

/// The encoding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
}

/// The version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Variant {
    /// How bodies are written.
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Yaml => Encoding::Yaml,
            Self::Protobuf => Encoding::Protobuf,
            Self::Json | Self::Http2 | Self::Grpc => Encoding::Json,
        }
    }

    /// What carries them.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Http2 | Self::Grpc => Protocol::Http2,
            Self::Json | Self::Yaml | Self::Protobuf => Protocol::Http1,
        }
    }

    /// Whether its exchanges are recorded apart; HTTP/2 has to look as HTTP/1.1 does.
    pub fn records(self) -> bool {
        self != Self::Http2
    }

    /// The variant whose recording it has to equal.
    pub fn recorded_as(self) -> Self {
        if self.records() { self } else { Self::Json }
    }
}

impl Encoding {
    /// Its media type on a Kubernetes server.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Protobuf => "protobuf",
            Self::Http2 => "http2",
            Self::Grpc => "grpc",
        })
    }
}
