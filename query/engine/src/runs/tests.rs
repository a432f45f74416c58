use std::sync::Arc;

use arrow::array::{Float64Array, Int64Array, StringViewArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::added_up;

const ROWS: i64 = 8_192;

/// Batches of a partition: rows of a group follow each other for `run` rows; then a new number of rows from the next batch on.
fn partition(runs: &[i64]) -> Vec<RecordBatch> {
    let columns = ["service", "minute", "value"].into_iter();
    let types = [DataType::Utf8View, DataType::Int64, DataType::Float64].into_iter();
    let fields: Vec<_> = columns.zip(types).map(|(name, of)| Field::new(name, of, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = |(index, run): (usize, &i64)| {
        let group = |row: i64| (index as i64 * ROWS + row) / run;
        let name = |row| (group(row) % 7 != 3).then(|| format!("service-of-a-long-name-{}", group(row) % 7));
        let services: StringViewArray = (0..ROWS).map(name).collect();
        let minutes: Int64Array = (0..ROWS).map(|row| (group(row) % 5 != 4).then(|| group(row) % 5)).collect();
        let values: Float64Array = (0..ROWS).map(|row| (row % 11 != 10).then_some((row % 13) as f64)).collect();
        RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(services), Arc::new(minutes), Arc::new(values)])
    };
    runs.iter().enumerate().map(batch).collect::<Result<_, _>>().expect("batches of one schema")
}

async fn answer(plan: Arc<dyn ExecutionPlan>, context: &SessionContext) -> String {
    let (schema, batches) = (plan.schema(), collect(plan, context.task_ctx()).await.expect("an answer"));
    let whole = concat_batches(&schema, &batches).expect("one schema");
    pretty_format_batches(&[whole]).expect("a table").to_string()
}

/// Answers of the engine alone, and with runs added up.
async fn both(query: &str, partitions: Vec<Vec<RecordBatch>>) -> (String, String) {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let table = MemTable::try_new(partitions[0][0].schema(), partitions).expect("a table");
    context.register_table("rows", Arc::new(table)).expect("a new name");
    let plan = context.sql(query).await.expect("a plan").create_physical_plan().await.expect("a physical plan");
    let with_runs = added_up(Arc::clone(&plan)).expect("the same plan");
    assert!(has_runs(&with_runs), "{query}");
    (answer(plan, &context).await, answer(with_runs, &context).await)
}

fn has_runs(plan: &Arc<dyn ExecutionPlan>) -> bool {
    displayable(plan.as_ref()).indent(false).to_string().contains("RunsExec")
}

#[tokio::test]
async fn sums_of_doubles_are_left_to_the_engine() {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let partitions = vec![partition(&[100]); 2];
    let table = MemTable::try_new(partitions[0][0].schema(), partitions).expect("a table");
    context.register_table("rows", Arc::new(table)).expect("a new name");
    for query in ["SELECT minute, sum(value) FROM rows GROUP BY 1", "SELECT minute, avg(minute) FROM rows GROUP BY 1"] {
        let plan = context.sql(query).await.expect("a plan").create_physical_plan().await.expect("a physical plan");
        assert!(!has_runs(&added_up(plan).expect("the same plan")), "{query}");
    }
}

#[tokio::test]
async fn answers_are_the_same_whether_rows_come_in_runs_or_not() {
    let long = vec![100; 6];
    let from_long_to_short: Vec<i64> = [vec![1_000; 3], vec![1; 30], vec![1_000; 3]].concat();
    let queries = [
        "SELECT service, minute, count(*) AS n, count(value) AS v, sum(CAST(value AS BIGINT)) AS s, min(minute) AS low,
                max(service) AS name FROM rows GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT minute, count(*) FILTER (WHERE value > 3) AS n FROM rows WHERE value <> 5 GROUP BY 1 ORDER BY 1",
        "SELECT DISTINCT service, minute FROM rows ORDER BY 1, 2",
        "SELECT upper(service) AS u, count(*) AS n FROM rows GROUP BY 1 ORDER BY 1",
    ];
    for query in queries {
        for partitions in [vec![long.clone(); 2], vec![from_long_to_short.clone(), long.clone()], vec![vec![1; 20]; 2]]
        {
            let partitions = partitions.iter().map(|runs| partition(runs)).collect();
            let (engine, with_runs) = both(query, partitions).await;
            assert_eq!(with_runs, engine, "{query}");
        }
    }
}
