use super::*;

fn edge(from: &str, to: &str) -> Edge {
    (from.to_owned(), to.to_owned())
}

#[test]
fn the_drawn_graph_is_read_from_its_block_alone() {
    let text = "a -> b\n```text graph\nweb -> query-api, ingest-model\nquery-api -> ingest-model\n```\nc -> d\n";
    let wanted =
        BTreeSet::from([edge("query-api", "ingest-model"), edge("web", "ingest-model"), edge("web", "query-api")]);
    assert_eq!(drawn(text).unwrap(), wanted);
}

#[test]
fn a_text_without_a_drawing_or_with_a_broken_line_is_refused() {
    assert!(drawn("```text\nweb -> query-api\n```").is_err());
    assert!(drawn("```text graph\nweb query-api\n```").is_err());
}

#[test]
fn edges_that_differ_are_named_with_their_side() {
    let drawn = BTreeSet::from([edge("web", "query-api")]);
    let actual = BTreeSet::from([edge("query-engine", "query-api")]);
    let wanted = ["query-engine -> query-api is there, but not drawn", "web -> query-api is drawn, but not there"];
    assert_eq!(mistakes(&drawn, &actual), wanted);
}

#[test]
fn an_edge_against_the_data_is_refused_though_it_is_drawn() {
    for (from, to) in [
        ("web", "query-engine"),
        ("alerting-rules", "ingest-store"),
        ("ingest-store", "query-api"),
        ("ingest-model", "web"),
        ("query-engine", "deploy-server"),
    ] {
        let edges = BTreeSet::from([edge(from, to)]);
        assert_eq!(mistakes(&edges, &edges).len(), 1, "{from} -> {to}");
    }
    let edges = BTreeSet::from([edge("web", "query-api"), edge("deploy-server", "ingest-store")]);
    assert!(mistakes(&edges, &edges).is_empty());
}

#[test]
fn cargo_tells_our_own_edges() {
    let workspace = Workspace::find().unwrap();
    let edges = actual(&workspace.metadata);
    assert!(edges.contains(&edge("web", "query-api")));
    assert!(edges.iter().all(|(from, to)| from != "anyhow" && to != "anyhow"));
}
