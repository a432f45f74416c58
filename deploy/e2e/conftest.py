"""Fixtures: a fresh server for one test, and one that all tests of a file share."""

import pytest

from playwright.sync_api import sync_playwright
from server import BINARY, Server, browser_path

BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def pytest_configure():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run `cargo xtask build`", returncode=2)


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
