//! Checks keys at every door and tells those behind it whose request it is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ingest_model::Tenant;
use ingest_otlp::{Denied, deny_grpc, deny_http};
use query_api::ErrorKind;
use query_engine::Asker;

use crate::api::Failure;
use crate::audit::{Actor, Audit, id};
use crate::engines::asked_by;
use crate::keys::{Keys, Role};

/// Clients send passwords with padding and without.
const PASSWORDS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Lets in who has a key of the right role; everyone where no keys are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    keys: Option<Arc<Keys>>,
    audit: Audit,
}

// === impl Guard ===

impl Guard {
    /// A guard that asks for one of `keys`, or lets everyone in as the default tenant.
    pub(crate) fn new(keys: Option<Keys>, audit: Audit) -> Self {
        Self { keys: keys.map(Arc::new), audit }
    }

    /// The tenant of a request that may come in at a door; others are told to the table `audit`.
    fn admit(&self, request: &mut Request, door: &'static str, needed: Role) -> Result<Tenant, Denied> {
        let actor = Actor::of(request, self.known(bearer(request.headers())));
        match self.tenant(bearer(request.headers()), needed) {
            Ok(tenant) => {
                request.extensions_mut().insert(actor);
                Ok(tenant)
            }
            Err(denied) => Err(self.tell(denied, door, actor)),
        }
    }

    /// The tenant of somebody at a door that is not HTTP, who has that key, if any, and may read.
    pub(crate) fn admit_reader(
        &self,
        key: Option<&str>,
        peer: SocketAddr,
        door: &'static str,
    ) -> Result<Tenant, Denied> {
        let refused = |denied| self.tell(denied, door, Actor::at(peer, key));
        self.tenant(key, Role::Read).map_err(refused)
    }

    /// Whether a key is asked for.
    pub(crate) fn asks_for_key(&self) -> bool {
        self.keys.is_some()
    }

    /// A key, where keys are asked for.
    fn known<'k>(&self, key: Option<&'k str>) -> Option<&'k str> {
        key.filter(|_| self.asks_for_key())
    }

    /// Who asks through a door with that key, if any.
    pub(crate) fn asker(&self, door: &'static str, key: Option<&str>) -> Asker {
        Asker { door, who: self.known(key).map(|key| id(Some(key))) }
    }

    fn tell(&self, denied: Denied, door: &'static str, actor: Actor) -> Denied {
        let why = match denied {
            Denied::Key => "no known key",
            Denied::Role => "another role",
        };
        self.audit.refuse(door, why, actor);
        denied
    }

    fn tenant(&self, key: Option<&str>, needed: Role) -> Result<Tenant, Denied> {
        let Some(keys) = &self.keys else { return Ok(Tenant::default()) };
        let holder = key.and_then(|key| keys.holder(key)).ok_or(Denied::Key)?;
        if holder.role.may(needed) { Ok(holder.tenant.clone()) } else { Err(Denied::Role) }
    }
}

/// For OTLP/HTTP: the tenant goes with the request, a denial speaks OTLP.
pub(crate) async fn otlp_http(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match guard.admit(&mut request, "otlp-http", Role::Ingest) {
        Ok(tenant) => pass(request, tenant, next).await,
        Err(denied) => deny_http(request.headers(), denied),
    }
}

/// For OTLP/gRPC.
pub(crate) async fn otlp_grpc(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match guard.admit(&mut request, "otlp-grpc", Role::Ingest) {
        Ok(tenant) => pass(request, tenant, next).await,
        Err(denied) => deny_grpc(denied),
    }
}

/// For Flight SQL. The key may come as a password as well, whatever the user's name: then it is a bearer's from here on.
pub(crate) async fn flight(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    if let Some(token) = password(request.headers()) {
        request.headers_mut().insert(AUTHORIZATION, token);
    }
    match guard.admit(&mut request, "flight", Role::Read) {
        Ok(tenant) => {
            let asker = guard.asker("flight", bearer(request.headers()));
            asked_by(asker, pass(request, tenant, next)).await
        }
        Err(denied) => deny_grpc(denied),
    }
}

/// For questions.
pub(crate) async fn read(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match guard.admit(&mut request, "http", Role::Read) {
        Ok(tenant) => {
            let asker = guard.asker(door(&request), bearer(request.headers()));
            asked_by(asker, pass(request, tenant, next)).await
        }
        Err(denied) => deny_api(denied),
    }
}

/// For what tells of the whole process.
pub(crate) async fn admin(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match guard.admit(&mut request, "http", Role::Admin) {
        Ok(tenant) => pass(request, tenant, next).await,
        Err(denied) => deny_api(denied),
    }
}

/// Which of the doors behind `--http` a request comes through.
fn door(request: &Request) -> &'static str {
    let path = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().path(), |uri| uri.path());
    match path.split('/').nth(1) {
        Some("prometheus") => "prometheus",
        Some("jaeger") => "jaeger",
        _ => "http",
    }
}

async fn pass(mut request: Request, tenant: Tenant, next: Next) -> Response {
    request.extensions_mut().insert(tenant);
    next.run(request).await
}

fn deny_api(denied: Denied) -> Response {
    match denied {
        Denied::Key => Failure::new(
            ErrorKind::Unauthenticated,
            "a known key is needed",
            "send the header Authorization: Bearer KEY",
        ),
        Denied::Role => Failure::new(ErrorKind::Forbidden, "this key is for other doors", "use one with another role"),
    }
    .into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The header of a bearer whose key is the password of `Authorization: Basic`.
fn password(headers: &HeaderMap) -> Option<HeaderValue> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = PASSWORDS.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (_, key) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    HeaderValue::from_str(&format!("Bearer {key}")).ok()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_password_is_a_key_however_it_is_padded() {
        for encoded in ["YW55Om9wZW4=", "YW55Om9wZW4"] {
            let value = HeaderValue::try_from(format!("Basic {encoded}")).unwrap();
            let header = password(&HeaderMap::from_iter([(AUTHORIZATION, value)]));
            assert_eq!(header, Some(HeaderValue::from_static("Bearer open")));
        }
        for other in ["Bearer YW55Om9wZW4", "Basic ???", "Basic YW55"] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(other))]);
            assert_eq!(password(&headers), None, "{other}");
        }
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        let key = |value| {
            bearer(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))])).map(str::to_owned)
        };
        assert_eq!(key("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(key("bearer abc").as_deref(), Some("abc"));
        assert_eq!(key("Basic abc"), None);
        assert_eq!(key("abc"), None);
    }
}
