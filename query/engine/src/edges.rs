//! Who calls whom: client spans paired with the server spans they caused.
//!
//! The rules are those of the service graphs of the OpenTelemetry Collector and of Grafana Tempo:
//! `CLIENT` with `SERVER` and `PRODUCER` with `CONSUMER`, when the latter's parent is the former.
//! A `CLIENT` without such a child called a database where a `db.` attribute names one, and else the
//! peer it names. What pairs with nothing is counted. A span that was sent twice counts once.

use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::Nanos;

use crate::error::QueryError;
use crate::failure::{FAILED, SERVICE, START_NS, micros};
use crate::read::{self, Columns};
use crate::session::Sessions;

/// Entries an answer has at most.
const ENTRIES: usize = 100_000;

/// How far the starts of both sides lie apart at most: the time those service graphs wait for the
/// other side, which here also covers clocks that differ.
const APART_NS: i64 = 10_000_000_000;

/// Calls of one service by another that started in one minute.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeMinute {
    /// Start of the minute; a call belongs to the minute its client's span started in.
    pub minute: Nanos,
    /// The service that calls or publishes.
    pub client: String,
    /// The service that is called or receives; the database's name for `database`, the peer's for
    /// `virtual_node`.
    pub server: String,
    /// Empty for calls between instrumented services, `messaging_system`, `database` or
    /// `virtual_node`.
    pub connection_type: String,
    /// Calls: pairs, or client spans for `database` and `virtual_node`.
    pub requests: u64,
    /// Those of which either side failed, by the rule of golden signals.
    pub errors: u64,
    /// Sum of their durations as the client saw them, in nanoseconds; negative ones count as 0.
    pub duration_sum_ns: i64,
    /// The longest of them, in nanoseconds.
    pub duration_max_ns: i64,
    /// The bucket of the first count of their sketch.
    pub latency_offset: i64,
    /// The counts of their sketch, as `golden_signals` has them.
    pub latency_counts: Vec<f64>,
}

/// The calls of a range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edges {
    /// By minute, client, server and connection type.
    pub minutes: Vec<EdgeMinute>,
    /// Client and producer spans that no server's span answers and that name no peer.
    pub unpaired_clients: u64,
    /// Server and consumer spans whose parent is no client's or producer's span that is stored.
    pub unpaired_servers: u64,
}

/// The sides of calls, each span once. `$3` and `$4` are the range widened by [`APART_NS`].
fn sides() -> String {
    let attribute = |column: &str, key: &str| format!("coalesce({column}, attributes_rest ->> '{key}')");
    let database = [
        attribute("attr_db_namespace", "db.namespace"),
        "attributes_rest ->> 'db.name'".to_owned(),
        attribute("attr_db_system", "db.system"),
        attribute("attr_db_system_name", "db.system.name"),
    ];
    let peer = [attribute("attr_peer_service", "peer.service"), attribute("attr_server_address", "server.address")];
    let first = |names: &[String]| {
        let named = names.iter().map(|name| format!("nullif({name}, '')"));
        format!("coalesce({})", named.collect::<Vec<_>>().join(", "))
    };
    format!(
        "client AS (
             SELECT DISTINCT trace_id, span_id, start_time, {START_NS} AS start_ns, kind,
                    greatest(duration_ns, 0) AS duration_ns, {SERVICE} AS service, {FAILED} AS failed,
                    {} AS database, {} AS peer
             FROM stored.spans
             WHERE kind IN ('CLIENT', 'PRODUCER') AND start_time >= $3 AND start_time < $4
         ), server AS (
             SELECT DISTINCT trace_id, span_id, parent_span_id, start_time, {START_NS} AS start_ns, duration_ns,
                    CASE kind WHEN 'SERVER' THEN 'CLIENT' ELSE 'PRODUCER' END AS asked_by,
                    {SERVICE} AS service, {FAILED} AS failed
             FROM stored.spans
             WHERE kind IN ('SERVER', 'CONSUMER') AND parent_span_id IS NOT NULL
               AND start_time >= $3 AND start_time < $4
         )",
        first(&database),
        first(&peer)
    )
}

/// When a client and a server span are two sides of one call.
fn paired() -> String {
    format!(
        "server.trace_id = client.trace_id AND server.parent_span_id = client.span_id
         AND server.asked_by = client.kind AND abs(server.start_ns - client.start_ns) <= {APART_NS}"
    )
}

fn calls() -> String {
    format!(
        "WITH {}, added AS (SELECT minute, client, server, connection_type, count(*) AS requests,
                count(*) FILTER (WHERE failed) AS errors, sum(duration_ns) AS duration_sum_ns,
                max(duration_ns) AS duration_max_ns, latency_sketch(duration_ns) AS latency
         FROM (
             SELECT date_bin(INTERVAL '1 minute', client.start_time) AS minute, client.service AS client,
                    client.duration_ns, client.failed OR coalesce(server.failed, false) AS failed,
                    CASE WHEN server.span_id IS NOT NULL THEN server.service
                         WHEN client.kind = 'CLIENT' THEN coalesce(client.database, client.peer) END AS server,
                    CASE WHEN server.span_id IS NOT NULL AND client.kind = 'PRODUCER' THEN 'messaging_system'
                         WHEN server.span_id IS NOT NULL THEN ''
                         WHEN client.kind = 'CLIENT' AND client.database IS NOT NULL THEN 'database'
                         WHEN client.kind = 'CLIENT' AND client.peer IS NOT NULL THEN 'virtual_node'
                         ELSE 'unpaired' END AS connection_type
             FROM client LEFT JOIN server ON {}
             WHERE client.start_time >= $1 AND client.start_time < $2
         ) AS calls
         GROUP BY 1, 2, 3, 4)
         SELECT *, get_field(latency, 'offset') AS latency_offset, get_field(latency, 'counts') AS latency_counts
         FROM added ORDER BY 1, 2, 3, 4",
        sides(),
        paired()
    )
}

fn unpaired_servers() -> String {
    format!(
        "WITH {} SELECT count(*) AS unpaired
         FROM (SELECT * FROM server WHERE start_time >= $1 AND start_time < $2) AS server
         LEFT ANTI JOIN client ON {}",
        sides(),
        paired()
    )
}

/// The calls whose client's span started from `from` (inclusive) to `to` (exclusive).
///
/// # Errors
///
/// `ResourceLimit` when there are more entries than are told at once.
pub(crate) async fn edges(sessions: &Sessions, from: Nanos, to: Nanos) -> Result<Edges, QueryError> {
    let session = sessions.open()?;
    let values = || -> Vec<ScalarValue> { [from, to, from.plus(-APART_NS), to.plus(APART_NS)].map(micros).into() };
    let mut edges = Edges::default();
    for batch in read::rows(&session, &calls(), values(), ENTRIES).await? {
        for edge in (0..batch.num_rows()).map(|row| edge(&batch, row)) {
            match edge.connection_type.as_str() {
                "unpaired" => edges.unpaired_clients += edge.requests,
                _ => edges.minutes.push(edge),
            }
        }
    }
    for batch in read::rows(&session, &unpaired_servers(), values(), 1).await? {
        edges.unpaired_servers += Columns::new(&batch).int("unpaired", 0).unsigned_abs();
    }
    Ok(edges)
}

fn edge(batch: &RecordBatch, row: usize) -> EdgeMinute {
    let columns = Columns::new(batch);
    EdgeMinute {
        minute: Nanos(columns.nanos("minute", row)),
        client: columns.text("client", row),
        server: columns.text("server", row),
        connection_type: columns.text("connection_type", row),
        requests: columns.int("requests", row).unsigned_abs(),
        errors: columns.int("errors", row).unsigned_abs(),
        duration_sum_ns: columns.int("duration_sum_ns", row),
        duration_max_ns: columns.int("duration_max_ns", row),
        latency_offset: columns.int("latency_offset", row),
        latency_counts: columns.doubles("latency_counts", row).to_vec(),
    }
}
