use datafusion::logical_expr::lit;
use datafusion::prelude::col;
use datafusion_functions_json::functions::{json_as_text, json_get_json};

use super::*;
use crate::{attributes as whole, hex_id};

fn rewritten(expr: Expr) -> String {
    expr.transform_up(rewrite).map_or_else(|error| error.to_string(), |done| done.data.to_string())
}

fn attributes() -> Expr {
    whole::call(vec![col("rest"), lit("http.route"), col("route"), lit("http.status_code"), col("status")])
}

#[test]
fn an_id_is_compared_in_its_stored_form() {
    assert_eq!(rewritten(hex_id::call("id").eq(lit("00ff"))), "id = BinaryView(\"0,255\")");
    assert_eq!(rewritten(lit("00ff").not_eq(hex_id::call("id"))), "id != BinaryView(\"0,255\")");
    let list = hex_id::call("id").in_list(vec![lit("00"), lit("zz"), lit("01")], false);
    assert_eq!(rewritten(list), "id IN ([BinaryView(\"0\"), BinaryView(\"1\")])");
    assert_eq!(rewritten(hex_id::call("id").is_null()), "id IS NULL");
}

#[test]
fn a_text_that_is_no_id_equals_none() {
    for text in ["nonsense", "00f", "00FF"] {
        assert_eq!(rewritten(hex_id::call("id").eq(lit(text))), "id IS NULL AND Boolean(NULL)");
        assert_eq!(rewritten(hex_id::call("id").not_eq(lit(text))), "id IS NOT NULL OR Boolean(NULL)");
    }
}

#[test]
fn a_promoted_key_reads_its_column_before_the_rest() {
    assert_eq!(
        rewritten(json_as_text(attributes(), lit("http.route"))),
        "coalesce(CAST(route AS Utf8), json_as_text(rest, Utf8(\"http.route\")))"
    );
}

#[test]
fn json_of_a_promoted_key_needs_that_column_only() {
    assert_eq!(
        rewritten(json_get_json(attributes(), lit("http.status_code"))),
        "json_get_json(whole_attributes(rest, Utf8(\"http.status_code\"), status), Utf8(\"http.status_code\"))"
    );
}

#[test]
fn any_other_key_needs_the_rest_only() {
    assert_eq!(rewritten(json_as_text(attributes(), lit("user.id"))), "json_as_text(rest, Utf8(\"user.id\"))");
    assert_eq!(
        rewritten(json_get_json(attributes(), lit("user.id"))),
        "json_get_json(whole_attributes(rest), Utf8(\"user.id\"))"
    );
}

#[test]
fn a_key_that_is_not_known_needs_everything() {
    let access = json_as_text(attributes(), col("key"));
    assert_eq!(rewritten(access.clone()), access.to_string());
}

#[test]
fn rewriting_again_changes_nothing() -> Result<()> {
    for access in [json_as_text(attributes(), lit("http.route")), json_get_json(attributes(), lit("http.route"))] {
        let once = access.transform_up(rewrite)?;
        assert!(once.transformed);
        assert!(!once.data.transform_up(rewrite)?.transformed);
    }
    Ok(())
}
