use std::path::PathBuf;

use ingest_model::{Nanos, Tenant};
use tempfile::TempDir;

use super::*;
use crate::alert::{Alert, State};
use crate::error::ErrorKind;
use crate::fake::{minute, verdict};
use crate::notification::NotificationReason;
use crate::open::OpenAlerts;
use crate::proof::Figures;
use crate::step::Step;
use crate::timing::Timing;
use crate::verdict::Condition;

/// A journal in a folder that goes away with it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("state.sqlite")
    }

    fn open(&self) -> Journal {
        Journal::open(&self.path()).expect("a journal")
    }
}

fn firing() -> Step {
    crate::step::step(None, &verdict(Condition::Holds, minute(0)), &Timing::default()).expect("it fires")
}

fn after(alert: &Alert, condition: Condition, at: Nanos) -> Step {
    crate::step::step(Some(alert), &verdict(condition, at), &Timing::default()).expect("it is open")
}

fn attempt(at: Nanos, outcome: AttemptOutcome) -> Attempt {
    Attempt { at, outcome, detail: "HTTP 500".to_owned() }
}

#[test]
fn a_kill_after_a_transition_loses_neither_state_nor_message() {
    let folder = Folder::new();
    let step = firing();
    let mut journal = folder.open();
    assert_eq!(journal.record(&step, &["chat", "pager"]).expect("recorded"), 2);
    // A kill closes nothing: no checkpoint, and the WAL file is all there is.
    std::mem::forget(journal);

    let journal = folder.open();
    assert_eq!(journal.load().expect("loaded"), std::slice::from_ref(&step.alert));
    assert_eq!(journal.history(&step.alert.id).expect("history"), Vec::from_iter(step.transition));
    for receiver in ["chat", "pager"] {
        let entry = journal.due(receiver, minute(0)).expect("read").expect("it is due");
        assert_eq!(entry.notification.alert, step.alert);
        assert_eq!((entry.attempts, entry.notification.reason), (0, NotificationReason::Firing));
    }
    assert_eq!(journal.deliveries(&step.alert.id).expect("read").len(), 2);
}

/// Set in a process of its own that is to die; the path of the journal.
const VICTIM: &str = "SLOWBURN_TEST_JOURNAL_OF_VICTIM";

/// Runs a test of this file in a process of its own, which aborts.
fn kill(test: &str, folder: &Folder) {
    let this = std::env::current_exe().expect("this binary");
    let mut victim = std::process::Command::new(this);
    victim.args(["--exact", &format!("journal::tests::{test}")]).env(VICTIM, folder.path());
    let output = victim.output().expect("it runs");
    assert_eq!(output.status.code(), None, "killed by a signal: {}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_process_that_dies_after_recording_leaves_state_and_message() {
    if let Some(path) = std::env::var_os(VICTIM) {
        let mut journal = Journal::open(path.as_ref()).expect("a journal");
        journal.record(&firing(), &["chat"]).expect("recorded");
        std::process::abort();
    }
    let folder = Folder::new();
    kill("a_process_that_dies_after_recording_leaves_state_and_message", &folder);
    let journal = folder.open();
    assert_eq!(journal.load().expect("loaded"), [firing().alert]);
    assert_eq!(journal.deliveries(&firing().alert.id).expect("read").len(), 1);
    assert!(journal.due("chat", minute(0)).expect("read").is_some());
}

#[test]
fn a_process_that_dies_within_a_transaction_leaves_nothing() {
    if let Some(path) = std::env::var_os(VICTIM) {
        let mut journal = Journal::open(path.as_ref()).expect("a journal");
        // The process dies at the last write of the transaction, with everything else written.
        let die = "CREATE TEMP TRIGGER die AFTER INSERT ON outbox BEGIN SELECT die(); END";
        let abort = |_: &rusqlite::functions::Context<'_>| -> rusqlite::Result<i64> { std::process::abort() };
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        journal.connection.create_scalar_function("die", 0, flags, abort).expect("a function");
        journal.connection.execute_batch(die).expect("a trigger");
        journal.record(&firing(), &["chat"]).expect("never");
        return;
    }
    let folder = Folder::new();
    kill("a_process_that_dies_within_a_transaction_leaves_nothing", &folder);
    let journal = folder.open();
    assert_eq!(journal.load().expect("loaded"), []);
    assert_eq!(journal.history(&firing().alert.id).expect("read"), []);
    assert_eq!(journal.due("chat", minute(9)).expect("read"), None);
}

#[test]
fn a_transaction_is_on_disk_when_it_returns() {
    let journal = Folder::new().open();
    let pragma =
        |name| journal.connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(pragma("journal_mode"), Ok(rusqlite::types::Value::Text("wal".to_owned())));
    assert_eq!(pragma("synchronous"), Ok(rusqlite::types::Value::Integer(2)), "2 is FULL");
    assert_eq!(pragma("foreign_keys"), Ok(rusqlite::types::Value::Integer(1)));
}

#[test]
fn a_transaction_that_did_not_end_leaves_neither_state_nor_message() {
    let folder = Folder::new();
    let mut journal = folder.open();
    journal.connection.execute_batch("DROP TABLE outbox").expect("no outbox to write to");
    assert!(journal.record(&firing(), &["chat"]).is_err());
    drop(journal);
    let alerts: i64 =
        folder.open().connection.query_row("SELECT count(*) FROM alerts", [], |row| row.get(0)).expect("a count");
    assert_eq!(alerts, 0, "the alert does not go in without its message");
}

#[test]
fn a_step_recorded_twice_is_there_once() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    assert_eq!(journal.record(&step, &["chat"]).expect("recorded"), 1);
    assert_eq!(journal.record(&step, &["chat"]).expect("recorded"), 0);
    let resolved = after(&step.alert, Condition::Clear, minute(1));
    journal.record(&resolved, &["chat"]).expect("recorded");
    assert_eq!(journal.record(&step, &["chat"]).expect("recorded"), 0, "what is older does not come back");
    assert_eq!(journal.load().expect("loaded"), []);
    assert_eq!(journal.history(&step.alert.id).expect("history").len(), 2);
    assert_eq!(journal.deliveries(&step.alert.id).expect("deliveries").len(), 2);
}

#[test]
fn resolved_waits_until_firing_is_settled() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    journal.record(&step, &["chat"]).expect("recorded");
    let first = journal.due("chat", minute(0)).expect("read").expect("due");
    let later = AttemptOutcome::Retry { due_at: minute(9), hold_receiver: false };
    journal.settle(&first, &attempt(minute(0), later)).expect("settled");
    journal.record(&after(&step.alert, Condition::Clear, minute(1)), &["chat"]).expect("recorded");

    assert_eq!(journal.due("chat", minute(8)).expect("read"), None);
    let again = journal.due("chat", minute(9)).expect("read").expect("due");
    assert_eq!((again.attempts, &again.notification), (1, &first.notification));
    journal.settle(&again, &attempt(minute(9), AttemptOutcome::Delivered)).expect("settled");
    let resolved = journal.due("chat", minute(9)).expect("read").expect("due");
    assert_eq!(resolved.notification.reason, NotificationReason::Resolved);
    assert_ne!(resolved.notification.id, first.notification.id);
}

#[test]
fn a_receiver_that_throttles_is_left_alone() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    journal.record(&step, &["chat", "pager"]).expect("recorded");
    let mut other = verdict(Condition::Holds, minute(0));
    other.key.rule = "other".to_owned();
    let other = crate::step::step(None, &other, &Timing::default()).expect("it fires");
    journal.record(&other, &["chat"]).expect("recorded");

    let first = journal.due("chat", minute(0)).expect("read").expect("due");
    let later = AttemptOutcome::Retry { due_at: minute(10), hold_receiver: true };
    journal.settle(&first, &attempt(minute(0), later)).expect("settled");
    assert_eq!(journal.due("chat", minute(9)).expect("read"), None);
    assert!(journal.due("pager", minute(0)).expect("read").is_some());
    assert!(journal.due("chat", minute(10)).expect("read").is_some());
}

#[test]
fn what_was_given_up_is_kept_and_shown() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    journal.record(&step, &["chat", "gone"]).expect("recorded");
    let entry = journal.due("chat", minute(0)).expect("read").expect("due");
    journal.settle(&entry, &attempt(minute(2), AttemptOutcome::Failed)).expect("settled");
    assert_eq!(journal.fail_unknown(&["chat"], minute(3)).expect("settled"), 1);
    assert_eq!(journal.due("gone", minute(9)).expect("read"), None);

    let deliveries = journal.deliveries(&step.alert.id).expect("deliveries");
    let shown: Vec<_> = deliveries.iter().map(|one| (one.state, one.attempts, one.attempted_at, one.due_at)).collect();
    let failed = |attempts, at| (DeliveryState::Failed, attempts, Some(at), None);
    assert_eq!(shown, [failed(1, minute(2)), failed(0, minute(3))]);
    assert_eq!(deliveries[0].detail, "HTTP 500");
    assert!(deliveries[1].detail.contains("\"gone\" is no longer configured"));
}

#[test]
fn alerts_are_found_by_id_and_newest_first_within_their_tenant() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let first = firing();
    journal.record(&first, &[] as &[&str]).expect("recorded");
    journal.record(&after(&first.alert, Condition::Clear, minute(1)), &[] as &[&str]).expect("recorded");
    let second = crate::step::step(None, &verdict(Condition::Holds, minute(5)), &Timing::default()).expect("it fires");
    journal.record(&second, &[] as &[&str]).expect("recorded");

    let tenant = Tenant::default();
    let newest: Vec<_> = journal.newest(&tenant, 10).expect("read").into_iter().map(|alert| alert.id).collect();
    assert_eq!(newest, [second.alert.id.clone(), first.alert.id.clone()]);
    let found = journal.alert(&tenant, &first.alert.id).expect("read").expect("known");
    assert_eq!(found.state, State::Resolved);
    let other: Tenant = "other".parse().expect("a tenant");
    assert_eq!(journal.alert(&other, &first.alert.id).expect("read"), None);
    assert_eq!(journal.newest(&other, 10).expect("read"), []);
}

#[test]
fn only_what_is_over_and_told_is_forgotten() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    journal.record(&step, &["chat"]).expect("recorded");
    assert_eq!(journal.forget(minute(99)).expect("forgotten"), 0, "it still fires");
    journal.record(&after(&step.alert, Condition::Clear, minute(1)), &["chat"]).expect("recorded");
    for _ in 0..2 {
        assert_eq!(journal.forget(minute(99)).expect("forgotten"), 0, "somebody is still to be told");
        let entry = journal.due("chat", minute(1)).expect("read").expect("due");
        journal.settle(&entry, &attempt(minute(2), AttemptOutcome::Delivered)).expect("settled");
    }
    assert_eq!(journal.forget(minute(1)).expect("forgotten"), 0, "it is not old enough");
    assert_eq!(journal.forget(minute(99)).expect("forgotten"), 1);
    assert_eq!(journal.deliveries(&step.alert.id).expect("read"), []);
}

#[test]
fn figures_that_are_no_numbers_come_back() {
    let folder = Folder::new();
    let mut odd = verdict(Condition::Holds, minute(0));
    if let Figures::Burn(burn) = &mut odd.proof.figures {
        (burn.long, burn.short) = (f64::INFINITY, f64::NEG_INFINITY);
    }
    let step = crate::step::step(None, &odd, &Timing::default()).expect("it fires");
    folder.open().record(&step, &["chat"]).expect("recorded");
    assert_eq!(folder.open().load().expect("loaded"), [step.alert]);
}

#[test]
fn a_restart_goes_on_where_the_process_stopped() {
    let folder = Folder::new();
    let step = firing();
    folder.open().record(&step, &["chat"]).expect("recorded");
    let open = OpenAlerts::new(folder.open().load().expect("loaded"));
    assert_eq!(open.evaluate(&verdict(Condition::Holds, minute(0)), &Timing::default()), None, "known already");
    let next = open.evaluate(&verdict(Condition::Holds, minute(1)), &Timing::default()).expect("it still fires");
    assert_eq!((next.notification, &next.alert.id), (None, &step.alert.id), "and is not told again");
}

#[test]
fn a_file_of_a_newer_version_or_of_another_kind_is_refused() {
    let folder = Folder::new();
    folder.open().connection.pragma_update(None, "user_version", 99).expect("a version");
    let error = Journal::open(&folder.path()).expect_err("too new");
    assert_eq!(error.kind(), ErrorKind::Operator);
    assert!(error.to_string().contains("version 99, this slowburn knows 1"), "{error}");

    let other = Folder::new();
    std::fs::write(other.path(), "no database, but long enough to be looked at".repeat(100)).expect("written");
    let error = Journal::open(&other.path()).expect_err("no database");
    assert_eq!(error.kind(), ErrorKind::Operator);
    let nowhere = Journal::open(&other.0.path().join("nowhere/state.sqlite")).expect_err("no folder");
    assert_eq!(nowhere.kind(), ErrorKind::Operator);
}

#[test]
fn a_damaged_row_is_named() {
    let folder = Folder::new();
    let mut journal = folder.open();
    let step = firing();
    journal.record(&step, &[] as &[&str]).expect("recorded");
    journal.connection.execute("UPDATE alerts SET alert = '{}'", []).expect("damaged");
    let error = journal.load().expect_err("damaged");
    assert_eq!(error.kind(), ErrorKind::Operator);
    assert!(error.to_string().contains(step.alert.id.as_str()), "{error}");
}

#[test]
fn a_journal_that_another_holds_is_tried_again() {
    let folder = Folder::new();
    let mut journal = folder.open();
    journal.connection.busy_timeout(Duration::ZERO).expect("no patience");
    let other = folder.open();
    other.connection.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    assert_eq!(journal.record(&firing(), &["chat"]).expect_err("locked").kind(), ErrorKind::Retry);
    other.connection.execute_batch("COMMIT").expect("unlocked");
    assert_eq!(journal.record(&firing(), &["chat"]).expect("recorded"), 1);
}
