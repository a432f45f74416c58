//! What the process tells of itself: its log and its metrics.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

/// The libraries below tell at `info` what only their authors want to know.
const DEFAULT_FILTER: &str =
    "info,buoyant_kernel=warn,delta_kernel=warn,deltalake_core=warn,deltalake=warn,datafusion=warn,object_store=warn";

/// How often the recorder lets go of what it no longer needs.
const UPKEEP: Duration = Duration::from_secs(5);

/// Writes the log to standard error; `SLOWBURN_LOG` chooses what, in the words of `RUST_LOG`.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("SLOWBURN_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let colours = std::io::stderr().is_terminal();
    // A log that cannot be written must not stop what it tells of: the default reports that to
    // standard error as well, and panics where that is gone.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .init();
}

/// Records metrics from now on.
///
/// # Errors
///
/// When another recorder is there already.
pub(crate) fn record_metrics() -> Result<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().context("cannot record metrics")
}

/// Keeps the recorder small for as long as the process runs.
pub(crate) fn keep_up(metrics: PrometheusHandle) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            metrics.run_upkeep();
        }
    })
}
