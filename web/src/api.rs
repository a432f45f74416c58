//! The server's HTTP API; no other module speaks HTTP.

use std::sync::Arc;

use gloo_net::http::{Request, RequestBuilder, Response};
use ingest_model::{Nanos, TraceId};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use query_api::{
    AlertDetail, Alerts, CaughtMessages, Causes, CausesQuestion, ErrorAnswer, ErrorBody, Gate, GateQuestion, Schema,
    Services, Signals, SignalsQuestion, SloDetail, Slos, Spenders, SqlAnswer, SqlQuestion, Trace, TraceList,
    TraceQuestion,
};
use serde::de::DeserializeOwned;

use crate::browser;

/// What has a meaning of its own within a query string.
const IN_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'>').add(b'/').add(b'?');

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskError {
    /// The server could not be reached.
    Unreachable(String),
    /// The server refused, in its own words.
    Refused(ErrorBody),
    /// The answer is not what the contract says.
    Strange(String),
}

/// An answer or why there is none.
pub(crate) type Answer<T> = Result<T, AskError>;

/// The services seen from `from` until before `to`.
pub(crate) async fn services(from: Nanos, to: Nanos) -> Answer<Services> {
    read(Request::get(&format!("/api/v1/services?from={}&to={}", from.0, to.0))).await
}

/// Every SLO, worst first.
pub(crate) async fn slos() -> Answer<Slos> {
    read(Request::get("/api/v1/slos")).await
}

/// One SLO with the minutes from `from` until before `to`.
pub(crate) async fn slo(name: &str, from: Nanos, to: Nanos) -> Answer<SloDetail> {
    read(Request::get(&format!("/api/v1/slos/{}?from={}&to={}", encoded(name), from.0, to.0))).await
}

/// Who spent the budget of an SLO in a range; in the period so far where none is given.
pub(crate) async fn spenders(name: &str, range: Option<(Nanos, Nanos)>) -> Answer<Spenders> {
    let range = range.map_or_else(String::new, |(from, to)| format!("?from={}&to={}", from.0, to.0));
    read(Request::get(&format!("/api/v1/slos/{}/spenders{range}", encoded(name)))).await
}

/// Whether a version or environment may go on beside its baseline.
pub(crate) async fn gate(question: &GateQuestion) -> Answer<Gate> {
    read(Request::get(&format!("/api/v1/gate?{}", gate_query(question)))).await
}

/// The newest alerts, open ones first.
pub(crate) async fn alerts() -> Answer<Alerts> {
    read(Request::get("/api/v1/alerts")).await
}

/// One alert with its history.
pub(crate) async fn alert(id: &str) -> Answer<AlertDetail> {
    read(Request::get(&format!("/api/v1/alerts/{}", encoded(id)))).await
}

/// What differs between a range and its baseline.
pub(crate) async fn causes(question: &CausesQuestion) -> Answer<Causes> {
    read(Request::get(&format!("/api/v1/causes?{}", causes_query(question)))).await
}

/// What the catcher of the demo received.
pub(crate) async fn catcher() -> Answer<CaughtMessages> {
    read(Request::get("/api/v1/catcher")).await
}

/// The golden signals of a service; where the question has no start, of the `length_ns` before their end.
pub(crate) async fn look_back(mut question: SignalsQuestion, length_ns: i64) -> Answer<Signals> {
    let signals: Signals = read(Request::get(&format!("/api/v1/signals?{}", signals_query(&question)))).await?;
    if question.from.is_some() || signals.to.since(signals.from) == length_ns {
        return Ok(signals);
    }
    question.from = Some(signals.to.plus(-length_ns));
    question.to = Some(signals.to);
    read(Request::get(&format!("/api/v1/signals?{}", signals_query(&question)))).await
}

/// The newest traces a question asks for.
pub(crate) async fn traces(question: TraceQuestion) -> Answer<TraceList> {
    read(Request::get(&format!("/api/v1/traces?{}", query_of(&question)))).await
}

/// A whole trace.
pub(crate) async fn trace(id: TraceId) -> Answer<Arc<Trace>> {
    read(Request::get(&format!("/api/v1/traces/{id}"))).await.map(Arc::new)
}

/// Tables, columns and functions.
pub(crate) async fn schema() -> Answer<Schema> {
    read(Request::get("/api/v1/schema")).await
}

/// Rows of a query.
pub(crate) async fn sql(question: &SqlQuestion) -> Answer<SqlAnswer> {
    parsed(&whole(ask_sql(question, "application/json").await?).await?)
}

/// All rows of a query as CSV text, up to the server's own limit.
pub(crate) async fn sql_csv(question: &SqlQuestion) -> Answer<String> {
    ask_sql(question, "text/csv").await?.text().await.map_err(unreachable)
}

async fn ask_sql(question: &SqlQuestion, accept: &str) -> Answer<Response> {
    let request = with_key(Request::post("/api/v1/sql").header("accept", accept));
    let request = request.header("content-type", "application/json");
    let request = request.body(serde_json::to_string(question).map_err(strange)?).map_err(strange)?;
    accepted(request.send().await.map_err(unreachable)?).await
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Answer<T> {
    parsed(&fetched(request).await?)
}

/// The bytes of an answer. Asking is the same for every answer, so it is not compiled anew for each.
async fn fetched(request: RequestBuilder) -> Answer<Vec<u8>> {
    let response = with_key(request).header("accept", "application/json").send().await.map_err(unreachable)?;
    whole(accepted(response).await?).await
}

/// The key goes with every request, where the person gave one.
fn with_key(request: RequestBuilder) -> RequestBuilder {
    match browser::key() {
        Some(key) => request.header("authorization", &format!("Bearer {key}")),
        None => request,
    }
}

async fn whole(response: Response) -> Answer<Vec<u8>> {
    response.binary().await.map_err(unreachable)
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(strange)
}

/// Passes a success on and reads the error of anything else.
async fn accepted(response: Response) -> Answer<Response> {
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    match whole(response).await.and_then(|bytes| parsed::<ErrorAnswer>(&bytes)) {
        Ok(answer) => Err(AskError::Refused(answer.error)),
        Err(_) => Err(AskError::Strange(format!("HTTP {status}"))),
    }
}

fn signals_query(question: &SignalsQuestion) -> String {
    let time = |name: &str, time: Option<Nanos>| time.map_or_else(String::new, |time| format!("&{name}={}", time.0));
    format!("service={}{}{}", encoded(&question.service), time("from", question.from), time("to", question.to))
}

fn causes_query(question: &CausesQuestion) -> String {
    let time = |name: &str, time: Option<Nanos>| time.map(|time| format!("{name}={}", time.0));
    let text = |name: &str, text: Option<&str>| text.map(|text| format!("{name}={}", encoded(text)));
    let parts = [
        time("from", Some(question.from)),
        time("to", Some(question.to)),
        time("baseline_from", question.baseline_from),
        time("baseline_to", question.baseline_to),
        text("service", question.service.as_deref()),
        text("slo", question.slo.as_deref()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

fn gate_query(question: &GateQuestion) -> String {
    let time = |name: &str, time: Option<Nanos>| time.map(|time| format!("{name}={}", time.0));
    let text = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name}={}", encoded(text)));
    let parts = [
        text("service", &question.service),
        text("slo", &question.slo),
        text("version", &question.version),
        text("environment", &question.environment),
        text("against", &question.against),
        time("from", question.from),
        time("to", question.to),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

fn query_of(question: &TraceQuestion) -> String {
    let number = |name: &str, number: Option<i64>| number.map(|number| format!("{name}={number}"));
    let service = question.service.as_deref();
    let parts = [
        number("from", question.from.map(|time| time.0)),
        number("to", question.to.map(|time| time.0)),
        number("limit", question.limit.and_then(|limit| i64::try_from(limit).ok())),
        service.map(|service| format!("service={}", encoded(service))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("&")
}

/// A text as it may stand for a value in a query string.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, IN_QUERY).to_string()
}

fn unreachable(error: impl std::fmt::Display) -> AskError {
    AskError::Unreachable(error.to_string())
}

fn strange(error: impl std::fmt::Display) -> AskError {
    AskError::Strange(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_becomes_a_query_string_and_its_text_cannot_break_out() {
        let question = TraceQuestion {
            from: Some(Nanos(1)),
            to: None,
            service: Some("a&limit=9 é+#".to_owned()),
            limit: Some(20),
        };
        assert_eq!(query_of(&question), "from=1&limit=20&service=a%26limit=9%20%C3%A9%2B%23");
        assert_eq!(query_of(&TraceQuestion::default()), "");
    }

    #[test]
    fn a_question_for_causes_leaves_out_what_is_not_asked() {
        let question =
            CausesQuestion { from: Nanos(1), to: Nanos(2), slo: Some("a b".to_owned()), ..Default::default() };
        assert_eq!(causes_query(&question), "from=1&to=2&slo=a%20b");
        let question = CausesQuestion { baseline_from: Some(Nanos(0)), baseline_to: Some(Nanos(1)), ..question };
        assert_eq!(causes_query(&question), "from=1&to=2&baseline_from=0&baseline_to=1&slo=a%20b");
    }

    #[test]
    fn a_question_for_a_gate_names_both_sides_and_its_window() {
        let question = GateQuestion {
            service: Some("cart".to_owned()),
            version: Some("1.8 & more".to_owned()),
            against: Some("1.7".to_owned()),
            from: Some(Nanos(1)),
            to: Some(Nanos(2)),
            ..GateQuestion::default()
        };
        assert_eq!(gate_query(&question), "service=cart&version=1.8%20%26%20more&against=1.7&from=1&to=2");
    }
}
