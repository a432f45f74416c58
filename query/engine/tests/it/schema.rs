//! What the schema tells.

use crate::fixture::Outcome;
use crate::shop::shop;
use ingest_model::Judgement;

#[tokio::test]
async fn the_schema_lists_tables_columns_and_operators_with_help() -> Outcome {
    let schema = shop().await?.engine.schema().await?;
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    let judgements = Judgement::ALL.map(Judgement::table);
    let first = ["spans", "logs", "metrics", "span_tree", "golden_signals", "metric_increases", "exemplars"];
    assert_eq!(names[..7], first);
    assert_eq!(names[7..7 + judgements.len()], judgements);
    assert_eq!(names[7 + judgements.len()..], ["services", "ingest_status", "queries"]);
    for table in &schema.tables {
        assert!(!table.help.is_empty(), "{}", table.name);
        for column in &table.columns {
            assert!(!column.help.is_empty(), "{}.{}", table.name, column.name);
        }
    }
    let front: Vec<_> =
        schema.tables[0].columns.iter().map(|column| (column.name.as_str(), column.sql_type.as_str())).collect();
    assert_eq!(front[..3], [("start_time", "TIMESTAMP"), ("end_time", "TIMESTAMP"), ("trace_id", "VARCHAR")]);
    assert!(front.contains(&("attributes", "VARCHAR")) && front.contains(&("duration_ns", "BIGINT")));
    assert!(schema.functions.iter().any(|function| function.call == "json ->> key"));
    Ok(())
}

#[tokio::test]
async fn the_schema_tells_the_columns_a_star_gives() -> Outcome {
    let shop = shop().await?;
    for table in shop.engine.schema().await?.tables {
        let answer = shop.answer(&format!("SELECT * FROM {} LIMIT 0", table.name)).await?;
        let star: Vec<_> = answer.columns.iter().map(|column| (&column.name, &column.sql_type)).collect();
        let told: Vec<_> = table.columns.iter().map(|column| (&column.name, &column.sql_type)).collect();
        assert_eq!(star, told, "{}", table.name);
    }
    Ok(())
}
