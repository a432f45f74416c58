use super::*;

fn refusal(query: &str) -> String {
    admit(query).map_or_else(|error| error.to_string(), |_| "admitted".to_owned())
}

#[test]
fn reading_is_admitted() {
    for query in [
        "SELECT 1",
        "select * from spans;",
        "WITH t AS (SELECT 1) SELECT * FROM t",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT count(*) FROM spans",
        "SELECT * FROM generate_series(1, 5)",
        "SELECT * FROM trace('00000000000000000000000000000001')",
        "SELECT unnest(make_array(1, 2))",
        "(SELECT 1) UNION ALL (SELECT 2)",
    ] {
        assert_eq!(refusal(query), "admitted", "{query}");
    }
}

#[test]
fn anything_but_one_reading_statement_says_what_is_refused() {
    assert_eq!(refusal(""), "the query is empty");
    assert_eq!(refusal("SELECT 1; SELECT 2"), "the query has 2 statements");
    assert_eq!(refusal("DROP TABLE spans"), "DROP is refused: SQL here only reads");
    assert_eq!(refusal("SELECT * INTO t FROM spans"), "SELECT INTO is refused: SQL here only reads");
    assert_eq!(refusal("EXPLAIN DELETE FROM spans"), "EXPLAIN of anything but a query is refused: SQL here only reads");
    assert!(refusal("SELECT * FROM read_csv('/etc/passwd')").starts_with("the table function read_csv"));
}

#[test]
fn what_would_be_answered_wrongly_is_refused() {
    let nested = "SELECT 1 UNION ALL (SELECT 2 EXCEPT ALL SELECT 3)";
    for query in ["SELECT 1 EXCEPT ALL SELECT 2", nested] {
        assert_eq!(refusal(query), "EXCEPT ALL is not supported");
    }
    assert_eq!(refusal("SELECT 1 INTERSECT ALL SELECT 2"), "INTERSECT ALL is not supported");
    assert!(admit("SELECT 1 EXCEPT SELECT 2 UNION ALL SELECT 3 INTERSECT SELECT 3").is_ok());
}

#[test]
fn long_chains_are_refused_and_freed_without_harm() {
    let chain = |count: usize| format!("SELECT 1{}", " + 1".repeat(count));
    assert_eq!(refusal(&chain(400)), "admitted");
    let freed = std::thread::Builder::new().stack_size(crate::threads::STACK_BYTES).spawn(move || {
        assert_eq!(refusal(&chain(20_000)), "the query has more than 500 operators nested in one expression");
        assert!(refusal(&chain(100_000)).contains("words and signs"));
    });
    assert!(freed.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn a_long_list_is_no_chain() {
    let list = "'00000000000000000000000000000000',".repeat(5_000);
    assert_eq!(refusal(&format!("SELECT * FROM spans WHERE trace_id IN ({list}'x')")), "admitted");
}
