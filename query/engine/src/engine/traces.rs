//! Traces: one by its id, as a value or as a body that is taken piece by piece, and the newest as a list.
//!
//! A body of one piece is an answer like any other. Of a larger one the first piece comes with the answer, and a task on the
//! engine's threads makes the others, one ahead of the client. By then the slot was given back, because a slot is for
//! reading, and a client that takes its time must not keep others from asking. The question goes on until its last piece is
//! taken: it is `running` in `queries`, and what it holds counts as its memory. It ends earlier when the client goes away, when
//! it takes no piece for as long as a question may take, or when it takes ten times as long for all of them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, Stream};
use ingest_model::TraceId;
use query_api::{Trace, TraceList, TraceQuestion};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout_at};

use super::Engine;
use crate::asked::{Asking, What};
use crate::error::QueryError;
use crate::session::Sessions;
use crate::trace::{self, Pieces};

/// How many times the limit of a question a client has for all pieces together.
const TIMES: u32 = 10;

/// A trace as JSON (`query_api::Trace`), to be taken piece by piece. Dropping it ends the question.
#[derive(Debug)]
pub struct TraceBody {
    first: Option<Bytes>,
    /// `None` where the first piece is the last; within, `None` follows the last piece.
    others: Option<Receiver<Option<Bytes>>>,
}

/// A body ended before its last piece: it was not taken in time, or the engine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the trace was not taken in time; ask again, and read without pauses")]
pub struct BrokenOff;

// === impl Engine ===

impl Engine {
    /// The whole trace: its spans, their events and links, the log records that name it, and its
    /// critical path. `None` when nothing with its id is stored.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when it is too large to answer at once, `Timeout` when reading takes too
    /// long, `Unavailable` when it was not found and not all files could be read.
    pub async fn trace(&self, id: TraceId) -> Result<Option<Trace>, QueryError> {
        let work = |sessions: Arc<Sessions>, id| async move { trace::trace(&sessions, id).await }.boxed();
        self.ask(what(id), id, work).await
    }

    /// The same as JSON, of any size that the memory of a question holds. It was read whole when this returns.
    ///
    /// # Errors
    ///
    /// As [`Self::trace`].
    pub async fn trace_body(&self, id: TraceId) -> Result<Option<TraceBody>, QueryError> {
        let work = |sessions: Arc<Sessions>, id| async move { begun(&sessions, id).await }.boxed();
        let (asking, limit) = (self.begin(what(id)), self.limits().timeout);
        let begun = self.run_in(&asking, limit, id, work).await;
        match begun {
            Ok(Some((first, others))) if !others.is_over() => {
                let (to, from) = channel(1);
                self.shared.threads.spawn(tell(others, to, asking, limit));
                Ok(Some(TraceBody { first: Some(first), others: Some(from) }))
            }
            ended => {
                asking.end(&ended);
                Ok(ended?.map(|(first, _)| TraceBody { first: Some(first), others: None }))
            }
        }
    }

    /// The newest traces, by their root spans.
    ///
    /// # Errors
    ///
    /// `BadRequest` when more than 1,000 are asked for, `Timeout` when reading takes too long.
    pub async fn traces(&self, question: &TraceQuestion) -> Result<TraceList, QueryError> {
        let work = |sessions: Arc<Sessions>, question| async move { trace::list(&sessions, &question).await }.boxed();
        self.ask(What::new("traces", format!("{question:?}")), question.clone(), work).await
    }
}

fn what(id: TraceId) -> What {
    What::new("trace", id.to_string())
}

/// The first piece of a trace, and what makes the others.
async fn begun(sessions: &Sessions, id: TraceId) -> Result<Option<(Bytes, Pieces)>, QueryError> {
    let Some(mut pieces) = trace::pieces(sessions, id).await? else { return Ok(None) };
    Ok(Some((pieces.next_piece()?, pieces)))
}

/// Tells the pieces of a trace until the last was taken, or nobody takes them any more. What is held of the trace goes first.
async fn tell(pieces: Pieces, to: Sender<Option<Bytes>>, asking: Asking, limit: Duration) {
    let told = tell_all(pieces, &to, limit).await;
    match told {
        Some(told) => asking.end(&told),
        // Without an end it was cancelled.
        None => drop(asking),
    }
}

/// `None` where the client went away.
async fn tell_all(mut pieces: Pieces, to: &Sender<Option<Bytes>>, limit: Duration) -> Option<Result<(), QueryError>> {
    let end = Instant::now() + limit * TIMES;
    while !pieces.is_over() {
        let piece = match pieces.next_piece() {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        match timeout_at(end.min(Instant::now() + limit), to.send(Some(piece))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some(Err(QueryError::timed_out(limit))),
        }
    }
    drop(pieces);
    match timeout_at(end.min(Instant::now() + limit), to.send(None)).await {
        Ok(sent) => sent.ok().map(Ok),
        Err(_) => Some(Err(QueryError::timed_out(limit))),
    }
}

// === impl TraceBody ===

impl TraceBody {
    /// All of it, where that is one piece.
    ///
    /// # Errors
    ///
    /// The body itself, where it has more.
    pub fn whole(mut self) -> Result<Bytes, Self> {
        match self.first.take_if(|_| self.others.is_none()) {
            Some(whole) => Ok(whole),
            None => Err(self),
        }
    }
}

impl Stream for TraceBody {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(others) = &mut self.others else { return Poll::Ready(None) };
        let told = ready!(others.poll_recv(context));
        if !matches!(told, Some(Some(_))) {
            self.others = None;
        }
        Poll::Ready(match told {
            Some(piece) => piece.map(Ok),
            None => Some(Err(BrokenOff)),
        })
    }
}
