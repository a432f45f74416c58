//! SQL that wants more than to read the tenant's tables.

use query_api::ErrorKind;

use crate::fixture::Outcome;
use crate::shop::shop;

/// Shared with the tests of every door; `fixtures/README.md` says how it is written.
const HOSTILE: &str = include_str!("../../../../fixtures/hostile/sql.txt");

/// What is no statement at all.
const NOTHING: [&str; 4] = ["", ";", "-- nothing", " \n\t"];

/// The statements of the list.
fn hostile() -> Result<Vec<String>, serde_json::Error> {
    let lines = HOSTILE.lines().filter(|line| !line.starts_with("# "));
    lines.map(|line| if line.starts_with('"') { serde_json::from_str(line) } else { Ok(line.to_owned()) }).collect()
}

#[tokio::test]
async fn s03_hostile_sql_is_refused_with_a_message() -> Outcome {
    let shop = shop().await?;
    let hostile = hostile()?;
    assert!(hostile.len() >= 200, "{} statements", hostile.len());
    for query in hostile.iter().map(String::as_str).chain(NOTHING) {
        let body = match shop.answer(query).await {
            Ok(answer) => return Err(format!("{query} answered {:?}", answer.rows).into()),
            Err(error) => error.into_body(),
        };
        assert_eq!(body.kind, ErrorKind::BadRequest, "{query}: {}", body.message);
        assert!(!body.message.is_empty(), "{query}");
        assert!(!body.message.contains("datafusion-") && !body.message.contains("src/"), "{query}: {}", body.message);
    }
    Ok(())
}

#[tokio::test]
async fn a_file_as_a_table_is_answered_with_the_tables_there_are() -> Outcome {
    let error = shop().await?.answer("SELECT * FROM '/etc/passwd'").await.err().ok_or("was answered")?.into_body();
    assert!(error.message.contains("there is no table"), "{}", error.message);
    assert_eq!(
        error.hint,
        "the tables are spans, logs, metrics, span_tree, golden_signals, metric_increases, exemplars, service_edges, slo_slices, slo_corrections, baselines, anomalies, alert_events, notifications, audit, services, ingest_status, queries"
    );
    Ok(())
}

#[tokio::test]
async fn nesting_ends_in_a_refusal_and_never_in_a_crash() -> Outcome {
    let shop = shop().await?;
    let nested =
        |open: &str, close: &str, depth: usize| format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
    for query in [
        nested("(", ")", 10_000),
        nested("NOT ", "", 10_000),
        nested("-(", ")", 5_000),
        nested("abs(", ")", 5_000),
        nested("CASE WHEN true THEN ", " END", 5_000),
        nested("", "::int", 10_000),
        nested("", " + 1", 20_000),
        nested("", " || 'x'", 20_000),
        format!("SELECT * FROM {}spans{}", "(SELECT * FROM ".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(5_000)),
        format!("SELECT * FROM spans{}", ", spans".repeat(5_000)),
        format!("SELECT '{{}}'{}", " -> 'a'".repeat(10_000)),
        format!("SELECT * FROM spans WHERE name = 'a'{}", " OR name = 'a'".repeat(10_000)),
    ] {
        let kind = shop.answer(&query).await.err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::BadRequest), "{}…", &query[..60]);
    }
    Ok(())
}

#[tokio::test]
async fn the_deepest_query_that_is_admitted_is_answered() -> Outcome {
    let shop = shop().await?;
    let sum = format!("SELECT max(duration_ns{}) FROM spans", " + 1".repeat(490));
    assert_eq!(shop.rows(&sum).await?, [[2_000_490]]);
    let either = format!("SELECT count(*) FROM spans WHERE name = 'a'{}", " OR kind || name = 'b'".repeat(240));
    assert_eq!(shop.rows(&either).await?, [[0]]);
    let list = format!("SELECT count(*) FROM spans WHERE name IN ('work'{})", ", 'x'".repeat(10_000));
    assert_eq!(shop.rows(&list).await?, [[1]]);
    let unions = format!("SELECT count(*) FROM (SELECT 1{})", " UNION ALL SELECT 1".repeat(100));
    assert_eq!(shop.rows(&unions).await?, [[101]]);
    Ok(())
}
