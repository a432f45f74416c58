"""Replays injected faults of a real system through a server, and says how often the service at fault comes first.

    SLOWBURN_BINARY=… python faults.py FOLDER [--late SECONDS]

FOLDER holds `faults.json` (a list of `{"inject_time_utc", "service", "fault"}`), OTLP/JSON lines (`.jsonl` or `.jsonl.zst`), and below
`normal` those of a time without faults. Everything is sent to a server of its own; each fault is asked of `/api/v1/causes` with the
three minutes from its injection and `normal` as the baseline."""

import argparse
import datetime
import json
import pathlib
import tempfile
import time

from server import Server

WINDOW = datetime.timedelta(minutes=3)


def send(server, folder):
    server.command("import", "--endpoint", server.otlp, *sorted(folder.glob("*.jsonl*")))


def spans_between(server):
    row = server.sql("SELECT min(start_time_unix_nano) AS a, max(start_time_unix_nano) AS b FROM spans")[0]
    return int(row["a"]), int(row["b"]) + 1


def nanos(moment):
    return int(moment.timestamp()) * 1_000_000_000


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=pathlib.Path)
    asked.add_argument("--late", type=int, default=0)
    asked = asked.parse_args()
    with tempfile.TemporaryDirectory() as room:
        server = Server(pathlib.Path(room)).start()
        try:
            send(server, asked.folder / "normal")
            baseline_from, baseline_to = spans_between(server)
            send(server, asked.folder)
            print(server.counts())
            ranks, took = [], []
            for fault in json.loads((asked.folder / "faults.json").read_text()):
                injected = datetime.datetime.fromisoformat(fault["inject_time_utc"].replace("Z", "+00:00"))
                begin, end = nanos(injected) + asked.late * 1_000_000_000, nanos(injected + WINDOW)
                asked_at = time.monotonic()
                status, _, text = server.ask(f"/api/v1/causes?from={begin}&to={end}&baseline_from={baseline_from}&baseline_to={baseline_to}")
                took.append(time.monotonic() - asked_at)
                assert status == 200, text
                suspects = json.loads(text)["suspects"]
                names = [suspect["service"] for suspect in suspects]
                rank = names.index(fault["service"]) + 1 if fault["service"] in names else None
                ranks.append((fault["fault"], rank))
                first = suspects[0]
                print(f"{fault['inject_time_utc']} {fault['fault']:16} {fault['service']:32} place {rank} of {len(names)}, {took[-1]:.1f} s; "
                      f"first: {first['service']} {first['score']:.2f} {(first['findings'] or [{'words': ''}])[0]['words'][:90]}")
        finally:
            server.kill()
    for kind in [*sorted({kind for kind, _ in ranks}), None]:
        of = [rank for one, rank in ranks if kind in (one, None)]
        within = [sum(rank is not None and rank <= most for rank in of) for most in (1, 3, 5)]
        print(f"{kind or 'all':16} {len(of):3} faults: first {within[0]}, within three {within[1]}, within five {within[2]}")
    print(f"answered in {sorted(took)[len(took) // 2]:.2f} s (median), {max(took):.2f} s (slowest)")


if __name__ == "__main__":
    main()
