//! Queries of others that tell values of moments: rows with the columns `time` and `value`; further columns are labels.

use datafusion::sql::parser::Statement;

use crate::error::QueryError;
use crate::question;
use crate::session::Session;

/// What such a query has to look like.
pub(crate) const REMEDY: &str =
    "select the columns time, a timestamp, and value, a number; further columns tell groups";

/// The columns of a query that are labels, in its order.
///
/// # Errors
///
/// `BadRequest` for a query without `time` or `value`, and for what is no query.
pub(crate) async fn labels(session: &Session, statement: Statement) -> Result<Vec<String>, QueryError> {
    let plan = question::logical(session, statement).await?;
    let names: Vec<String> = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
    for needed in ["time", "value"] {
        if !names.iter().any(|name| name == needed) {
            return Err(QueryError::bad(format!("the query has no column {needed}"), REMEDY));
        }
    }
    Ok(names.into_iter().filter(|name| name != "time" && name != "value").collect())
}

/// The labels of `asked` as the columns `g0`, `g1`, … of texts, each behind a comma, and those names likewise.
pub(crate) fn told_labels(labels: &[String]) -> (String, String) {
    let label = |(number, name): (usize, &String)| {
        let name = name.replace('"', "\"\"");
        format!(", CAST(asked.\"{name}\" AS VARCHAR) AS g{number}")
    };
    let told = labels.iter().enumerate().map(label).collect();
    let names = (0..labels.len()).map(|number| format!(", g{number}")).collect();
    (told, names)
}
