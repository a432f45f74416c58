use super::*;
use crate::text::Lang;

fn slo(lang: Lang) -> &'static SloWords {
    &lang.words().slo
}

#[test]
fn a_period_is_told_in_words_whether_it_rolls_or_follows_the_calendar() {
    let calendar = "1M from 2026-01-01 00:00:00 Europe/Berlin";
    assert_eq!(period(slo(Lang::En), "30d", 43_200), "30 days, rolling");
    assert_eq!(period(slo(Lang::En), "1d", 1_440), "1 day, rolling");
    assert_eq!(
        period(slo(Lang::En), calendar, 30 * 1_440),
        "every month of the calendar, from 2026-01-01 00:00:00 Europe/Berlin on; the present one has 30 d"
    );
    assert_eq!(period(slo(Lang::Zh), "4w", 40_320), "滚动 4 周");
    assert_eq!(
        period(slo(Lang::Zh), calendar, 31 * 1_440 - 60),
        "日历周期：每月，自 2026-01-01 00:00:00 Europe/Berlin 起；当前周期共 30 d 23 h"
    );
    assert_eq!(period(slo(Lang::En), "a fortnight", 1), "a fortnight", "what nobody knows is shown as it comes");
}

#[test]
fn a_method_is_told_in_words_with_every_digit_of_its_share() {
    assert_eq!(method(slo(Lang::En), "Occurrences"), "Each event counts.");
    assert_eq!(
        method(slo(Lang::En), "Timeslices 5m 0.9999"),
        "Slices of 5 minutes count: one is good if at least 99.99 % of its events are."
    );
    assert_eq!(method(slo(Lang::Zh), "RatioTimeslices 1h"), "按 1 小时的时间片计数，每片按其良好事件的比例计入。");
    assert_eq!(method(slo(Lang::En), "Timeslices ? 0.9"), "Timeslices ? 0.9");
}

#[test]
fn a_share_becomes_percent_without_losing_a_digit() {
    let cases = [
        ("0.95", "95 %"),
        ("1", "100 %"),
        ("0.9", "90 %"),
        ("0.999999999", "99.9999999 %"),
        ("0.005", "0.5 %"),
        ("0", "0 %"),
    ];
    for (share, percent) in cases {
        assert_eq!(exact_percent(share).as_deref(), Some(percent));
    }
    for wrong in ["", ".5", "1e-3", "-0.5", "much"] {
        assert_eq!(exact_percent(wrong), None, "{wrong}");
    }
}

#[test]
fn slices_by_their_share_are_counted_in_slices() {
    let budget = Budget { total: 20_000_000, bad: 2_500_000, allowed: 28_800_000.0, ..Budget::default() };
    let told = |method| counted(slo(Lang::En), method, &budget);
    assert_eq!(told("RatioTimeslices 5m"), "2.5 of 20 slices were bad; 28.8 may be.");
    let budget = Budget { total: 2_000, bad: 5, allowed: 144.9, ..Budget::default() };
    let told = |method| counted(slo(Lang::En), method, &budget);
    assert_eq!(told("Timeslices 1m 0.8"), "5 of 2,000 slices were bad; 144 may be.");
    assert_eq!(told("Occurrences"), "5 of 2,000 events were bad; 144 may be.");
}

#[test]
fn a_forecast_tells_its_interval_and_what_never_ends() {
    let of = |earliest_s, expected_s, latest_s, remaining| {
        let forecast = Some(Forecast { earliest_s, expected_s, latest_s });
        let budget = Some(Budget { remaining, ..Budget::default() });
        super::forecast(slo(Lang::En), &Objective { forecast, budget, ..Objective::default() })
    };
    let told = |earliest_s, expected_s, latest_s| of(earliest_s, expected_s, latest_s, 0.4).expect("something is left");
    assert_eq!(
        told(Some(7_200), Some(90_000), Some(172_800)),
        "If the last day goes on, it is spent in 1 d 01 h (95 %: 2 h to 2 d)."
    );
    assert!(told(Some(7_200), Some(90_000), None).ends_with("(95 %: in 2 h at the earliest, or never)."));
    assert!(told(Some(7_260), None, None).contains("lasts for the period; at the worst it is spent in 2 h 01 min"));
    assert!(told(None, None, None).ends_with("it lasts for the period (95 %)."));
    assert_eq!(of(Some(0), Some(0), Some(0), -0.5), None, "what is spent needs no forecast");
}

#[test]
fn a_correction_repeats_in_words() {
    let text = "1w from 2026-01-04 02:00:00 Europe/Berlin";
    let told = |lang: Lang| repeats(lang.words(), text, 120);
    assert_eq!(told(Lang::En), "every week from 2026-01-04 02:00:00 Europe/Berlin, for 2 h");
    assert_eq!(told(Lang::Zh), "每周，自 2026-01-04 02:00:00 Europe/Berlin 起，每次 2 h");
}

#[test]
fn every_language_tells_every_length() {
    for lang in [Lang::En, Lang::Zh] {
        let words = slo(lang);
        let told: std::collections::BTreeSet<String> =
            UNITS.iter().flat_map(|unit| [(words.length)(2, *unit), (words.every)(1, *unit)]).collect();
        assert_eq!(told.len(), 2 * UNITS.len(), "no two are told alike");
    }
}
