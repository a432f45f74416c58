//! One connection, from its first byte to its last, within limits of time.
//!
//! Who connects and sends nothing, or a request that never ends, holds a socket and some memory. So a
//! connection without a request in hand is closed after [`Limits::idle`], whether it never sent one,
//! sends its head byte by byte, or is kept for later; and a body has [`Limits::body`] to arrive, however
//! it trickles. A request that is being answered is waited for: handlers have limits of their own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long others are waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Between two requests, and until the head of the first is there. Exporters send every 1, 5, 10,
    /// 30 or 60 s; a limit next to one of those would close connections just as they are used again.
    pub(super) idle: Duration,
    /// For a whole body. Longer than OTLP's own limit, which has a better answer.
    pub(super) body: Duration,
    /// From the wish to close a connection to its end, where the other side does not go along.
    pub(super) farewell: Duration,
    /// For the answer to a ping, which HTTP/2 sends this often while nothing else comes.
    pub(super) ping: Duration,
}

/// What every connection of a door has.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) stop: CancellationToken,
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        let [idle, body, farewell, ping] = [45, 35, 5, 20].map(Duration::from_secs);
        Self { idle, body, farewell, ping }
    }
}

// === impl Connection ===

impl Connection {
    /// Serves until the other side, whose address is `peer`, leaves, is too slow, or the door closes.
    pub(super) async fn serve(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, peer: SocketAddr) {
        let Self { router, limits, stop } = self;
        let requests = Requests::default();
        let counted = requests.clone();
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request| {
            request.extensions_mut().insert(ConnectInfo(peer));
            answer(router.clone(), counted.begin(), limits.body, request)
        });
        let mut builder = Builder::new(TokioExecutor::new());
        // Hyper's own limit for heads would also close connections that are kept.
        builder.http1().header_read_timeout(None);
        let mut http2 = builder.http2();
        http2.timer(TokioTimer::new()).keep_alive_interval(limits.ping).keep_alive_timeout(limits.ping);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            ended = connection.as_mut() => return told(ended),
            () = requests.idle_for(limits.idle) => {}
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        // What is in hand, or came just now, is finished.
        tokio::select! {
            ended = connection.as_mut() => told(ended),
            () = requests.idle_for(limits.farewell) => {}
        }
    }
}

fn told(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn answer(
    router: TowerToHyperService<Router>,
    begun: Begun,
    within: Duration,
    request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    let request: Request = request.map(|body| Body::new(Hurried { body, late: Box::pin(sleep(within)) }));
    let response = router.call(request).await?;
    Ok(response.map(|body| Body::new(Answered { body, _begun: begun })))
}

/// The requests of a connection that are not yet answered.
#[derive(Debug, Clone, Default)]
struct Requests(Arc<Mutex<InHand>>);

#[derive(Debug)]
struct InHand {
    count: usize,
    /// When the last one ended.
    since: Instant,
}

/// A request, until it is dropped.
#[derive(Debug)]
struct Begun(Requests);

// === impl InHand ===

impl Default for InHand {
    fn default() -> Self {
        Self { count: 0, since: Instant::now() }
    }
}

// === impl Requests ===

impl Requests {
    fn begin(&self) -> Begun {
        self.change(|in_hand| in_hand.count += 1);
        Begun(self.clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut InHand) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when there was no request for that long, counted from now on.
    async fn idle_for(&self, limit: Duration) {
        let asked = Instant::now();
        loop {
            // While a request is in hand, the limit begins anew whenever it is looked at.
            let since = self.change(|in_hand| if in_hand.count > 0 { Instant::now() } else { in_hand.since });
            let until = since.max(asked) + limit;
            if Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
    }
}

// === impl Begun ===

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.change(|in_hand| {
            in_hand.count -= 1;
            in_hand.since = Instant::now();
        });
    }
}

/// A body that has to arrive in time.
struct Hurried {
    body: Incoming,
    late: Pin<Box<Sleep>>,
}

/// The body of an answer, which ends its request when it is dropped.
struct Answered {
    body: Body,
    _begun: Begun,
}

// === impl Hurried ===

impl HttpBody for Hurried {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        self.late.as_mut().poll(context).map(|()| Some(Err("the body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

// === impl Answered ===

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
