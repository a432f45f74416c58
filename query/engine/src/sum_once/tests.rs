use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;

use super::*;

const INNER: &str = "(SELECT a, b, sum(n) AS n, max(m) AS m, min(m) AS low FROM t GROUP BY a, b) AS i";

/// How many aggregates are left of a query.
async fn aggregates(query: &str) -> usize {
    let state = SessionStateBuilder::new().with_default_features().with_optimizer_rule(Arc::new(SumOnce)).build();
    let context = SessionContext::new_with_state(state);
    let int = |name: &str| Field::new(name, DataType::Int64, true);
    let table = EmptyTable::new(Arc::new(Schema::new(vec![int("a"), int("b"), int("n"), int("m")])));
    context.register_table("t", Arc::new(table)).unwrap();
    let plan = context.sql(&query.replace("INNER", INNER)).await.unwrap().into_optimized_plan().unwrap();
    plan.display_indent().to_string().matches("Aggregate:").count()
}

#[tokio::test]
async fn sums_of_sums_are_made_once() {
    for query in [
        "SELECT a, sum(n) FROM INNER GROUP BY a",
        "SELECT a + 1, sum(n), max(m), min(low) FROM INNER WHERE b > 1 GROUP BY 1",
        "SELECT sum(n) FROM INNER",
        "SELECT b, sum(n) FROM (SELECT a, b, n FROM INNER) AS j GROUP BY b",
    ] {
        assert_eq!(aggregates(query).await, 1, "{query}");
    }
}

#[tokio::test]
async fn what_asks_more_than_sums_keeps_the_groups() {
    for query in [
        "SELECT a, count(*) FROM INNER GROUP BY a",
        "SELECT a, avg(n) FROM INNER GROUP BY a",
        "SELECT a, max(n) FROM INNER GROUP BY a",
        "SELECT a, sum(m) FROM INNER GROUP BY a",
        "SELECT a, sum(b) FROM INNER GROUP BY a",
        "SELECT a, sum(DISTINCT n) FROM INNER GROUP BY a",
        "SELECT a, sum(n) FILTER (WHERE m > 1) FROM INNER GROUP BY a",
        "SELECT a, sum(n) FROM INNER WHERE n > 1 GROUP BY a",
        "SELECT n, sum(n) FROM INNER GROUP BY n",
        "SELECT a, sum(n + 1) FROM INNER GROUP BY a",
        "SELECT sum(n) FROM (SELECT sum(n) AS n, max(m) AS m FROM t) AS j",
        "SELECT a, sum(n) FROM (SELECT a, b, sum(n) AS n FROM t GROUP BY ROLLUP (a, b)) AS j GROUP BY a",
        "SELECT a, sum(n) FROM (SELECT a, b, sum(n) AS n FROM t GROUP BY a, b LIMIT 5) AS j GROUP BY a",
    ] {
        assert!(aggregates(query).await > 1, "{query}");
    }
}

#[tokio::test]
async fn branches_of_a_union_are_judged_each_by_itself() {
    let union = "(SELECT a, sum(n) AS n FROM t GROUP BY a, b UNION ALL SELECT a, OTHER AS n FROM t GROUP BY a, b) AS u";
    for (other, left) in [("sum(m)", 1), ("max(m)", 2), ("CAST(NULL AS BIGINT)", 1)] {
        let query = format!("SELECT a, sum(n) FROM {} GROUP BY a", union.replace("OTHER", other));
        assert_eq!(aggregates(&query).await, left, "{query}");
    }
}
