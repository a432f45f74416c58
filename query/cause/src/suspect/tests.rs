use super::*;

/// A visit with a calling span above it: `caller` asks `callee`, which writes records and may fail.
struct Asked<'a> {
    seen: Seen<'a>,
    next: u128,
}

impl<'a> Asked<'a> {
    fn new() -> Self {
        Self { seen: Seen::default(), next: 0 }
    }

    /// One call; the answer is missing where `texts` is `None`.
    fn call(&mut self, caller: &'a str, callee: &'a str, texts: Option<&[&'a str]>, failed: bool) {
        self.next += 1;
        let span = |id, parent, service, name, calls| SeenSpan {
            trace: self.next,
            id,
            parent,
            service,
            name,
            calls,
            peer: "",
            start_ns: id as i64 * 10,
            end_ns: 100 - id as i64 * 10,
            failed: failed && service == callee,
        };
        self.seen.spans.push(span(1, None, caller, "ask", false));
        self.seen.spans.push(span(2, Some(1), caller, "GET", true));
        let Some(texts) = texts else { return };
        self.seen.spans.push(span(3, Some(2), callee, "answer", false));
        for text in texts {
            let record = SeenRecord {
                trace: self.next,
                span: 3,
                service: callee,
                time_ns: 40,
                severity: 9,
                exception: false,
                text,
            };
            self.seen.records.push(record);
        }
    }
}

/// So many calls of each kind.
fn calls<'a>(kinds: &[(usize, &'a str, Option<&[&'a str]>, bool)]) -> Seen<'a> {
    let mut asked = Asked::new();
    for (times, caller, texts, failed) in kinds {
        (0..*times).for_each(|_| asked.call(caller, "bank", *texts, *failed));
    }
    asked.seen
}

const USUAL: Option<&[&str]> = Some(&["balance was read", "done"]);

#[test]
fn a_shift_of_traffic_between_callers_is_no_change() {
    let short: Option<&[&str]> = Some(&["done"]);
    let before = calls(&[(40, "shop", USUAL, false), (10, "till", short, false)]);
    let after = calls(&[(10, "shop", USUAL, false), (40, "till", short, false)]);
    let found = suspects(&before, &after, &[]);
    assert!(found.services.iter().all(|one| one.score == 0.0), "{found:?}");
    assert_eq!(found.services.len(), 3);
}

#[test]
fn a_record_that_no_longer_comes_is_a_change() {
    let before = calls(&[(20, "shop", USUAL, false)]);
    let after = calls(&[(20, "shop", Some(&["done"]), false)]);
    let found = suspects(&before, &after, &[]);
    let (bank, finding) = (&found.services[0], &found.services[0].findings[0]);
    assert_eq!((bank.service.as_str(), finding.kind), ("bank", FindingKind::Records));
    assert_eq!(finding.words, "0 of 20 calls of answer have the record \"balance was read\"; before, 20 of 20");
    assert_eq!((finding.fault, finding.fault_total, finding.baseline, finding.effect), (0.0, 20.0, 20.0, -1.0));
    assert!(finding.q_value < 0.001 && finding.deviations > 5.0);
}

#[test]
fn baseline_visits_in_trouble_are_not_compared_with() {
    // Half of the baseline failed at once and read no balance; that all do now is no change.
    let before = calls(&[(10, "shop", USUAL, false), (10, "shop", Some(&[]), true)]);
    let after = calls(&[(20, "shop", USUAL, false)]);
    let found = suspects(&before, &after, &[]);
    assert!(found.services.iter().all(|one| one.score == 0.0), "{found:?}");
}

#[test]
fn silence_is_held_against_who_does_not_answer() {
    let before = calls(&[(20, "shop", USUAL, false)]);
    let after = calls(&[(20, "shop", None, false)]);
    let found = suspects(&before, &after, &[]);
    let bank = &found.services[0];
    assert_eq!((bank.service.as_str(), bank.findings[0].kind), ("bank", FindingKind::Silence));
    assert_eq!((bank.impact.traces, bank.impact.callers.len()), (20, 1));
    // The shop calls no answer any more; that is explained.
    assert!(found.services[1].score < bank.score / 2.0, "{found:?}");
}

#[test]
fn records_without_spans_are_counted_by_the_second() {
    let record = |second: i64, severity: u8| SeenRecord {
        trace: 0,
        span: 0,
        service: "cron",
        time_ns: second * 1_000_000_000,
        severity,
        exception: severity == 0,
        text: if severity == 9 { "swept" } else { "disk is gone" },
    };
    let seen = |bad: u8| Seen {
        spans: Vec::new(),
        records: (0..20).flat_map(|second| [record(second, 9), record(second, bad)]).collect(),
    };
    let found = suspects(&seen(9), &seen(0), &[]);
    let finding = &found.services[0].findings[0];
    assert_eq!(
        (finding.kind, finding.fault, finding.baseline, finding.baseline_total),
        (FindingKind::Records, 20.0, 0.0, 20.0)
    );
    assert_eq!(suspects(&seen(9), &seen(9), &[]).services[0].score, 0.0);
}

#[test]
fn circles_and_clocks_that_step_back_do_no_harm() {
    let mut seen = calls(&[(5, "shop", USUAL, false)]);
    let strange = |id, parent, end_ns| SeenSpan { id, parent, end_ns, trace: 99, ..seen.spans[0] };
    let strange =
        [strange(1, Some(2), 5), strange(2, Some(1), 5), strange(3, Some(3), i64::MIN), strange(4, Some(77), i64::MAX)];
    seen.spans.extend(strange);
    let found = suspects(&seen, &seen, &[]);
    assert_eq!(found.services.len(), 2);
    assert!(found.services.iter().all(|one| one.score == 0.0));
}
