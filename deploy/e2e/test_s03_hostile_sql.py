"""S3: hostile statements at all doors: none succeeds, and nothing outside of the data folder is opened meanwhile."""

import json
import pathlib
import re
import shutil
import subprocess
import time

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import psycopg
import pytest

from server import FIXTURES

LIST = FIXTURES / "hostile/sql.txt"
TRACED = "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,execve,truncate,connect"
# What the libraries below ask of the machine, by themselves: memory and processors.
OF_THE_MACHINE = ("/proc/", "/sys/", "/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo")


def statements():
    """Those no door answers, and those PostgreSQL takes note of."""
    parts, others = ([], []), False
    for line in LIST.read_text().split("\n"):
        if line.startswith("# "):
            others = line.startswith("# http flight")
        elif line:
            parts[others].append(json.loads(line) if line.startswith('"') else line)
    return parts


def over_http(server, statement):
    status, _, text = server.ask("/api/v1/sql", json.dumps({"query": statement}).encode(), content_type="application/json")
    assert status != 500, (statement, text)
    return status == 200


def over_pg(connection, statement, extended):
    ask = connection.pgconn.exec_params if extended else connection.pgconn.exec_
    result = ask(*([statement.encode(), []] if extended else [statement.encode()]))
    answered = result.status in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK)
    assert answered or result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) != b"XX000", (statement, result.error_message)
    return answered


def over_flight(connection, statement):
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
            cursor.fetch_arrow_table()
        except adbc_driver_manager.Error as error:
            assert error.status_code != adbc_driver_manager.AdbcStatusCode.INTERNAL, (statement, error)
            return False
    return True


def stored(server):
    files = {path: path.stat().st_size for path in server.data_dir.rglob("*.parquet")}
    return server.counts(), len(files)


@pytest.fixture
def filled(server):
    files = [FIXTURES / f"trainticket/{signal}.jsonl" for signal in ("traces", "logs", "metrics")]
    server.command("import", *files, "--endpoint", server.otlp)
    return server


def connections(server):
    host, port = server.pg.rsplit(":", 1)
    pg = psycopg.connect(host=host, port=port, user="me", dbname="slowburn", autocommit=True)
    return pg, flight_sql.connect(f"grpc://{server.ready['flight']}", autocommit=True)


def test_s03_no_hostile_statement_succeeds_at_any_door_and_nothing_outside_of_the_data_folder_is_opened(filled, tmp_path):
    everywhere, not_pg = statements()
    assert len(everywhere) >= 200
    before = stored(filled)
    pg, flight = connections(filled)
    doors = {
        "http": (lambda statement: over_http(filled, statement), everywhere + not_pg),
        "postgresql, simple": (lambda statement: over_pg(pg, statement, False), everywhere),
        "postgresql, extended": (lambda statement: over_pg(pg, statement, True), everywhere),
        "flight": (lambda statement: over_flight(flight, statement), everywhere + not_pg),
    }
    # What is opened once, the first time somebody asks, is not what the statements open.
    for answers, _ in doors.values():
        assert answers("SELECT count(*) FROM spans")
    with Watch(filled, tmp_path / "strace") as watch:
        succeeded = {door: [one for one in asked if answers(one)] for door, (answers, asked) in doors.items()}
        # Each door lives, and answers what it may.
        for answers, _ in doors.values():
            assert answers("SELECT count(*) FROM spans")
    print({door: f"{len(asked)} asked, {len(succeeded[door])} succeeded" for door, (_, asked) in doors.items()})
    assert not any(succeeded.values()), succeeded
    # Drivers say such things; they are taken note of, and nothing is another than before.
    for statement in not_pg:
        over_pg(pg, statement, False)
    assert stored(filled) == before
    assert not list(pathlib.Path("/tmp").glob("slowburn-hostile*"))
    opened = watch.paths()
    print(f"{len(opened)} calls of the file system were seen")
    assert opened, "the files of the tenant were read, so something is seen"
    outside = {path for path in opened if not path.startswith((str(filled.data_dir), *OF_THE_MACHINE))}
    assert not outside, outside
    assert not watch.connected(), watch.connected()


class Watch:
    """What files a process opens and changes, and whom it connects to, as the kernel sees it."""

    def __init__(self, server, log):
        assert shutil.which("strace"), "strace is needed to see what is opened"
        self.log = log
        self.command = ["strace", "-f", "-s", "4096", "-e", f"trace={TRACED}", "-o", log, "-p", str(server.process.pid)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        assert "attached" in self.process.stderr.readline()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def paths(self):
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            if "connect(" not in line:
                found += re.findall(r'"((?:[^"\\]|\\.)*)"', line)[:2]
        return [path for path in found if path.startswith("/") or path.startswith(".")]

    def connected(self):
        return [line for line in self.log.read_text(errors="replace").splitlines() if "connect(" in line]
