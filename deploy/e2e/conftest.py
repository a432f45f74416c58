"""Fixtures: a fresh server for one test, and one that all tests of a file share. And in which order tests run, side by side."""

import functools
import pathlib
import signal

import pytest
from playwright.sync_api import expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from server import BINARY, Server, browser_path

BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# A machine with much to do takes its time; how quick a page is, is not what these tests ask.
BROWSER_PATIENCE_MS = 30_000


def pytest_configure():
    # Whoever ends the tests early lets them end the servers they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    expect.set_options(timeout=BROWSER_PATIENCE_MS)
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run `cargo xtask build`", returncode=2)


def pytest_collection_modifyitems(items):
    """The long ones go first, so that the short ones run meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


class SideBySide(LoadScopeScheduling):
    """Tests that share a server run one after the other, in the order of their file; others wherever there is room."""

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        return file if is_shared(file) else nodeid


@functools.cache
def is_shared(file):
    text = (pathlib.Path(__file__).parent / file).read_text()
    return "shared_server" in text or 'scope="module"' in text


def pytest_xdist_make_scheduler(config, log):
    return SideBySide(config, log)


@pytest.fixture
def server(tmp_path):
    """A server with an empty data folder."""
    yield from started(tmp_path)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server that the tests of a file share; each must bear what the others store."""
    yield from started(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(filled, chromium):
    """Opens a page of the server `filled` in a browser without a past; afterwards nothing may have been complained about.

    A test that makes the server refuse something adds the browser's remark on it to `open_page.forgiven`.
    """
    contexts, complaints = [], []

    def open_page(path, language="en-US", width=1440, scheme="light"):
        size = {"width": width, "height": 900}
        context = chromium.new_context(base_url=filled.api, locale=language, viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(path)
        return page

    open_page.forgiven = []
    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(remark in text for remark in open_page.forgiven)] == []


def started(folder):
    server = Server(folder)
    try:
        yield server.start()
        if server.is_alive():
            server.stop()
    finally:
        server.kill()
