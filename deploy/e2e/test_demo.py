"""`slowburn demo`: what goes wrong is flagged, paged, explained, told once and resolved, through a kill in between.

CI runs one seed. `SLOWBURN_DEMO_SEEDS=1,2,3,4,5` runs several, side by side.
"""

import collections
import concurrent.futures
import json
import os
import re
import subprocess
import time

import pytest
from playwright.sync_api import expect

from receiver import Receiver
from server import BINARY, Server

SEEDS = [int(seed) for seed in os.environ.get("SLOWBURN_DEMO_SEEDS", "4").split(",")]
INCIDENT_S = 120
STAGGER_S = 45
SECRET = "beside-the-catcher"
STORY = re.compile(r"(?P<service>\S+) for (?P<key>\S+) = (?P<value>\S+) will fail from (?P<at>\S+) on")
SECOND = 1_000_000_000


class Demo(Server):
    """A demo on a folder of its own that can be killed and go on."""

    def __init__(self, folder, seed, offset):
        super().__init__(folder)
        self.seed, self.offset = seed, offset

    def start(self, *arguments):
        command = [BINARY, "demo", "--port-offset", str(self.offset), "--seed", str(self.seed),
                   "--incident-seconds", str(INCIDENT_S), "--data-dir", self.data_dir, *arguments]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self.ready = json.loads(self.first_line(timeout_s=60))
        self.api = f"http://{self.ready['http']}"
        return self

    def story(self):
        """What will go wrong, as the demo tells its operator."""
        found = until(lambda: STORY.search(self.log_file.read_text()), 120)
        begin = self.value(f"SELECT CAST(to_unixtime('{found['at']}') AS BIGINT)") * SECOND
        return found["service"], found["key"], found["value"], begin

    def get(self, path):
        status, _, body = self.ask(path)
        assert status == 200, body
        return json.loads(body)

    def alerts(self, **wanted):
        found = self.get("/api/v1/alerts")["alerts"]
        return [alert for alert in found if all(alert.get(name) == value for name, value in wanted.items())]


def until(question, timeout_s):
    end = time.monotonic() + timeout_s
    while not (answer := question()):
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(1)
    return answer


def is_page(alert):
    return alert["severity"] == "page" and alert["labels"].get("slo") == "checkout-availability"


def play(demo, receiver):
    """One demo from start to resolved; what was measured."""
    began = time.time()
    demo.start()
    rules = demo.data_dir / "demo" / "rules"
    (rules / "beside.yaml").write_text(
        f"receivers:\n  - {{name: beside, type: webhook, url: '{receiver.url}', secret: {SECRET}}}\n")
    service, key, value, begin = demo.story()
    until(lambda: demo.get("/api/v1/catcher")["messages"], 180 - (time.time() - began))
    caught_s = time.time() - began

    page = until(lambda: [alert for alert in demo.alerts(rule="slo-burn") if is_page(alert)], 240)[0]
    paged_s = (int(page["fired_at"]) - begin) / SECOND
    first = page["causes"][0]
    assert (first["key"], first["value"]) == (key, value), (demo.seed, page["causes"])
    assert len(page["trace_ids"]) == 5
    until(lambda: [m for m in receiver.messages if page["id"] in m["body"]["externalURL"]], 30)
    demo.kill()
    receiver.status = 200
    demo.start()

    delivered = until(lambda: [m for m in receiver.delivered() if page["id"] in m["body"]["externalURL"]], 120)
    assert delivered[0]["signed"] and delivered[0]["body"]["status"] == "firing"
    flagged = [alert for alert in demo.alerts(rule="baseline") if alert["service"] == service]
    flagged_s = (min(int(alert["started_at"]) for alert in flagged) - begin) / SECOND
    blamed = blame(demo, begin, page)
    until(lambda: demo.alerts(id=page["id"], state="resolved"), 720)
    (resolved,) = demo.alerts(id=page["id"])
    until(lambda: [m for m in receiver.delivered()
                   if page["id"] in m["body"]["externalURL"] and m["body"]["status"] == "resolved"], 60)
    times = collections.Counter(message["id"] for message in receiver.delivered())
    assert max(times.values()) <= 2
    kept(demo, service)
    judged, flagged_clean = clean_minutes(demo, begin)
    return {"seed": demo.seed, "incident": f"{service}: {key} = {value}", "caught_s": round(caught_s),
            "flagged_s": round(flagged_s), "paged_s": round(paged_s), "blamed": blamed,
            "resolved_s": round((int(resolved["resolved_at"]) - begin) / SECOND),
            "deliveries_at_most": max(times.values()), "clean_minutes": judged, "clean_flagged": flagged_clean}


def kept(demo, service):
    """What was concluded can be asked in SQL, each judgement with the model that made it."""
    of_models = demo.sql(f"""
        SELECT DISTINCT model, version FROM anomalies
        WHERE breached AND service_name = '{service}' AND why ->> 'reason' = 'above'""")
    assert of_models == [{"model": "trailing", "version": 2}]
    edges = demo.sql("SELECT sum(requests) AS requests FROM service_edges WHERE client = 'storefront' AND server = 'checkout'")
    assert edges[0]["requests"] > 1_000, edges


def blame(demo, begin, page):
    """Whom the causes of the SLO's page name first."""
    found = demo.get(f"/api/v1/causes?from={begin}&to={begin + INCIDENT_S * SECOND}&slo={page['labels']['slo']}")
    first = found["attributes"][0]
    return [found["services"][0]["service"], found["services"][0]["role"], first["key"], first["value"]]


def clean_minutes(demo, begin):
    """Judged minutes that the incident did not touch, in every series, and those of them in breach."""
    touched = (begin - 60 * SECOND, begin + (INCIDENT_S + 180) * SECOND)
    first_live = begin - 60 * SECOND
    judged = breached = 0
    services = demo.get("/api/v1/services")["services"]
    now = time.time_ns() - 120 * SECOND
    for service in services:
        bands = demo.get(f"/api/v1/signals?service={service['service_name']}&from={first_live}&to={now}")["bands"]
        for minute in (minute for band in bands for minute in band["minutes"]):
            if not touched[0] <= int(minute["minute_unix_nano"]) < touched[1]:
                judged += 1
                breached += minute["breached"]
    return judged, breached


@pytest.fixture
def demos(tmp_path):
    demos = []
    for number, seed in enumerate(SEEDS):
        folder = tmp_path / f"seed-{seed}"
        folder.mkdir()
        receiver = Receiver(SECRET)
        receiver.status = 503
        demos.append((Demo(folder, seed, 20_000 + 10 * number), receiver))
    yield demos
    for demo, receiver in demos:
        demo.kill()
        receiver.close()


@pytest.mark.waits
def test_every_seed_is_flagged_paged_explained_told_and_resolved(demos, chromium):
    with concurrent.futures.ThreadPoolExecutor(len(demos)) as pool:
        def later(number, demo, receiver):
            time.sleep(number * STAGGER_S)
            return play(demo, receiver)
        played = [pool.submit(later, number, *demo) for number, demo in enumerate(demos)]
        try:
            results = [future.result() for future in played]
        except BaseException:
            # Else the others, or an interrupted run, would go on for minutes.
            for demo, _ in demos:
                demo.kill()
            raise
    print()
    for result in results:
        print(json.dumps(result))
    for (demo, _), result in zip(demos, results, strict=True):
        assert result["caught_s"] <= 180 and result["flagged_s"] <= 120, result
        service, rest = result["incident"].split(": ")
        assert result["blamed"] == [service, "origin", *rest.split(" = ")], result
    judged, flagged = (sum(result[name] for result in results) for name in ("clean_minutes", "clean_flagged"))
    # Few minutes are left once everything is resolved; the server's own test counts thousands, in simulated time.
    assert flagged <= judged / 100, (judged, flagged)
    from_catcher_to_log(demos[0][0], chromium)


def from_catcher_to_log(demo, chromium):
    """The link of a message, and at most three clicks from there to the failing span's log."""
    messages = demo.get("/api/v1/catcher")["messages"]
    page_messages = [message for message in messages if message["severity"] == "page" and message["status"] == "firing"]
    assert page_messages and all(message["signed"] for message in messages)
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_messages[0]["link"])
    exemplars = page.get_by_test_id("exemplars").get_by_role("link")
    exemplars.first.click()
    # One click from the message's link: the deepest failing span is selected, and its logs stand beside it.
    expect(page.get_by_test_id("span-details")).to_contain_text("ERROR")
    expect(page.get_by_test_id("span-log").first).to_be_visible()
    expect(page.get_by_test_id("span-log").first).to_contain_text("ERROR")
    page.go_back()
    expect(exemplars.first).to_be_visible()
    context.close()
    assert complaints == []
