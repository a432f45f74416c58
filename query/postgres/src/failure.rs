//! Errors as PostgreSQL tells them: with a SQLSTATE, a message and a hint.

use pgwire::error::{ErrorInfo, PgWireError};
use query_api::{ErrorBody, ErrorKind};
use query_engine::QueryError;

/// A SQLSTATE (PostgreSQL 16, appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// 01000
    Warning,
    /// 08P01
    ProtocolViolation,
    /// 0A000
    FeatureNotSupported,
    /// 22012
    DivisionByZero,
    /// 22P02
    InvalidText,
    /// 28000
    InvalidAuthorization,
    /// 28P01
    InvalidPassword,
    /// 42501
    InsufficientPrivilege,
    /// 42601
    SyntaxError,
    /// 42703
    UndefinedColumn,
    /// 42704
    UndefinedObject,
    /// 42883
    UndefinedFunction,
    /// 42P01
    UndefinedTable,
    /// 53200
    OutOfMemory,
    /// 53300
    TooManyConnections,
    /// 54000
    LimitExceeded,
    /// 57014
    QueryCanceled,
    /// 57P01
    AdminShutdown,
    /// 57P03
    CannotConnectNow,
    /// XX000
    Internal,
}

/// Texts of the engine's errors and what they mean.
const MEANINGS: [(&str, Code); 10] = [
    ("there is no table", Code::UndefinedTable),
    ("is refused", Code::InsufficientPrivilege),
    ("are refused", Code::InsufficientPrivilege),
    ("No field named", Code::UndefinedColumn),
    ("Invalid function", Code::UndefinedFunction),
    ("No function matches", Code::UndefinedFunction),
    ("more than", Code::LimitExceeded),
    ("words and signs", Code::LimitExceeded),
    ("Divide by zero", Code::DivisionByZero),
    ("Cannot cast", Code::InvalidText),
];

// === impl Code ===

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "01000",
            Self::ProtocolViolation => "08P01",
            Self::FeatureNotSupported => "0A000",
            Self::DivisionByZero => "22012",
            Self::InvalidText => "22P02",
            Self::InvalidAuthorization => "28000",
            Self::InvalidPassword => "28P01",
            Self::InsufficientPrivilege => "42501",
            Self::SyntaxError => "42601",
            Self::UndefinedColumn => "42703",
            Self::UndefinedObject => "42704",
            Self::UndefinedFunction => "42883",
            Self::UndefinedTable => "42P01",
            Self::OutOfMemory => "53200",
            Self::TooManyConnections => "53300",
            Self::LimitExceeded => "54000",
            Self::QueryCanceled => "57014",
            Self::AdminShutdown => "57P01",
            Self::CannotConnectNow => "57P03",
            Self::Internal => "XX000",
        }
    }

    /// The code of an error of the engine.
    fn of(body: &ErrorBody) -> Self {
        let of_text = || {
            let meaning = MEANINGS.iter().find(|(text, _)| body.message.contains(text));
            meaning.map_or(Self::SyntaxError, |(_, code)| *code)
        };
        match body.kind {
            ErrorKind::BadRequest | ErrorKind::NotFound => of_text(),
            ErrorKind::Unauthenticated => Self::InvalidPassword,
            ErrorKind::Forbidden => Self::InvalidAuthorization,
            ErrorKind::ResourceLimit if body.message.contains("memory") => Self::OutOfMemory,
            ErrorKind::ResourceLimit | ErrorKind::TooLarge => Self::LimitExceeded,
            ErrorKind::Timeout => Self::QueryCanceled,
            ErrorKind::Unavailable => Self::CannotConnectNow,
            ErrorKind::Internal => Self::Internal,
        }
    }
}

/// An error that ends a statement.
pub(crate) fn error(code: Code, message: impl Into<String>, hint: &str) -> Box<ErrorInfo> {
    told("ERROR", code, message.into(), hint)
}

/// An error that ends the connection.
pub(crate) fn fatal(code: Code, message: impl Into<String>, hint: &str) -> Box<ErrorInfo> {
    told("FATAL", code, message.into(), hint)
}

/// Something to know beside an answer.
pub(crate) fn warning(message: String) -> ErrorInfo {
    *told("WARNING", Code::Warning, message, "")
}

/// Why a client may not come in.
pub(crate) fn turned_away(body: &ErrorBody) -> Box<ErrorInfo> {
    fatal(Code::of(body), body.message.clone(), &body.hint)
}

fn told(severity: &str, code: Code, message: String, hint: &str) -> Box<ErrorInfo> {
    let mut info = ErrorInfo::new(severity.to_owned(), code.as_str().to_owned(), message);
    info.severity_nonlocalized = Some(severity.to_owned());
    info.hint = (!hint.is_empty()).then(|| hint.to_owned());
    Box::new(info)
}

/// An error of the engine.
pub(crate) fn of_question(error: QueryError) -> PgWireError {
    let body = error.into_body();
    PgWireError::UserError(self::error(Code::of(&body), body.message, &body.hint))
}

/// An error as it is sent: those of the protocol's library get our words for what only the log should tell.
pub(crate) fn info(error: PgWireError) -> ErrorInfo {
    match error {
        PgWireError::ApiError(cause) => {
            tracing::error!(%cause, "a PostgreSQL client could not be answered");
            *self::error(
                Code::Internal,
                "the question could not be answered because of a fault inside slowburn",
                "try again; the server's log says what failed",
            )
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: ErrorKind, message: &str) -> &'static str {
        Code::of(&ErrorBody { kind, message: message.to_owned(), hint: String::new() }).as_str()
    }

    #[test]
    fn errors_of_the_engine_have_codes_programs_know() {
        for (message, wanted) in [
            ("there is no table stored.spans", "42P01"),
            ("the table function read_csv is refused", "42501"),
            ("No field named nam", "42703"),
            ("Invalid function 'repeat'", "42883"),
            ("the query has more than 500 operators nested in one expression", "54000"),
            ("the query is no SQL: Expected: an expression", "42601"),
            ("Divide by zero error", "22012"),
        ] {
            assert_eq!(code(ErrorKind::BadRequest, message), wanted, "{message}");
        }
        assert_eq!(code(ErrorKind::Timeout, "late"), "57014");
        assert_eq!(code(ErrorKind::ResourceLimit, "the question needs more memory than it may use"), "53200");
        assert_eq!(code(ErrorKind::Internal, ""), "XX000");
    }
}
