//! SQL that wants more than to read the tenant's tables.

use query_api::ErrorKind;

use crate::fixture::Outcome;
use crate::shop::shop;

const HOSTILE: [&str; 58] = [
    "",
    ";",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE spans",
    "COPY spans TO '/tmp/out.parquet'",
    "COPY (SELECT 1) TO '/tmp/out.csv' STORED AS CSV",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION 's3://bucket/x'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "CREATE INDEX i ON spans (name)",
    "DROP TABLE spans",
    "DROP VIEW services",
    "DROP SCHEMA public CASCADE",
    "ALTER TABLE spans ADD COLUMN x INT",
    "TRUNCATE TABLE spans",
    "INSERT INTO spans VALUES (1)",
    "INSERT INTO spans SELECT * FROM spans",
    "UPDATE spans SET name = 'x'",
    "DELETE FROM spans",
    "MERGE INTO spans USING logs ON true WHEN MATCHED THEN DELETE",
    "WITH t AS (INSERT INTO spans VALUES (1) RETURNING *) SELECT * FROM t",
    "SELECT * INTO t FROM spans",
    "SELECT * FROM spans FOR UPDATE",
    "SET datafusion.execution.batch_size = 1",
    "RESET datafusion.execution.batch_size",
    "SHOW ALL",
    "SHOW TABLES",
    "SHOW COLUMNS FROM spans",
    "DESCRIBE spans",
    "USE stored",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "BEGIN",
    "COMMIT",
    "CALL f()",
    "GRANT SELECT ON spans TO PUBLIC",
    "EXPLAIN DROP TABLE spans",
    "EXPLAIN ANALYZE COPY spans TO '/tmp/x'",
    "EXPLAIN EXPLAIN SELECT 1",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM \"/etc/passwd\"",
    "SELECT * FROM 'file:///etc/passwd'",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM stored.spans",
    "SELECT * FROM slowburn.stored.spans",
    "SELECT * FROM other_tenant.public.spans",
    "SELECT * FROM spans WHERE trace_id IN (SELECT trace_id FROM stored.logs)",
    "SELECT repeat('x', 1000000000)",
    "SELECT range(0, 9876543210)",
];

#[tokio::test]
async fn hostile_sql_is_refused_with_a_message() -> Outcome {
    let shop = shop().await?;
    for query in HOSTILE {
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
        "the tables are spans, logs, metrics, golden_signals, service_edges, slo_slices, baselines, anomalies, alert_events, notifications, audit, services, ingest_status"
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
