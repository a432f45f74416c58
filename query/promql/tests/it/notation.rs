//! The notation of Prometheus' tests: `load`, `clear`, `eval` and what is expected.

use std::sync::LazyLock;

use query_promql::{Histogram, Labels, METRIC_NAME, Times, Value, stale};
use regex::Regex;

use crate::classic::native;
use crate::histograms::histogram;

static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"(?:inf|nan|[0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?|[0-9]+\.)";
    Regex::new(&format!(r"(?i)^([+-]?{number})(?:([+-])({number}))?(?:x([0-9]+))?$")).expect("a pattern")
});

/// A series with values at equal distance; gaps are none.
#[derive(Debug)]
pub(crate) struct Line {
    /// None for a value without labels around it.
    pub(crate) labels: Option<Labels>,
    pub(crate) values: Vec<Option<Value>>,
}

#[derive(Debug)]
pub(crate) enum When {
    At(i64),
    Range(Times),
}

#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) fail: Option<Text>,
    pub(crate) warn: Option<bool>,
    pub(crate) info: Option<bool>,
    pub(crate) ordered: bool,
    pub(crate) text: Option<String>,
    /// The times of the values, for a range vector.
    pub(crate) times: Option<Times>,
    pub(crate) lines: Vec<Line>,
}

/// What an error has to say.
#[derive(Debug)]
pub(crate) enum Text {
    Any,
    Contains(String),
    Matches(Regex),
}

#[derive(Debug)]
pub(crate) enum Command {
    Clear,
    Load { step: i64, lines: Vec<Line> },
    Eval { line: usize, when: When, query: String, expected: Expected },
}

pub(crate) fn commands(text: &str) -> Vec<Command> {
    let lines: Vec<&str> =
        text.lines().map(str::trim).map(|line| if line.starts_with('#') { "" } else { line }).collect();
    let (mut commands, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let (head, number) = (lines[at], at + 1);
        at += 1;
        if head.is_empty() {
            continue;
        }
        let block = lines[at..].iter().take_while(|line| !line.is_empty()).count();
        let body = if head == "clear" { &[] } else { &lines[at..at + block] };
        at += body.len();
        commands.push(command(head, number, body));
    }
    commands
}

fn command(head: &str, line: usize, body: &[&str]) -> Command {
    if head == "clear" {
        return Command::Clear;
    }
    if let Some(step) = head.strip_prefix("load ").or_else(|| head.strip_prefix("load_with_nhcb ")) {
        let mut lines: Vec<Line> = body.iter().map(|line| series(line)).collect();
        if head.starts_with("load_with_nhcb ") {
            lines.extend(native(&lines));
        }
        return Command::Load { step: millis(step.trim()), lines };
    }
    let (verb, rest) = head.split_once(' ').expect("eval and more");
    let mut expected = Expected::default();
    match verb {
        "eval_fail" => expected.fail = Some(Text::Any),
        "eval_warn" => expected.warn = Some(true),
        "eval_info" => expected.info = Some(true),
        "eval_ordered" => expected.ordered = true,
        _ => assert_eq!(verb, "eval", "line {line}"),
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let after = |count: usize| {
        let mut rest = rest.trim_start();
        for _ in 0..count {
            rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        }
        rest.to_owned()
    };
    let (when, query) = match words.as_slice() {
        ["instant", "at", at, ..] => (When::At(millis(at)), after(3)),
        ["instant", ..] => (When::At(0), after(1)),
        ["range", "from", from, "to", to, "step", step, ..] => (When::Range(times(from, to, step)), after(7)),
        _ => unreachable!("line {line}: {head}"),
    };
    for line in body {
        expect(&mut expected, line, matches!(when, When::At(_)));
    }
    Command::Eval { line, when, query, expected }
}

fn times(from: &str, to: &str, step: &str) -> Times {
    Times { start: millis(from), end: millis(to), step: millis(step).max(1) }
}

fn expect(expected: &mut Expected, line: &str, instant: bool) {
    let Some(rest) = line.strip_prefix("expect ").or_else(|| line.strip_prefix("expected_fail_")) else {
        let line = if instant && expected.times.is_none() { element(line) } else { series(line) };
        expected.lines.push(line);
        return;
    };
    let (what, detail) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match what {
        "ordered" => expected.ordered = true,
        "fail" => expected.fail = Some(text(detail)),
        "message" => expected.fail = Some(text(&format!("msg:{detail}"))),
        "regexp" => expected.fail = Some(text(&format!("regex:{detail}"))),
        "warn" => expected.warn = Some(true),
        "no_warn" => expected.warn = Some(false),
        "info" => expected.info = Some(true),
        "no_info" => expected.info = Some(false),
        "string" => expected.text = Some(unquoted(detail)),
        "range" => {
            let words: Vec<&str> = detail.split_whitespace().collect();
            let ["vector", "from", from, "to", to, "step", step] = words.as_slice() else { unreachable!("{line}") };
            expected.times = Some(times(from, to, step));
        }
        _ => unreachable!("{line}"),
    }
}

fn text(detail: &str) -> Text {
    match (detail.strip_prefix("msg:"), detail.strip_prefix("regex:")) {
        (Some(message), _) => Text::Contains(message.trim().to_owned()),
        (_, Some(pattern)) => Text::Matches(Regex::new(pattern.trim()).expect("a pattern")),
        _ => Text::Any,
    }
}

fn unquoted(text: &str) -> String {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.trim_end_matches('`').to_owned();
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches(['"', '\'']).to_owned())
}

/// `1h30m`, or seconds without a unit.
fn millis(text: &str) -> i64 {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds * 1_000.0) as i64;
    }
    let units = [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
        ("w", 604_800_000),
        ("y", 31_536_000_000),
    ];
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut sum = 0;
    while !rest.is_empty() {
        let digits = rest.find(|other: char| !other.is_ascii_digit()).unwrap_or(rest.len());
        let letters = rest[digits..].find(|other: char| other.is_ascii_digit()).map_or(rest.len(), |at| at + digits);
        let unit =
            units.iter().find(|(unit, _)| *unit == &rest[digits..letters]).unwrap_or_else(|| unreachable!("{text}"));
        sum += rest[..digits].parse::<i64>().expect("a number") * unit.1;
        rest = &rest[letters..];
    }
    if negative { -sum } else { sum }
}

/// An element of an instant vector, or a value alone.
fn element(line: &str) -> Line {
    if NUMBERS.is_match(line) {
        return Line { labels: None, values: values(line) };
    }
    series(line)
}

fn series(line: &str) -> Line {
    let (labels, rest) = labels(line);
    Line { labels: Some(labels), values: values(rest) }
}

/// Labels at the beginning of a line, and what follows.
fn labels(line: &str) -> (Labels, &str) {
    let end = line.find(|other: char| other == '{' || other.is_whitespace()).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let mut pairs = vec![(METRIC_NAME.to_owned(), name.to_owned())];
    let spaced = rest.trim_start();
    if !spaced.starts_with('{') || spaced.starts_with("{{") {
        return (Labels::new(pairs), rest);
    }
    let mut rest = spaced[1..].trim_start();
    while !rest.starts_with('}') {
        let (key, after) = if rest.starts_with('"') {
            quoted(rest)
        } else {
            let end = rest.find('=').expect("a label's value");
            (rest[..end].trim().to_owned(), &rest[end..])
        };
        let after = after.trim_start();
        if let Some(value) = after.strip_prefix('=') {
            let (value, after) = quoted(value.trim_start());
            pairs.push((key, value));
            rest = after;
        } else {
            pairs.push((METRIC_NAME.to_owned(), key));
            rest = after;
        }
        rest = rest.trim_start().trim_start_matches(',').trim_start();
    }
    (Labels::new(pairs), &rest[1..])
}

fn quoted(text: &str) -> (String, &str) {
    let quote =
        text.chars().next().filter(|quote| "\"'`".contains(*quote)).unwrap_or_else(|| unreachable!("no quote: {text}"));
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' && quote != '`' {
            escaped = true;
        } else if letter == quote {
            return (unquoted(&text[..=at]), &text[at + 1..]);
        }
    }
    unreachable!("not closed: {text}")
}

fn values(text: &str) -> Vec<Option<Value>> {
    let (mut values, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        if rest.starts_with("{{") {
            let (added, after) = histograms(rest);
            values.extend(added);
            rest = after.trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        values.extend(numbers(&rest[..end]));
        rest = rest[end..].trim_start();
    }
    values
}

fn numbers(word: &str) -> Vec<Option<Value>> {
    if let Some(times) = word.strip_prefix('_') {
        let times = times.strip_prefix('x').map_or(1, |times| times.parse().expect("a count"));
        return vec![None; times];
    }
    if let Some(times) = word.strip_prefix("stale") {
        let times = times.strip_prefix('x').map_or(1, |times| times.parse::<usize>().expect("a count") + 1);
        return vec![Some(Value::Float(stale())); times];
    }
    let found = NUMBERS.captures(word).unwrap_or_else(|| unreachable!("no values: {word}"));
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let first = number(&found[1]);
    let sign = if found.get(2).is_some_and(|sign| sign.as_str() == "-") { -1.0 } else { 1.0 };
    let step = found.get(3).map_or(0.0, |step| sign * number(step.as_str()));
    let times = found.get(4).map_or(0, |times| times.as_str().parse::<usize>().expect("a count"));
    let mut value = first;
    let mut values = vec![Some(Value::Float(value))];
    for _ in 0..times {
        value += step;
        values.push(Some(Value::Float(value)));
    }
    values
}

/// `{{…}}`, `{{…}}x3`, `{{…}}+{{…}}x3`.
fn histograms(text: &str) -> (Vec<Option<Value>>, &str) {
    let close = |text: &str| text.find("}}").expect("a closed histogram") + 2;
    let end = close(text);
    let (first, mut rest) = (histogram(&text[..end]), &text[end..]);
    let mut step: Option<(f64, Histogram)> = None;
    if let Some(sign) = rest.chars().next().filter(|sign| "+-".contains(*sign)) {
        let end = close(&rest[1..]) + 1;
        step = Some((if sign == '-' { -1.0 } else { 1.0 }, histogram(&rest[1..end])));
        rest = &rest[end..];
    }
    let mut times = 0;
    if let Some(count) = rest.strip_prefix('x') {
        let end = count.find(|other: char| !other.is_ascii_digit()).unwrap_or(count.len());
        times = count[..end].parse().expect("a count");
        rest = &count[end..];
    }
    let mut values = vec![Some(Value::from(first.clone()))];
    let mut current = first;
    for _ in 0..times {
        if let Some((sign, step)) = &step {
            current = added(&current, *sign, step);
        }
        values.push(Some(Value::from(current.clone())));
    }
    (values, rest)
}

/// Buckets added by index, after those of the finer schema were put together.
fn added(histogram: &Histogram, sign: f64, step: &Histogram) -> Histogram {
    let schema = histogram.schema.min(step.schema);
    let (histogram, step) = (coarser(histogram, schema), coarser(step, schema));
    let side = |own: &[(i32, f64)], step: &[(i32, f64)]| {
        let mut sum: std::collections::BTreeMap<i32, f64> = own.iter().copied().collect();
        step.iter().for_each(|(index, count)| *sum.entry(*index).or_default() += sign * count);
        sum.into_iter().collect()
    };
    Histogram {
        zero_count: histogram.zero_count + sign * step.zero_count,
        count: histogram.count + sign * step.count,
        sum: histogram.sum + sign * step.sum,
        positive: side(&histogram.positive, &step.positive),
        negative: side(&histogram.negative, &step.negative),
        ..histogram.clone()
    }
}

/// The histogram in a schema that has wider buckets, or its own.
fn coarser(histogram: &Histogram, schema: i32) -> Histogram {
    let shift = histogram.schema - schema;
    let side = |own: &[(i32, f64)]| {
        let mut sum = std::collections::BTreeMap::new();
        own.iter().for_each(|(index, count)| *sum.entry(((index - 1) >> shift) + 1).or_insert(0.0) += count);
        sum.into_iter().collect()
    };
    Histogram { schema, positive: side(&histogram.positive), negative: side(&histogram.negative), ..histogram.clone() }
}
