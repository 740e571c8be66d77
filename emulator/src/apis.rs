//! The APIs of an emulator. Adding one is a line here.

use {
    crate::{
        api::Api,
        control::Control,
        google::{Google, Reflection},
        kubernetes::Kubernetes,
    },
    std::sync::Arc,
};

/// All APIs, in the order in which they are asked whether a request is theirs.
pub(crate) fn all(control: Control) -> Vec<Arc<dyn Api>> {
    vec![Arc::new(Reflection), Arc::new(Google), Arc::new(control), Arc::new(Kubernetes)]
}
