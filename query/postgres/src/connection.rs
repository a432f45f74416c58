//! One connection, from its first byte to its last.
//!
//! Who connects has a minute to come in. A client that has come in may be idle for as long as it likes, as pools are;
//! what it sends is bounded in size, and a question ends when its client leaves.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::{SinkExt, Stream};
use pgwire::api::cancel::DefaultCancelHandler;
use pgwire::api::{ClientInfo, NoopHandler, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::response::ReadyForQuery;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{MaybeTls, PgWireMessageServerCodec, negotiate_tls, process_message};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::codec::Framed;
use tokio_util::sync::CancellationToken;

use crate::door::Shared;
use crate::failure::{self, Code};
use crate::questions::{Answers, Statement};
use crate::session::Session;

/// Bytes of one message of a client; as much as `POST /api/v1/sql` takes.
const MESSAGE: usize = 2 << 20;

/// The same before it has come in.
const FIRST_MESSAGE: usize = 16 << 10;

/// How long coming in may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long one message may be worked on, with the answer sent and read.
const ANSWERING: Duration = Duration::from_mins(10);

/// How often it is looked whether the client of a running question is still there.
const LOOK: Duration = Duration::from_millis(250);

type Socket = Framed<MaybeTls, PgWireMessageServerCodec<Arc<Statement>>>;

/// Serves a client until it leaves, breaks the protocol, or `stop`.
///
/// # Errors
///
/// When the connection breaks.
pub(crate) async fn serve(shared: &Arc<Shared>, stream: TcpStream, stop: CancellationToken) -> io::Result<()> {
    let (stream, watched) = twice(stream)?;
    let answers = Arc::new(Answers);
    let cancel = Arc::new(DefaultCancelHandler::new(Arc::clone(&shared.cancels)));
    let startup = shared.startup();
    let come_in = negotiate_tls(stream, shared.tls.clone());
    let begun = tokio::time::Instant::now();
    let Ok(socket) = timeout(PATIENCE, come_in).await else { return Ok(()) };
    let Some(mut socket) = socket? else { return Ok(()) };
    loop {
        let message = tokio::select! {
            message = next(&mut socket) => message,
            () = stop.cancelled() => return farewell(&mut socket).await,
            () = tokio::time::sleep_until(begun + PATIENCE), if !is_in(&socket) => return Ok(()),
        };
        let message = match message {
            None | Some(Ok(PgWireFrontendMessage::Terminate(_))) => return Ok(()),
            Some(Err(error)) => return end(&mut socket, failure::info(error)).await,
            Some(Ok(message)) => message,
        };
        let is_extended = message.is_extended_query();
        let done = process_message(
            message,
            &mut socket,
            Arc::clone(&startup),
            Arc::clone(&answers),
            Arc::clone(&answers),
            Arc::new(NoopHandler),
            Arc::clone(&cancel),
        );
        let done = tokio::select! {
            done = timeout(ANSWERING, done) => done,
            () = left(&watched) => return Ok(()),
        };
        match done {
            Ok(Ok(())) => {}
            Ok(Err(PgWireError::IoError(error))) => return Err(error),
            Ok(Err(error)) => {
                let error = failure::info(error);
                if error.is_fatal() || !is_in(&socket) {
                    return end(&mut socket, error).await;
                }
                refuse(&mut socket, error, is_extended).await?;
            }
            Err(_) => return Ok(()),
        }
    }
}

/// The connection, and a second handle on it to see whether the other side is there.
fn twice(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let watched = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(watched)?))
}

/// Returns when the other side has left.
async fn left(stream: &TcpStream) {
    loop {
        match stream.ready(Interest::READABLE).await {
            Ok(ready) if !ready.is_read_closed() => sleep(LOOK).await,
            _ => return,
        }
    }
}

fn is_in(socket: &Socket) -> bool {
    Session::of(socket).is_ok()
}

/// The next message, unless it is too large.
async fn next(socket: &mut Socket) -> Option<PgWireResult<PgWireFrontendMessage>> {
    let most = if is_in(socket) { MESSAGE } else { FIRST_MESSAGE };
    poll_fn(|context| match Pin::new(&mut *socket).poll_next(context) {
        Poll::Pending if socket.read_buffer().len() > most => {
            let message = format!("a message is larger than {most} bytes");
            let hint = "send a shorter query, or fewer values";
            Poll::Ready(Some(Err(PgWireError::UserError(failure::fatal(Code::LimitExceeded, message, hint)))))
        }
        polled => polled,
    })
    .await
}

/// Tells what went wrong and goes on. A transaction stays as it is: there is nothing to take back.
async fn refuse(socket: &mut Socket, error: ErrorInfo, is_extended: bool) -> io::Result<()> {
    socket.feed(PgWireBackendMessage::ErrorResponse(error.into())).await?;
    if is_extended {
        socket.set_state(PgWireConnectionState::AwaitingSync);
    } else {
        socket.set_state(PgWireConnectionState::ReadyForQuery);
        let ready = ReadyForQuery::new(socket.transaction_status());
        socket.feed(PgWireBackendMessage::ReadyForQuery(ready)).await?;
    }
    socket.flush().await
}

/// Tells what went wrong and ends the connection.
async fn end(socket: &mut Socket, mut error: ErrorInfo) -> io::Result<()> {
    "FATAL".clone_into(&mut error.severity);
    error.severity_nonlocalized = Some(error.severity.clone());
    socket.send(PgWireBackendMessage::ErrorResponse(error.into())).await?;
    socket.close().await
}

async fn farewell(socket: &mut Socket) -> io::Result<()> {
    if !is_in(socket) {
        return Ok(());
    }
    end(socket, *failure::fatal(Code::AdminShutdown, "slowburn stops", "connect again soon")).await
}
