"""Keys and tenants: who may come in, at every door, and that nobody sees what is another's."""

import hashlib
import json

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from playwright.sync_api import expect

from server import FIXTURES, Server

BODY = (FIXTURES / "otlp/traces.json").read_bytes()
JSON = "application/json"
KEYS = {"shop-in": "shop ingest", "shop-out": "shop read", "bank-all": "bank admin"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked")
    lines = [f"{hashlib.sha256(key.encode()).hexdigest()} {holder}\n" for key, holder in KEYS.items()]
    (folder / "keys").write_text("# test\n" + "".join(lines))
    server = Server(folder)
    yield server.start("--keys", str(folder / "keys"))
    server.kill()


def bearer(key):
    return {"authorization": f"Bearer {key}"} if key else {}


def count(server, key):
    status, _, text = server.ask("/api/v1/sql", b'{"query":"SELECT count(*) FROM spans"}', content_type=JSON, **bearer(key))
    return json.loads(text)["rows"][0][0] if status == 200 else status


def test_otlp_032_telemetry_needs_a_key_of_the_right_role_and_stays_with_its_tenant(locked):
    for key, wanted in ((None, 401), ("wrong", 401), ("shop-out", 403), ("shop-in", 200)):
        assert locked.send("traces", BODY, JSON, **bearer(key))[0] == wanted
    assert (count(locked, "shop-out"), count(locked, "bank-all")) == (3, 0)
    assert locked.send("traces", BODY, JSON, **bearer("bank-all"))[0] == 200
    assert (count(locked, "shop-out"), count(locked, "bank-all")) == (3, 3)


@pytest.mark.parametrize("key, code", [
    (None, grpc.StatusCode.UNAUTHENTICATED), ("shop-out", grpc.StatusCode.PERMISSION_DENIED), ("shop-in", None),
])
def test_otlp_032_the_grpc_door_asks_for_keys_as_well(locked, key, code):
    with grpc.insecure_channel(locked.grpc) as channel:
        export = TraceServiceStub(channel).Export
        if code is None:
            export(ExportTraceServiceRequest(), metadata=bearer(key).items(), timeout=10)
            return
        with pytest.raises(grpc.RpcError) as refused:
            export(ExportTraceServiceRequest(), metadata=bearer(key).items(), timeout=10)
        assert refused.value.code() is code


@pytest.mark.parametrize("path", ["/api/v1/schema", "/api/v1/services", "/api/v1/traces", f"/api/v1/traces/{'ab' * 16}"])
def test_every_question_needs_a_key(locked, path):
    for key, kind in ((None, "unauthenticated"), ("shop-in", "forbidden")):
        status, _, text = locked.ask(path, **bearer(key))
        assert (status, json.loads(text)["error"]["kind"]) == ({"unauthenticated": 401, "forbidden": 403}[kind], kind)
    assert locked.ask(path, **bearer("shop-out"))[0] in (200, 404)


def test_health_is_open_and_metrics_are_for_admins(locked):
    assert (locked.ask("/healthz")[0], locked.ask("/readyz")[0]) == (200, 200)
    assert [locked.ask("/metrics", **bearer(key))[0] for key in (None, "shop-out", "bank-all")] == [401, 403, 200]


def test_the_page_asks_for_a_key_and_goes_on_with_it(locked, chromium):
    page = chromium.new_page(base_url=locked.api)
    page.goto("/sql?q=SELECT count(*) FROM spans")
    expect(page.get_by_test_id("key-field").first).to_be_visible()
    page.get_by_test_id("key-field").first.fill("shop-out")
    page.keyboard.press("Enter")
    page.reload()
    expect(page.get_by_test_id("sql-row")).to_have_count(1)
    page.close()


def test_otlp_018_without_keys_an_open_address_is_refused(tmp_path):
    server = Server(tmp_path)
    refused = server.command("serve", "--data-dir", tmp_path / "data", "--http", "0.0.0.0:0", check=False)
    assert refused.returncode != 0
    assert "--http 0.0.0.0:0" in refused.stderr and "--keys" in refused.stderr
