//! What an operator sets: flags first, then `SLOWBURN_*` variables, then the file, then defaults.

mod address;
mod cold;
mod retention;

use std::fs;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use ingest_store::Retention;
use serde::Deserialize;
use url::Url;

pub(crate) use address::Address;
pub(crate) use cold::ColdSettings;
use cold::Hours;
use retention::Days;

use crate::cors::Origin;
use crate::doors::TlsFiles;

/// The ports of the doors, unless told otherwise.
const HTTP_PORT: u16 = 7077;
const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
const PG_PORT: u16 = 7432;
const FLIGHT_PORT: u16 = 7433;

/// Nobody waits that long for a page.
const SLOW_QUERY_MS: u32 = 5_000;

/// As long as the OpenTelemetry Collector tries again by default (exporterhelper, `max_elapsed_time`).
const RETRY_WINDOW_SECONDS: u32 = 300;

/// Settings as they are given: by flags, by the environment, or as keys of the file, in the same
/// words (`data_dir` in the file is `--data-dir` and `SLOWBURN_DATA_DIR`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// File of settings in TOML; its keys are these flags with `_` for `-`
    #[arg(long, value_name = "FILE", env = "SLOWBURN_CONFIG")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Folder of everything that is kept [default: ./slowburn-data]
    #[arg(long, value_name = "DIR", env = "SLOWBURN_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Page and API [default: 127.0.0.1:7077]
    #[arg(long, value_name = "ADDR", env = "SLOWBURN_HTTP")]
    http: Option<Address>,
    /// OTLP over gRPC [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDR", env = "SLOWBURN_OTLP_GRPC")]
    otlp_grpc: Option<Address>,
    /// OTLP over HTTP [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR", env = "SLOWBURN_OTLP_HTTP")]
    otlp_http: Option<Address>,
    /// Seconds after which rows are written to Parquet at the latest, for other readers of the
    /// files; questions see them at once [default: 60]
    #[arg(long, value_name = "N", env = "SLOWBURN_FLUSH_SECONDS")]
    flush_seconds: Option<NonZeroU32>,
    /// Certificate of every door, with those between it and one that clients know, in PEM; needs --tls-key
    #[arg(long, value_name = "FILE", env = "SLOWBURN_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", env = "SLOWBURN_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Who vouches for clients, in PEM; every client then needs a certificate, at every door
    #[arg(long, value_name = "FILE", env = "SLOWBURN_TLS_CLIENT_CA")]
    tls_client_ca: Option<PathBuf>,
    /// Origins (scheme, host, port) of pages that may send OTLP over HTTP from a browser; * for all [default: none]
    #[arg(long, value_name = "ORIGIN", env = "SLOWBURN_OTLP_CORS_ORIGIN", value_delimiter = ',')]
    otlp_cors_origin: Vec<Origin>,
    /// Path below which OTLP over HTTP is taken as well, such as /otlp
    #[arg(long, value_name = "PATH", env = "SLOWBURN_OTLP_HTTP_PREFIX")]
    otlp_http_prefix: Option<String>,
    /// Largest OTLP request in MiB, before and after decompression [default: 64]
    #[arg(long, value_name = "N", env = "SLOWBURN_OTLP_MAX_REQUEST_MIB")]
    otlp_max_request_mib: Option<NonZeroU16>,
    /// Days that rows are kept, counted from the rows' own time: N for every table but audit, TABLE=N for one; several
    /// with commas [default: for ever]
    #[arg(long, value_name = "[TABLE=]N", env = "SLOWBURN_RETENTION_DAYS", value_delimiter = ',')]
    retention_days: Vec<Days>,
    /// Bytes that the local files of all tables may take; above, the oldest spans, logs and metrics go [default: 80 % of
    /// the size of the file system]
    #[arg(long, value_name = "N", env = "SLOWBURN_RETENTION_BYTES")]
    retention_bytes: Option<u64>,
    /// Where older files of spans, logs and metrics move: s3://BUCKET/PREFIX of an S3-compatible object store. Endpoint,
    /// region and credentials are taken from the AWS_… variables [default: they stay]
    #[arg(long, value_name = "URL", env = "SLOWBURN_COLD_URL")]
    cold_url: Option<String>,
    /// Hours after which a file moves, counted from its newest row; fractions are taken [default: 72]
    #[arg(long, value_name = "N", env = "SLOWBURN_COLD_AFTER_HOURS")]
    cold_after_hours: Option<Hours>,
    /// Bytes that local files may take where older ones move; above, the oldest move earlier [default: 60 % of the size
    /// of the file system]
    #[arg(long, value_name = "N", env = "SLOWBURN_LOCAL_BYTES")]
    local_bytes: Option<u64>,
    /// PostgreSQL protocol; the password is a key [default: 127.0.0.1:7432]
    #[arg(long, value_name = "ADDR", env = "SLOWBURN_PG")]
    pg: Option<Address>,
    /// Arrow Flight SQL [default: 127.0.0.1:7433]
    #[arg(long, value_name = "ADDR", env = "SLOWBURN_FLIGHT")]
    flight: Option<Address>,
    /// Folder of OpenSLO documents (.yaml, .yml, .json), read again when they change
    #[arg(long, value_name = "DIR", env = "SLOWBURN_SLO_DIR")]
    slo_dir: Option<PathBuf>,
    /// Folder of alert rules, receivers and routes (.yaml, .yml), read again when they change
    #[arg(long, value_name = "DIR", env = "SLOWBURN_RULES_DIR")]
    rules_dir: Option<PathBuf>,
    /// File of watched series (TOML), read again when it changes [default: every metric is watched]
    #[arg(long, value_name = "FILE", env = "SLOWBURN_SERIES")]
    series: Option<PathBuf>,
    /// Where people reach the page; links in messages begin with it [default: http:// and the address of --http]
    #[arg(long, value_name = "URL", env = "SLOWBURN_EXTERNAL_URL")]
    external_url: Option<Url>,
    /// File of lines `sha256-of-key tenant role`; role is ingest, read or admin
    #[arg(long, value_name = "FILE", env = "SLOWBURN_KEYS")]
    keys: Option<PathBuf>,
    /// File of what each tenant may send and ask (TOML), read again when it changes
    #[arg(long, value_name = "FILE", env = "SLOWBURN_LIMITS")]
    limits: Option<PathBuf>,
    /// Milliseconds after which a question is told in the log as slow [default: 5000]
    #[arg(long, value_name = "N", env = "SLOWBURN_SLOW_QUERY_MS")]
    slow_query_ms: Option<u32>,
    /// Seconds in which a request that comes again, byte by byte, is answered and not stored
    /// again; 0 stores it every time [default: 300]
    #[arg(long, value_name = "N", env = "SLOWBURN_RETRY_WINDOW_SECONDS")]
    retry_window_seconds: Option<u32>,
    /// Listen on addresses others can reach although no keys are asked for
    #[arg(long, env = "SLOWBURN_INSECURE", value_parser = BoolishValueParser::new())]
    insecure: bool,
}

/// Settings as they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) http: SocketAddr,
    pub(crate) otlp_grpc: SocketAddr,
    pub(crate) otlp_http: SocketAddr,
    pub(crate) pg: SocketAddr,
    pub(crate) flight: SocketAddr,
    pub(crate) flush_age: Duration,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) cors_origins: Vec<Origin>,
    /// The limits of the receivers.
    pub(crate) otlp: ingest_otlp::Config,
    pub(crate) retention: Retention,
    /// Where older files move, if they do.
    pub(crate) cold: Option<ColdSettings>,
    pub(crate) slo_dir: Option<PathBuf>,
    pub(crate) rules_dir: Option<PathBuf>,
    pub(crate) series: Option<PathBuf>,
    pub(crate) external_url: Option<Url>,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) limits: Option<PathBuf>,
    pub(crate) slow_query: Duration,
    /// Zero where every request is stored.
    pub(crate) retry_window: Duration,
}

// === impl Options ===

impl Options {
    /// Reads the file, if one is named, and settles every setting.
    ///
    /// # Errors
    ///
    /// When the file is mistaken, or an address would be open to others without keys.
    pub(crate) fn settle(self) -> Result<Settings> {
        let file = self.config.as_deref().map(Self::read).transpose()?.unwrap_or_default();
        let settings = self.or(file).with_defaults()?;
        settings.fence()?;
        Ok(settings.values)
    }

    /// Reads a file of settings.
    ///
    /// # Errors
    ///
    /// When it cannot be read or has a mistake; the text tells the line.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} has a mistake", path.display()))
    }

    /// The settings of a demo, on its own ports and nowhere but on this machine.
    ///
    /// # Errors
    ///
    /// When the ports with the offset are beyond those there are.
    pub(crate) fn of_demo(data_dir: PathBuf, slo_dir: PathBuf, rules_dir: PathBuf, offset: u16) -> Result<Self> {
        let door = |port: u16| match port.checked_add(offset) {
            Some(port) => Ok(Some(Address::from(SocketAddr::from(([127, 0, 0, 1], port))))),
            None => {
                bail!("--port-offset {offset} is too large: there is no port {}", u32::from(port) + u32::from(offset))
            }
        };
        Ok(Self {
            data_dir: Some(data_dir),
            http: door(HTTP_PORT)?,
            otlp_grpc: door(OTLP_GRPC_PORT)?,
            otlp_http: door(OTLP_HTTP_PORT)?,
            pg: door(PG_PORT)?,
            flight: door(FLIGHT_PORT)?,
            slo_dir: Some(slo_dir),
            rules_dir: Some(rules_dir),
            ..Self::default()
        })
    }

    fn or(self, file: Self) -> Self {
        Self {
            config: self.config,
            data_dir: self.data_dir.or(file.data_dir),
            http: self.http.or(file.http),
            otlp_grpc: self.otlp_grpc.or(file.otlp_grpc),
            otlp_http: self.otlp_http.or(file.otlp_http),
            flush_seconds: self.flush_seconds.or(file.flush_seconds),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            tls_client_ca: self.tls_client_ca.or(file.tls_client_ca),
            otlp_cors_origin: if self.otlp_cors_origin.is_empty() {
                file.otlp_cors_origin
            } else {
                self.otlp_cors_origin
            },
            otlp_http_prefix: self.otlp_http_prefix.or(file.otlp_http_prefix),
            otlp_max_request_mib: self.otlp_max_request_mib.or(file.otlp_max_request_mib),
            retention_days: if self.retention_days.is_empty() { file.retention_days } else { self.retention_days },
            retention_bytes: self.retention_bytes.or(file.retention_bytes),
            cold_url: self.cold_url.or(file.cold_url),
            cold_after_hours: self.cold_after_hours.or(file.cold_after_hours),
            local_bytes: self.local_bytes.or(file.local_bytes),
            pg: self.pg.or(file.pg),
            flight: self.flight.or(file.flight),
            slo_dir: self.slo_dir.or(file.slo_dir),
            rules_dir: self.rules_dir.or(file.rules_dir),
            series: self.series.or(file.series),
            external_url: self.external_url.or(file.external_url),
            keys: self.keys.or(file.keys),
            limits: self.limits.or(file.limits),
            slow_query_ms: self.slow_query_ms.or(file.slow_query_ms),
            retry_window_seconds: self.retry_window_seconds.or(file.retry_window_seconds),
            insecure: self.insecure || file.insecure,
        }
    }

    fn with_defaults(self) -> Result<Settled> {
        let loopback = |address: Option<Address>, port| {
            address.map_or_else(|| SocketAddr::from(([127, 0, 0, 1], port)), SocketAddr::from)
        };
        let (tls, otlp) = (self.tls()?, self.otlp()?);
        let data_dir = self.data_dir.unwrap_or_else(|| PathBuf::from("slowburn-data"));
        let values = Settings {
            cold: cold::cold(self.cold_url, self.cold_after_hours, self.local_bytes, &data_dir)?,
            retention: retention::retention(self.retention_days, self.retention_bytes, &data_dir),
            data_dir,
            http: loopback(self.http, HTTP_PORT),
            otlp_grpc: loopback(self.otlp_grpc, OTLP_GRPC_PORT),
            otlp_http: loopback(self.otlp_http, OTLP_HTTP_PORT),
            pg: loopback(self.pg, PG_PORT),
            flight: loopback(self.flight, FLIGHT_PORT),
            flush_age: Duration::from_secs(self.flush_seconds.map_or(60, NonZeroU32::get).into()),
            tls,
            cors_origins: self.otlp_cors_origin,
            otlp,
            slo_dir: self.slo_dir,
            rules_dir: self.rules_dir,
            series: self.series,
            external_url: self.external_url,
            keys: self.keys,
            limits: self.limits,
            slow_query: Duration::from_millis(self.slow_query_ms.unwrap_or(SLOW_QUERY_MS).into()),
            retry_window: Duration::from_secs(self.retry_window_seconds.unwrap_or(RETRY_WINDOW_SECONDS).into()),
        };
        Ok(Settled { values, insecure: self.insecure })
    }

    fn tls(&self) -> Result<Option<TlsFiles>> {
        match (self.tls_cert.clone(), self.tls_key.clone(), self.tls_client_ca.clone()) {
            (None, None, None) => Ok(None),
            (Some(cert), Some(key), client_ca) => Ok(Some(TlsFiles { cert, key, client_ca })),
            _ => bail!("TLS needs both --tls-cert FILE and --tls-key FILE"),
        }
    }

    fn otlp(&self) -> Result<ingest_otlp::Config> {
        let mut config = ingest_otlp::Config::default();
        if let Some(mib) = self.otlp_max_request_mib {
            config.max_request_bytes = usize::from(mib.get()) << 20;
        }
        if let Some(prefix) = &self.otlp_http_prefix {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
            if !prefix.starts_with('/') || !prefix.bytes().all(plain) {
                bail!("--otlp-http-prefix {prefix}: give a path of letters and digits, such as /otlp");
            }
            config.http_prefix.clone_from(prefix);
        }
        Ok(config)
    }
}

/// Settings with the leave to be open.
struct Settled {
    values: Settings,
    insecure: bool,
}

// === impl Settled ===

impl Settled {
    /// Refuses doors that others can reach without a key.
    fn fence(&self) -> Result<()> {
        if self.insecure || self.values.keys.is_some() {
            return Ok(());
        }
        let values = &self.values;
        let doors = [
            ("http", values.http),
            ("otlp-grpc", values.otlp_grpc),
            ("otlp-http", values.otlp_http),
            ("pg", values.pg),
            ("flight", values.flight),
        ];
        match doors.into_iter().find(|(_, address)| !address.ip().is_loopback()) {
            None => Ok(()),
            Some((door, address)) => bail!(
                "--{door} {address} can be reached by others, who need no key: \
                 give --keys FILE, or --insecure if that is meant"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
