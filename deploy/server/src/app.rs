//! `slowburn serve`: where everything is put together.
//!
//! A start takes the addresses, opens the store, which replays what its log holds while `/readyz`
//! says that it does, then opens the doors and says so. A stop closes the doors, writes what is hot to Parquet, and ends.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Result, bail};
use axum::Router;
use axum::middleware::from_fn_with_state;
use ingest_model::{Nanos, Signal};
use ingest_otlp::{Receiver, grpc_router, http_router};
use ingest_signals::GoldenSignals;
use ingest_store::{AuditAction, Decode, Derive, Meaning, Sink, Store, StoreConfig};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Api};
use crate::audit::Audit;
use crate::cors::{self, Origin};
use crate::demo::Company;
use crate::doors::{Doors, Tls, listen};
use crate::engines::Engines;
use crate::entrance::Entrance;
use crate::flight;
use crate::guard::{self, Guard};
use crate::judges::{Folders, Judges};
use crate::keys::Keys;
use crate::observe;
use crate::postgres;
use crate::settings::Settings;
use crate::signals::Stop;
use crate::starting::Starting;

/// Where queries spill, below the data folder.
const SPILL: &str = "spill";

/// Serves until a signal asks to stop; a demo brings company.
///
/// # Errors
///
/// When it cannot start, or cannot put away what it has when it stops.
pub(crate) async fn serve(settings: Settings, company: Option<Company>) -> Result<()> {
    let mut stop = Stop::catch()?;
    let keys = settings.keys.as_deref().map(Keys::read).transpose()?;
    let tls = settings.tls.as_ref().map(Tls::read).transpose()?;
    let entrance = Entrance::open(&settings)?;
    let listeners = Listeners::bind(&settings).await?;
    let ready = listeners.ready(&settings.data_dir);
    let (http, otlp_http) = (listeners.http.1, listeners.otlp_http.1);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (mut doors, starting) = (Doors::new(tls), Starting::default());
    let listeners = listeners.answer_early(&mut doors, &starting);
    let metrics = observe::record_metrics()?;
    let _upkeep = observe::keep_up(metrics.clone());
    let store = Arc::new(open_store(&settings, entrance.decode().as_ref()).await?);

    let tenants = keys.as_ref().map_or(1, |keys| keys.tenants().len());
    let engines = Engines::new(Arc::clone(&store), settings.data_dir.join(SPILL), now, tenants)?;
    let engines = Arc::new(engines.with_slow(settings.slow_query));
    engines.set_limits(entrance.questions()).await;
    let base = settings.external_url.clone().map_or_else(|| format!("{scheme}://{http}").parse(), Ok)?;
    let judges = Judges::open(&engines, &store, Folders::of(&settings), base, now)?;
    let stopping = CancellationToken::new();
    let catcher = company.as_ref().map(|company| Arc::clone(&company.catcher));
    let audit = Audit::open(&store, &settings.data_dir, now, &stopping).await;
    let guard = Guard::new(keys, audit.clone());
    let (judging, told) = (judges.clone(), audit.clone());
    let (tails, halt) = (api::streams(), stopping.clone());
    let api = Api { engines, judges: judging, catcher, guard, audit: told, metrics, tails, stopping: halt };
    let flight = flight::router(&api.engines, &api.guard);
    let receiver = entrance.receiver(settings.otlp, Arc::clone(&store) as Arc<dyn Sink>, &api.engines, &stopping);
    let pg = listeners.open(&mut doors, receiver, flight, &settings.cors_origins, &api.guard);
    postgres::open(&mut doors, pg, &api.engines, &api.guard);
    starting.done(api::router(api));
    writeln!(std::io::stdout(), "{ready}")?;
    let mut judging = match company {
        None => judges.run(&stopping),
        Some(company) => company.run(otlp_http, http, judges, stopping.clone()),
    };

    stop.wait().await;
    tracing::info!("stopping: finishing requests, then writing hot rows to Parquet");
    stopping.cancel();
    audit.tell_of_itself(AuditAction::Stop, "process", json!({})).await;
    while let Some(ended) = judging.join_next().await {
        ended?;
    }
    tokio::select! {
        closed = close(doors, &store) => closed,
        () = stop.wait() => bail!("stopped at once by a second signal; the next start replays the log"),
    }
}

async fn open_store(settings: &Settings, decode: &dyn Decode) -> Result<Store> {
    let retention = settings.retention.clone();
    let config = StoreConfig { flush_age: settings.flush_age, retention, ..StoreConfig::default() };
    let cold = match &settings.cold {
        Some(cold) => Some(cold.open().await?),
        None => None,
    };
    Ok(Store::open_tiered(&settings.data_dir, cold, config, meaning(decode)).await?)
}

/// The addresses of the process, taken but not yet served.
struct Listeners {
    http: (TcpListener, SocketAddr),
    otlp_grpc: (TcpListener, SocketAddr),
    otlp_http: (TcpListener, SocketAddr),
    pg: (TcpListener, SocketAddr),
    flight: (TcpListener, SocketAddr),
}

// === impl Listeners ===

impl Listeners {
    async fn bind(settings: &Settings) -> Result<Self> {
        Ok(Self {
            http: listen("http", settings.http).await?,
            otlp_grpc: listen("otlp-grpc", settings.otlp_grpc).await?,
            otlp_http: listen("otlp-http", settings.otlp_http).await?,
            pg: listen("pg", settings.pg).await?,
            flight: listen("flight", settings.flight).await?,
        })
    }

    /// Opens `--http`, where the process says that it is starting.
    fn answer_early(self, doors: &mut Doors, starting: &Starting) -> Receivers {
        doors.open(self.http.0, starting.router());
        Receivers { otlp_grpc: self.otlp_grpc.0, otlp_http: self.otlp_http.0, pg: self.pg.0, flight: self.flight.0 }
    }

    /// The line that tells whoever started the process that it can be used, and where.
    fn ready(&self, data_dir: &Path) -> serde_json::Value {
        json!({
            "event": "ready",
            "http": self.http.1,
            "otlp_grpc": self.otlp_grpc.1,
            "otlp_http": self.otlp_http.1,
            "pg": self.pg.1,
            "flight": self.flight.1,
            "data_dir": data_dir,
        })
    }
}

/// The addresses of the doors that wait for the store, taken but not yet served.
struct Receivers {
    otlp_grpc: TcpListener,
    otlp_http: TcpListener,
    pg: TcpListener,
    flight: TcpListener,
}

// === impl Receivers ===

impl Receivers {
    /// Opens the receivers and Flight SQL; what is left is PostgreSQL's.
    fn open(
        self,
        doors: &mut Doors,
        receiver: Receiver,
        flight: Router,
        cors_origins: &[Origin],
        guard: &Guard,
    ) -> TcpListener {
        let grpc = grpc_router(receiver.clone()).layer(from_fn_with_state(guard.clone(), guard::otlp_grpc));
        let mut http = http_router(receiver).layer(from_fn_with_state(guard.clone(), guard::otlp_http));
        if !cors_origins.is_empty() {
            // Browsers ask before they send, and cannot send a key with that question.
            http = http.layer(cors::layer(cors_origins));
        }
        doors.open(self.otlp_grpc, grpc);
        doors.open(self.otlp_http, http);
        doors.open(self.flight, flight);
        self.pg
    }
}

async fn close(doors: Doors, store: &Store) -> Result<()> {
    doors.close().await;
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// What the store does not know itself.
fn meaning(decode: &dyn Decode) -> Meaning<'_> {
    Meaning { decode, derivations, clock: now }
}

fn derivations(signal: Signal) -> Vec<Arc<dyn Derive>> {
    match signal {
        Signal::Traces => vec![Arc::new(GoldenSignals::new())],
        Signal::Logs | Signal::Metrics => Vec::new(),
    }
}

/// The clock of the process; everything below takes it as an argument.
pub(crate) fn now() -> Nanos {
    let elapsed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Nanos(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
}
