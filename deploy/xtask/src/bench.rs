//! `cargo xtask bench`: measures a release build on this machine, from outside, as a user would.
//!
//! It starts the binary on free loopback ports with a data folder of its own, and prints one Markdown
//! table for `docs/benchmarks.md`. Memory and CPU time are the kernel's figures for the server alone.

mod copies;
mod http;
mod load;
mod questions;
mod server;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use self::http::Connection;
use self::server::Server;
use crate::workspace::Workspace;
use crate::{build, process};

/// What to measure with.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder of OTLP/JSON lines (.jsonl, .jsonl.zst) to import
    #[arg(long, default_value = "fixtures/trainticket")]
    data: PathBuf,
    /// File of request bodies, each a u32 little-endian length and then protobuf, whose name begins with
    /// traces, logs or metrics; may be given several times
    #[arg(long)]
    corpus: Vec<PathBuf>,
    /// File whose lines begin with the id of a trace of the corpus
    #[arg(long)]
    trace_ids: Option<PathBuf>,
    /// How often the corpora of spans are sent, each time as other traces
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    copies: u8,
    /// Connections the corpus is sent over; each waits for its answer before it sends again
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Where the servers keep their data; a folder below the target folder unless given
    #[arg(long)]
    work_dir: Option<PathBuf>,
}

/// A figure and its name, as a row of the table.
type Row = (String, String);

/// Builds, measures, prints.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let binary = build::build(workspace)?;
    let work = options.work_dir.clone().unwrap_or_else(|| workspace.target.join("bench"));
    let mut rows = sizes::rows(workspace)?;
    rows.extend(import(&binary, options, &fresh(&work.join("import"))?)?);
    let data = fresh(&work.join("load"))?;
    for corpus in &options.corpus {
        rows.extend(load::rows(&binary, &data, corpus, (options.connections, options.copies))?);
    }
    if let Some(ids) = &options.trace_ids {
        let text = fs::read_to_string(ids).with_context(|| format!("cannot read {}", ids.display()))?;
        let ids: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        rows.extend(traces(&binary, &data, &ids)?);
        let python = workspace.target.join("venv/bin/python");
        let python = python.exists().then_some(python.as_path());
        rows.extend(questions::rows(Server::start(&binary, &data)?, &data.join("default"), &ids, python)?);
    }
    print(workspace, &rows)
}

/// Starts a server, imports every file of the folder, and counts what is stored by SQL.
fn import(binary: &Path, options: &Options, data: &Path) -> Result<Vec<Row>> {
    let server = Server::start(binary, data)?;
    std::thread::sleep(Duration::from_secs(2));
    let idle = server.memory("VmRSS")?;
    let files = telemetry_files(&options.data)?;
    let started = Instant::now();
    let mut command = Command::new(binary);
    command.arg("import").args(&files).args(["--endpoint", &format!("http://{}", server.otlp_http)]);
    process::run(&mut command)?;
    let took = started.elapsed();
    let items = server.count("spans")? + server.count("logs")? + server.count("metrics")?;
    ensure!(items > 0, "nothing was imported from {}", options.data.display());
    let peak = server.memory("VmHWM")?;
    server.stop()?;
    Ok(vec![
        ("memory, idle".to_owned(), mebibytes(idle)),
        (format!("import of {items} items"), format!("{:.0} items/s", per_second(items, took))),
        ("memory, peak during import".to_owned(), mebibytes(peak)),
    ])
}

/// Asks for every trace of the list over one connection: of a server that has just started, and once more.
fn traces(binary: &Path, data: &Path, ids: &[&str]) -> Result<Vec<Row>> {
    let server = Server::start(binary, data)?;
    let mut connection = Connection::open(&server.http)?;
    let mut ask = || -> Result<String> {
        let mut times = Vec::new();
        for id in ids {
            let started = Instant::now();
            let answer = connection.get(&format!("/api/v1/traces/{id}"))?;
            times.push(started.elapsed());
            ensure!(answer.status == 200, "trace {id}: status {}", answer.status);
        }
        Ok(p50_p99(&mut times))
    };
    let (first, again) = (ask()?, ask()?);
    let spans = server.count("spans")?;
    let loaded = server.memory("VmRSS")?;
    server.stop()?;
    let name = format!("trace by id, {} traces of {spans} spans, p50 / p99", ids.len());
    Ok(vec![
        (format!("{name}, after a restart"), first),
        (format!("{name}, asked again"), again),
        ("memory, after these questions".to_owned(), mebibytes(loaded)),
    ])
}

fn telemetry_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| [".jsonl", ".jsonl.zst"].iter().any(|end| file.to_string_lossy().ends_with(end)));
    files.sort();
    ensure!(!files.is_empty(), "{} has no .jsonl or .jsonl.zst file", folder.display());
    Ok(files)
}

/// Empties the folder. Only folders that a bench made itself are emptied.
fn fresh(folder: &Path) -> Result<PathBuf> {
    let mark = folder.join(".bench");
    if folder.exists() {
        ensure!(mark.exists(), "{} was not made by a bench: give another --work-dir", folder.display());
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::write(mark, "")?;
    Ok(folder.join("data"))
}

fn print(workspace: &Workspace, rows: &[Row]) -> Result<()> {
    let root = workspace.root.to_str().context("the path of the checkout is not UTF-8")?;
    let commit = process::answer("git", &["-C", root, "describe", "--always", "--dirty"]).unwrap_or_default();
    let date = process::answer("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default();
    let mut table = format!("{}, commit {commit}, {date}\n\n| what | figure |\n|---|---|\n", sizes::machine());
    for (what, figure) in rows {
        table.push_str(&format!("| {what} | {figure} |\n"));
    }
    std::io::Write::write_all(&mut std::io::stdout(), table.as_bytes())?;
    Ok(())
}

fn per_second(items: u64, took: Duration) -> f64 {
    items as f64 / took.as_secs_f64()
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

fn p50_p99(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    format!("{:.1} ms / {:.1} ms", at(0.5).as_secs_f64() * 1e3, at(0.99).as_secs_f64() * 1e3)
}
