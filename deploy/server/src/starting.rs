//! What is answered at `--http` while the log of the process before is replayed: whoever asks learns that the process
//! lives and is not ready yet. It is the same door all along, so no connection is lost when the process is ready.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use query_api::ErrorKind;
use tower::ServiceExt as _;

use crate::api::Failure;

/// Whether the process is ready, and who answers from then on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Starting(Arc<OnceLock<Router>>);

// === impl Starting ===

impl Starting {
    /// Answers for the process until it is ready, and passes requests on from then on.
    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// The process is ready: `router` answers.
    pub(crate) fn done(self, router: Router) {
        // Only said once.
        self.0.set(router).ok();
    }
}

async fn answer(State(starting): State<Starting>, request: Request) -> Response {
    if let Some(ready) = starting.0.get() {
        return ready.clone().oneshot(request).await.into_response();
    }
    match request.uri().path() {
        "/healthz" => "ok\n".into_response(),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        _ => later(),
    }
}

fn later() -> Response {
    let failure = Failure::new(ErrorKind::Unavailable, "slowburn is starting: it replays its log", "ask again soon");
    let mut response = failure.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;

    use super::*;

    async fn status(router: &Router, path: &str) -> u16 {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn the_same_door_answers_before_and_after() {
        let starting = Starting::default();
        let door = starting.router();
        assert_eq!([status(&door, "/healthz").await, status(&door, "/readyz").await], [200, 503]);
        assert_eq!(status(&door, "/api/v1/slos").await, 503);
        starting.done(Router::new().route("/readyz", get(|| async { "ready" })));
        assert_eq!([status(&door, "/readyz").await, status(&door, "/api/v1/slos").await], [200, 404]);
    }
}
