//! Texts of SQL over a row of `stored.spans` that several questions share.

use datafusion::scalar::ScalarValue;
use ingest_model::Nanos;

/// Whether a span failed: the rule of golden signals (`ingest/signals/src/failure.rs`), never NULL.
/// The status decides where it is set, else the protocol's own code.
pub(crate) const FAILED: &str = "(CASE coalesce(status_code, '') WHEN 'ERROR' THEN true WHEN 'OK' THEN false ELSE
    attr_error_type IS NOT NULL
    OR coalesce(coalesce(attr_http_response_status_code, attr_http_status_code)
                BETWEEN (CASE WHEN kind = 'SERVER' THEN 500 ELSE 400 END) AND 599, false)
    OR coalesce(CASE WHEN kind = 'SERVER' THEN attr_rpc_grpc_status_code IN (2, 4, 12, 13, 14, 15)
                ELSE attr_rpc_grpc_status_code <> 0 END, false) END)";

/// The service as golden signals call it: `unknown_service` where none is named.
pub(crate) const SERVICE: &str = "(CASE WHEN coalesce(service_name, '') = ''
    OR starts_with(service_name, 'unknown_service:') THEN 'unknown_service' ELSE service_name END)";

/// What others asked of a service.
pub(crate) const IS_ENTRY: &str = "coalesce(kind, '') IN ('SERVER', 'CONSUMER')";

/// When a span started, in nanoseconds since 1970.
pub(crate) const START_NS: &str = "(CAST(start_time AS BIGINT) * 1000 + start_time_nanos)";

/// A time as the stored time columns hold it.
pub(crate) fn micros(time: Nanos) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(time.micros()), Some("UTC".into()))
}
