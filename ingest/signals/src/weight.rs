//! How many requests a span stands for, when its sender sampled.
//!
//! A `tracestate` entry `ot=th:T` says that spans were kept with the probability `1 - T / 2^56`
//! (OpenTelemetry, "TraceState: Probability Sampling", rejection threshold); the span then stands
//! for the inverse of that many.

/// Weights are multiples of this, so that sums of them are exact in an `f64` up to 2^43 requests.
const UNIT: f64 = 1_024.0;

/// Hexadecimal digits of a threshold; trailing zeros may be left out.
const DIGITS: usize = 14;

/// The number of requests a span with this `tracestate` stands for, to 1/1024; 1 where it tells
/// nothing or nothing valid.
pub(crate) fn weight(trace_state: Option<&str>) -> f64 {
    let threshold = trace_state.and_then(threshold);
    threshold.map_or(1.0, |threshold| {
        let kept = 1.0 - threshold as f64 / 2_f64.powi(56);
        (UNIT / kept).round() / UNIT
    })
}

fn threshold(trace_state: &str) -> Option<u64> {
    let ours = trace_state.split(',').find_map(|member| member.trim().strip_prefix("ot="))?;
    let digits = ours.split(';').find_map(|part| part.strip_prefix("th:"))?;
    if digits.is_empty() || digits.len() > DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(&format!("{digits:0<DIGITS$}"), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_tells_how_many_requests_a_span_stands_for() {
        for (state, expected) in [
            (None, 1.0),
            (Some(""), 1.0),
            (Some("vendor=x"), 1.0),
            (Some("ot=th:0"), 1.0),
            (Some("ot=th:8"), 2.0),
            (Some("ot=th:c"), 4.0),
            (Some("vendor=x, ot=rv:abcdef;th:fd70a3d70a3d71"), 100.0),
            (Some("ot=th:ccccccccccccd"), 5.0),
        ] {
            assert_eq!(weight(state), expected, "{state:?}");
        }
    }

    #[test]
    fn what_is_no_threshold_weighs_one() {
        for state in ["ot=th:", "ot=th:xyz", "ot=th:123456789abcdef", "ot=th:-1", "th:8", "OT=th:8", "ot=th:+8"] {
            assert_eq!(weight(Some(state)), 1.0, "{state}");
        }
    }

    #[test]
    fn weights_are_multiples_of_a_1024th() {
        let third = weight(Some("ot=th:aaaaaaaaaaaaab"));
        assert!((third - 3.0).abs() < 1e-9);
        let odd = weight(Some("ot=th:5"));
        assert_eq!((odd * 1_024.0).fract(), 0.0);
        assert!((odd - 16.0 / 11.0).abs() < 1.0 / 1_024.0);
    }
}
