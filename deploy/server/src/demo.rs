//! `slowburn demo`: the whole product on a sample shop, in one command.
//!
//! A fresh folder gets hours of backdated history through the ordinary way in, then live traffic, and within the
//! first minute something goes wrong. Alerts go to a webhook catcher of our own, whose messages the page shows.
//! With `--data-dir`, a demo that was stopped or killed goes on where it was.

mod catcher;
mod story;
mod traffic;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app;
use crate::judges::Judges;
use crate::settings::{Options, Settings};

pub(crate) use catcher::Catcher;
use story::Story;
use traffic::Sender;

/// How the demo is run.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Added to every port, for a second demo beside the first
    #[arg(long, value_name = "N", default_value_t = 0)]
    port_offset: u16,
    /// Which shop and which incident; the same number, the same story
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long the incident lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 360)]
    incident_seconds: u64,
    /// Folder to keep, and to go on from [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// What runs beside the server in a demo.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) catcher: Arc<Catcher>,
    listener: TcpListener,
    story: Story,
}

/// Runs the demo until a signal asks to stop.
///
/// # Errors
///
/// When its folder cannot be made, or the server cannot start.
pub(crate) async fn run(order: Order) -> Result<()> {
    let (_temporary, data_dir) = folder(order.data_dir)?;
    let props = data_dir.join("demo");
    let (slos, rules) = (props.join("slos"), props.join("rules"));
    for folder in [&slos, &rules] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot open the webhook catcher")?;
    let story = Story::begin_or_continue(&props, order.seed, order.incident_seconds, app::now())?;
    let catcher = Arc::new(Catcher::open(props.join("caught.jsonl"), app::now)?);
    write(&slos.join("shop.yaml"), fixtures_shop::SLOS)?;
    write(&rules.join("catcher.yaml"), &Catcher::rules(listener.local_addr()?))?;
    let settings = settings(data_dir, slos, rules, order.port_offset)?;
    app::serve(settings, Some(Company { catcher, listener, story })).await
}

// === impl Company ===

impl Company {
    /// Catches messages and sends traffic to the OTLP door until `stop`. Nobody judges before the history is there:
    /// a part of it would not look like the whole.
    pub(crate) fn run(
        self,
        otlp_http: SocketAddr,
        page: SocketAddr,
        judges: Judges,
        stop: CancellationToken,
    ) -> JoinSet<()> {
        let (mut running, stopped) = (JoinSet::new(), stop.clone());
        let catching = axum::serve(self.listener, self.catcher.router()).into_future();
        running.spawn(async move {
            tokio::select! {
                ended = catching => tracing::error!("the webhook catcher ended: {ended:?}"),
                () = stopped.cancelled() => {}
            }
        });
        running.spawn(async move {
            let sender = Sender::new(otlp_http);
            tokio::select! {
                told = sender.history(&self.story) => if let Err(error) = told {
                    tracing::error!("the demo's history ended: {error:#}");
                },
                () = stop.cancelled() => {}
            }
            let mut judging = judges.run(&stop);
            tokio::select! {
                told = sender.live(&self.story, page) => if let Err(error) = told {
                    tracing::error!("the demo's traffic ended: {error:#}");
                },
                () = stop.cancelled() => {}
            }
            while judging.join_next().await.is_some() {}
        });
        running
    }
}

fn folder(given: Option<PathBuf>) -> Result<(Option<TempDir>, PathBuf)> {
    if let Some(folder) = given {
        return Ok((None, folder));
    }
    let temporary = tempfile::Builder::new().prefix("slowburn-demo-").tempdir().context("cannot make a folder")?;
    let path = temporary.path().to_owned();
    Ok((Some(temporary), path))
}

fn settings(data_dir: PathBuf, slos: PathBuf, rules: PathBuf, offset: u16) -> Result<Settings> {
    Options::of_demo(data_dir, slos, rules, offset)?.settle()
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
