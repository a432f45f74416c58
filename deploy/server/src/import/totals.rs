//! What became of everything, by signal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use indicatif::ProgressBar;
use ingest_model::Signal;

use super::send::Outcome;

/// Mistakes that are told one by one.
const TOLD: u64 = 20;

/// Items of one signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Items {
    sent: u64,
    accepted: u64,
    rejected: u64,
}

/// Everything that was sent, and what was not.
#[derive(Debug, Default)]
pub(super) struct Totals {
    items: BTreeMap<&'static str, Items>,
    mistakes: u64,
    lines: u64,
    unreadable_lines: u64,
    unsent_lines: u64,
}

// === impl Totals ===

impl Totals {
    /// Counts a line.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.lines += 1;
        match outcome {
            Outcome::Answered { signal, items, rejected, .. } => {
                let counted = self.of(*signal);
                counted.sent += items;
                counted.rejected += rejected;
                counted.accepted += items.saturating_sub(*rejected);
            }
            Outcome::Unanswered { signal, items, .. } => self.of(*signal).sent += items,
            Outcome::Unreadable { .. } => self.unreadable_lines += 1,
            Outcome::Unsent { .. } => self.unsent_lines += 1,
        }
    }

    /// Counts a mistake, and tells it unless there were many.
    pub(super) fn mistake(&mut self, progress: &ProgressBar, text: &str) {
        self.mistakes += 1;
        if self.mistakes <= TOLD {
            // Nobody may be listening any more; the exit code tells all the same.
            let _ = progress.suspend(|| writeln!(io::stderr(), "slowburn: {text}"));
        }
    }

    /// Adds what another task counted.
    pub(super) fn add(&mut self, other: &Self) {
        for (signal, items) in &other.items {
            let counted = self.items.entry(signal).or_default();
            counted.sent += items.sent;
            counted.accepted += items.accepted;
            counted.rejected += items.rejected;
        }
        self.mistakes += other.mistakes;
        self.lines += other.lines;
        self.unreadable_lines += other.unreadable_lines;
        self.unsent_lines += other.unsent_lines;
    }

    /// Whether all was accepted.
    pub(super) fn is_clean(&self) -> bool {
        self.mistakes == 0
    }

    /// Prints a table, and what the table does not tell.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.lines == 0 {
            return writeln!(out, "no lines");
        }
        let mut table = Table::new();
        table.load_preset(NOTHING).set_header(["signal", "sent", "accepted", "rejected"]);
        for (signal, items) in &self.items {
            table.add_row([
                (*signal).to_owned(),
                items.sent.to_string(),
                items.accepted.to_string(),
                items.rejected.to_string(),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(out, "{table}")?;
        let unanswered: u64 = self.items.values().map(|items| items.sent - items.accepted - items.rejected).sum();
        for (count, what) in [
            (unanswered, "items without an answer: they may be stored or not"),
            (self.unreadable_lines, "lines that are no OTLP/JSON: they were not sent"),
        ] {
            if count > 0 {
                writeln!(out, "{count} {what}")?;
            }
        }
        if self.unsent_lines > 0 {
            writeln!(out, "the server was not reached: the rest was not sent")?;
        }
        out.flush()
    }

    fn of(&mut self, signal: Signal) -> &mut Items {
        self.items.entry(signal.as_str()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(totals: &Totals) -> String {
        let mut out = Vec::new();
        totals.print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_was_not_sent_is_not_without_an_answer() {
        let mut totals = Totals::default();
        totals.count(&Outcome::Unsent { reason: String::new() });
        let told = printed(&totals);
        assert!(told.contains("the server was not reached: the rest was not sent"), "{told}");
        assert!(!told.contains("without an answer"), "{told}");
        assert_eq!(printed(&Totals::default()), "no lines\n");
    }

    #[test]
    fn sent_is_accepted_and_rejected_and_unanswered() {
        let mut totals = Totals::default();
        let answered =
            |items, rejected| Outcome::Answered { signal: Signal::Logs, items, rejected, reason: String::new() };
        totals.count(&answered(10, 3));
        totals.count(&Outcome::Unanswered { signal: Signal::Logs, items: 5, reason: String::new() });
        totals.count(&Outcome::Unreadable { reason: String::new() });
        let mut sum = Totals::default();
        sum.add(&totals);
        let printed = printed(&sum);
        let row: Vec<&str> = printed.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["logs", "15", "7", "3"]);
        assert!(printed.contains("5 items without an answer") && printed.contains("1 lines that are no"), "{printed}");
    }
}
