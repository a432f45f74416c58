"""Fixtures: a fresh server for one test, and one that all tests of a file share."""

import pytest

from server import BINARY, Server


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


def started(folder):
    server = Server(folder)
    try:
        yield server.start()
        if server.is_alive():
            server.stop()
    finally:
        server.kill()
