//! What an operator can set.

use std::time::Duration;

/// The limits of the receivers, the same on both transports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The largest request in bytes, before and after decompression. Default 64 MiB, which OTLP
    /// recommends.
    pub max_request_bytes: usize,
    /// Bytes of request bodies held at any moment, all requests together. Default 256 MiB; never
    /// less than two requests of the largest size, because a compressed request is held in both
    /// forms while it is decompressed.
    pub max_in_flight_bytes: usize,
    /// Bytes that requests take once they are decoded, all together, until their rows are stored.
    /// Default 512 MiB, eight times the largest request; telemetry takes two to four times its
    /// size. A request that would take more alone is refused.
    pub max_decoded_bytes: usize,
    /// Bytes that the texts of a request's rows may have, those that rows share counted for each.
    /// Default 512 MiB, eight times the largest request.
    pub max_stored_bytes: usize,
    /// How long a request over HTTP waits for its share of either before it is refused, all its waiting
    /// together. Default 500 ms: who is refused sends again, and should not wait for that.
    pub http_admission_wait: Duration,
    /// The same over gRPC, where some exporters never send again what was refused. Default 5 s: half of
    /// the 10 s that exporters wait for an answer.
    pub grpc_admission_wait: Duration,
    /// How long a body may take to arrive. Default 30 s.
    pub read_timeout: Duration,
    /// A path, such as `/otlp`, below which OTLP/HTTP is taken as well; empty for none. Default none.
    pub http_prefix: String,
    /// After how long a refused sender is asked to try again, in whole seconds. Default 2 s.
    pub retry_after: Duration,
}

// === impl Config ===

impl Default for Config {
    fn default() -> Self {
        Self {
            max_request_bytes: 64 << 20,
            max_in_flight_bytes: 256 << 20,
            max_decoded_bytes: 512 << 20,
            max_stored_bytes: 512 << 20,
            http_admission_wait: Duration::from_millis(500),
            grpc_admission_wait: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            http_prefix: String::new(),
            retry_after: Duration::from_secs(2),
        }
    }
}
