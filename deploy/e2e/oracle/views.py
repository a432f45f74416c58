"""DuckDB's view of the tables, written from docs/formats/tables.md and attributes.md alone.

Every logical column is computed from the stored ones and kept, so that a question costs DuckDB no Parquet.
"""

import duckdb
from deltalake import DeltaTable

RESOURCE = {
    "service.name": "service_name", "service.namespace": "resource_service_namespace",
    "service.version": "resource_service_version", "service.instance.id": "resource_service_instance_id",
    "deployment.environment.name": "resource_deployment_environment_name",
    "deployment.environment": "resource_deployment_environment", "k8s.cluster.name": "resource_k8s_cluster_name",
    "k8s.namespace.name": "resource_k8s_namespace_name", "k8s.deployment.name": "resource_k8s_deployment_name",
    "k8s.pod.name": "resource_k8s_pod_name", "k8s.node.name": "resource_k8s_node_name",
    "k8s.container.name": "resource_k8s_container_name", "host.name": "resource_host_name",
}
PROMOTED = {
    "http.request.method": "spans metrics", "http.method": "spans", "http.response.status_code": "spans metrics",
    "http.status_code": "spans", "http.route": "spans metrics", "server.address": "spans", "rpc.system": "spans metrics",
    "rpc.service": "spans metrics", "rpc.method": "spans metrics", "rpc.grpc.status_code": "spans",
    "db.system.name": "spans metrics", "db.system": "spans", "db.namespace": "spans", "db.collection.name": "spans",
    "db.operation.name": "spans metrics", "messaging.system": "spans", "messaging.destination.name": "spans metrics",
    "messaging.operation.type": "spans", "peer.service": "spans", "error.type": "spans logs metrics", "exception.type": "logs",
}
GIVEN = "(epoch_us(time) * 1000 + time_nanos)"
START = "(epoch_us(start_time) * 1000 + start_time_nanos)"


def whole(rest, promoted):
    """The JSON object people see: the keys of the rest first, then the promoted ones in column order."""
    members = [f"nullif(substr({rest}, 2, length({rest}) - 2), '')"]
    members += [f"""'"{key}":' || CAST(to_json({column}) AS VARCHAR)""" for key, column in promoted.items()]
    return "'{' || concat_ws(',', " + ", ".join(members) + ") || '}'"


def attributes(table):
    promoted = {key: "attr_" + key.replace(".", "_") for key, tables in PROMOTED.items() if table in tables.split()}
    return whole("attributes_rest", promoted)


def utc(column):
    """DuckDB's times without a zone, in UTC."""
    return f"make_timestamp(epoch_us({column}))"


def hex_id(column):
    return f"lower(hex({column}))"


def names(*columns):
    return {column: column for column in columns}


def origin():
    return {"resource_attributes": whole("resource_attributes_rest", RESOURCE)} | names(
        "resource_dropped_attributes_count", "resource_schema_url", "resource_entity_refs", "scope_name", "scope_version",
    ) | {"scope_attributes": "coalesce(scope_attributes, '{}')"} | names(
        "scope_dropped_attributes_count", "scope_schema_url")


def columns():
    """Of each table, its logical columns in order and what each is made of."""
    ids = {name: hex_id(name) for name in ("trace_id", "span_id", "parent_span_id")}
    return {
        "spans": {"start_time": utc("start_time"), "end_time": f"make_timestamp(({START} + duration_ns) // 1000)"} | ids
        | names("service_name", "name", "kind", "duration_ns", "status_code", "status_message")
        | {"attributes": attributes("spans")}
        | names("dropped_attributes_count", "events", "dropped_events_count", "links", "dropped_links_count", "trace_state", "flags")
        | {"start_time_unix_nano": START, "end_time_unix_nano": f"{START} + duration_ns"} | origin(),
        "logs": {"time": utc("time")} | names("severity_text", "severity_number", "service_name", "body")
        | {"trace_id": hex_id("trace_id"), "span_id": hex_id("span_id")} | names("event_name", "body_type")
        | {"attributes": attributes("logs")} | names("dropped_attributes_count", "flags")
        | {
            "time_unix_nano": f"coalesce({GIVEN}, 0)",
            "observed_time_unix_nano": f"coalesce(coalesce({GIVEN}, epoch_us(time) * 1000) + observed_delay_ns, 0)",
        } | origin(),
        "metrics": {"time": utc("time")}
        | names("metric_name", "metric_type", "unit", "service_name", "value", "value_int", "count", "sum", "min", "max",
                "bucket_counts", "explicit_bounds", "scale", "zero_count", "zero_threshold", "positive_offset",
                "positive_bucket_counts", "negative_offset", "negative_bucket_counts", "quantiles", "quantile_values")
        | {"attributes": attributes("metrics")}
        | names("temporality", "is_monotonic", "description", "metadata", "exemplars", "flags")
        | {"time_unix_nano": GIVEN, "start_time_unix_nano": "start_time_unix_nano"} | origin(),
        "golden_signals": {"minute": utc("minute")} | names("service_name", "operation", "kind", "source")
        | {"requests": "sum(requests)", "errors": "sum(errors)", "spans": "sum(spans)",
           "duration_sum_ns": "sum(duration_sum_ns)", "duration_max_ns": "max(duration_max_ns)"},
    }


def view(table, of, files):
    """Rows of a derived table add up."""
    chosen = ", ".join(f'{made} AS "{name}"' for name, made in of.items())
    grouped = " GROUP BY ALL" if table == "golden_signals" else ""
    return f"CREATE TABLE {table} AS SELECT {chosen} FROM read_parquet({files!r}, union_by_name = true){grouped}"


SERVICES = """
CREATE TABLE services AS
SELECT service_name, coalesce(sum(spans), 0) AS spans, coalesce(sum(error_spans), 0) AS error_spans, coalesce(sum(logs), 0) AS logs,
       coalesce(sum(points), 0) AS metric_points, min(seen) AS first_seen, max(seen) AS last_seen
FROM (
    SELECT service_name, 1 AS spans, (status_code = 'ERROR')::INTEGER AS error_spans, 0 AS logs, 0 AS points, start_time AS seen FROM spans
    UNION ALL SELECT service_name, 0, 0, 1, 0, time FROM logs
    UNION ALL SELECT service_name, 0, 0, 0, 1, time FROM metrics
) GROUP BY service_name
"""


def open_lake(data_dir, tenant="default"):
    """A connection in which every table has its logical columns, read from the files that the Delta logs name."""
    lake = duckdb.connect()
    lake.execute("SET TimeZone = 'UTC'")
    lake.execute("SET threads = 2")
    for table, of in columns().items():
        files = DeltaTable(str(data_dir / tenant / table)).file_uris()
        lake.execute(view(table, of, files))
    lake.execute(SERVICES)
    return lake
