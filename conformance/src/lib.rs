//! The suite: cases that say what a server of the Kubernetes TokenRequest API or of GKE
//! Multi-Cloud's agent tokens has to do, and the code that judges one by them.
//!
//! A [`catalog::Catalog`] has the cases, a [`target::Target`] is an endpoint and what was found out
//! about it, a [`run::Run`] judges one by the other, and [`report`] tells what came of it.
//!
//! ```no_run
//! use {
//!     std::{error::Error, sync::Arc},
//!     token_conformance::{
//!         batch,
//!         catalog::Catalog,
//!         client::{Client, Endpoint, tls},
//!         level::Level,
//!         report::Count,
//!         run::Run,
//!         target::{Side, Target},
//!         variant::Variant,
//!     },
//! };
//!
//! # async fn judge(token: String) -> Result<(), Box<dyn Error>> {
//! let catalog = Arc::new(Catalog::embedded().expect("the cases are whole"));
//! let tls = tls::config(&tls::Trust::System, None)?;
//! let client = Client::new(Endpoint::parse("https://kube.example")?, tls).limited(Some(50));
//! let kubernetes = Some(Side::new(client, Some(token)));
//! let mut target = Target { kubernetes, ..Target::default() };
//! target.learn().await.map_err(|unfit| unfit.to_string())?;
//!
//! let mut run = Run::new(catalog, Arc::new(target), Level::Must);
//! run.open().await?;
//! let run = Arc::new(run);
//! let cases = run.catalog.cases.keys().map(|id| (id.clone(), Variant::Json)).collect();
//! let outcomes = batch::run(&run, cases, 8).await;
//! let left = run.close().await;
//!
//! assert_eq!(Count::of(&outcomes).failed, 0);
//! assert!(left.is_empty(), "left behind: {left:?}");
//! # Ok(())
//! # }
//! ```
//!
//! Selecting by level is the caller's: [`requirement::Requirement::level`] says how much a case
//! binds, and [`run::Run::level`] which of its mismatches count.

pub mod batch;
pub mod case;
pub mod catalog;
pub mod cli;
pub mod client;
mod credentials;
pub mod encode;
pub mod exchange;
pub mod expect;
pub mod fact;
pub mod forge;
pub mod given;
pub mod glob;
pub mod google;
mod keys;
pub mod known;
pub mod kubeconfig;
pub mod layout;
pub mod ledger;
pub mod level;
pub mod memory;
pub mod ordered;
mod patterns;
mod probe;
pub mod protobuf;
mod pulse;
pub mod redact;
pub mod report;
pub mod requirement;
pub mod run;
pub mod secrets;
pub mod session;
pub mod snapshot;
pub mod standing;
pub mod target;
pub mod token;
mod unique;
pub mod variant;
pub mod vars;
pub mod verdict;
pub mod yaml;
