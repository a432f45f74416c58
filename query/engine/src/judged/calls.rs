//! The calls of a question: what they give is read before the question is planned.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;
use datafusion::catalog::{MemTable, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, FunctionArg, FunctionArgExpr, TableFactor, Value, Visit, Visitor,
};
use ingest_model::Nanos;

use super::{FUNCTIONS, is_function};
use crate::error::QueryError;
use crate::session::Session;

/// A function and what it is asked.
type Call = (String, Vec<String>);

/// What the calls of a question give.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<HashMap<Call, RecordBatch>>>);

/// A function in a session.
#[derive(Debug)]
struct Function {
    name: &'static str,
    takes: &'static str,
    answers: Answers,
}

/// Finds the calls of a statement.
#[derive(Debug, Default)]
struct Calls(BTreeSet<Call>);

/// Reads what the calls of a statement give. A call whose arguments are no texts is left to the planner, which refuses it.
///
/// # Errors
///
/// What is wrong with a call.
pub(crate) async fn provide(session: &Session, statement: &Statement) -> Result<(), QueryError> {
    let mut calls = Calls::default();
    let statement = match statement {
        Statement::Explain(explain) => explain.statement.as_ref(),
        statement => statement,
    };
    if let Statement::Statement(statement) = statement {
        let _all: ControlFlow<()> = statement.visit(&mut calls);
    }
    let began = session.state.execution_props().query_execution_start_time;
    let now = began.and_then(|now| now.timestamp_nanos_opt()).unwrap_or_default();
    for (function, args) in calls.0 {
        let rows = super::rows(session, &function, &args, Nanos(now)).await?;
        session.given.put((function, args), rows);
    }
    Ok(())
}

fn text(expr: &SqlExpr) -> Option<String> {
    match expr {
        SqlExpr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

// === impl Calls ===

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (name, args) = match factor {
            TableFactor::Table { name, args: Some(args), .. } => (name, &args.args),
            TableFactor::Function { name, args, .. } => (name, args),
            _ => return ControlFlow::Continue(()),
        };
        let name = name.to_string().to_lowercase();
        let arg = |arg: &FunctionArg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => text(expr),
            _ => None,
        };
        if let (true, Some(args)) = (is_function(&name), args.iter().map(arg).collect::<Option<Vec<_>>>()) {
            self.0.insert((name, args));
        }
        ControlFlow::Continue(())
    }
}

// === impl Answers ===

impl Answers {
    /// Lets a session find the functions.
    pub(crate) fn register(&self, state: &mut SessionState) {
        for (name, takes) in FUNCTIONS {
            state.register_udtf(name, Arc::new(Function { name, takes, answers: self.clone() }));
        }
    }

    fn put(&self, call: Call, rows: RecordBatch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call, rows);
    }

    fn get(&self, call: &Call) -> Option<RecordBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(call).cloned()
    }
}

// === impl Function ===

impl TableFunctionImpl for Function {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let text = |expr: &Expr| match expr {
            Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
            _ => None,
        };
        let texts: Option<Vec<String>> = args.exprs().iter().map(text).collect();
        let rows = texts.and_then(|texts| self.answers.get(&(self.name.to_owned(), texts)));
        match rows {
            Some(rows) => Ok(Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]])?)),
            None => plan_err!("{} takes texts in quotes: {}", self.name, self.takes),
        }
    }
}
