//! From text to [`Node`]: `promql-parser` reads the text, this says what of it is evaluated.

use std::time::{Duration, SystemTime};

use promql_parser::label::{self, MatchOp};
use promql_parser::parser::token::TokenType;
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinModifier, BinaryExpr, Call, Expr, LabelModifier, Offset, SubqueryExpr,
    VectorMatchCardinality, VectorSelector,
};
use regex::Regex;

use crate::error::PromqlError;
use crate::functions::Function;
use crate::labels::METRIC_NAME;
use crate::node::{
    Aggregate, Aggregator, At, Binary, Many, Matcher, Matching, Node, Operator, Selector, Shift, Subquery, Test,
};

/// How deep expressions may be nested.
const DEPTH: usize = 200;

/// How long a question may be, in bytes.
const LENGTH: usize = 64 * 1024;

/// Operators and parentheses a question may have: the parser nests as deep as there are.
const OPERATORS: usize = 1_000;

/// The type of what an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    Vector,
    Matrix,
    Text,
}

/// Reads a question; gives its type and the number of its selectors as well.
pub(crate) fn parse(text: &str) -> Result<(Node, Kind, usize), PromqlError> {
    if text.len() > LENGTH {
        return Err(PromqlError::TooMuch(format!("a query has {LENGTH} bytes at most")));
    }
    if operators(text) > OPERATORS {
        return Err(PromqlError::TooMuch(format!("a query has {OPERATORS} operators and parentheses at most")));
    }
    let expression =
        promql_parser::parser::parse(text).map_err(|error| PromqlError::Parse(format!("parse error: {error}")))?;
    let mut reader = Reader { selectors: 0 };
    let node = reader.node(&expression, 0)?;
    Ok((node, kind(&expression), reader.selectors))
}

/// Reads a selector by itself, as `match[]` has it.
///
/// # Errors
///
/// `Parse` when the text is no selector of instant vectors.
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, PromqlError> {
    match parse(text)?.0 {
        Node::Select(selector) if selector.shift == Shift::default() => Ok(selector.matchers),
        _ => Err(PromqlError::Parse(format!("parse error: {text:?} is not a series selector"))),
    }
}

/// How many operators and opening parentheses a text has, outside of its strings.
fn operators(text: &str) -> usize {
    let (mut count, mut quote, mut escaped) = (0, None, false);
    let mut word = String::new();
    for letter in text.chars() {
        let in_escape = std::mem::take(&mut escaped);
        if quote.is_none() && (letter.is_ascii_alphanumeric() || letter == '_') {
            word.push(letter.to_ascii_lowercase());
            continue;
        }
        if matches!(std::mem::take(&mut word).as_str(), "and" | "or" | "unless" | "atan2") {
            count += 1;
        }
        match quote {
            Some(_) if in_escape => {}
            Some(open) if letter == '\\' && open != '`' => escaped = true,
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '"' | '\'' | '`') => quote = Some(letter),
            None if "+-*/%^=<>([{".contains(letter) => count += 1,
            Some(_) | None => {}
        }
    }
    count
}

/// A duration as PromQL writes it (`1h30m`), in milliseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    promql_parser::util::parse_duration(text).ok().map(millis)
}

fn kind(expression: &Expr) -> Kind {
    use promql_parser::parser::value::ValueType;
    match expression.value_type() {
        ValueType::Scalar => Kind::Scalar,
        ValueType::Vector => Kind::Vector,
        ValueType::Matrix => Kind::Matrix,
        ValueType::String => Kind::Text,
    }
}

struct Reader {
    selectors: usize,
}

// === impl Reader ===

impl Reader {
    fn node(&mut self, expression: &Expr, depth: usize) -> Result<Node, PromqlError> {
        if depth > DEPTH {
            return Err(PromqlError::TooMuch(format!("expressions are nested {DEPTH} deep at most")));
        }
        let depth = depth + 1;
        match expression {
            Expr::NumberLiteral(number) => Ok(Node::Number(number.val)),
            Expr::StringLiteral(text) => Ok(Node::Text(text.val.clone())),
            Expr::Paren(inner) => self.node(&inner.expr, depth),
            Expr::Unary(inner) => Ok(Node::Negate(Box::new(self.node(&inner.expr, depth)?))),
            Expr::VectorSelector(selector) => Ok(Node::Select(self.selector(selector)?)),
            Expr::MatrixSelector(matrix) => {
                Ok(Node::Range { selector: self.selector(&matrix.vs)?, range: millis(matrix.range) })
            }
            Expr::Subquery(subquery) => self.subquery(subquery, depth),
            Expr::Binary(binary) => self.binary(binary, depth),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, depth),
            Expr::Call(call) => self.call(call, depth),
            Expr::Extension(_) => Err(PromqlError::NotSupported("extensions of the language".to_owned())),
        }
    }

    fn selector(&mut self, selector: &VectorSelector) -> Result<Selector, PromqlError> {
        if !selector.matchers.or_matchers.is_empty() {
            return Err(PromqlError::NotSupported("`or` between label matchers".to_owned()));
        }
        let name = selector
            .name
            .iter()
            .map(|name| Ok(Matcher { name: METRIC_NAME.to_owned(), test: Test::Equal(name.clone()) }));
        let matchers: Vec<Matcher> =
            name.chain(selector.matchers.matchers.iter().map(matcher)).collect::<Result<_, _>>()?;
        if matchers.iter().all(|matcher| matcher.test.fits("")) {
            let text = "parse error: vector selector must contain at least one non-empty matcher";
            return Err(PromqlError::Parse(text.to_owned()));
        }
        let id = self.selectors;
        self.selectors += 1;
        Ok(Selector { id, matchers, shift: shift(selector.offset.as_ref(), selector.at.as_ref()) })
    }

    fn subquery(&mut self, subquery: &SubqueryExpr, depth: usize) -> Result<Node, PromqlError> {
        Ok(Node::Subquery(Box::new(Subquery {
            inner: self.node(&subquery.expr, depth)?,
            range: millis(subquery.range),
            step: subquery.step.map(millis).filter(|step| *step > 0),
            shift: shift(subquery.offset.as_ref(), subquery.at.as_ref()),
        })))
    }

    fn binary(&mut self, binary: &BinaryExpr, depth: usize) -> Result<Node, PromqlError> {
        let operator = operator(binary.op)?;
        let as_bool = binary.return_bool();
        Ok(Node::Binary(Box::new(Binary {
            operator,
            left: self.node(&binary.lhs, depth)?,
            right: self.node(&binary.rhs, depth)?,
            as_bool,
            matching: matching(binary.modifier.as_ref()),
        })))
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr, depth: usize) -> Result<Node, PromqlError> {
        let (without, labels) = match &aggregate.modifier {
            None => (false, Vec::new()),
            Some(LabelModifier::Include(labels)) => (false, labels.labels.clone()),
            Some(LabelModifier::Exclude(labels)) => (true, labels.labels.clone()),
        };
        let parameter = aggregate.param.as_ref().map(|parameter| self.node(parameter, depth)).transpose()?;
        let inner = self.node(&aggregate.expr, depth)?;
        let aggregator = aggregator(aggregate.op)?;
        Ok(Node::Aggregate(Box::new(Aggregate { aggregator, inner, parameter, without, labels })))
    }

    fn call(&mut self, call: &Call, depth: usize) -> Result<Node, PromqlError> {
        let function = Function::named(call.func.name)
            .ok_or_else(|| PromqlError::NotSupported(format!("the function {}", call.func.name)))?;
        let args = call.args.args.iter().map(|argument| self.node(argument, depth)).collect::<Result<_, _>>()?;
        Ok(Node::Call { function, args })
    }
}

fn matcher(matcher: &label::Matcher) -> Result<Matcher, PromqlError> {
    let value = matcher.value.clone();
    let test = match &matcher.op {
        MatchOp::Equal => Test::Equal(value),
        MatchOp::NotEqual => Test::NotEqual(value),
        MatchOp::Re(pattern) => Test::Matches(value, dotall(pattern)?),
        MatchOp::NotRe(pattern) => Test::NotMatches(value, dotall(pattern)?),
    };
    Ok(Matcher { name: matcher.name.clone(), test })
}

/// As in Prometheus, `.` matches the end of a line as well.
fn dotall(pattern: &Regex) -> Result<Regex, PromqlError> {
    Regex::new(&format!("(?s){}", pattern.as_str())).map_err(|error| PromqlError::Parse(error.to_string()))
}

fn shift(offset: Option<&Offset>, at: Option<&AtModifier>) -> Shift {
    let offset = match offset {
        None => 0,
        Some(Offset::Pos(back)) => millis(*back),
        Some(Offset::Neg(forward)) => -millis(*forward),
    };
    let at = at.map(|at| match at {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(moment) => At::Moment(match moment.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        }),
    });
    Shift { offset, at }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

fn matching(modifier: Option<&BinModifier>) -> Matching {
    let Some(modifier) = modifier else {
        let (labels, include) = (Vec::new(), Vec::new());
        return Matching { many: Many::Neither, on: false, labels, include, fill: (None, None) };
    };
    let (many, include) = match &modifier.card {
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => (Many::Neither, Vec::new()),
        VectorMatchCardinality::ManyToOne(include) => (Many::Left, include.labels.clone()),
        VectorMatchCardinality::OneToMany(include) => (Many::Right, include.labels.clone()),
    };
    let (on, labels) = match &modifier.matching {
        None => (false, Vec::new()),
        Some(LabelModifier::Include(labels)) => (true, labels.labels.clone()),
        Some(LabelModifier::Exclude(labels)) => (false, labels.labels.clone()),
    };
    Matching { many, on, labels, include, fill: (modifier.fill_values.lhs, modifier.fill_values.rhs) }
}

fn operator(token: TokenType) -> Result<Operator, PromqlError> {
    let all = [
        Operator::Add,
        Operator::Sub,
        Operator::Mul,
        Operator::Div,
        Operator::Mod,
        Operator::Pow,
        Operator::Atan2,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Greater,
        Operator::Less,
        Operator::GreaterEqual,
        Operator::LessEqual,
        Operator::And,
        Operator::Or,
        Operator::Unless,
    ];
    let symbol = token.to_string();
    let unknown = || PromqlError::NotSupported(format!("the operator {symbol}"));
    all.into_iter().find(|operator| operator.symbol() == symbol).ok_or_else(unknown)
}

fn aggregator(token: TokenType) -> Result<Aggregator, PromqlError> {
    let all = [
        Aggregator::Sum,
        Aggregator::Avg,
        Aggregator::Count,
        Aggregator::Min,
        Aggregator::Max,
        Aggregator::Group,
        Aggregator::Stddev,
        Aggregator::Stdvar,
        Aggregator::Topk,
        Aggregator::Bottomk,
        Aggregator::CountValues,
        Aggregator::Quantile,
        Aggregator::Limitk,
    ];
    let name = token.to_string();
    let unknown = || PromqlError::NotSupported(format!("the aggregation {name}"));
    all.into_iter().find(|aggregator| aggregator.name() == name).ok_or_else(unknown)
}
