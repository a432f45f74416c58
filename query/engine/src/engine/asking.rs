//! How a question is asked: within its limits, in a slot, remembered, and again where a file was damaged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;

use super::Engine;
use crate::asked::{Asking, What};
use crate::error::QueryError;
use crate::session::Sessions;

// === impl Engine ===

impl Engine {
    /// Asks within the time any question has.
    pub(super) async fn ask<T, Q>(
        &self,
        what: What,
        question: Q,
        work: impl Fn(Arc<Sessions>, Q) -> BoxFuture<'static, Result<T, QueryError>>,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Q: Clone,
    {
        self.run(what, self.limits().timeout, question, work).await
    }

    /// Asks, remembers that, and tells which limit ended it, if one did.
    pub(super) async fn run<T, Q>(
        &self,
        what: What,
        limit: Duration,
        question: Q,
        work: impl Fn(Arc<Sessions>, Q) -> BoxFuture<'static, Result<T, QueryError>>,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Q: Clone,
    {
        let asking = self.begin(what);
        let answer = self.run_in(&asking, limit, question, work).await;
        asking.end(&answer);
        answer
    }

    /// A question begins: it is remembered from now on.
    pub(super) fn begin(&self, what: What) -> Asking {
        self.shared.questions.begin(self.asker.clone(), what, self.limits())
    }

    /// Does the work of a question, which goes on after it.
    pub(super) async fn run_in<T, Q>(
        &self,
        asking: &Asking,
        limit: Duration,
        question: Q,
        work: impl Fn(Arc<Sessions>, Q) -> BoxFuture<'static, Result<T, QueryError>>,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Q: Clone,
    {
        let sessions = self.shared.sessions.of(asking.asked());
        let answer = self.run_on(&sessions, limit, question, work).await;
        answer.map_err(|error| asking.asked().explain(error))
    }

    /// Asks, and asks again without the files that turn out to be damaged.
    async fn run_on<T, Q>(
        &self,
        sessions: &Arc<Sessions>,
        limit: Duration,
        question: Q,
        work: impl Fn(Arc<Sessions>, Q) -> BoxFuture<'static, Result<T, QueryError>>,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        Q: Clone,
    {
        let started = Instant::now();
        loop {
            let (began, left) = (Instant::now(), limit.saturating_sub(started.elapsed()));
            let answer = self.run_once(sessions, left, work(Arc::clone(sessions), question.clone())).await;
            let Err(error) = &answer else { return answer };
            if !error.may_be_damage() || sessions.asked().has_read_too_much() {
                return answer.map_err(|error| error.within(limit));
            }
            let left = limit.saturating_sub(started.elapsed());
            let found = tokio::time::timeout(left, sessions.damage().find(began)).await;
            if !found.unwrap_or(false) {
                return answer;
            }
        }
    }

    /// Waits for a slot and runs the work on the engine's threads; waiting counts as running.
    async fn run_once<T>(
        &self,
        sessions: &Sessions,
        limit: Duration,
        work: BoxFuture<'static, Result<T, QueryError>>,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
    {
        let shared = &self.shared;
        let slots = Arc::clone(if self.asker.is_own() { &shared.own_slot } else { &shared.slots });
        let asked = Arc::clone(sessions.asked());
        let waiting_work = async move {
            let _slot = slots.acquire().await.map_err(|closed| QueryError::internal(&closed))?;
            asked.run();
            work.await
        };
        shared.threads.run(limit, waiting_work).await
    }
}
