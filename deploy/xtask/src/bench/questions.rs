//! Questions about a loaded corpus, over HTTP as people ask them; and the same of DuckDB over the same files.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Row;
use super::http::Connection;
use super::server::Server;

/// How often each question is asked; the median counts.
const TIMES: usize = 9;

/// Traces that are asked for one by one.
const TRACES: usize = 200;

/// Reads what the table's log names, since replaced files stay on disk for a while.
const DUCKDB: &str = include_str!("questions/duckdb.py");

/// A question in both dialects. `NEWEST` stands for the start of the newest span.
struct Question {
    what: &'static str,
    ours: &'static str,
    /// Empty where there is nothing to compare with.
    duckdb: &'static str,
    /// Whether the very same text is asked as well, as dashboards do.
    is_asked_again: bool,
}

const QUESTIONS: [Question; 8] = [
    Question {
        what: "p99 by service and minute, raw spans",
        ours: "SELECT service_name, date_trunc('minute', start_time) AS minute, quantile(latency_sketch(duration_ns), 0.99)
               FROM spans GROUP BY 1, 2",
        duckdb: "SELECT service_name, date_trunc('minute', start_time) AS minute, approx_quantile(duration_ns, 0.99)
                 FROM spans GROUP BY 1, 2",
        is_asked_again: false,
    },
    Question {
        what: "the same with approx_percentile_cont",
        ours: "SELECT service_name, date_trunc('minute', start_time) AS minute, approx_percentile_cont(duration_ns, 0.99)
               FROM spans GROUP BY 1, 2",
        duckdb: "",
        is_asked_again: false,
    },
    Question {
        what: "the same from golden_signals",
        ours: "SELECT service_name, minute, quantile(merge_latency(latency), 0.99) FROM golden_signals GROUP BY 1, 2",
        duckdb: "",
        is_asked_again: true,
    },
    Question {
        what: "p99 by service and minute, last hour of raw spans",
        ours: "SELECT service_name, date_trunc('minute', start_time) AS minute, quantile(latency_sketch(duration_ns), 0.99)
               FROM spans WHERE start_time >= TIMESTAMP 'NEWEST' - INTERVAL '1 hour' GROUP BY 1, 2",
        duckdb: "SELECT service_name, date_trunc('minute', start_time) AS minute, approx_quantile(duration_ns, 0.99)
                 FROM spans WHERE start_time >= TIMESTAMPTZ 'NEWEST' - INTERVAL '1 hour' GROUP BY 1, 2",
        is_asked_again: false,
    },
    Question {
        what: "count by service and minute",
        ours: "SELECT service_name, date_trunc('minute', start_time) AS minute, count(*) FROM spans GROUP BY 1, 2",
        duckdb: "SELECT service_name, date_trunc('minute', start_time) AS minute, count(*) FROM spans GROUP BY 1, 2",
        is_asked_again: false,
    },
    Question {
        what: "rare word, limit 100",
        ours: "SELECT time, body FROM logs WHERE has_word(body, '8a9b7f5d') LIMIT 100",
        duckdb: "SELECT time, body FROM logs WHERE body ILIKE '%8a9b7f5d%' LIMIT 100",
        is_asked_again: false,
    },
    Question {
        what: "common word, limit 100",
        ours: "SELECT time, body FROM logs WHERE has_word(body, 'traceid') LIMIT 100",
        duckdb: "SELECT time, body FROM logs WHERE body ILIKE '%traceid%' LIMIT 100",
        is_asked_again: false,
    },
    Question {
        what: "common word, count",
        ours: "SELECT count(*) FROM logs WHERE has_word(body, 'traceid')",
        duckdb: "SELECT count(*) FROM logs WHERE body ILIKE '%traceid%'",
        is_asked_again: false,
    },
];

/// Asks everything of a server that has just started; then of DuckDB (the Python module, if `python` has it and `deltalake`).
pub(super) fn rows(server: Server, tenant: &Path, traces: &[&str], python: Option<&Path>) -> Result<Vec<Row>> {
    let mut asker = Asker { connection: Connection::open(&server.http)? };
    let newest = asker.ask("SELECT max(start_time) FROM spans")?;
    let newest = newest["rows"][0][0].as_str().context("there are no spans")?.to_owned();
    let mut rows = Vec::new();
    for question in &QUESTIONS {
        let sql = question.ours.replace("NEWEST", &newest);
        // A comment that is new each time: the answer of before is not given again.
        let each = |time: usize| format!("{sql} -- {time}");
        rows.push((question.what.to_owned(), asker.median(each)));
        if question.is_asked_again {
            rows.push((format!("{}, asked again", question.what), asker.median(|_| each(0))));
        }
    }
    rows.push(("logs by trace id, as SQL, p50 / p99".to_owned(), super::p50_p99(&mut logs(&mut asker, traces)?)));
    server.stop()?;
    if let Some(python) = python {
        let asked = QUESTIONS.iter().filter(|question| !question.duckdb.is_empty());
        let asked: Vec<_> = asked.map(|question| (question.what, question.duckdb.replace("NEWEST", &newest))).collect();
        // What was measured before is not lost with it.
        let compared = duckdb(python, tenant, &asked, traces);
        rows.extend(compared.unwrap_or_else(|error| vec![("DuckDB".to_owned(), format!("{error:#}"))]));
    }
    Ok(rows)
}

/// The log records of some traces, one question a trace.
fn logs(asker: &mut Asker, traces: &[&str]) -> Result<Vec<Duration>> {
    let query = |id| format!("SELECT time, severity_text, service_name, body FROM logs WHERE trace_id = '{id}'");
    traces.iter().take(TRACES).map(|id| asker.time(&query(id))).collect()
}

fn median(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    format!("{:.1} ms", median.as_secs_f64() * 1e3)
}

fn duckdb(python: &Path, tenant: &Path, asked: &[(&str, String)], traces: &[&str]) -> Result<Vec<Row>> {
    let mut child = Command::new(python)
        .args(["-c", DUCKDB])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", python.display()))?;
    let traces: Vec<_> = traces.iter().take(TRACES).collect();
    let input = json!({ "tenant": tenant, "times": TIMES, "questions": asked, "traces": traces }).to_string();
    child.stdin.take().context("no way to ask")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "DuckDB ended with {}", output.status);
    let rows: Vec<Row> = serde_json::from_slice(&output.stdout).context("DuckDB told no rows")?;
    Ok(rows.into_iter().map(|(what, figure)| (format!("DuckDB: {what}"), figure)).collect())
}

/// Asks SQL over one connection.
struct Asker {
    connection: Connection,
}

// === impl Asker ===

impl Asker {
    /// An answer, read.
    fn ask(&mut self, query: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body(query)?)?)
    }

    /// How long it took until the last byte of an answer was here.
    fn time(&mut self, query: &str) -> Result<Duration> {
        let started = Instant::now();
        self.body(query)?;
        Ok(started.elapsed())
    }

    /// The median of what some questions took; or why one was not answered, which is a figure like others.
    fn median(&mut self, query: impl Fn(usize) -> String) -> String {
        let times = (0..TIMES).map(|time| self.time(&query(time))).collect::<Result<Vec<_>>>();
        times.map_or_else(|error| format!("{error:#}").replace('\n', " "), |mut times| median(&mut times))
    }

    fn body(&mut self, query: &str) -> Result<Vec<u8>> {
        let body = json!({ "query": query, "max_rows": 100_000 }).to_string();
        let answer = self.connection.post("/api/v1/sql", "application/json", body.as_bytes())?;
        ensure!(answer.status == 200, "{query}: status {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        Ok(answer.body)
    }
}
