//! `->` and `->>` on JSON columns.
//!
//! `->` gives JSON text and `->>` the text of a value, so that both have one type whatever the
//! data holds. A text on the right is a key as it stands, dots included; an integer is an index.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use datafusion_functions_json::udfs;
use query_api::FunctionHelp;

/// Plans the operators as JSON functions.
#[derive(Debug)]
pub(crate) struct JsonOperators;

// === impl JsonOperators ===

impl ExprPlanner for JsonOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, _: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let function = match expr.op {
            BinaryOperator::Arrow => udfs::json_get_json_udf(),
            BinaryOperator::LongArrow => udfs::json_as_text_udf(),
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let title = format!("{} {} {}", title(&expr.left), expr.op, title(&expr.right));
        let call = ScalarFunction::new_udf(function, vec![expr.left, expr.right]);
        Ok(PlannerResult::Planned(Expr::ScalarFunction(call).alias(title)))
    }
}

/// What an operand is called in the title of the answer's column.
fn title(operand: &Expr) -> String {
    match operand {
        Expr::Column(column) => column.name.clone(),
        Expr::Alias(alias) => alias.name.clone(),
        Expr::Literal(value, _) => match value.try_as_str() {
            Some(Some(text)) => format!("'{text}'"),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// The JSON functions SQL may call. Those that would answer a union of types are left out.
pub(crate) fn functions() -> Vec<Arc<ScalarUDF>> {
    vec![
        udfs::json_as_text_udf(),
        udfs::json_contains_udf(),
        udfs::json_get_array_udf(),
        udfs::json_get_bool_udf(),
        udfs::json_get_float_udf(),
        udfs::json_get_int_udf(),
        udfs::json_get_json_udf(),
        udfs::json_get_str_udf(),
        udfs::json_length_udf(),
        udfs::json_object_keys_udf(),
    ]
}

/// One line on each operator and function.
pub(crate) fn help() -> Vec<FunctionHelp> {
    [json_help(), own_help(), metric_help(), trace_help()].concat()
}

fn line(call: &str, help: &str) -> FunctionHelp {
    FunctionHelp { call: call.to_owned(), help: help.to_owned() }
}

fn json_help() -> Vec<FunctionHelp> {
    vec![
        line("json ->> key", "The value of a key (or of an index of an array) as text; NULL when there is none."),
        line("json -> key", "The value of a key (or of an index of an array) as JSON text, for further -> and ->>."),
        line("json_as_text(json, key, …)", "The same as ->>, following several keys."),
        line("json_get_json(json, key, …)", "The same as ->, following several keys."),
        line("json_get_str(json, key, …)", "A value that is a string; NULL when it is of another type."),
        line(
            "json_get_int(json, key, …)",
            "A value that is an integer, or a string that reads as one; NULL otherwise.",
        ),
        line(
            "json_get_float(json, key, …)",
            "A value that is a number, or a string that reads as one; NULL otherwise.",
        ),
        line("json_get_bool(json, key, …)", "A value that is true or false; NULL when it is of another type."),
        line("json_get_array(json, key, …)", "The elements of an array, each as JSON text."),
        line("json_contains(json, key, …)", "Whether the key is there."),
        line("json_length(json, key, …)", "How many members an object or an array has."),
        line("json_object_keys(json, key, …)", "The keys of an object."),
    ]
}

/// Functions of words, times and sketches.
fn own_help() -> Vec<FunctionHelp> {
    vec![
        line(
            "has_word(text, words)",
            "Whether a text has all of the words, in any order and case; fast on body and attributes ->> key of logs.",
        ),
        line(
            "has_phrase(text, phrase)",
            "Whether the words of a phrase stand in a text one after the other, in any case; fast where has_word is.",
        ),
        line(
            "log_template(text)",
            "The text with placeholders for numbers, ids, times and quotes; GROUP BY it to count kinds of records.",
        ),
        line(
            "time_bucket(width, time, origin)",
            "The start of the bucket a time is in; weeks begin on Mondays unless an origin says otherwise.",
        ),
        line(
            "latency_sketch(duration_ns)",
            "An aggregate: a sketch of durations, to be read with quantile, within 1.1 %.",
        ),
        line("merge_latency(latency)", "An aggregate: the sketch of everything the sketches hold."),
        line(
            "quantile(latency, share)",
            "The duration in nanoseconds that a share of requests, 0 to 1, did not pass; within 1.1 %.",
        ),
        line(
            "generate_series(start, stop, step)",
            "A table of numbers or times, to fill gaps; in FROM only. range leaves out stop.",
        ),
    ]
}

/// Functions of metrics and judgements.
fn metric_help() -> Vec<FunctionHelp> {
    vec![
        line(
            "merge(sketch)",
            "An aggregate: the sketch of everything the sketches hold, of latencies or of histograms.",
        ),
        line("quantile(sketch, share)", "The value that a share of what a histogram holds, 0 to 1, did not pass."),
        line(
            "metric_increase(value, time_unix_nano, start_time_unix_nano, temporality) OVER (…)",
            "What a point adds to its series, resets and gaps seen to; metric_increases has it for every point.",
        ),
        line("metric_rate(value, time_unix_nano, start_time_unix_nano, temporality) OVER (…)", "The same a second."),
        line(
            "metric_sketch_increase(sketch, time_unix_nano, start_time_unix_nano, temporality) OVER (…)",
            "The sketch of what a histogram's point adds.",
        ),
        line(
            "metric_sketch(count, sum, bucket_counts, explicit_bounds, scale, zero_count, zero_threshold, positive_offset, \
             positive_bucket_counts, negative_offset, negative_bucket_counts)",
            "The sketch of a histogram's point, of the columns that metrics has for it.",
        ),
        line(
            "burn(slo)",
            "A table: how fast an SLO burns its budget in each pair of windows, and what is left; in FROM only, in quotes.",
        ),
        line(
            "baseline(service, signal, from, to)",
            "A table: value, expected value, band and score of every minute; in FROM only, in quotes. Without from and to the last day.",
        ),
    ]
}

/// Relations between spans, and traces.
fn trace_help() -> Vec<FunctionHelp> {
    vec![
        line(
            "is_descendant(d, a)",
            "Whether span d of table span_tree is somewhere below span a; d and a are names of the two tables of a join.",
        ),
        line("is_ancestor(a, d)", "The same the other way round."),
        line("is_child(c, p)", "Whether span c is right below span p."),
        line("is_parent(p, c)", "The same the other way round."),
        line("is_sibling(a, b)", "Whether two spans name the same parent."),
        line("trace(id)", "A table of the spans and log records of one trace, whenever they were; in FROM only."),
    ]
}
