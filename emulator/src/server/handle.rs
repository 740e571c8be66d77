//! A handler, run to its answer: where it does not stop others, with the documents that it wants,
//! within its deadline, and with an answer even when it panics.

use {
    crate::{
        api::{Answer, Api, Document, Execution, Failure, Fetched, Request, Response, Unfetched},
        server::{Context, budget::Share},
    },
    http::StatusCode,
    std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Arc, PoisonError},
    },
    tokio::{
        task::spawn_blocking,
        time::{Instant, timeout_at},
    },
};

/// How many documents one exchange may fetch.
const FETCH_LIMIT: usize = 4;

/// When a client stops waiting, if it said so.
pub(super) type Deadline = Option<Instant>;

/// One request on its way through its API.
#[derive(Clone)]
pub(super) struct Handling {
    pub(super) context: Arc<Context>,
    pub(super) api: Arc<dyn Api>,
    pub(super) request: Arc<Request>,
    pub(super) deadline: Deadline,
    /// The room that the request's body takes, for as long as a handler has it.
    pub(super) _share: Arc<Share>,
}

impl Handling {
    /// The API's answer.
    pub(super) async fn answer(&self) -> Answer {
        let run = |fetched| self.run(fetched);
        settle(run, |url| self.fetch(url))
            .await
            .unwrap_or_else(|failure| self.fail(&failure).into())
    }

    /// The answer to a request that is given up, in the API's words.
    pub(super) fn fail(&self, failure: &Failure) -> Response {
        let fail = || self.api.fail(&self.context.world, &self.request, failure);
        // An API that fails even at this has no words of its own.
        catch_unwind(AssertUnwindSafe(fail)).unwrap_or_else(|_| {
            Response::new(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "internal error\n")
        })
    }

    /// Runs the handler once, as its request wants it.
    async fn run(&self, fetched: Fetched) -> Result<(Answer, Fetched), Failure> {
        match self.api.execution(&self.context.world, &self.request) {
            Execution::Inline => Ok((self.call_beside_others(&fetched)?, fetched)),
            Execution::Offloaded => self.offload(fetched, 1, Self::call_beside_others).await,
            // Handlers that take long end first: the threads that serve wait on the lock as soon as
            // a reset waits for it.
            Execution::Exclusive => {
                self.offload(fetched, self.context.cores, Self::call_alone).await
            }
        }
    }

    /// Calls the handler on a thread of its own, in the place of so many that take long. It is not
    /// stopped by the deadline, but its answer comes too late then.
    async fn offload(
        &self,
        fetched: Fetched,
        places: u32,
        call: fn(&Self, &Fetched) -> Result<Answer, Failure>,
    ) -> Result<(Answer, Fetched), Failure> {
        let handling = self.clone();
        let offloaded = async {
            let permit = Arc::clone(&self.context.offloaded).acquire_many_owned(places).await;
            let run = move || {
                // Held to the end of the handler, which its client may no longer wait for.
                let _permit = permit;
                (call(&handling, &fetched), fetched)
            };
            let (answer, fetched) = spawn_blocking(run).await.map_err(|_| Failure::Crashed)?;
            Ok((answer?, fetched))
        };
        within(self.deadline, offloaded).await.unwrap_or(Err(Failure::DeadlineExceeded))
    }

    /// Calls the handler while the state is not replaced.
    fn call_beside_others(&self, fetched: &Fetched) -> Result<Answer, Failure> {
        let _shared = self.context.exclusive.read().unwrap_or_else(PoisonError::into_inner);
        self.call(fetched)
    }

    /// Calls the handler once no other is running; the next ones begin when it is done.
    fn call_alone(&self, fetched: &Fetched) -> Result<Answer, Failure> {
        let _alone = self.context.exclusive.write().unwrap_or_else(PoisonError::into_inner);
        self.call(fetched)
    }

    /// Calls the handler. What a panic said is on stderr already, and the world's locks recover
    /// from poisoning, so that half of a write is all that can be lost.
    fn call(&self, fetched: &Fetched) -> Result<Answer, Failure> {
        let answer = || self.api.answer(&self.context.world, &self.request, fetched);
        catch_unwind(AssertUnwindSafe(answer)).map_err(|_| Failure::Crashed)
    }

    async fn fetch(&self, url: String) -> Result<Document, Unfetched> {
        let fetched = within(self.deadline, self.context.fetcher.fetch(&url)).await;
        fetched.unwrap_or(Err(Unfetched::TooLate))
    }
}

/// What comes of some work; `None` when the deadline passes first.
pub(super) async fn within<T>(deadline: Deadline, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    }
}

/// Runs a handler again with what it wanted, until it answers.
async fn settle<R, F>(
    run: impl Fn(Fetched) -> R,
    fetch: impl Fn(String) -> F,
) -> Result<Answer, Failure>
where
    R: Future<Output = Result<(Answer, Fetched), Failure>>,
    F: Future<Output = Result<Document, Unfetched>>,
{
    let mut fetched = Fetched::default();
    loop {
        let (answer, mut known) = run(fetched).await?;
        let Answer::Fetch(wanted) = answer else { return Ok(answer) };
        if known.0.len() == FETCH_LIMIT {
            return Err(Failure::Crashed);
        }
        let document = fetch(wanted.url.clone()).await;
        known.0.push((wanted.url, document));
        fetched = known;
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::api::Fetch, rstest::rstest, std::cell::Cell};

    #[rstest]
    #[case(0, true)]
    #[case(FETCH_LIMIT, true)]
    #[case(FETCH_LIMIT + 1, false)]
    #[tokio::test]
    async fn one_exchange_fetches_only_so_much(#[case] wanted: usize, #[case] answered: bool) {
        let fetches = Cell::new(0);
        let handler = |fetched: Fetched| {
            let answer = match fetched.0.len() {
                enough if enough == wanted => Response::new(StatusCode::OK, "", "").into(),
                next => Answer::Fetch(Fetch { url: next.to_string() }),
            };
            std::future::ready(Ok((answer, fetched)))
        };
        let fetch = |_| {
            fetches.set(fetches.get() + 1);
            std::future::ready(Err(Unfetched::TooSlow))
        };
        assert_eq!(settle(handler, fetch).await.is_ok(), answered);
        assert_eq!(fetches.get(), wanted.min(FETCH_LIMIT));
    }
}
