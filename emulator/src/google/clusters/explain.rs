//! What an exchange would find of a subject token, while somebody watches.

use {
    super::agent_token::{self, Fields},
    crate::{
        api::{Fetch, Fetched},
        google::{
            names::Project,
            service::Stop,
            status::{Detail, Status},
        },
        tokens::witness::Witness,
        world::World,
    },
};

/// Why an exchange would be refused, in the words that its client would be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The name of the code.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// The reason for programs; empty for none.
    pub reason: String,
}

/// Whether a cluster's agent would get a token for this one, and why not; or what has to be fetched
/// before that can be said. All else in the request is taken to be right.
pub fn explain(
    (world, fetched): (&World, &Fetched),
    cluster: &str,
    token: &str,
    audience: Option<&str>,
    witness: &mut impl Witness,
) -> Result<Result<(), Refusal>, Fetch> {
    let known = Project::of(cluster).known(cluster).into_owned();
    let fields = Fields::of(token, audience);
    match agent_token::verify(world, fetched, &known, &fields, witness) {
        Ok(_) => Ok(Ok(())),
        Err(Stop::Status(status)) => Ok(Err(refusal(status))),
        Err(Stop::Fetch(fetch)) => Err(fetch),
    }
}

fn refusal(status: Status) -> Refusal {
    let reason = status.details.iter().find_map(|detail| match detail {
        Detail::ErrorInfo { reason, .. } => Some(reason.to_string()),
        Detail::BadRequest(violations) => Some(violations.first()?.1.to_owned()),
        _ => None,
    });
    let (_, _, code) = status.code.row();
    Refusal { code, message: status.message, reason: reason.unwrap_or_default() }
}
