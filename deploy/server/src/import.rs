//! `slowburn import`: sends files of OTLP/JSON lines to a server.
//!
//! One thread reads lines, a few tasks turn them into protobuf and send them, each waiting for
//! its answer. What cannot be read or is refused is told with file and line, the rest goes on; only
//! a server that is not there ends it all.

mod files;
mod send;
mod totals;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use files::Line;
use send::{Outcome, Sender};
use totals::Totals;

use crate::written;

/// What to send, and where.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Files of OTLP/JSON lines (.jsonl, .jsonl.zst): traces, logs or metrics, told apart by content
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the server receives OTLP over HTTP
    #[arg(long, value_name = "URL", env = "SLOWBURN_OTLP_ENDPOINT", default_value = "http://127.0.0.1:4318")]
    endpoint: String,
    /// Requests that may be under way at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
    /// A key with the role ingest or admin, where the server asks for one
    #[arg(long, value_name = "KEY", env = "SLOWBURN_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// Lines read ahead of the senders. Lines may be megabytes long.
const READ_AHEAD: usize = 4;

/// Sends everything, then tells how much was sent, accepted and rejected.
///
/// # Errors
///
/// When a file cannot be opened or the endpoint is no address, which is found out before anything is sent.
pub(crate) async fn run(order: Order) -> Result<ExitCode> {
    let opened = order.files.iter().map(|path| files::open(path)).collect::<Result<Vec<_>>>()?;
    let progress = progress(opened.iter().map(|file| file.bytes).sum());
    let sender = Arc::new(Sender::new(&order.endpoint, order.key.as_deref())?);
    let (lines, waiting) = mpsc::channel(READ_AHEAD);
    let reading = tokio::task::spawn_blocking({
        let progress = progress.clone();
        move || files::read_all(opened, &lines, &progress)
    });
    let mut totals = send_all(sender, waiting, order.connections, &progress).await;
    totals.add(&reading.await.context("reading the files failed")?);
    progress.finish_and_clear();
    written(totals.print(&mut std::io::stdout().lock()))?;
    Ok(if totals.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Sends lines until there are no more, or the server is gone. Dropping the receiver then stops
/// the reading.
async fn send_all(
    sender: Arc<Sender>,
    waiting: mpsc::Receiver<Line>,
    connections: u8,
    progress: &ProgressBar,
) -> Totals {
    let waiting = Arc::new(Mutex::new(waiting));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        tasks.spawn(work(Arc::clone(&sender), Arc::clone(&waiting), progress.clone()));
    }
    drop(waiting);
    let mut totals = Totals::default();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(part) => totals.add(&part),
            Err(error) => totals.mistake(progress, &format!("a sender stopped: {error}")),
        }
    }
    totals
}

async fn work(sender: Arc<Sender>, waiting: Arc<Mutex<mpsc::Receiver<Line>>>, progress: ProgressBar) -> Totals {
    let mut totals = Totals::default();
    loop {
        let Some(line) = waiting.lock().await.recv().await else { return totals };
        let place = line.place();
        let outcome = sender.send(line).await;
        totals.count(&outcome);
        match outcome {
            Outcome::Answered { reason, .. } if reason.is_empty() => {}
            Outcome::Answered { reason, .. } | Outcome::Unreadable { reason } => {
                totals.mistake(&progress, &format!("{place}: {reason}"));
            }
            Outcome::Unanswered { reason, .. } | Outcome::Unsent { reason } => {
                totals.mistake(&progress, &format!("{place}: {reason}"));
                waiting.lock().await.close();
                return totals;
            }
        }
        progress.set_message(sender.pace());
    }
}

fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent}% of {total_bytes}, {msg}, {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
