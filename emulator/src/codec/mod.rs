//! Bodies and their encodings: Kubernetes JSON, YAML and protobuf, and content negotiation.
