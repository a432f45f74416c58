//! What a question says, in the terms of the evaluator.

use regex::Regex;

use crate::functions::Function;
use crate::labels::Labels;

/// How a label's value is compared. A label that is not there has the empty value.
#[derive(Debug, Clone)]
pub enum Test {
    /// It is this.
    Equal(String),
    /// It is anything but this.
    NotEqual(String),
    /// It matches as a whole. The text is the pattern as it was written.
    Matches(String, Regex),
    /// It does not match as a whole.
    NotMatches(String, Regex),
}

/// A condition on one label; on the metric's name by `__name__`.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// What its value has to be.
    pub test: Test,
}

/// The moment `@` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Start,
    End,
    /// Milliseconds since 1970.
    Moment(i64),
}

/// How a selector moves in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shift {
    /// Milliseconds into the past.
    pub(crate) offset: i64,
    pub(crate) at: Option<At>,
}

/// Series by their labels.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    /// Its place among the question's selectors.
    pub(crate) id: usize,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) shift: Shift,
}

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Number(f64),
    Text(String),
    Select(Selector),
    Range { selector: Selector, range: i64 },
    Subquery(Box<Subquery>),
    Negate(Box<Self>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call { function: Function, args: Vec<Self> },
}

/// An expression evaluated at many moments.
#[derive(Debug, Clone)]
pub(crate) struct Subquery {
    pub(crate) inner: Node,
    /// Milliseconds.
    pub(crate) range: i64,
    /// Milliseconds; the default when nothing is said.
    pub(crate) step: Option<i64>,
    pub(crate) shift: Shift,
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    And,
    Or,
    Unless,
}

/// Which side may have many partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Many {
    Neither,
    Left,
    Right,
}

/// Two operands.
#[derive(Debug, Clone)]
pub(crate) struct Binary {
    pub(crate) operator: Operator,
    pub(crate) left: Node,
    pub(crate) right: Node,
    /// 0 and 1 in place of a filter.
    pub(crate) as_bool: bool,
    pub(crate) matching: Matching,
}

/// How elements of two vectors find each other.
#[derive(Debug, Clone)]
pub(crate) struct Matching {
    pub(crate) many: Many,
    /// Whether `labels` are those that have to be equal, or those that need not be.
    pub(crate) on: bool,
    pub(crate) labels: Vec<String>,
    /// Labels taken from the side with one.
    pub(crate) include: Vec<String>,
    /// What stands for an element that is missing on the left, and on the right.
    pub(crate) fill: (Option<f64>, Option<f64>),
}

/// How elements become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregator {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
}

/// Elements put together in groups.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    pub(crate) aggregator: Aggregator,
    pub(crate) inner: Node,
    pub(crate) parameter: Option<Node>,
    /// Whether `labels` are left out, or the only ones kept.
    pub(crate) without: bool,
    pub(crate) labels: Vec<String>,
}

// === impl Matcher ===

impl Matcher {
    /// Whether a series with these labels fits.
    #[must_use]
    pub fn fits(&self, labels: &Labels) -> bool {
        self.test.fits(labels.get(&self.name))
    }
}

// === impl Test ===

impl Test {
    /// Whether a value fits.
    #[must_use]
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Self::Equal(wanted) => value == wanted,
            Self::NotEqual(unwanted) => value != unwanted,
            Self::Matches(_, pattern) => pattern.is_match(value),
            Self::NotMatches(_, pattern) => !pattern.is_match(value),
        }
    }
}

// === impl Operator ===

impl Operator {
    /// Whether it compares, rather than calculates.
    pub(crate) const fn compares(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual | Self::Greater | Self::Less | Self::GreaterEqual | Self::LessEqual)
    }

    pub(crate) const fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterEqual => ">=",
            Self::LessEqual => "<=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
        }
    }
}

// === impl Aggregator ===

impl Aggregator {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Group => "group",
            Self::Stddev => "stddev",
            Self::Stdvar => "stdvar",
            Self::Topk => "topk",
            Self::Bottomk => "bottomk",
            Self::CountValues => "count_values",
            Self::Quantile => "quantile",
            Self::Limitk => "limitk",
        }
    }
}
