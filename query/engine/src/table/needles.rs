//! The values a filter asks for, where it asks for few.

use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::scalar::ScalarValue;

/// Values an index is asked for at most; a question with more reads what its other filters leave.
const MOST: usize = 1_000;

/// The values of which `column` must have one for all of `filters` to hold; `None` when they do not say, or there are
/// very many.
pub(super) fn needles<'a>(filters: &'a [Expr], column: &str) -> Option<Vec<&'a [u8]>> {
    let smallest = filters.iter().filter_map(|filter| of_one(filter, column)).min_by_key(Vec::len);
    smallest.filter(|values| values.len() <= MOST)
}

fn of_one<'a>(filter: &'a Expr, column: &str) -> Option<Vec<&'a [u8]>> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (left.as_ref(), right.as_ref()) {
            (side, value) | (value, side) if is_column(side, column) => Some(vec![binary(value)?]),
            _ => None,
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let (mut values, right) = (of_one(left, column)?, of_one(right, column)?);
            values.extend(right);
            Some(values)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            let sides = [of_one(left, column), of_one(right, column)];
            sides.into_iter().flatten().min_by_key(Vec::len)
        }
        Expr::InList(InList { expr, list, negated: false }) if is_column(expr, column) => {
            list.iter().map(binary).collect()
        }
        _ => None,
    }
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name() == name)
}

fn binary(expr: &Expr) -> Option<&[u8]> {
    match expr {
        Expr::Literal(
            ScalarValue::Binary(Some(value))
            | ScalarValue::BinaryView(Some(value))
            | ScalarValue::LargeBinary(Some(value)),
            _,
        ) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::lit;
    use datafusion::prelude::col;

    use super::*;

    fn id(byte: u8) -> Expr {
        lit(ScalarValue::BinaryView(Some(vec![byte])))
    }

    fn found(filters: &[Expr]) -> Option<Vec<u8>> {
        needles(filters, "id").map(|values| values.concat())
    }

    #[test]
    fn values_are_found_where_one_of_them_must_be() {
        let is = |byte| col("id").eq(id(byte));
        assert_eq!(found(&[is(1)]), Some(vec![1]));
        assert_eq!(found(&[id(1).eq(col("id"))]), Some(vec![1]));
        assert_eq!(found(&[is(1).or(is(2)).or(is(3)), col("a").gt(lit(1))]), Some(vec![1, 2, 3]));
        assert_eq!(found(&[col("id").in_list(vec![id(4), id(5)], false)]), Some(vec![4, 5]));
        assert_eq!(found(&[is(1).or(is(2)), is(3)]), Some(vec![3]));
        assert_eq!(found(&[is(1).and(col("a").eq(lit(2)))]), Some(vec![1]));
    }

    #[test]
    fn what_leaves_other_rows_in_names_no_value() {
        let is = |byte| col("id").eq(id(byte));
        for filter in [
            is(1).or(col("a").eq(lit(1))),
            col("id").not_eq(id(1)),
            col("id").in_list(vec![id(1)], true),
            col("id").eq(col("other")),
            col("other").eq(id(1)),
            col("id").is_null(),
            col("id").in_list((0..=MOST).map(|_| id(1)).collect(), false),
        ] {
            assert_eq!(found(std::slice::from_ref(&filter)), None, "{filter}");
        }
    }
}
