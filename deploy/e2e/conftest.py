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


def started(folder):
    server = Server(folder)
    try:
        yield server.start()
        if server.is_alive():
            server.stop()
    finally:
        server.kill()
