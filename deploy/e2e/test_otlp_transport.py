"""OTLP's transports from outside: versions of HTTP, compressions, browsers, TLS, slow clients, stops."""

import concurrent.futures
import contextlib
import gzip
import http.client
import http.server
import itertools
import json
import resource
import selectors
import signal
import socket
import ssl
import threading
import time
import zlib

import grpc
import h2.config
import h2.connection
import h2.events
import pytest
import requests
import trustme
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from server import FIXTURES, Server

JSON, PROTOBUF = "application/json", "application/x-protobuf"
GOOD = (FIXTURES / "otlp/traces.json").read_bytes()
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
MIB = 1 << 20


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


@pytest.fixture
def launch(tmp_path):
    """Starts a server with arguments; the test ends it or the fixture does."""
    servers = []

    def start(*arguments):
        servers.append(Server(tmp_path / str(len(servers))))
        servers[-1].data_dir.parent.mkdir()
        return servers[-1].start(*arguments)

    yield start
    for server in servers:
        server.kill()


def spans_over_http2(host_and_port, path, bodies, content_type):
    """Posts all bodies as streams of one connection; statuses by stream."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    statuses = {}
    with socket.create_connection(address(host_and_port), timeout=30) as to:
        connection.initiate_connection()
        for body in bodies:
            stream = connection.get_next_available_stream_id()
            headers = {":method": "POST", ":path": path, ":scheme": "http", ":authority": host_and_port, "content-type": content_type}
            connection.send_headers(stream, headers.items())
            connection.send_data(stream, body, end_stream=True)
        to.sendall(connection.data_to_send())
        ended = 0
        while ended < len(bodies):
            received = to.recv(65_536)
            assert received, "the connection ended early"
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    statuses[event.stream_id] = dict(event.headers)[":status"]
                ended += isinstance(event, h2.events.StreamEnded)
            to.sendall(connection.data_to_send())
    return list(statuses.values())


def test_otlp_002_007_011_http2_without_tls_and_http1_share_a_port(server):
    small = b'{"resourceSpans":[]}'
    assert spans_over_http2(server.ready["otlp_http"], "/v1/traces", [small] * 50, JSON) == ["200"] * 50
    for port in ("otlp_http", "http"):
        host, number = address(server.ready[port])
        connection = http.client.HTTPConnection(host, number, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().version == 11
        connection.close()
    assert server.send("traces", GOOD, JSON)[0] == 200


def test_otlp_005_zstd_and_deflate_over_http_and_deflate_of_a_real_grpc_client(server):
    for encoding, body in (("zstd", zstandard.compress(GOOD)), ("deflate", zlib.compress(GOOD))):
        assert server.send("traces", body, JSON, content_encoding=encoding)[0] == 200
    with grpc.insecure_channel(server.grpc) as channel:
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            TraceServiceStub(channel).Export(ExportTraceServiceRequest(), compression=compression, timeout=10)


@pytest.mark.parametrize("encoding", ["zstd", "deflate", "gzip"])
def test_otlp_014_015_a_hundred_bombs_at_once_are_refused_and_take_little_memory(shared_server, encoding):
    unpacked = b"\x00" * (512 * MIB if encoding == "zstd" else 128 * MIB)
    pack = {"zstd": lambda body: zstandard.compress(body, 19), "deflate": zlib.compress, "gzip": gzip.compress}[encoding]
    bomb = pack(unpacked)
    assert len(bomb) * (20_000 if encoding == "zstd" else 900) < len(unpacked)
    del unpacked
    shared_server.forget_peak_memory()
    before = shared_server.memory_bytes()
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        send = lambda _: shared_server.send("traces", bomb, PROTOBUF, content_encoding=encoding)[0]
        statuses = set(pool.map(send, range(100)))
    # A bomb that finds no memory is told to come again; it never gets further.
    assert 413 in statuses and statuses <= {413, 503}
    # Bodies in flight, whose buffers grow by doubling; the windows of zstd; slack (docs/memory.md).
    assert shared_server.memory_bytes() - before < (2 * 256 + 64 + 64) * MIB
    assert shared_server.send("traces", GOOD, JSON)[0] == 200


def test_otlp_006_an_answer_is_compressed_where_that_is_asked_for(server):
    status, headers, body = server.send("traces", b'{"resourceSpans":7}', JSON, accept_encoding="gzip")
    assert (status, headers["content-encoding"]) == (400, "gzip")
    assert "resourceSpans" in json.loads(gzip.decompress(body))["message"]


def test_otlp_003_014_path_and_limit_can_be_set(launch):
    server = launch("--otlp-http-prefix", "/otlp", "--otlp-max-request-mib", "1")
    assert server.ask(f"{server.otlp}/otlp/v1/traces", GOOD, content_type=JSON)[0] == 200
    assert server.send("traces", zstandard.compress(b"\x00" * (MIB + 1)), PROTOBUF, content_encoding="zstd")[0] == 413


def test_otlp_010_connections_are_kept_and_a_client_that_leaves_leaves_nothing(server):
    connection = http.client.HTTPConnection(server.ready["otlp_http"], timeout=10)
    for _ in range(3):
        connection.request("POST", "/v1/traces", GOOD, {"Content-Type": JSON})
        answer = connection.getresponse()
        assert (answer.status, answer.will_close) == (200, False)
        answer.read()
        own = connection.sock.getsockname()
    assert own == connection.sock.getsockname()
    connection.close()
    before = server.counts()
    head = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    for _ in range(50):
        with socket.create_connection(address(server.ready["otlp_http"])) as leaving:
            leaving.sendall(head + b"{" * 1_000)
    assert server.send("traces", b"{}", JSON)[0] == 200
    assert server.counts() == before


# Browsers.


@pytest.fixture
def shop_page():
    """A page of another origin."""
    class Blank(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>shop</title>")

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()


SEND = """async ([url, body]) => {
    const headers = {"Content-Type": "application/json", "X-Custom": "1", "Authorization": "Bearer none"};
    try { return (await fetch(url, {method: "POST", headers, body})).status } catch { return "refused by the browser" }
}"""


def test_otlp_013_a_page_of_a_listed_origin_sends_from_a_browser_and_others_cannot(launch, shop_page, chromium):
    for arguments, wanted in ((("--otlp-cors-origin", f"https://a.example,{shop_page}"), 200), ((), "refused by the browser")):
        server = launch(*arguments)
        page = chromium.new_page()
        page.goto(shop_page)
        assert page.evaluate(SEND, [f"{server.otlp}/v1/traces", GOOD.decode()]) == wanted
        page.close()
        assert server.counts()["spans"] == (3 if wanted == 200 else 0)


def test_otlp_013_preflights_name_the_origin_and_the_age_and_never_credentials(launch):
    server = launch("--otlp-cors-origin", "https://shop.example")

    def preflight(origin):
        headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type,x-custom"}
        status, headers, _ = server.ask(f"{server.otlp}/v1/traces", None, "OPTIONS", **headers)
        assert status == 200
        assert headers["access-control-allow-credentials"] is None
        return headers

    allowed = preflight("https://shop.example")
    assert allowed["access-control-allow-origin"] == "https://shop.example"
    assert allowed["access-control-allow-headers"] == "content-type,x-custom"
    assert allowed["access-control-max-age"] == "7200"
    assert "origin" in allowed["vary"]
    assert preflight("https://other.example")["access-control-allow-origin"] is None


def test_otlp_013_without_the_flag_there_is_no_cors(server):
    status, headers, _ = server.ask(f"{server.otlp}/v1/traces", None, "OPTIONS", origin="https://shop.example")
    assert (status, headers["allow"], headers["access-control-allow-origin"]) == (405, "POST", None)


# TLS.


class Papers:
    """An authority, and certificates it gave: one of the server, one of a client."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.files = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key", "client", "client-key", "other", "other-key")}
        authority.cert_pem.write_to_path(self.files["ca"])
        self.issue(authority.issue_cert("127.0.0.1"), "cert", "key")
        self.issue(authority.issue_cert("sender@example.com"), "client", "client-key")
        self.issue(trustme.CA().issue_cert("stranger@example.com"), "other", "other-key")

    def issue(self, issued, cert, key):
        for index, part in enumerate(issued.cert_chain_pems):
            part.write_to_path(self.files[cert], append=index > 0)
        issued.private_key_pem.write_to_path(self.files[key])

    def __getitem__(self, name):
        return str(self.files[name])

    def read(self, name):
        return self.files[name].read_bytes()


@pytest.fixture
def papers(tmp_path):
    return Papers(tmp_path)


def posted(server, papers, **more):
    url = f"https://{server.ready['otlp_http']}/v1/traces"
    return requests.post(url, GOOD, headers={"Content-Type": JSON}, verify=papers["ca"], timeout=10, **more).status_code


def exported(server, papers, key=None, chain=None):
    credentials = grpc.ssl_channel_credentials(papers.read("ca"), key, chain)
    with grpc.secure_channel(server.grpc, credentials) as channel:
        return TraceServiceStub(channel).Export(ExportTraceServiceRequest(), timeout=10)


def test_otlp_017_every_door_speaks_tls(launch, papers):
    server = launch("--tls-cert", papers["cert"], "--tls-key", papers["key"])
    assert posted(server, papers) == 200
    assert exported(server, papers) == ExportTraceServiceResponse()
    count = {"query": "SELECT count(*) FROM spans"}
    answer = requests.post(f"https://{server.ready['http']}/api/v1/sql", json=count, verify=papers["ca"], timeout=10)
    assert answer.json()["rows"] == [[3]]
    for door in ("http", "otlp_http", "otlp_grpc"):
        context = ssl.create_default_context(cafile=papers["ca"])
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(address(server.ready[door])) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                assert (secure.version(), secure.selected_alpn_protocol()) == ("TLSv1.3", "h2")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://{server.ready[door]}/healthz", timeout=10)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://{server.ready['http']}/healthz", timeout=10)


def test_otlp_017_with_a_client_ca_only_clients_with_its_certificate_come_in(launch, papers):
    server = launch("--tls-cert", papers["cert"], "--tls-key", papers["key"], "--tls-client-ca", papers["ca"])
    assert posted(server, papers, cert=(papers["client"], papers["client-key"])) == 200
    assert exported(server, papers, papers.read("client-key"), papers.read("client")) == ExportTraceServiceResponse()
    for stranger in ({}, {"cert": (papers["other"], papers["other-key"])}):
        with pytest.raises(requests.ConnectionError):
            posted(server, papers, **stranger)
    for stranger in ((), (papers.read("other-key"), papers.read("other"))):
        with pytest.raises(grpc.RpcError) as refused:
            exported(server, papers, *stranger)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(requests.ConnectionError):
        requests.get(f"https://{server.ready['http']}/healthz", verify=papers["ca"], timeout=10)


def test_otlp_017_mistakes_are_told_at_the_start_and_tls_does_not_replace_keys(tmp_path, papers):
    def mistake(*arguments):
        doors = ["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--pg", "127.0.0.1:0", "--flight", "127.0.0.1:0"]
        http = [] if "--http" in arguments else ["--http", "127.0.0.1:0"]
        refused = Server(tmp_path).command("serve", "--data-dir", tmp_path / "data", *doors, *http, *arguments, check=False)
        assert refused.returncode != 0
        return refused.stderr

    assert "--tls-key" in mistake("--tls-cert", papers["cert"])
    assert "missing.pem" in mistake("--tls-cert", "missing.pem", "--tls-key", papers["key"])
    assert "do not go together" in mistake("--tls-cert", papers["cert"], "--tls-key", papers["other-key"])
    assert "has no certificate" in mistake("--tls-cert", papers["key"], "--tls-key", papers["key"])
    files = ("--tls-cert", papers["cert"], "--tls-key", papers["key"])
    assert "--keys" in mistake(*files, "--http", "0.0.0.0:0")


# Stops and slow clients.


def test_otlp_028_033_a_stop_under_load_answers_what_is_in_flight_and_nothing_with_500(server):
    answered, stopped, numbers = [], threading.Event(), itertools.count(1)

    def send():
        while not stopped.is_set():
            span = {"traceId": f"{next(numbers):032x}", "spanId": "01" * 8, "startTimeUnixNano": "1767225600000000000"}
            body = {"resourceSpans": [{"scopeSpans": [{"spans": [span | {"endTimeUnixNano": span["startTimeUnixNano"]}]}]}]}
            try:
                answered.append(server.send("traces", json.dumps(body).encode(), JSON)[0])
            except OSError:
                return  # No connection any more.

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(send)
        while len(answered) < 50:
            time.sleep(0.01)
        server.stop()
        stopped.set()
    assert set(answered) <= {200, 503}
    server.start()
    assert server.counts()["spans"] >= answered.count(200)


HALF_OPEN = {
    "nothing": b"",
    "half a head": b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Ty",
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "half a preface": b"PRI * HT",
}
BODY = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.first
def test_r15_1000_half_open_clients_and_bodies_of_a_byte_a_second_are_closed_while_ingest_goes_on(launch):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = launch()
    with contextlib.ExitStack() as held, selectors.DefaultSelector() as waiting:
        def connect(door, sent):
            client = held.enter_context(socket.create_connection(address(server.ready[door])))
            client.sendall(sent)
            waiting.register(client, selectors.EVENT_READ)
            return client

        started = time.monotonic()
        beginnings = list(HALF_OPEN.values())
        for number in range(1_000):
            connect("otlp_grpc" if number % 5 == 0 else "otlp_http", beginnings[number % len(beginnings)])
        trickling = [connect("otlp_http", BODY) for _ in range(20)] + [connect("http", BODY.replace(b"/v1/traces", b"/api/v1/sql"))]
        answers = []
        while waiting.get_map():
            assert time.monotonic() - started < 60, f"{len(waiting.get_map())} connections are still open"
            for key, _ in waiting.select(1):
                try:
                    closed = not key.fileobj.recv(65_536)
                except OSError:
                    closed = True
                if closed:
                    waiting.unregister(key.fileobj)
            for client in trickling:
                with contextlib.suppress(OSError):
                    client.send(b"{")
            answers.append(server.send("traces", GOOD, JSON)[0])
        assert len(answers) > 10 and set(answers) == {200}
    assert server.is_alive()


def test_r15_a_tls_handshake_that_is_never_begun_is_given_up(launch, papers):
    server = launch("--tls-cert", papers["cert"], "--tls-key", papers["key"])
    started = time.monotonic()
    with socket.create_connection(address(server.ready["otlp_grpc"]), timeout=30) as silent:
        assert silent.recv(1) == b""
    assert time.monotonic() - started < 30
