//! What indicators count, however they are asked.

use ingest_model::{Nanos, Signal};
use query_engine::{
    EventMinute, EventTable, Good, Indicator, Measure, QueryError, RowEvents, SHARE_PARTS, Share, Worth,
};
use serde_json::json;

use crate::fixture::{Asked, NOW, Outcome, Shelf, log, point, span};

const MINUTE_US: i64 = 60_000_000;

/// A minute begins 40 s after [`NOW`]; what is counted lies in the two minutes from there on.
const FROM: Nanos = Nanos(NOW.0 + 40_000_000_000);
const TO: Nanos = Nanos(FROM.0 + 120_000_000_000);

/// Micros from [`NOW`] to some seconds of minute 0 or 1.
const fn time(minute: i64, second: i64) -> i64 {
    40_000_000 + minute * MINUTE_US + second * 1_000_000
}

fn asked() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let request = |id: u64, minute: i64, route: &str, status: &str| {
        let more = json!({
            "kind": "SERVER", "status_code": status, "attributes_rest": format!(r#"{{"route":"{route}","items":{id}}}"#),
        });
        span(1, id, time(minute, id as i64), 1_000 * id as i64, more)
    };
    let mut spans = vec![
        request(1, 0, "/a", "UNSET"),
        request(2, 0, "/a", "ERROR"),
        request(3, 0, "/b", "UNSET"),
        request(4, 1, "/b", "ERROR"),
    ];
    // Sent twice, and of no route.
    spans.push(spans[0].clone());
    spans.push(span(1, 5, time(1, 5), 1_000, json!({ "kind": "SERVER" })));
    shelf.hot(Signal::Traces, &spans)?;
    let records = [("paid", 9), ("paid", 9), ("refused", 17)];
    let record = |(second, (body, severity)): (i64, (&str, i64))| {
        log(time(0, second), body, json!({ "severity_number": severity }))
    };
    shelf.hot(Signal::Logs, &(0..).zip(records).map(record).collect::<Vec<_>>())?;
    let reading = |minute: i64, second: i64, value: f64| point(time(minute, second), "fill", value, json!({}));
    let counter = |minute: i64, value: f64| {
        let more = json!({
            "metric_type": "sum", "is_monotonic": true, "temporality": "CUMULATIVE", "unit": "1",
            "attributes_rest": r#"{"zone":"east"}"#,
        });
        point(time(minute, 0), "jobs", value, more)
    };
    let points = [
        reading(0, 1, 0.75),
        reading(0, 31, 1.5),
        reading(1, 1, 0.25),
        counter(-1, 10.0),
        counter(0, 40.0),
        counter(1, 50.0),
        counter(2, 60.0),
    ];
    shelf.hot(Signal::Metrics, &points)?;
    shelf.asked(|_| {})
}

/// Group, minute, good and total events.
type Told = (String, i64, u64, u64);

async fn counted(asked: &Asked, indicator: &Indicator) -> Result<Vec<Told>, QueryError> {
    let told = |minute: EventMinute| {
        let group: Vec<String> =
            minute.group.into_iter().map(|value| value.unwrap_or_else(|| "-".to_owned())).collect();
        (group.join(","), (minute.minute.0 - FROM.0) / 60_000_000_000, minute.good, minute.total)
    };
    let mut told: Vec<Told> = asked.engine.count_events(indicator, FROM, TO).await?.into_iter().map(told).collect();
    told.sort();
    Ok(told)
}

fn told(expected: &[(&str, i64, u64, u64)]) -> Vec<Told> {
    expected.iter().map(|(group, minute, good, total)| ((*group).to_owned(), *minute, *good, *total)).collect()
}

fn rows(table: EventTable, among: &str, worth: Worth) -> RowEvents {
    RowEvents { table, among: among.to_owned(), worth, count: None, group_by: Vec::new() }
}

fn good(predicate: &str) -> Worth {
    Worth::Good(Good::Holds(predicate.to_owned()))
}

#[tokio::test]
async fn rows_of_every_table_are_events() -> Outcome {
    let asked = asked()?;
    let spans = rows(EventTable::Spans, "kind = 'SERVER'", good("status_code <> 'ERROR'"));
    assert_eq!(
        counted(&asked, &Indicator::Rows(spans)).await?,
        told(&[("", 0, 2, 3), ("", 1, 1, 2)]),
        "repeats count once"
    );
    let logs = rows(EventTable::Logs, "true", Worth::Good(Good::Fails("severity_number >= 17".to_owned())));
    assert_eq!(counted(&asked, &Indicator::Rows(logs)).await?, told(&[("", 0, 2, 3)]), "two alike are two");
    let below = Good::Compares { value: "value".to_owned(), op: "<", with: "0.8".to_owned() };
    let metrics = rows(EventTable::Metrics, "metric_name = 'fill'", Worth::Good(below));
    assert_eq!(counted(&asked, &Indicator::Rows(metrics)).await?, told(&[("", 0, 1, 2), ("", 1, 1, 1)]));
    Ok(())
}

#[tokio::test]
async fn a_row_may_stand_for_many_events_and_groups_are_told_apart() -> Outcome {
    let asked = asked()?;
    let items = RowEvents {
        count: Some("CAST(attributes->>'items' AS DOUBLE)".to_owned()),
        group_by: vec!["attributes->>'route'".to_owned(), "kind".to_owned()],
        ..rows(EventTable::Spans, "kind = 'SERVER'", good("status_code <> 'ERROR'"))
    };
    let expected = [("/a,SERVER", 0, 1, 3), ("/b,SERVER", 0, 3, 3), ("/b,SERVER", 1, 0, 4)];
    assert_eq!(counted(&asked, &Indicator::Rows(items.clone())).await?, told(&expected), "none stands for no event");
    let by_route = RowEvents { count: None, ..items };
    let counted_each = counted(&asked, &Indicator::Rows(by_route.clone())).await?;
    assert_eq!(counted_each[0], ("-,SERVER".to_owned(), 1, 1, 1), "rows without the attribute are a group too");
    let events =
        Indicator::Rows(by_route).spans_of(&[Some("/b".to_owned()), Some("SERVER".to_owned())]).ok_or("spans")?;
    let of_group = rows(EventTable::Spans, &events.among, good("true"));
    assert_eq!(counted(&asked, &Indicator::Rows(of_group)).await?, told(&[("", 0, 1, 1), ("", 1, 1, 1)]));
    Ok(())
}

#[tokio::test]
async fn a_ratio_weighs_the_same_whatever_it_is_of() -> Outcome {
    let asked = asked()?;
    let share = |of_bad| Worth::Share(Share { ratio: "value".to_owned(), of_bad });
    let of = |worth| Indicator::Rows(rows(EventTable::Metrics, "metric_name = 'fill'", worth));
    let (all, part) = (SHARE_PARTS, SHARE_PARTS / 4);
    // 0.75 and 1.5, which is held at 1; then 0.25.
    assert_eq!(counted(&asked, &of(share(false))).await?, told(&[("", 0, 7 * part, 2 * all), ("", 1, part, all)]));
    assert_eq!(counted(&asked, &of(share(true))).await?, told(&[("", 0, part, 2 * all), ("", 1, 3 * part, all)]));
    Ok(())
}

#[tokio::test]
async fn queries_of_sql_tell_events_by_their_columns() -> Outcome {
    let asked = asked()?;
    let text = |filter: &str| {
        format!(
            "SELECT start_time AS time, 2 AS value, attributes->>'route' AS route FROM spans WHERE kind = 'SERVER' {filter}"
        )
    };
    let bad = Measure::Bad { bad: text("AND status_code = 'ERROR'"), total: text("AND span_id <> '0000000000000001'") };
    let expected = [("-", 1, 2, 2), ("/a", 0, 0, 2), ("/b", 0, 2, 2), ("/b", 1, 0, 2)];
    assert_eq!(counted(&asked, &Indicator::Sql(bad)).await?, told(&expected));
    let values = "SELECT time, value FROM metrics WHERE metric_name = 'fill'".to_owned();
    let compares = Measure::Compares { value: values, op: "<=", with: "0.25".to_owned() };
    assert_eq!(counted(&asked, &Indicator::Sql(compares)).await?, told(&[("", 0, 0, 2), ("", 1, 1, 1)]));
    for (wrong, message) in [
        ("SELECT time FROM metrics", "has no column value"),
        ("SELECT 1 AS value; SELECT 2", "2 statements"),
        ("SELECT now() AS time, 'a' AS value) AS x, (SELECT 1", ""),
        ("DELETE FROM spans", "refused"),
    ] {
        let measure = Measure::Share(Share { ratio: wrong.to_owned(), of_bad: false });
        let error = counted(&asked, &Indicator::Sql(measure)).await.err().ok_or(wrong)?;
        assert!(error.to_string().contains(message), "{wrong}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn queries_of_promql_tell_events_at_the_end_of_each_minute() -> Outcome {
    let asked = asked()?;
    let text = |factor: u32| format!("sum by (zone) (increase(jobs_total[{{{{.window}}}}])) * {factor}");
    let good = Measure::Good { good: text(1), total: text(2) };
    // Of the five minutes of the clock that end in the range, evenly over these.
    let counted_jobs = counted(&asked, &Indicator::Promql(good)).await?;
    assert!(counted_jobs.iter().all(|told| told.0 == r#"{zone="east"}"# && told.3 == 2 * told.2), "{counted_jobs:?}");
    assert_eq!(counted_jobs.iter().map(|told| told.1).collect::<Vec<_>>(), [-4, -3, -2, -1, 0], "{counted_jobs:?}");
    assert!(counted_jobs.iter().map(|told| told.2).sum::<u64>() >= 30, "{counted_jobs:?}");
    let compares = Measure::Compares { value: "fill_ratio".to_owned(), op: ">", with: "0.5".to_owned() };
    let filled = counted(&asked, &Indicator::Promql(compares)).await?;
    assert_eq!(filled.iter().map(|told| (told.1, told.2, told.3)).collect::<Vec<_>>(), [(0, 1, 1), (1, 0, 1)]);
    let wrong = Measure::Share(Share { ratio: "sum by (".to_owned(), of_bad: false });
    let error = counted(&asked, &Indicator::Promql(wrong)).await.err().ok_or("refused")?;
    assert!(error.to_string().contains("sum by ("), "{error}");
    Ok(())
}
