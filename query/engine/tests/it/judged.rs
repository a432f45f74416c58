//! `burn` and `baseline`.

use ingest_model::{Judgement, Signal};
use query_baseline::{GoldenSignal, Point, Settings, fit};
use serde_json::{Value, json};

use crate::fixture::{Asked, NOW, Outcome, Shelf, at, span};

const MINUTE_US: i64 = 60_000_000;

/// Micros of the start of a minute; [`NOW`] lies 20 s after the start of its minute.
const fn minute(number: i64) -> i64 {
    number * MINUTE_US - 20_000_000
}

fn slice(number: i64, good: i64, total: i64, revision: i64, definition: &str) -> Value {
    json!({
        "minute": at(minute(number)) / 1_000, "slo": "checkout", "service_name": "shop", "objective": 0, "slo_group": "", "time_window": "28d", "budgeting_method": "Occurrences",
        "target": "99 %", "definition": definition, "period_minutes": 28 * 24 * 60, "good": good, "total": total,
        "revision": revision,
    })
}

fn burning() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    // Two hours of 100 events a minute; in the last ten minutes half of them are bad.
    let mut slices: Vec<Value> =
        (-120..0).map(|number| slice(number, if number >= -10 { 50 } else { 100 }, 100, 5, "new")).collect();
    // A minute that was counted before, and one of other rules.
    slices.push(slice(-3, 0, 100, 4, "new"));
    slices.push(slice(-500, 0, 9_999, 1, "old"));
    shelf.judged(Judgement::SloSlices, &slices)?;
    shelf.asked(|_| {})
}

#[tokio::test]
async fn burn_tells_rates_and_budget() -> Outcome {
    let asked = burning()?;
    let rows = asked.rows(
        "SELECT severity, long_window, short_window, factor, long_burn, short_burn, breaches, total, bad,
                budget_consumed, budget_remaining
         FROM burn('checkout') ORDER BY factor DESC",
    );
    let rows = rows.await?;
    // 500 of 12,000 events are bad where 120 may be; of the last hour 500 of 6,000.
    let close =
        |value: &Value, expected: f64| value.as_f64().is_some_and(|value| (value / expected - 1.0).abs() < 1e-12);
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0][0], &rows[0][1], &rows[0][2]), (&json!("page"), &json!("1h"), &json!("5m")));
    assert!(close(&rows[0][4], 500.0 / 6_000.0 / 0.01) && close(&rows[0][5], 50.0), "{:?}", rows[0]);
    assert_eq!((&rows[0][6], &rows[0][7], &rows[0][8]), (&json!(false), &json!(12_000), &json!(500)));
    assert!(close(&rows[0][9], 500.0 / 120.0) && close(&rows[0][10], 1.0 - 500.0 / 120.0));
    assert_eq!((&rows[1][1], &rows[1][6]), (&json!("6h"), &json!(false)));
    let worst =
        asked.rows("SELECT max(long_burn) > 8 FROM burn('checkout') AS b JOIN burn('checkout') AS c USING (factor)");
    assert!(worst.await.is_err(), "long_burn is in both");
    let joined = asked.rows("SELECT count(*) FROM slo_slices AS s, burn('checkout') AS b WHERE s.slo = b.slo");
    assert_eq!(joined.await?, [[json!(4 * 121)]]);
    Ok(())
}

#[tokio::test]
async fn calls_that_cannot_be_answered_say_why() -> Outcome {
    let asked = burning()?;
    for (query, message) in [
        ("SELECT * FROM burn('nothing')", "no minute of an SLO nothing is stored"),
        ("SELECT * FROM burn()", "burn does not take 0 arguments"),
        ("SELECT * FROM burn(1)", "burn takes texts in quotes"),
        ("SELECT * FROM baseline('a', 'b')", "there is no signal b"),
        ("SELECT * FROM baseline('a', 'requests', 'x', 'y')", "x is no time"),
    ] {
        let error = asked.rows(query).await.err().ok_or("refused")?;
        assert!(error.to_string().contains(message), "{query}: {error}");
    }
    assert!(asked.rows("SELECT burn('checkout')").await.is_err());
    Ok(())
}

#[tokio::test]
async fn baseline_tells_what_was_expected_of_each_minute() -> Outcome {
    let shelf = Shelf::default();
    let mut spans = Vec::new();
    for number in -30..0_i64 {
        let requests = if number >= -3 { 90 } else { 20 };
        for request in 0..requests {
            let more = json!({ "kind": "SERVER", "service_name": "cart" });
            let id = ((number + 100) * 1_000 + request).unsigned_abs();
            spans.push(span(id, 1, minute(number) + request * 100, 1_000, more));
        }
    }
    shelf.hot(Signal::Traces, &spans)?;
    let start = NOW.plus(-20_000_000_000);
    let learned: Vec<Point> = (-400..-20_i64)
        .map(|number| Point { minute: start.plus(number * 60_000_000_000), value: 20.0, requests: Some(20) })
        .collect();
    let fitted_at = start.plus(-20 * 60_000_000_000);
    // Polars blocks, which a runtime of one thread does not allow.
    let fitted = move || fit(&learned, &[], fitted_at, &Settings::of(GoldenSignal::Requests));
    let model = tokio::task::spawn_blocking(fitted).await??;
    let stored = json!({
        "fitted_at": fitted_at.0 / 1_000, "trained_from": fitted_at.0 / 1_000, "trained_to": fitted_at.0 / 1_000, "service_name": "cart", "signal": "requests", "model": "trailing",
        "version": model.version, "samples": 380, "parameters": serde_json::to_string(&model)?,
    });
    shelf.judged(Judgement::Baselines, &[stored])?;
    let asked = shelf.asked(|_| {})?;
    let rows = asked.rows(
        "SELECT value, round(expected), upper > 20 AND upper < 90, outside, breached, score > 1
         FROM baseline('cart', 'requests') ORDER BY minute",
    );
    let rows = rows.await?;
    assert_eq!(rows.len(), 30);
    assert_eq!(rows[0], [json!(20.0), Value::Null, Value::Null, Value::Null, Value::Null, Value::Null]);
    assert_eq!(rows[10], [json!(20.0), json!(20.0), json!(true), json!(false), json!(false), json!(false)]);
    assert_eq!(rows[27], [json!(90.0), json!(20.0), json!(true), json!(true), json!(false), json!(true)]);
    assert_eq!(rows[28][4], json!(true));
    let range =
        format!("baseline('cart', 'requests', '{}', '{}')", start.plus(-60_000_000_000).rfc3339(), start.rfc3339());
    assert_eq!(asked.rows(&format!("SELECT breached FROM {range}")).await?, [[json!(true)]]);
    Ok(())
}
