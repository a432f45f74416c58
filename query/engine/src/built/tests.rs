use super::*;

#[test]
fn texts_of_a_query_are_counted_but_for_those_of_lists() {
    let lit = |text: &str| datafusion::prelude::lit(text);
    let listed = datafusion::prelude::col("a").in_list(vec![lit("xxxx"), lit("yyyy")], false);
    let plan = |expr: Expr| {
        let values = datafusion::logical_expr::LogicalPlanBuilder::values(vec![vec![lit("")]]).unwrap();
        values
            .project(vec![datafusion::prelude::col("column1").alias("a")])
            .unwrap()
            .filter(expr)
            .unwrap()
            .build()
            .unwrap()
    };
    assert_eq!(written_bytes(&plan(listed)), 0);
    assert_eq!(written_bytes(&plan(datafusion::prelude::col("a").eq(lit("1234567")))), 7);
}

/// Functions whose results are no larger than what they are given, or of a size that no argument tells.
const SMALL: &str = "abs acos acosh arrow_cast arrow_field arrow_metadata arrow_try_cast arrow_typeof array_add array_any_value \
    array_avg array_compact array_dims array_distance array_distinct array_element array_except array_first array_has \
    array_has_all array_has_any array_intersect array_length array_max array_min array_ndims array_normalize \
    array_pop_back array_pop_front array_position array_positions array_product array_remove array_remove_all \
    array_remove_n array_reverse array_scale array_slice array_sort array_subtract array_sum ascii asin asinh atan atan2 \
    atanh bit_length btrim cardinality cast_to_type cbrt ceil character_length chr coalesce contains cos cosh \
    cosine_distance cot current_date current_time date_bin date_part date_trunc degrees digest empty ends_with exp \
    factorial file_row_index find_in_set flatten floor from_unixtime gcd get_field greatest inner_product input_file_name \
    isnan iszero lcm least left ln log log10 log2 ltrim make_date make_time map_entries map_extract map_keys map_values \
    md5 nanvl now nullif nvl nvl2 octet_length pi power radians random regexp_count regexp_instr regexp_like right round \
    rtrim sha224 sha256 sha384 sha512 signum sin sinh split_part sqrt starts_with strpos substr substr_index tan tanh \
    to_date to_hex to_local_time to_time to_timestamp to_timestamp_micros to_timestamp_millis to_timestamp_nanos \
    to_timestamp_seconds to_unixtime trunc try_cast_to_type union_extract union_tag uuid version with_metadata";

#[test]
fn every_function_of_the_engine_is_sorted_in() {
    let state = datafusion::execution::SessionStateBuilder::new().with_default_features().build();
    let small: std::collections::BTreeSet<&str> = SMALL.split_whitespace().collect();
    let unknown: std::collections::BTreeSet<&str> = state
        .scalar_functions()
        .values()
        .filter(|function| estimate::growth(function).is_none())
        .map(|function| function.name())
        .filter(|name| !small.contains(name) && !crate::session::UNBOUNDED_FUNCTIONS.contains(name))
        .collect();
    assert!(unknown.is_empty(), "may their results be larger than what they are given? {unknown:?}");
}

#[test]
fn estimates_are_not_below_what_functions_give() {
    use datafusion::logical_expr::ColumnarValue;
    let text = |text: &str| ColumnarValue::Scalar(ScalarValue::from(text));
    let bytes = |growth: Growth, args: &[ColumnarValue], rows| growth.estimate(args, 0, rows);
    assert!(bytes(Growth::Sum, &[text(&"a".repeat(100)), text("b")], 10) >= 1_010);
    // "" is found before, between and after the letters.
    assert!(bytes(Growth::Replaced, &[text("abc"), text(""), text("1234")], 1) >= 3 + 4 * 4);
    assert!(bytes(Growth::Replaced, &[text(&"a".repeat(64)), text("a"), text("1234")], 1) >= 256);
    assert!(bytes(Growth::Matched, &[text("abcd"), text(""), text("<\\0>")], 1) >= 4 + 5 * 2);
    assert!(bytes(Growth::Matched, &[text(&"a".repeat(64)), text("(.*)"), text(&"\\1".repeat(50))], 1) >= 64 * 50);
    assert!(bytes(Growth::Formatted, &[text(""), text(&"%c".repeat(50))], 3) >= 3 * 50 * 24);
    assert!(bytes(Growth::Separated, &[text("--"), text("a"), text("b"), text("c")], 1) >= 7);
}
