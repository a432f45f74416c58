//! Comparisons of `hex_id(column)` become comparisons of the binary column.

use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, lit};
use datafusion::scalar::ScalarValue;

use crate::{attributes, hex_id};

/// The same comparison on the stored column, when `expr` compares a hex id with literals.
pub(super) fn compare_binary(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (id, text) = operands(left, right).or_else(|| operands(right, left))?;
            equality(id, *op, text)
        }
        Expr::InList(InList { expr, list, negated }) => membership(id(expr)?, list, *negated),
        Expr::IsNull(inner) => Some(id(inner)?.clone().is_null()),
        Expr::IsNotNull(inner) => Some(id(inner)?.clone().is_not_null()),
        _ => None,
    }
}

fn operands<'a>(id_side: &'a Expr, text_side: &'a Expr) -> Option<(&'a Expr, &'a str)> {
    Some((id(id_side)?, attributes::text(text_side)?))
}

/// The stored column below a hex id; a cast between kinds of text changes nothing.
fn id(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Cast(cast) if cast.field.data_type().is_string() => id(&cast.expr),
        _ => hex_id::argument(expr),
    }
}

fn equality(id: &Expr, op: Operator, text: &str) -> Option<Expr> {
    match (op, decode(text)) {
        (Operator::Eq, Some(bytes)) => Some(id.clone().eq(bytes)),
        (Operator::NotEq, Some(bytes)) => Some(id.clone().not_eq(bytes)),
        (Operator::Eq, None) => Some(never(id)),
        (Operator::NotEq, None) => Some(always(id)),
        _ => None,
    }
}

fn membership(id: &Expr, list: &[Expr], negated: bool) -> Option<Expr> {
    let texts = list.iter().map(attributes::text).collect::<Option<Vec<_>>>()?;
    let ids: Vec<Expr> = texts.into_iter().filter_map(decode).collect();
    Some(match (ids.is_empty(), negated) {
        (true, true) => always(id),
        (true, false) => never(id),
        (false, _) => id.clone().in_list(ids, negated),
    })
}

/// The bytes whose hex form is `text`; nothing else has that form, so upper case has none.
fn decode(text: &str) -> Option<Expr> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    Some(lit(ScalarValue::BinaryView(Some(hex::decode(text).ok()?))))
}

/// False, or null where the id is null, as the comparison with a text no id has.
fn never(id: &Expr) -> Expr {
    id.clone().is_null().and(unknown())
}

/// True, or null where the id is null.
fn always(id: &Expr) -> Expr {
    id.clone().is_not_null().or(unknown())
}

fn unknown() -> Expr {
    lit(ScalarValue::Boolean(None))
}
