//! A search as Jaeger's clients send it, as SQL.

use std::collections::BTreeMap;

use serde_json::Value;

/// Traces found when the search names no number.
const DEFAULT: usize = 20;

/// Traces found at most.
const MOST: usize = 1_000;

/// What Jaeger calls the service of spans that name none.
pub(super) const NO_SERVICE: &str = "OTLPResourceNoServiceName";

/// What to look for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// These traces.
    Ids(Vec<String>),
    /// The first column of this query.
    Spans(String),
}

// === impl Search ===

impl Search {
    /// Reads the parameters of a search.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub(super) fn of(parameters: Vec<(String, String)>) -> Result<Self, String> {
        let (mut conditions, mut ids, mut service, mut limit) = (Vec::new(), Vec::new(), None, DEFAULT);
        for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "traceID" => ids.push(value),
                "service" => service = Some(value),
                "operation" => conditions.push(format!("name = {}", quoted(&value))),
                "start" => conditions.push(format!("start_time >= {}", micros(&name, &value)?)),
                "end" => conditions.push(format!("start_time <= {}", micros(&name, &value)?)),
                "minDuration" => conditions.push(format!("duration_ns >= {}", duration_ns(&name, &value)?)),
                "maxDuration" => conditions.push(format!("duration_ns <= {}", duration_ns(&name, &value)?)),
                "tag" => {
                    let (key, value) = value.split_once(':').ok_or_else(|| format!("tag={value} is no key:value"))?;
                    conditions.push(tag(key, value));
                }
                "tags" => conditions.extend(tags(&value)?.iter().map(|(key, value)| tag(key, value))),
                "limit" => limit = number(&name, &value)?,
                // `lookback` only says how the client chose `start`.
                _ => {}
            }
        }
        if !ids.is_empty() {
            return Ok(Self::Ids(ids));
        }
        let service = service.ok_or("parameter 'service' is required")?;
        conditions.insert(0, of_service(&service));
        Ok(Self::Spans(format!(
            "SELECT trace_id, max(start_time) AS newest FROM spans WHERE {} GROUP BY trace_id ORDER BY newest DESC LIMIT {}",
            conditions.join(" AND "),
            limit.min(MOST)
        )))
    }
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Spans of a service.
pub(super) fn of_service(service: &str) -> String {
    if service == NO_SERVICE {
        return "coalesce(service_name, '') = ''".to_owned();
    }
    format!("service_name = {}", quoted(service))
}

/// Spans with a tag: an attribute of theirs or of their resource, or what Jaeger tells as one.
fn tag(key: &str, value: &str) -> String {
    let (quoted_key, quoted_value) = (quoted(key), quoted(value));
    match key {
        "error" if value == "true" => "status_code = 'ERROR'".to_owned(),
        "error" => "status_code <> 'ERROR'".to_owned(),
        "otel.status_code" => format!("status_code = {}", quoted(&value.to_uppercase())),
        "span.kind" => format!("kind = {}", quoted(&value.to_uppercase())),
        _ => format!(
            "(attributes ->> {quoted_key} = {quoted_value} OR resource_attributes ->> {quoted_key} = {quoted_value})"
        ),
    }
}

/// A JSON object of tags; values that are no texts stand for their JSON.
fn tags(text: &str) -> Result<BTreeMap<String, String>, String> {
    let tags: BTreeMap<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("tags are no JSON object of texts: {error}"))?;
    let as_text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(tags.into_iter().map(|(key, value)| (key, as_text(value))).collect())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}={value} is no whole number"))
}

/// Microseconds since 1970, as SQL writes a time.
fn micros(name: &str, value: &str) -> Result<String, String> {
    let micros: i64 = number(name, value)?;
    Ok(format!("to_timestamp_micros({micros})"))
}

/// A duration as Go writes it, such as `1.5s` or `1h20m`.
fn duration_ns(name: &str, value: &str) -> Result<i64, String> {
    const UNITS: [(&str, f64); 8] =
        [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    let mistake = || format!("{name}={value} is no duration; write 1.5s, 200ms or 100us");
    let (mut rest, mut sum) = (value, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(mistake)?;
        let (amount, after) = rest.split_at(digits);
        let end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, ns) = UNITS.into_iter().find(|(known, _)| *known == unit).ok_or_else(mistake)?;
        sum += amount.parse::<f64>().map_err(|_| mistake())? * ns;
        rest = after;
    }
    Ok(sum as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> Result<Search, String> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Search::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn what_is_asked_becomes_one_question() {
        let query = "service=it's&operation=GET /&start=1&end=2&minDuration=1.5ms&maxDuration=1h1s&limit=7&lookback=1h";
        let expected = "SELECT trace_id, max(start_time) AS newest FROM spans WHERE service_name = 'it''s' AND name = 'GET /' \
             AND start_time >= to_timestamp_micros(1) AND start_time <= to_timestamp_micros(2) \
             AND duration_ns >= 1500000 AND duration_ns <= 3601000000000 \
             GROUP BY trace_id ORDER BY newest DESC LIMIT 7";
        assert_eq!(search(query), Ok(Search::Spans(expected.to_owned())));
    }

    #[test]
    fn tags_are_attributes_and_what_jaeger_makes_of_spans() {
        let Ok(Search::Spans(query)) =
            search(r#"service=a&tags={"error":"true","http.status_code":500,"a'b":"c'd"}&tag=span.kind:server"#)
        else {
            panic!("a search")
        };
        for condition in [
            "status_code = 'ERROR'",
            "(attributes ->> 'http.status_code' = '500' OR resource_attributes ->> 'http.status_code' = '500')",
            "attributes ->> 'a''b' = 'c''d'",
            "kind = 'SERVER'",
        ] {
            assert!(query.contains(condition), "{query}");
        }
    }

    #[test]
    fn mistakes_name_their_parameter() {
        for (query, named) in [
            ("operation=x", "'service' is required"),
            ("service=a&limit=many", "limit=many"),
            ("service=a&start=soon", "start=soon"),
            ("service=a&minDuration=10", "minDuration=10"),
            ("service=a&minDuration=ms", "minDuration=ms"),
            ("service=a&minDuration=1.2.3s", "minDuration=1.2.3s"),
            ("service=a&tags=x", "tags are no JSON"),
            ("service=a&tag=x", "tag=x"),
        ] {
            let mistake = search(query).unwrap_err();
            assert!(mistake.contains(named), "{mistake}");
        }
        assert_eq!(search("traceID=a&traceID=b"), Ok(Search::Ids(vec!["a".to_owned(), "b".to_owned()])));
    }
}
