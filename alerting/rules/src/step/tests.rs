use proptest::prelude::*;

use super::*;
use crate::fake::{key, minute, minutes, verdict};
use crate::open::OpenAlerts;
use crate::proof::{Figures, MAX_CAUSES, MAX_TRACE_IDS};

/// One letter a minute: `x` holds, `.` clear, `?` no data, ` ` not evaluated. The answer has one letter a
/// minute: the state (`i`, `p`, `f`), capital where somebody is told, `R` where it resolved.
fn play(conditions: &str, timing: &Timing) -> String {
    let mut open = OpenAlerts::default();
    let mut played = String::new();
    for (number, letter) in (0..).zip(conditions.chars()) {
        let condition = match letter {
            'x' => Condition::Holds,
            '.' => Condition::Clear,
            '?' => Condition::NoData,
            _ => {
                played.push(' ');
                continue;
            }
        };
        let step = open.evaluate(&verdict(condition, minute(number)), timing);
        let told = step.as_ref().is_some_and(|step| step.notification.is_some());
        let state = step.as_ref().map_or(State::Inactive, |step| step.alert.state);
        if let Some(step) = step {
            open.apply(step);
        }
        played.push(match (state, told) {
            (State::Firing, true) => 'F',
            (State::Firing, false) => 'f',
            (State::Pending, _) => 'p',
            (State::Resolved, _) => 'R',
            (State::Inactive, _) => 'i',
        });
    }
    played
}

fn timing(pending: u64, keep_firing: u64, repeat: Option<u64>) -> Timing {
    Timing {
        pending_for: minutes(pending),
        keep_firing_for: minutes(keep_firing),
        repeat_interval: repeat.map(minutes),
    }
}

#[test]
fn a_burn_alert_fires_at_once_and_is_told_once() {
    assert_eq!(play("..xxxx..xx.", &Timing::default()), "iiFfffRiFfR");
}

#[test]
fn a_pending_alert_fires_once_it_held_for_long_enough() {
    assert_eq!(play("xxx.xxxxx.", &timing(3, 0, None)), "pppipppFfR");
    assert_eq!(play("x  x", &timing(3, 0, None)), "p  F", "evaluations may be far apart");
}

#[test]
fn what_flaps_is_told_once_while_it_is_kept_firing() {
    assert_eq!(play("xx.x..x..x..x", &timing(0, 3, None)), "Fffffffffffff");
    assert_eq!(play("x.....x", &timing(0, 3, None)), "FfffRiF");
}

#[test]
fn missing_data_keep_a_firing_alert_firing_and_drop_a_pending_one() {
    assert_eq!(play("x??????.", &Timing::default()), "FffffffR");
    assert_eq!(play("xx?xxx", &timing(2, 0, None)), "ppippF");
    assert_eq!(play("x.?????.", &timing(0, 4, None)), "FffffffR", "data that are missing never resolve");
    assert_eq!(play("??", &Timing::default()), "ii");
}

#[test]
fn a_firing_alert_is_told_again_after_the_repeat_interval() {
    assert_eq!(play("xxxxxxxx.", &timing(0, 0, Some(3))), "FffFffFfR");
    assert_eq!(play("x??x..x", &timing(0, 9, Some(2))), "FffFffF", "only while the condition holds");
}

#[test]
fn a_ticket_that_becomes_a_page_is_told_and_does_not_become_a_ticket_again() {
    let ticket = Verdict { severity: Severity::Ticket, ..verdict(Condition::Holds, minute(0)) };
    let mut open = OpenAlerts::default();
    let told = |open: &mut OpenAlerts, verdict: &Verdict| {
        let step = open.evaluate(verdict, &Timing::default()).expect("an open alert");
        open.apply(step.clone());
        (step.alert.severity, step.notification)
    };
    assert_eq!(told(&mut open, &ticket), (Severity::Ticket, Some(NotificationReason::Firing)));
    let page = verdict(Condition::Holds, minute(1));
    assert_eq!(told(&mut open, &page), (Severity::Page, Some(NotificationReason::SeverityRaised)));
    let ticket = Verdict { at: minute(2), ..ticket };
    assert_eq!(told(&mut open, &ticket), (Severity::Page, None));
}

#[test]
fn a_verdict_seen_twice_changes_nothing() {
    let first = step(None, &verdict(Condition::Holds, minute(5)), &Timing::default()).expect("it fires");
    for at in [minute(5), minute(4)] {
        for condition in [Condition::Holds, Condition::Clear, Condition::NoData] {
            assert_eq!(step(Some(&first.alert), &verdict(condition, at), &Timing::default()), None);
        }
    }
}

#[test]
fn a_rule_that_is_gone_resolves_what_fired() {
    let mut open = OpenAlerts::default();
    assert_eq!(open.retire(&key(), minute(0)), None);
    let first = open.evaluate(&verdict(Condition::Holds, minute(0)), &Timing::default()).expect("it fires");
    open.apply(first);
    let last = open.retire(&key(), minute(1)).expect("it is open");
    assert_eq!(last.alert.resolved_at, Some(minute(1)));
    assert_eq!(last.notification, Some(NotificationReason::Resolved));
    assert_eq!(last.transition.as_ref().map(|transition| transition.reason), Some(TransitionReason::Retired));
    open.apply(last);
    assert_eq!(open.iter().count(), 0);
}

#[test]
fn figures_are_renewed_and_what_explains_the_start_is_kept() {
    let first = step(None, &verdict(Condition::Holds, minute(0)), &Timing::default()).expect("it fires");
    let mut later = verdict(Condition::Clear, minute(1));
    later.proof.trace_ids.clear();
    later.proof.causes.clear();
    later.proof.budget_remaining = Some(0.5);
    if let Figures::Burn(burn) = &mut later.proof.figures {
        burn.short = 0.25;
    }
    let last = step(Some(&first.alert), &later, &Timing::default()).expect("it resolves");
    assert_eq!(last.alert.proof.figures, later.proof.figures);
    assert_eq!(last.alert.proof.budget_remaining, Some(0.5));
    assert_eq!(last.alert.proof.trace_ids, first.alert.proof.trace_ids);
    assert_eq!(last.alert.proof.causes, first.alert.proof.causes);
}

#[test]
fn a_proof_is_kept_within_its_bounds() {
    let mut many = verdict(Condition::Holds, minute(0));
    many.proof.trace_ids = many.proof.trace_ids.repeat(10);
    many.proof.causes = vec![many.proof.causes[0].clone(); 99];
    many.proof.causes[0].value = "结".repeat(9_000);
    let step = step(None, &many, &Timing::default()).expect("it fires");
    let proof = &step.alert.proof;
    assert_eq!((proof.trace_ids.len(), proof.causes.len()), (MAX_TRACE_IDS, MAX_CAUSES));
    assert_eq!(proof.causes[0].value.chars().count(), 1_024);
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![3 => Just(Condition::Holds), 2 => Just(Condition::Clear), 1 => Just(Condition::NoData)]
}

proptest! {
    #[test]
    fn whatever_comes_an_alert_keeps_its_promises(
        minutes_and_conditions in prop::collection::vec((1_i64..10, condition()), 1..60),
        pending in 0_u64..8,
        keep_firing in 0_u64..8,
    ) {
        let timing = timing(pending, keep_firing, None);
        let mut open = OpenAlerts::default();
        let (mut at, mut last_held, mut told) = (0, None, Vec::new());
        for (gap, condition) in minutes_and_conditions {
            at += gap;
            let verdict = verdict(condition, minute(at));
            if condition == Condition::Holds {
                last_held = Some(at);
            }
            let before = open.get(&key()).map_or(State::Inactive, |alert| alert.state);
            let Some(step) = open.evaluate(&verdict, &timing) else {
                prop_assert_eq!(before, State::Inactive);
                continue;
            };
            let after = step.alert.state;
            if before != State::Firing && after == State::Firing {
                prop_assert_eq!(condition, Condition::Holds, "nothing fires without a condition that holds");
                let held = step.alert.evaluated_at.since(step.alert.started_at);
                prop_assert!(held >= minute(pending as i64).since(minute(0)));
            }
            if after == State::Resolved {
                prop_assert_eq!(before, State::Firing, "only what fired resolves");
                prop_assert_eq!(condition, Condition::Clear);
                prop_assert!(last_held.is_some_and(|held| at - held >= keep_firing as i64));
            }
            prop_assert_eq!(step.transition.is_some(), before != after, "a change of state is a transition");
            if let Some(transition) = &step.transition {
                prop_assert_eq!((transition.from, transition.to), (before, after));
            }
            if let Some(reason) = step.notification {
                told.push((step.alert.id.clone(), reason));
            }
            open.apply(step);
        }
        for pair in told.windows(2) {
            prop_assert_ne!(pair[0].1, pair[1].1, "firing and resolved take turns");
            if pair[1].1 == NotificationReason::Resolved {
                prop_assert_eq!(&pair[0].0, &pair[1].0);
            } else {
                prop_assert_ne!(&pair[0].0, &pair[1].0, "another episode has another id");
            }
        }
        prop_assert!(told.first().is_none_or(|first| first.1 == NotificationReason::Firing));
    }
}
