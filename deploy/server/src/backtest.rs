//! `slowburn backtest slo`: what an SLO would have said of what a server has stored.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use query_api::{Backtest, BacktestObjective, ErrorAnswer};
use reqwest::Client;

use crate::written;

/// What to judge again.
#[derive(Debug, Args)]
pub(crate) struct Order {
    #[command(subcommand)]
    what: What,
}

/// What can be judged again.
#[derive(Debug, Subcommand)]
enum What {
    /// Judge OpenSLO documents over what is stored: when they would have alerted, and what was left of the budget
    Slo(Slo),
}

/// Which documents, over which range.
#[derive(Debug, Args)]
struct Slo {
    /// OpenSLO documents (.yaml, .yml, .json), read together
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Start of the range in RFC 3339; a day before its end where it is left out
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End of the range in RFC 3339; now where it is left out
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Where the server's page and API are
    #[arg(long, value_name = "URL", env = "SLOWBURN_ENDPOINT", default_value = "http://127.0.0.1:7077")]
    endpoint: String,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A key with the role read or admin, where the server asks for one
    #[arg(long, value_name = "KEY", env = "SLOWBURN_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// As the API answers it, with every moment
    Json,
}

/// Asks and prints.
///
/// # Errors
///
/// When a file cannot be read, or the server cannot be reached or refuses.
pub(crate) async fn run(order: Order) -> Result<ExitCode> {
    let What::Slo(slo) = order.what;
    let mut documents = String::new();
    for file in &slo.files {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        documents.push_str("---\n");
        documents.push_str(&text);
        documents.push('\n');
    }
    let mut body = ask(&slo, documents).await?;
    if slo.format == Format::Text {
        let answer: Backtest = serde_json::from_slice(&body).context("the server's answer is not understood")?;
        body = text(&answer).into_bytes();
    } else {
        body.push(b'\n');
    }
    written(std::io::stdout().lock().write_all(&body))?;
    Ok(ExitCode::SUCCESS)
}

async fn ask(slo: &Slo, documents: String) -> Result<Vec<u8>> {
    let url = format!("{}/api/v1/slos/backtest", slo.endpoint.trim_end_matches('/'));
    let range = [("from", &slo.from), ("to", &slo.to)];
    let range: Vec<_> = range.into_iter().filter_map(|(name, time)| Some((name, time.as_ref()?))).collect();
    let mut request = Client::builder().no_proxy().build()?.post(url).query(&range).body(documents);
    if let Some(key) = &slo.key {
        request = request.bearer_auth(key);
    }
    let unreachable =
        || format!("cannot reach {}: start `slowburn serve`, or give its address with --endpoint", slo.endpoint);
    let answer = request.send().await.with_context(unreachable)?;
    let status = answer.status();
    let body = answer.bytes().await.with_context(unreachable)?;
    if status.is_success() {
        return Ok(body.into());
    }
    match serde_json::from_slice::<ErrorAnswer>(&body) {
        Ok(ErrorAnswer { error }) => bail!("{}\n{}", error.message, error.hint),
        Err(_) => {
            bail!("{} answered with status {status} and no reason; is it slowburn's --http address?", slo.endpoint)
        }
    }
}

fn text(answer: &Backtest) -> String {
    let mut lines = vec![format!("{} to {}, judged every {} min", answer.from, answer.to, answer.step_minutes)];
    lines.extend(answer.notes.iter().map(|note| format!("note: {note}")));
    for objective in &answer.objectives {
        lines.push(String::new());
        lines.extend(of_objective(objective));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn of_objective(objective: &BacktestObjective) -> Vec<String> {
    let BacktestObjective { slo, target, total, bad, group, .. } = objective;
    let group = group.as_ref().map_or_else(String::new, |group| format!(" ({group})"));
    let left = objective.moments.iter().rev().find_map(|moment| moment.remaining);
    let left = left.map_or_else(|| "unknown".to_owned(), |left| format!("{:.2} %", left * 100.0));
    let mut lines = vec![format!("{slo}{group} {target}: {bad} of {total} events bad; budget left at the end: {left}")];
    if objective.episodes.is_empty() {
        lines.push("  no alert".to_owned());
    }
    for episode in &objective.episodes {
        let to = episode.to.map_or_else(|| "the end".to_owned(), |to| to.to_string());
        lines.push(format!(
            "  {} from {} to {to}: up to {:.1} times as fast as the budget bears in {} ({:.1} alerts)",
            episode.severity, episode.from, episode.peak, episode.long, episode.factor
        ));
    }
    lines
}
