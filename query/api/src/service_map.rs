//! `GET /api/v1/service-map`: who calls whom.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// The range asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceMapQuestion {
    /// Start of the range, inclusive; an hour before its end where it is left out.
    pub from: Option<Nanos>,
    /// End of the range, exclusive; now where it is left out.
    pub to: Option<Nanos>,
}

/// The calls between services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceMap {
    /// Start of the range looked at, inclusive.
    pub from: Nanos,
    /// End of the range looked at, exclusive.
    pub to: Nanos,
    /// The edges, by client, server and connection type.
    pub edges: Vec<ServiceEdge>,
}

/// Calls of one service by another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceEdge {
    /// The service that calls or publishes.
    pub client: String,
    /// The service that is called or receives; the database's name for `database`, the peer's for `virtual_node`.
    pub server: String,
    /// Empty for calls between instrumented services, `messaging_system`, `database` or `virtual_node`.
    pub connection_type: String,
    /// Calls.
    pub requests: u64,
    /// Those of which either side failed.
    pub errors: u64,
    /// Sum of their durations as the client saw them, in nanoseconds.
    pub duration_sum_ns: i64,
    /// The longest of them, in nanoseconds.
    pub duration_max_ns: i64,
    /// Half of the calls took no longer, in nanoseconds.
    pub p50_ns: Option<f64>,
    /// 95 % of the calls took no longer, in nanoseconds.
    pub p95_ns: Option<f64>,
    /// 99 % of the calls took no longer, in nanoseconds.
    pub p99_ns: Option<f64>,
}
