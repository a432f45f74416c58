//! Whether a span was an error.
//!
//! The status decides where the instrumentation set one. Where it is unset, the protocol's own
//! code decides by the rules an instrumentation should have followed (OpenTelemetry semantic
//! conventions: HTTP spans, "Status"; gRPC, "gRPC Status"; "Recording errors").

/// What is known of a span's outcome. `None`: not said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome<'a> {
    pub(crate) status: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) error_type: Option<&'a str>,
    pub(crate) http_status: Option<i64>,
    pub(crate) grpc_status: Option<i64>,
}

/// gRPC codes that are errors of a server: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
/// UNAVAILABLE, DATA_LOSS. The others tell the client what it did wrong.
const GRPC_SERVER_ERRORS: [i64; 6] = [2, 4, 12, 13, 14, 15];

// === impl Outcome ===

impl Outcome<'_> {
    pub(crate) fn is_error(&self) -> bool {
        match self.status {
            Some("ERROR") => true,
            Some("OK") => false,
            _ => self.error_type.is_some() || self.http_error() || self.grpc_error(),
        }
    }

    fn is_server(&self) -> bool {
        self.kind == Some("SERVER")
    }

    /// 4xx is the client's error; what a server answers with it, it did right.
    fn http_error(&self) -> bool {
        let first_error = if self.is_server() { 500 } else { 400 };
        self.http_status.is_some_and(|status| (first_error..600).contains(&status))
    }

    fn grpc_error(&self) -> bool {
        let is_error = |code: i64| if self.is_server() { GRPC_SERVER_ERRORS.contains(&code) } else { code != 0 };
        self.grpc_status.is_some_and(is_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Outcome<'static> =
        Outcome { status: Some("UNSET"), kind: None, error_type: None, http_status: None, grpc_status: None };

    #[test]
    fn the_status_decides_where_it_is_set() {
        assert!(Outcome { status: Some("ERROR"), http_status: Some(200), ..NOTHING }.is_error());
        assert!(!Outcome { status: Some("OK"), http_status: Some(500), error_type: Some("x"), ..NOTHING }.is_error());
        assert!(!NOTHING.is_error());
        assert!(!Outcome::default().is_error());
    }

    #[test]
    fn an_unset_status_leaves_it_to_http() {
        for (kind, http, expected) in [
            ("SERVER", 404, false),
            ("SERVER", 500, true),
            ("SERVER", 599, true),
            ("SERVER", 600, false),
            ("CLIENT", 399, false),
            ("CLIENT", 404, true),
            ("CLIENT", 503, true),
        ] {
            let outcome = Outcome { kind: Some(kind), http_status: Some(http), ..NOTHING };
            assert_eq!(outcome.is_error(), expected, "{kind} {http}");
        }
    }

    #[test]
    fn an_unset_status_leaves_it_to_grpc() {
        for (code, server, client) in [(0, false, false), (1, false, true), (5, false, true), (13, true, true)] {
            let of = |kind| Outcome { kind: Some(kind), grpc_status: Some(code), ..NOTHING }.is_error();
            assert_eq!((of("SERVER"), of("CLIENT")), (server, client), "{code}");
        }
    }

    #[test]
    fn an_error_type_is_there_on_failure_only() {
        assert!(Outcome { error_type: Some("timeout"), ..NOTHING }.is_error());
    }
}
