//! The suite: cases that say what a server of the Kubernetes TokenRequest API or of GKE
//! Multi-Cloud's agent tokens has to do, and the code that judges one by them.

pub mod batch;
pub mod case;
pub mod catalog;
pub mod cli;
pub mod client;
pub mod encode;
pub mod exchange;
pub mod expect;
pub mod fact;
pub mod forge;
pub mod given;
pub mod glob;
pub mod google;
pub mod known;
pub mod kubeconfig;
pub mod layout;
pub mod ledger;
pub mod level;
pub mod ordered;
pub mod protobuf;
pub mod redact;
pub mod report;
pub mod requirement;
pub mod run;
pub mod session;
pub mod snapshot;
pub mod standing;
pub mod target;
pub mod token;
pub mod variant;
pub mod vars;
pub mod verdict;
pub mod yaml;
