//! Native histograms as tests write them: `{{schema:1 sum:3 count:4 buckets:[1 2 1]}}`.

use query_promql::{Histogram, ResetHint};

pub(crate) fn histogram(text: &str) -> Histogram {
    let inner = text.trim_start_matches("{{").trim_end_matches("}}");
    let mut histogram = Histogram::empty(0);
    let (mut positive, mut negative, mut offset, mut n_offset) = (Vec::new(), Vec::new(), 0, 0);
    for (key, value) in fields(inner) {
        let number = || value.parse::<f64>().unwrap_or_else(|_| unreachable!("{text}: {value} is a number"));
        let list = || {
            let values = value.trim_matches(['[', ']']).split_whitespace();
            values.map(|value| value.parse::<f64>().expect("a number")).collect::<Vec<f64>>()
        };
        match key {
            "schema" => histogram.schema = number() as i32,
            "sum" => histogram.sum = number(),
            "count" => histogram.count = number(),
            "z_bucket" => histogram.zero_count = number(),
            "z_bucket_w" => histogram.zero_threshold = number(),
            "offset" => offset = number() as i32,
            "n_offset" => n_offset = number() as i32,
            "buckets" => positive = list(),
            "n_buckets" => negative = list(),
            "custom_values" => histogram.custom_bounds = list().into(),
            "counter_reset_hint" => {
                histogram.hint = match value {
                    "gauge" => ResetHint::Gauge,
                    "reset" => ResetHint::Reset,
                    "not_reset" => ResetHint::NotReset,
                    _ => ResetHint::Unknown,
                }
            }
            other => unreachable!("{text}: {other} is no field of a histogram"),
        }
    }
    histogram.positive = (offset..).zip(positive).collect();
    histogram.negative = (n_offset..).zip(negative).collect();
    histogram
}

fn fields(text: &str) -> Vec<(&str, &str)> {
    let (mut fields, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let (key, after) = rest.split_once(':').expect("key:value");
        let end = if after.starts_with('[') {
            after.find(']').expect("a closed list") + 1
        } else {
            after.find(char::is_whitespace).unwrap_or(after.len())
        };
        fields.push((key.trim(), &after[..end]));
        rest = after[end..].trim_start();
    }
    fields
}
