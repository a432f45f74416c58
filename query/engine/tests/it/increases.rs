//! What points of metrics add, and sketches of histograms.

use ingest_model::Signal;
use serde_json::{Value, json};

use crate::fixture::{Asked, Outcome, Shelf, at, point};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;

fn sum(time_us: i64, start_us: i64, value: f64, service: &str) -> Value {
    let more = json!({
        "metric_type": "sum", "is_monotonic": true, "temporality": "CUMULATIVE", "unit": "{request}",
        "service_name": service, "start_time_unix_nano": at(start_us), "attributes_rest": r#"{"route":"/a"}"#,
    });
    point(time_us, "requests", value, more)
}

/// A counter that restarts after five minutes, one of differences and a gauge, in a file and in memory.
async fn asked() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let mut rows = Vec::new();
    for minute in 1..=10_i64 {
        let time = minute * MINUTE_US;
        let (start, value) = if minute <= 5 { (0, minute * 60) } else { (5 * MINUTE_US + 1, (minute - 5) * 30) };
        rows.push(sum(time, start, value as f64, "cart"));
        let delta = json!({
            "metric_type": "sum", "is_monotonic": true, "temporality": "DELTA", "unit": "{request}", "service_name": "pay",
            "start_time_unix_nano": at(time - MINUTE_US),
        });
        rows.push(point(time, "requests", 6.0, delta));
        rows.push(point(time, "temperature", 20.0, json!({})));
        let histogram = json!({
            "metric_type": "histogram", "temporality": "CUMULATIVE", "unit": "s", "service_name": "cart", "value": null,
            "start_time_unix_nano": at(0), "count": minute * 10, "sum": minute as f64 * 5.0,
            "explicit_bounds": [0.5, 1.0], "bucket_counts": [minute * 5, minute * 5, 0],
        });
        rows.push(point(time, "duration", 0.0, histogram));
        let exponential = json!({
            "metric_type": "exponential_histogram", "temporality": "DELTA", "unit": "ms", "service_name": "cart",
            "value": null, "start_time_unix_nano": at(time - MINUTE_US), "count": 4, "sum": 6.0, "scale": 0,
            "zero_count": 0, "zero_threshold": 0.0, "positive_offset": minute % 2, "positive_bucket_counts": [4],
            "negative_offset": 0, "negative_bucket_counts": [],
        });
        rows.push(point(time, "wait", 0.0, exponential));
    }
    let (old, new) = rows.split_at(rows.len() / 2);
    shelf.file(Signal::Metrics, old).await?;
    shelf.hot(Signal::Metrics, new)?;
    shelf.asked(|_| {})
}

#[tokio::test]
async fn increases_are_of_both_temporalities_and_see_resets() -> Outcome {
    let asked = asked().await?;
    let rows = asked.rows(
        "SELECT service_name, sum(increase), count(*), max(rate) FROM metric_increases
         WHERE metric_name = 'requests' GROUP BY 1 ORDER BY 1",
    );
    // Five minutes of 60 and five of 30 after the restart; the rate of the first one after it is over its own time.
    let rows = rows.await?;
    assert_eq!(rows[1], [json!("pay"), json!(60.0), json!(10), json!(0.1)]);
    assert_eq!(rows[0][..3], [json!("cart"), json!(450.0), json!(10)]);
    Ok(())
}

#[tokio::test]
async fn what_is_read_makes_no_difference() -> Outcome {
    let asked = asked().await?;
    let rows = |filter: &str| {
        let query = format!(
            "SELECT CAST(time AS BIGINT), metric_name, service_name, increase, rate, quantile(sketch, 0.5)
             FROM metric_increases {filter} ORDER BY 1, 2, 3"
        );
        let asked = &asked;
        async move { asked.rows(&query).await }
    };
    let all = rows("").await?;
    assert_eq!(all.len(), 40);
    let from = at(4 * MINUTE_US);
    let late: Vec<_> = all.iter().filter(|row| row[0].as_i64() >= Some(from / 1_000)).cloned().collect();
    assert_eq!(late.len(), 28);
    for filter in [
        "WHERE time >= now() + INTERVAL '4 minutes'",
        "WHERE now() + INTERVAL '4 minutes' <= time",
        "WHERE time BETWEEN now() + INTERVAL '4 minutes' AND now() + INTERVAL '1 day'",
        "WHERE time > now() + INTERVAL '239 seconds' AND time < now() + INTERVAL '2 hours'",
        "WHERE date_trunc('minute', time) > now() + INTERVAL '3 minutes' AND increase IS NOT NULL",
    ] {
        assert_eq!(rows(filter).await?, late, "{filter}");
    }
    let one = rows("WHERE time = now() + INTERVAL '6 minutes' AND service_name = 'cart' AND metric_name = 'requests'")
        .await?;
    assert_eq!((one.len(), &one[0][3]), (1, &json!(30.0)));
    let routed = rows("WHERE attributes ->> 'route' = '/a' AND metric_name = 'requests'").await?;
    assert_eq!(routed.len(), 10);
    Ok(())
}

#[tokio::test]
async fn a_condition_on_time_reads_no_more_than_the_points_before_need() -> Outcome {
    let asked = asked().await?;
    let plan = asked.plan("SELECT sum(increase) FROM metric_increases WHERE time >= now() + INTERVAL '1 day'").await?;
    assert!(!plan.contains("sketch"), "{plan}");
    let rows = asked.rows("SELECT count(*) FROM metric_increases WHERE time >= now() + INTERVAL '1 day'").await?;
    assert_eq!(rows, [[json!(0)]]);
    Ok(())
}

#[tokio::test]
async fn sketches_of_histograms_add_up() -> Outcome {
    let asked = asked().await?;
    let rows = asked.rows(
        "SELECT metric_name, quantile(merge(sketch), 0.75), quantile(merge(sketch), 0.25), sum(increase)
         FROM metric_increases WHERE metric_type <> 'sum' GROUP BY metric_name, metric_type ORDER BY 1",
    );
    let rows = rows.await?;
    assert_eq!(rows[0], [json!("duration"), json!(0.75), json!(0.25), json!(100.0)]);
    // Half of the measurements are from 1 to 2, half from 2 to 4, evenly by their logarithm.
    let near = |value: &Value, expected: f64| value.as_f64().is_some_and(|value| (value - expected).abs() < 1e-9);
    assert!(near(&rows[1][1], 8.0_f64.sqrt()) && near(&rows[1][2], 2.0_f64.sqrt()), "{:?}", rows[1]);
    let merged = asked.rows("SELECT merge(sketch) FROM metric_increases WHERE metric_type <> 'sum'").await;
    assert!(merged.is_err_and(|error| error.to_string().contains("no sketch in common")));
    let nothing =
        asked.rows("SELECT quantile(merge(sketch), 0.5) FROM metric_increases WHERE metric_type = 'sum'").await?;
    assert_eq!(nothing, [[Value::Null]]);
    Ok(())
}

#[tokio::test]
async fn sql_and_promql_tell_the_same() -> Outcome {
    let asked = asked().await?;
    let rows = asked.rows(
        "SELECT quantile(merge(sketch), 0.9), sum(increase) FROM metric_increases
         WHERE metric_name = 'wait' AND time > now() + INTERVAL '4 minutes'",
    );
    let rows = rows.await?;
    let start = at(10 * MINUTE_US) / 1_000_000;
    let query = query_promql::Query::parse("histogram_quantile(0.9, increase(wait_milliseconds[6m]))")?;
    let question = query_engine::PromqlQuestion { query, start, end: start, step: None };
    let query_promql::Data::Vector(found) = asked.engine.promql(&question).await??.data else {
        return Err("none".into());
    };
    let value = found[0].value.float().ok_or("a number")?;
    let own = rows[0][0].as_f64().ok_or("a number")?;
    // PromQL loses the first point of its range, SQL does not: one of six.
    assert!((own / value - 1.0).abs() < 0.1, "{own} {value}");
    assert_eq!(rows[0][1], json!(24.0));
    Ok(())
}

#[tokio::test]
async fn the_functions_work_over_any_points() -> Outcome {
    let asked = asked().await?;
    let rows = asked.rows(
        "SELECT service_name, sum(added) FROM (
             SELECT service_name, metric_increase(value, time_unix_nano, start_time_unix_nano, temporality)
                    OVER (PARTITION BY service_name ORDER BY time_unix_nano) AS added
             FROM metrics WHERE metric_name = 'requests') AS points GROUP BY 1 ORDER BY 1",
    );
    assert_eq!(rows.await?, [[json!("cart"), json!(450.0)], [json!("pay"), json!(60.0)]]);
    for (call, message) in [
        ("metric_increase(value)", "metric_increase takes value, time_unix_nano"),
        ("metric_rate(value, time, start_time_unix_nano, temporality)", "takes times in nanoseconds"),
        ("metric_increase(unit, time_unix_nano, start_time_unix_nano, temporality)", "takes a value first"),
        ("metric_sketch_increase(value, time_unix_nano, start_time_unix_nano, temporality)", "takes a sketch first"),
    ] {
        let query = format!("SELECT {call} OVER (ORDER BY time_unix_nano) FROM metrics");
        let error = asked.rows(&query).await.err().ok_or("refused")?;
        assert!(error.to_string().contains(message), "{call}: {error}");
    }
    let sketch = asked.rows(
        "SELECT quantile(merge(metric_sketch(count, sum, bucket_counts, explicit_bounds, scale, zero_count, zero_threshold,
                positive_offset, positive_bucket_counts, negative_offset, negative_bucket_counts)), 0.5) < 2.1
         FROM metrics WHERE metric_name = 'wait'",
    );
    assert_eq!(sketch.await?, [[json!(true)]]);
    let latency =
        asked.rows("SELECT quantile(latency_sketch(n.value * 1000), 1) FROM generate_series(1, 9) AS n").await?;
    assert!(latency[0][0].as_f64().is_some_and(|value| (value / 9_000.0 - 1.0).abs() < 0.011));
    Ok(())
}
