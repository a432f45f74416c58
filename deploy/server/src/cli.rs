//! The commands and their flags.

use clap::{Parser, Subcommand};

use crate::{backtest, check, demo, import, settings, sql};

/// Observability and SLOs: OTLP in, Parquet out, SQL and traces by id
#[derive(Debug, Parser)]
#[command(name = "slowburn", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Receive telemetry, keep it, answer questions about it
    Serve(Box<settings::Options>),
    /// Show everything on a sample shop: history, live traffic, an incident, alerts
    Demo(demo::Order),
    /// Send files of OTLP/JSON lines to a server
    Import(import::Order),
    /// Ask a server in SQL
    Sql(sql::Order),
    /// Find mistakes in configuration files
    Check(check::Order),
    /// Judge what is stored by documents that are not in use
    Backtest(backtest::Order),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_of_the_contract_are_taken() {
        Cli::command().debug_assert();
        let line = "slowburn serve --config c.toml --data-dir d --http 127.0.0.1:0 --otlp-grpc [::1]:0 \
                    --otlp-http 127.0.0.1:0 --pg 127.0.0.1:0 --flight 127.0.0.1:0 --slo-dir s --rules-dir r --keys k";
        Cli::try_parse_from(line.split_whitespace()).unwrap();
        let mistaken = Cli::try_parse_from(["slowburn", "serve", "--http", "nowhere"]).unwrap_err().to_string();
        assert!(mistaken.contains("\"nowhere\" is no address"), "{mistaken}");
    }
}
