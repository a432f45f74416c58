//! Attribute keys that get a column of their own.
//!
//! They are the keys people group and filter by (OpenTelemetry semantic conventions, the stable
//! names first, the older spellings still in wide use beside them). A value goes to the column
//! only when it has the column's type; any other value stays in the JSON of the level.

/// Where an attribute stands in the OTLP data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// On the resource, whatever the signal.
    Resource,
    /// On a span.
    Span,
    /// On a log record.
    Log,
    /// On a metric data point.
    Point,
}

/// The type of a promoted column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PromotedKind {
    /// UTF-8 text; takes `string_value` only.
    Text,
    /// 64-bit integer; takes `int_value` only.
    Int,
}

/// One promoted attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Promoted {
    /// The attribute key, such as `http.route`.
    pub key: &'static str,
    /// The stored column, such as `attr_http_route`.
    pub column: &'static str,
    /// What the column holds.
    pub kind: PromotedKind,
}

const fn text(key: &'static str, column: &'static str) -> Promoted {
    Promoted { key, column, kind: PromotedKind::Text }
}

const fn int(key: &'static str, column: &'static str) -> Promoted {
    Promoted { key, column, kind: PromotedKind::Int }
}

/// The promoted attributes of a level, in column order.
#[must_use]
pub const fn promoted(level: Level) -> &'static [Promoted] {
    match level {
        Level::Resource => RESOURCE,
        Level::Span => SPAN,
        Level::Log => LOG,
        Level::Point => POINT,
    }
}

const RESOURCE: &[Promoted] = &[
    text("service.name", "service_name"),
    text("service.namespace", "resource_service_namespace"),
    text("service.version", "resource_service_version"),
    text("service.instance.id", "resource_service_instance_id"),
    text("deployment.environment.name", "resource_deployment_environment_name"),
    text("deployment.environment", "resource_deployment_environment"),
    text("k8s.cluster.name", "resource_k8s_cluster_name"),
    text("k8s.namespace.name", "resource_k8s_namespace_name"),
    text("k8s.deployment.name", "resource_k8s_deployment_name"),
    text("k8s.pod.name", "resource_k8s_pod_name"),
    text("k8s.node.name", "resource_k8s_node_name"),
    text("k8s.container.name", "resource_k8s_container_name"),
    text("host.name", "resource_host_name"),
];

const SPAN: &[Promoted] = &[
    text("http.request.method", "attr_http_request_method"),
    text("http.method", "attr_http_method"),
    int("http.response.status_code", "attr_http_response_status_code"),
    int("http.status_code", "attr_http_status_code"),
    text("http.route", "attr_http_route"),
    text("server.address", "attr_server_address"),
    text("rpc.system", "attr_rpc_system"),
    text("rpc.service", "attr_rpc_service"),
    text("rpc.method", "attr_rpc_method"),
    int("rpc.grpc.status_code", "attr_rpc_grpc_status_code"),
    text("db.system.name", "attr_db_system_name"),
    text("db.system", "attr_db_system"),
    text("db.namespace", "attr_db_namespace"),
    text("db.collection.name", "attr_db_collection_name"),
    text("db.operation.name", "attr_db_operation_name"),
    text("messaging.system", "attr_messaging_system"),
    text("messaging.destination.name", "attr_messaging_destination_name"),
    text("messaging.operation.type", "attr_messaging_operation_type"),
    text("peer.service", "attr_peer_service"),
    text("error.type", "attr_error_type"),
];

const LOG: &[Promoted] = &[text("error.type", "attr_error_type"), text("exception.type", "attr_exception_type")];

const POINT: &[Promoted] = &[
    text("http.request.method", "attr_http_request_method"),
    int("http.response.status_code", "attr_http_response_status_code"),
    text("http.route", "attr_http_route"),
    text("rpc.system", "attr_rpc_system"),
    text("rpc.service", "attr_rpc_service"),
    text("rpc.method", "attr_rpc_method"),
    text("db.system.name", "attr_db_system_name"),
    text("db.operation.name", "attr_db_operation_name"),
    text("messaging.destination.name", "attr_messaging_destination_name"),
    text("error.type", "attr_error_type"),
];
