//! OTLP/JSON, one request a line.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use serde_json::Value;

/// A span, as far as it is needed.
pub(crate) struct Span {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) service: Rc<str>,
    pub(crate) name: Rc<str>,
    pub(crate) calls: bool,
    pub(crate) peer: Rc<str>,
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    pub(crate) failed: bool,
}

/// A log record, as far as it is needed.
pub(crate) struct Record {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) service: Rc<str>,
    pub(crate) time_ns: i64,
    pub(crate) severity: u8,
    pub(crate) exception: bool,
    pub(crate) text: String,
}

/// Readings of one metric of one instance of a service.
pub(crate) struct Reading {
    pub(crate) service: Rc<str>,
    pub(crate) instance: Rc<str>,
    pub(crate) name: Rc<str>,
    pub(crate) unit: String,
    pub(crate) values: Vec<(i64, f64)>,
}

/// Service, instance and name of a metric.
type Series = (Rc<str>, Rc<str>, Rc<str>);

/// All there is in a folder.
#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) spans: Vec<Span>,
    pub(crate) records: Vec<Record>,
    pub(crate) readings: Vec<Reading>,
    places: HashMap<Series, usize>,
    names: HashMap<String, Rc<str>>,
}

// === impl Reading ===

impl Reading {
    /// The values from one time to another.
    pub(crate) fn between(&self, from: i64, to: i64) -> Vec<f64> {
        self.values.iter().filter(|(time, _)| from <= *time && *time < to).map(|(_, value)| *value).collect()
    }
}

// === impl Recording ===

impl Recording {
    /// Reads a folder; signals that it does not hold, or that are to be left out, stay empty.
    pub(crate) fn read(folder: &Path, without: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut recording = Self::default();
        for signal in ["traces", "logs", "metrics"].into_iter().filter(|signal| !without.contains(signal)) {
            let Some(lines) = open(folder, signal)? else { continue };
            for line in BufReader::new(lines).lines() {
                recording.request(&serde_json::from_str(&line?)?);
            }
        }
        Ok(recording)
    }

    fn request(&mut self, request: &Value) {
        for resource in list(&request["resourceSpans"]) {
            let service = self.attribute(&resource["resource"], &["service.name"]);
            let spans = list(&resource["scopeSpans"]).iter().flat_map(|scope| list(&scope["spans"]));
            spans.for_each(|span| self.span(&service, span));
        }
        for resource in list(&request["resourceLogs"]) {
            let service = self.attribute(&resource["resource"], &["service.name"]);
            let records = list(&resource["scopeLogs"]).iter().flat_map(|scope| list(&scope["logRecords"]));
            self.records.extend(records.map(|value| record(&service, value)));
        }
        for resource in list(&request["resourceMetrics"]) {
            let service = self.attribute(&resource["resource"], &["service.name"]);
            let instance = self.attribute(&resource["resource"], &["service.instance.id"]);
            let metrics = list(&resource["scopeMetrics"]).iter().flat_map(|scope| list(&scope["metrics"]));
            metrics.for_each(|metric| self.metric(&service, &instance, metric));
        }
    }

    fn span(&mut self, service: &Rc<str>, span: &Value) {
        let name = self.name(text(&span["name"]));
        let peer = self.attribute(span, &["peer.service", "server.address", "net.peer.name"]);
        let parent = hex(&span["parentSpanId"]) as u64;
        self.spans.push(Span {
            trace: hex(&span["traceId"]),
            id: hex(&span["spanId"]) as u64,
            parent: (parent != 0).then_some(parent),
            service: Rc::clone(service),
            name,
            calls: matches!(span["kind"].as_u64(), Some(3 | 4)),
            peer,
            start_ns: number(&span["startTimeUnixNano"]),
            end_ns: number(&span["endTimeUnixNano"]),
            failed: span["status"]["code"].as_u64() == Some(2),
        });
    }

    fn metric(&mut self, service: &Rc<str>, instance: &Rc<str>, metric: &Value) {
        let name = self.name(text(&metric["name"]));
        let key = (Rc::clone(service), Rc::clone(instance), Rc::clone(&name));
        let place = *self.places.entry(key).or_insert_with(|| {
            let unit = text(&metric["unit"]).to_owned();
            let (service, instance) = (Rc::clone(service), Rc::clone(instance));
            self.readings.push(Reading { service, instance, name, unit, values: Vec::new() });
            self.readings.len() - 1
        });
        for point in ["gauge", "sum"].iter().flat_map(|kind| list(&metric[*kind]["dataPoints"])) {
            let value = point["asDouble"].as_f64().unwrap_or_else(|| number(&point["asInt"]) as f64);
            self.readings[place].values.push((number(&point["timeUnixNano"]), value));
        }
    }

    /// The first of some attributes, as text; empty where there is none.
    fn attribute(&mut self, of: &Value, keys: &[&str]) -> Rc<str> {
        let attributes = list(&of["attributes"]);
        let found = keys.iter().find_map(|key| attributes.iter().find(|one| one["key"] == *key));
        self.name(found.map_or("", |one| text(&one["value"]["stringValue"])))
    }

    fn name(&mut self, name: &str) -> Rc<str> {
        if let Some(known) = self.names.get(name) {
            return Rc::clone(known);
        }
        let new: Rc<str> = Rc::from(name);
        self.names.insert(name.to_owned(), Rc::clone(&new));
        new
    }
}

fn record(service: &Rc<str>, record: &Value) -> Record {
    let is_exception = |one: &Value| text(&one["key"]).starts_with("exception.");
    Record {
        trace: hex(&record["traceId"]),
        span: hex(&record["spanId"]) as u64,
        service: Rc::clone(service),
        time_ns: number(&record["timeUnixNano"]),
        severity: record["severityNumber"].as_u64().unwrap_or_default() as u8,
        exception: list(&record["attributes"]).iter().any(is_exception),
        text: text(&record["body"]["stringValue"]).to_owned(),
    }
}

/// The lines of a signal, plain or decompressed by the command `zstd`.
fn open(folder: &Path, signal: &str) -> Result<Option<Box<dyn Read>>, Box<dyn Error>> {
    let (plain, packed) = (folder.join(format!("{signal}.jsonl")), folder.join(format!("{signal}.jsonl.zst")));
    if plain.exists() {
        return Ok(Some(Box::new(File::open(plain)?)));
    }
    if !packed.exists() {
        return Ok(None);
    }
    let zstd = Command::new("zstd").arg("-dcq").arg(packed).stdout(Stdio::piped()).spawn()?;
    Ok(zstd.stdout.map(|lines| Box::new(lines) as Box<dyn Read>))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn hex(value: &Value) -> u128 {
    u128::from_str_radix(text(value), 16).unwrap_or_default()
}

/// OTLP/JSON writes 64-bit integers as text.
fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| text(value).parse().unwrap_or_default())
}

/// Nanoseconds since the epoch of a time such as `2023-01-29T08:43:04Z`.
pub(crate) fn time_ns(time: &str) -> Option<i64> {
    let parts: Vec<i64> =
        time.trim_end_matches('Z').split(['-', 'T', ':']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [year, month, day, hour, minute, second] = parts[..] else { return None };
    // Days from the civil calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000_000)
}
