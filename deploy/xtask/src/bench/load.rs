//! A corpus of request bodies, sent in a closed loop.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::copies;
use super::http::Connection;
use super::server::Server;
use super::sizes::folder_bytes;
use super::{Row, mebibytes, p50_p99, per_second};

/// Starts a server, sends the corpus, waits until nothing is left to do, stops it, and tells what that took.
///
/// A corpus of spans is sent as often as there are copies, each time as other traces.
pub(super) fn rows(binary: &Path, data: &Path, corpus: &Path, (connections, copies): (usize, u8)) -> Result<Vec<Row>> {
    let (signal, table) = signal_of(corpus)?;
    let mut bytes = fs::read(corpus).with_context(|| format!("cannot read {}", corpus.display()))?;
    let mut bodies = bodies(&mut bytes).with_context(|| format!("{} is no corpus", corpus.display()))?;
    let server = Server::start(binary, data)?;
    let (before, tenant) = (server.count(table)?, data.join("default"));
    let bytes_before = folder_bytes(&tenant)?;
    let cpu_before = server.cpu_seconds()?;
    let started = Instant::now();
    let path = format!("/v1/{signal}");
    let mut times = send(&server.otlp_http, &path, &bodies, connections)?;
    // The time tells of all copies, the changes of ids in between included.
    for copy in 1..if table == "spans" { copies } else { 1 } {
        // From the ids of the last copy to those of this one.
        bodies.iter_mut().try_for_each(|body| copies::renumber(body, copy ^ (copy - 1)))?;
        times.extend(send(&server.otlp_http, &path, &bodies, connections)?);
    }
    let took = started.elapsed();
    let items = server.count(table)? - before;
    ensure!(items > 0, "{} brought no {table}", corpus.display());
    let peak = server.memory("VmHWM")?;
    server.settle()?;
    let cpu = server.stop()? - cpu_before;
    let own = folder_bytes(&tenant.join(table))?;
    let all = folder_bytes(&tenant)?.saturating_sub(bytes_before);
    Ok(vec![
        (format!("{table}: {items} accepted over {connections} connections"), rate(items, took)),
        (format!("{table}: answer p50 / p99, {} requests", times.len()), p50_p99(&mut times)),
        (
            format!("{table}: CPU until all is on disk, merged and indexed"),
            format!("{:.1} s a million", cpu * 1e6 / items as f64),
        ),
        (
            format!("{table}: bytes on disk of the table"),
            format!("{:.1} an item", own as f64 / (before + items) as f64),
        ),
        (format!("{table}: bytes on disk of all tables"), format!("{:.1} an item", all as f64 / items as f64)),
        (format!("{table}: memory, peak"), mebibytes(peak)),
    ])
}

fn rate(items: u64, took: Duration) -> String {
    format!("{:.0} items/s", per_second(items, took))
}

/// The path's last word and the table, by the file's name.
fn signal_of(corpus: &Path) -> Result<(&'static str, &'static str)> {
    let name = corpus.file_name().unwrap_or_default().to_string_lossy();
    let known = [("traces", "spans"), ("logs", "logs"), ("metrics", "metrics")];
    let found = known.into_iter().find(|(signal, _)| name.starts_with(signal));
    found.with_context(|| format!("the name of {} begins with none of traces, logs, metrics", corpus.display()))
}

fn bodies(mut bytes: &mut [u8]) -> Result<Vec<&mut [u8]>> {
    let mut bodies = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk_mut::<4>().context("bytes are left over")?;
        let (length, left) = (u32::from_le_bytes(*length) as usize, rest.len());
        let Some((body, rest)) = rest.split_at_mut_checked(length) else {
            bail!("body {} is said to have {length} bytes, but {left} are left", bodies.len());
        };
        bodies.push(body);
        bytes = rest;
    }
    Ok(bodies)
}

/// Sends every body once; answers how long each answer took.
fn send(host: &str, path: &str, bodies: &[&mut [u8]], connections: usize) -> Result<Vec<Duration>> {
    let next = AtomicUsize::new(0);
    let sender = || -> Result<Vec<Duration>> {
        let mut connection = Connection::open(host)?;
        let mut times = Vec::new();
        while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = Instant::now();
            let answer = connection.post(path, "application/x-protobuf", body)?;
            times.push(started.elapsed());
            ensure!(answer.status == 200, "{path}: status {}", answer.status);
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let senders: Vec<_> = (0..connections.max(1)).map(|_| scope.spawn(sender)).collect();
        let mut times = Vec::new();
        for sender in senders {
            times.extend(sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??);
        }
        Ok(times)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_lengths_and_bodies() {
        assert_eq!(
            bodies(b"\x02\0\0\0ab\0\0\0\0\x01\0\0\0c".to_owned().as_mut_slice()).unwrap(),
            [b"ab".as_slice(), b"", b"c"]
        );
        assert!(bodies(b"\x02\0\0\0a".to_owned().as_mut_slice()).is_err());
        assert!(bodies(b"\x02\0".to_owned().as_mut_slice()).is_err());
    }

    #[test]
    fn the_file_name_tells_the_signal() {
        assert_eq!(signal_of(Path::new("/x/traces.corpus")).unwrap(), ("traces", "spans"));
        assert!(signal_of(Path::new("/x/profiles.corpus")).is_err());
    }
}
