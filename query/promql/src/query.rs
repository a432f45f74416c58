//! A question, what it needs, and its answer.

use crate::error::{Notes, PromqlError};
use crate::eval::{Evaluation, Item, Outcome, at_of};
use crate::labels::Labels;
use crate::limits::{Budget, Limits};
use crate::node::{Aggregate, Binary, Matcher, Node, Selector};
use crate::parse::{self, Kind};
use crate::sample::{Sample, Series, Value};

/// How far back a selector looks for the newest sample, in milliseconds.
pub const LOOKBACK: i64 = 5 * 60 * 1_000;

/// The step of subqueries that tell none, in milliseconds.
pub const DEFAULT_STEP: i64 = 60 * 1_000;

/// A question that was read.
#[derive(Debug, Clone)]
pub struct Query {
    text: String,
    node: Node,
    kind: Kind,
    selectors: usize,
}

/// When a question is evaluated. Milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first moment.
    pub start: i64,
    /// No moment is after it.
    pub end: i64,
    /// From one moment to the next; above zero. At a single moment it does not matter.
    pub step: i64,
}

/// The series a selector may need.
#[derive(Debug, Clone)]
pub struct Need {
    /// The place of the selector among those of its question.
    pub id: usize,
    /// Conditions on labels, all of which have to hold.
    pub matchers: Vec<Matcher>,
    /// Milliseconds since 1970; samples after it are needed.
    pub after: i64,
    /// Milliseconds since 1970; samples up to it are needed.
    pub until: i64,
}

/// Gives the series that selectors need.
pub trait Source {
    /// The series of a need, whose labels fit its matchers, with the samples of its time and no two of the same labels.
    /// Samples outside of its time do no harm.
    fn series(&self, need: &Need) -> &[Series];
}

/// An element of an instant answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Which series it belongs to.
    pub labels: Labels,
    /// Its value at the moment asked for.
    pub value: Value,
}

/// What a question gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A number.
    Scalar(f64),
    /// A text.
    Text(String),
    /// An element a series, at a moment.
    Vector(Vec<Element>),
    /// Samples a series, over a range.
    Matrix(Vec<Series>),
}

/// What a question gives, and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The data.
    pub data: Data,
    /// What makes them doubtful or surprising.
    pub notes: Notes,
}

// === impl Query ===

impl Query {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// `Parse` when it is no PromQL, `NotSupported` when it has words that are not evaluated, `TooMuch` when it is too long
    /// or nested too deep.
    pub fn parse(text: &str) -> Result<Self, PromqlError> {
        let (node, kind, selectors) = parse::parse(text)?;
        Ok(Self { text: text.to_owned(), node, kind, selectors })
    }

    /// The question as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many selectors it has; needs have ids below this.
    #[must_use]
    pub const fn selectors(&self) -> usize {
        self.selectors
    }

    /// What it needs at `times`, by the id of the selector.
    #[must_use]
    pub fn needs(&self, times: Times) -> Vec<Need> {
        let mut needs = Vec::new();
        collect(&self.node, (times.start, times.end), times, &mut needs);
        needs.sort_by_key(|need| need.id);
        needs
    }

    /// Evaluates it at one moment.
    ///
    /// # Errors
    ///
    /// `Execution` when the data do not allow it, `TooMuch` beyond `limits`, `Canceled` once `canceled` says so.
    pub fn instant(
        &self,
        at: i64,
        source: &dyn Source,
        limits: Limits,
        canceled: &dyn Fn() -> bool,
    ) -> Result<Answer, PromqlError> {
        let times = Times { start: at, end: at, step: 1 };
        let budget = Budget::new(limits, canceled);
        let mut evaluation = Evaluation::new(times, &self.needs(times), source, &budget);
        let data = if self.kind == Kind::Matrix {
            let windows = evaluation.windows(&self.node, at)?;
            let series = |window: crate::eval::OwnedWindow| Series { labels: window.labels, samples: window.samples };
            Data::Matrix(sorted(windows.into_iter().map(series).collect()))
        } else {
            match evaluation.evaluate(&self.node, at)? {
                Outcome::Scalar(value) => Data::Scalar(value),
                Outcome::Text(text) => Data::Text(text),
                Outcome::Vector(items) => Data::Vector(items.into_iter().map(Element::from).collect()),
            }
        };
        Ok(Answer { data, notes: evaluation.into_notes() })
    }

    /// Evaluates it at every step of a range.
    ///
    /// # Errors
    ///
    /// As at one moment; `Parse` for what is neither a number nor a vector, `TooMuch` for more steps than are allowed.
    pub fn range(
        &self,
        times: Times,
        source: &dyn Source,
        limits: Limits,
        canceled: &dyn Fn() -> bool,
    ) -> Result<Answer, PromqlError> {
        if !matches!(self.kind, Kind::Scalar | Kind::Vector) {
            let text = "invalid expression type for range query, must be Scalar or instant Vector";
            return Err(PromqlError::Parse(text.to_owned()));
        }
        if times.step <= 0 || times.end < times.start {
            return Err(PromqlError::Parse("a range has a step above zero and ends after it starts".to_owned()));
        }
        let steps = times.end.saturating_sub(times.start) / times.step;
        if usize::try_from(steps).is_ok_and(|steps| steps > limits.steps) {
            return Err(PromqlError::TooMuch(format!(
                "exceeded maximum resolution of {} points per timeseries. Try decreasing the query resolution (?step=XX)",
                limits.steps
            )));
        }
        let budget = Budget::new(limits, canceled);
        let mut evaluation = Evaluation::new(times, &self.needs(times), source, &budget);
        let mut gathered = Gathered::default();
        for step in 0..=steps {
            let at = times.start + step * times.step;
            match evaluation.evaluate(&self.node, at)? {
                Outcome::Scalar(value) => gathered.add(Labels::none(), at, Value::Float(value)),
                Outcome::Text(_) => {}
                Outcome::Vector(items) => {
                    budget.keep(items.len())?;
                    items.into_iter().for_each(|item| gathered.add(item.labels, at, item.value));
                }
            }
        }
        Ok(Answer { data: Data::Matrix(sorted(gathered.series)), notes: evaluation.into_notes() })
    }
}

/// Series as they grow step by step.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    places: std::collections::HashMap<Labels, usize>,
    pub(crate) series: Vec<Series>,
}

// === impl Gathered ===

impl Gathered {
    pub(crate) fn add(&mut self, labels: Labels, at: i64, value: Value) {
        let sample = Sample { at, value };
        match self.places.get(&labels) {
            Some(place) => self.series[*place].samples.push(sample),
            None => {
                self.places.insert(labels.clone(), self.series.len());
                self.series.push(Series { labels, samples: vec![sample] });
            }
        }
    }
}

fn sorted(mut series: Vec<Series>) -> Vec<Series> {
    series.sort_by(|one, other| one.labels.cmp(&other.labels));
    series
}

/// Adds the needs of an expression that is evaluated at moments from `within.0` to `within.1`.
fn collect(node: &Node, within: (i64, i64), times: Times, needs: &mut Vec<Need>) {
    match node {
        Node::Number(_) | Node::Text(_) => {}
        Node::Select(selector) => needs.push(need(selector, LOOKBACK, within, times)),
        Node::Range { selector, range } => needs.push(need(selector, *range, within, times)),
        Node::Subquery(subquery) => {
            let (first, last) = shifted(subquery.shift, within, times);
            collect(&subquery.inner, (first.saturating_sub(subquery.range), last), times, needs);
        }
        Node::Negate(inner) => collect(inner, within, times, needs),
        Node::Binary(binary) => {
            let Binary { left, right, .. } = &**binary;
            collect(left, within, times, needs);
            collect(right, within, times, needs);
        }
        Node::Aggregate(aggregate) => {
            let Aggregate { inner, parameter, .. } = &**aggregate;
            collect(inner, within, times, needs);
            if let Some(parameter) = parameter {
                collect(parameter, within, times, needs);
            }
        }
        Node::Call { args, .. } => args.iter().for_each(|argument| collect(argument, within, times, needs)),
    }
}

fn shifted(shift: crate::node::Shift, within: (i64, i64), times: Times) -> (i64, i64) {
    (at_of(shift, within.0, times), at_of(shift, within.1, times))
}

fn need(selector: &Selector, back: i64, within: (i64, i64), times: Times) -> Need {
    let (first, last) = shifted(selector.shift, within, times);
    Need { id: selector.id, matchers: selector.matchers.clone(), after: first.saturating_sub(back), until: last }
}

impl From<Item> for Element {
    fn from(item: Item) -> Self {
        Self { labels: item.labels, value: item.value }
    }
}
