//! A `slowburn serve` under measurement.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::http::Connection;
use crate::process;

/// How long new files wait to be indexed, and some more (`StoreConfig::index_after`).
const NEW_FILES_WAIT: Duration = Duration::from_secs(13);

/// How long the server is watched, and the CPU seconds it uses then when nothing is left to do.
const LOOK: Duration = Duration::from_secs(2);
const IDLE_CPU_SECONDS: f64 = 0.2;

/// A running server; it is killed when the measurement fails half-way.
pub(super) struct Server {
    child: Child,
    /// Address of the API, `host:port`.
    pub(super) http: String,
    /// Address of the OTLP/HTTP receiver, `host:port`.
    pub(super) otlp_http: String,
}

// === impl Server ===

impl Server {
    /// Starts on free ports and waits for the line that says "ready".
    pub(super) fn start(binary: &Path, data: &Path) -> Result<Self> {
        let mut command = Command::new(binary);
        command.arg("serve").arg("--data-dir").arg(data).stdout(Stdio::piped());
        for door in ["--http", "--otlp-grpc", "--otlp-http", "--pg", "--flight"] {
            command.args([door, "127.0.0.1:0"]);
        }
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let output = child.stdout.take().context("the server's output was asked for, but is not there")?;
        let mut server = Self { child, http: String::new(), otlp_http: String::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).with_context(|| format!("{line:?} is no ready line"))?;
        let address = |door: &str| ready[door].as_str().map(str::to_owned).with_context(|| format!("no {door:?}"));
        (server.http, server.otlp_http) = (address("http")?, address("otlp_http")?);
        Ok(server)
    }

    /// Rows of a table, by SQL.
    pub(super) fn count(&self, table: &str) -> Result<u64> {
        let query = serde_json::json!({ "query": format!("SELECT count(*) FROM {table}") }).to_string();
        let mut connection = Connection::open(&self.http)?;
        let answer = connection.post("/api/v1/sql", "application/json", query.as_bytes())?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200, "counting {table}: status {}: {text}", answer.status);
        let answer: Value = serde_json::from_str(&text)?;
        answer["rows"][0][0].as_u64().with_context(|| format!("{answer} holds no count"))
    }

    /// A figure of `/proc/PID/status`, such as `VmRSS` or `VmHWM`, in bytes.
    pub(super) fn memory(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name}"))?;
        let kibibytes: u64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kibibytes * 1024)
    }

    /// CPU seconds used so far.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        Ok(stat(&self.child.id().to_string())?.1)
    }

    /// Waits until new files were merged and indexed: for longer than they wait to be, and then until hardly any CPU is used.
    pub(super) fn settle(&self) -> Result<()> {
        let id = self.child.id().to_string();
        std::thread::sleep(NEW_FILES_WAIT);
        for _ in 0..60 {
            let before = stat(&id)?.1;
            std::thread::sleep(LOOK);
            if stat(&id)?.1 - before < IDLE_CPU_SECONDS {
                return Ok(());
            }
        }
        bail!("the server is still busy two minutes after the last answer")
    }

    /// Asks the server to stop, waits until it has put everything away, and answers all the CPU
    /// seconds it ever used: the kernel keeps them until the process is waited for.
    pub(super) fn stop(mut self) -> Result<f64> {
        let id = self.child.id().to_string();
        ensure!(process::succeeds("kill", &["-TERM", &id]), "cannot stop the server");
        let mut stat = stat(&id)?;
        while stat.0 != "Z" {
            std::thread::sleep(Duration::from_millis(20));
            stat = self::stat(&id)?;
        }
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(stat.1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop`; then both fail, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// State and CPU seconds (user and system) of a process, from `/proc/PID/stat`.
fn stat(id: &str) -> Result<(String, f64)> {
    /// `USER_HZ`, which Linux fixes at 100 on every architecture we build for.
    const TICKS_A_SECOND: f64 = 100.0;
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in brackets may hold spaces; the state is the first field after it.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("/proc/PID/stat is short")?;
    Ok((fields[0].to_owned(), (user + system) / TICKS_A_SECOND))
}
