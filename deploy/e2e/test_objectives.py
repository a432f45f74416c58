"""SLOs beyond spans over rolling days: other sources, groups, calendars, slices of time, composites, corrections."""

import json
import time

from promises import (ALL, BAD_A, BAD_B, FAILED, MINUTES, REQUESTS, call, counted, document, put, query, ratio, rows, send, send_fault,
                      send_versions, slo, until)


def test_every_source_counts_the_same_events(server):
    send(server)
    text = ("SELECT start_time AS time, 1 AS value FROM spans WHERE service_name = 'shop' AND kind = 'SERVER'"
            " AND (status_code = 'ERROR' OR {})")
    sources = {
        "of-spans": ratio(rows(FAILED), rows(REQUESTS)),
        "of-logs": ratio(rows("severity_number >= 17", ", from: logs"), rows("service_name = 'shop'", ", from: logs")),
        "of-sql": ratio(query("sql", text.format("false")), query("sql", text.format("true"))),
    }
    for name, indicator in sources.items():
        put(server, name, document(name, indicator))
    for name in sources:
        objective = counted(server, name, ALL)["objectives"][0]
        assert objective["budget"]["bad"] == BAD_A + BAD_B, name
        assert objective["failure"] is None and objective["method"] == "Occurrences"
    # The same by hours, and by days of UTC.
    for step in ("hour", "day"):
        status, text = call(server, "GET", f"/api/v1/slos/of-spans/history?step={step}")
        (told,) = json.loads(text)["objectives"]
        assert status == 200 and sum(one["total"] for one in told["steps"]) == ALL, text
        assert sum(one["bad"] for one in told["steps"]) == BAD_A + BAD_B
    assert call(server, "GET", "/api/v1/slos/of-spans/history?step=week")[0] == 400
    assert call(server, "GET", "/api/v1/slos/none/history")[0] == 404
    # PromQL over the golden signals that the spans became.
    calls = 'sum(increase(traces_span_metrics_calls_total{{service_name="shop"{}}}[{{{{.window}}}}]))'
    promql = ratio(query("promql", calls.format(',status_code="STATUS_CODE_ERROR"')), query("promql", calls.format("")))
    put(server, "of-promql", document("of-promql", promql))
    promised = until(lambda: (slo(server, "of-promql")["objectives"][0]["budget"] or None))
    # By whole windows of five minutes, of which the newest is not over and the first has no point before it.
    assert ALL - 15 * 10 <= promised["total"] <= ALL + 15 and BAD_A < promised["bad"] <= BAD_A + BAD_B + 5, promised


def test_each_group_has_a_budget_of_its_own(server):
    send(server)
    total = rows(REQUESTS, ", groupBy: [\"attributes->>'http.route'\"]")
    put(server, "by-route", document("by-route", ratio(rows(FAILED), total)))
    objective = counted(server, "by-route", ALL)["objectives"][0]
    groups = {group["name"]: group["budget"] for group in objective["groups"]}
    assert [group["name"] for group in objective["groups"]] == ["/b", "/a"], "worst first"
    assert (groups["/a"]["bad"], groups["/a"]["total"]) == (BAD_A, 10 * MINUTES)
    assert (groups["/b"]["bad"], groups["/b"]["total"]) == (BAD_B, 5 * MINUTES)
    assert objective["state"] == "Exhausted" and objective["groups_total"] == 2
    until(lambda: server.sql("SELECT count(*) AS n FROM slo_slices WHERE slo = 'by-route'") == [{"n": 2 * MINUTES}])
    burning = server.sql("SELECT DISTINCT slo_group, bad FROM burn('by-route') ORDER BY 1")
    assert burning == [{"slo_group": '["/a"]', "bad": BAD_A}, {"slo_group": '["/b"]', "bad": BAD_B}]


def test_calendars_slices_and_composites(server):
    send(server)
    calendar = '{duration: 1M, calendar: {startTime: "2026-01-01 00:00:00", timeZone: Europe/Berlin}, isRolling: false}'
    put(server, "monthly", document("monthly", ratio(rows(FAILED), rows(REQUESTS)), window=calendar))
    monthly = until(lambda: (found := slo(server, "monthly"))["objectives"][0]["budget"] and found)
    assert monthly["period"] == "1M from 2026-01-01 00:00:00 Europe/Berlin"
    sliced = "[{target: 0.9, timeSliceTarget: 0.8, timeSliceWindow: 1m}]"
    put(server, "sliced", document("sliced", ratio(rows(FAILED), rows(REQUESTS)), sliced, "{duration: 1d}", "Timeslices"))
    # Minutes in which more than a fifth failed are bad as a whole: those of the last five.
    objective = counted(server, "sliced", MINUTES)["objectives"][0]
    assert objective["budget"]["bad"] == 5 and objective["budget"]["allowed"] == 144.0, "a tenth of a day of minutes"
    own = "[{target: 0.9, compositeWeight: 2, indicator: " + ratio(rows(FAILED), rows(REQUESTS + " AND name = 'GET /a'")) + \
        "}, {target: 0.9, indicator: " + ratio(rows(FAILED), rows(REQUESTS + " AND name = 'GET /b'")) + "}]"
    put(server, "both", document("both", objectives=own))
    def spent():
        composite = slo(server, "both")["composite"]
        # /a burns at 1, twice as much counts; /b at a quarter of its events, 2.5 times what it may.
        return composite["consumed"] is not None and abs(composite["consumed"] - (2 * 1.0 + 2.5)) < 1e-9
    until(spent)


def test_corrections_hold_for_what_was_counted_before_survive_a_kill_and_are_audited(server):
    send(server)
    put(server, "orders", document("orders", ratio(rows(FAILED), rows(REQUESTS))))
    before = counted(server, "orders", ALL)["objectives"][0]["budget"]
    times = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() // 60 * 60 - ago * 60)) for ago in (5, 0)]
    outage = {"effect": "excluded", "from": times[0], "to": times[1], "reason": "the provider was down"}
    path = "/api/v1/slos/orders/corrections/provider"
    assert call(server, "PUT", path, json.dumps(outage).encode())[0] == 204
    corrected = slo(server, "orders")
    assert corrected["objectives"][0]["budget"]["bad"] < before["bad"] - BAD_B + 10
    assert corrected["corrections"][0]["reason"] == "the provider was down"
    until(lambda: server.sql("SELECT count(*) AS n FROM slo_slices WHERE slo = 'orders'")[0]["n"] >= MINUTES)
    assert server.sql("SELECT max(bad) AS bad FROM burn('orders')")[0]["bad"] == corrected["objectives"][0]["budget"]["bad"]
    server.kill()
    server.start()
    again = until(lambda: (found := slo(server, "orders"))["objectives"][0]["budget"] and found)
    assert again["corrections"] == corrected["corrections"]
    for body, told in [({**outage, "effect": "ignored"}, "write good or excluded"), ({"effect": "good", "reason": "x"}, "write from and to"),
                       ({**outage, "to": "tomorrow"}, "write a time such as")]:
        status, text = call(server, "PUT", path, json.dumps(body).encode())
        assert status == 400 and told in text.decode(), text
    assert call(server, "DELETE", path)[0] == 204
    assert call(server, "DELETE", path)[0] == 404
    assert slo(server, "orders")["corrections"] == []
    effects = server.sql("SELECT name, effect, reason FROM slo_corrections WHERE slo = 'orders'")
    assert effects == [{"name": "provider", "effect": "withdrawn", "reason": "the provider was down"}]
    audited = server.sql("SELECT action, object, outcome FROM audit WHERE action LIKE 'slo_correction%' ORDER BY time")
    assert [(row["action"], row["outcome"]) for row in audited][0] == ("slo_correction.put", "done"), audited
    assert ("slo_correction.delete", "done") in [(row["action"], row["outcome"]) for row in audited]


def test_who_spent_the_budget_and_what_an_slo_would_have_said(server, tmp_path):
    send(server)
    orders = document("orders", ratio(rows(FAILED), rows(REQUESTS)))
    put(server, "orders", orders)
    allowed = counted(server, "orders", ALL)["objectives"][0]["budget"]["allowed"]
    status, text = call(server, "GET", "/api/v1/slos/orders/spenders")
    spent = json.loads(text)
    assert status == 200 and spent["bad"] == BAD_A + BAD_B, text
    routes = next(by for by in spent["by"] if by["key"] == "http.route")["spenders"]
    assert [(route["value"], route["bad"]) for route in routes] == [("/b", BAD_B), ("/a", BAD_A)]
    assert abs(routes[0]["budget"] - BAD_B / allowed) < 1e-9 and routes[0]["trace_ids"]
    file = tmp_path / "orders.yaml"
    file.write_text(orders.replace("target: 0.9}", "target: 0.99}").replace("30d", "1d"))
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 40 * 60))
    told = server.command("backtest", "slo", file, "--endpoint", server.api, "--from", began).stdout
    assert f"orders 99 %: {BAD_A + BAD_B} of {ALL} events bad" in told and "page from " in told, told
    as_json = json.loads(server.command("backtest", "slo", file, "--endpoint", server.api, "--format", "json").stdout)
    (objective,) = as_json["objectives"]
    assert objective["total"] == ALL and len(objective["moments"]) > 1_000
    assert [slo["name"] for slo in json.loads(call(server, "GET", "/api/v1/slos")[1])["slos"]] == ["orders"], "nothing is kept"
    file.write_text(orders.replace("30d", "30x"))
    refused = server.command("backtest", "slo", file, "--endpoint", server.api, check=False)
    assert refused.returncode == 1 and "30x" in refused.stderr, refused.stderr


def test_a_gate_compares_a_version_with_the_others(server):
    send_versions(server)

    def gate(query):
        status, text = call(server, "GET", f"/api/v1/gate?{query}")
        assert status == 200, text
        answer = json.loads(text)
        return answer["verdict"], {reason["question"]: reason["verdict"] for reason in answer["reasons"]}, answer

    verdict, reasons, answer = gate("service=cart&version=1.8&against=1.7")
    assert (verdict, reasons) == ("fail", {"errors": "fail", "latency": "pass"}), answer
    assert answer["candidate"] == {"total": 2_000, "bad": 300} and answer["baseline"] == {"total": 2_000, "bad": 10}
    verdict, reasons, answer = gate("service=cart&version=1.9&against=1.7")
    assert (verdict, reasons) == ("fail", {"errors": "pass", "latency": "fail"}), answer
    assert gate("service=cart&version=2.0")[0] == "unknown"
    verdict, _, answer = gate("service=cart&candidate=status_code%20%3D%20%27ERROR%27")
    assert verdict == "fail" and answer["candidate"]["bad"] == 320, answer
    for query, told in (("service=cart", "one of version"), ("version=1", "either service or slo"), ("slo=none&version=1", "no SLO none"),
                        ("service=cart&candidate=true)%20OR%20(true", "no SQL expression")):
        status, text = call(server, "GET", f"/api/v1/gate?{query}")
        assert status in (400, 404) and told in text.decode(), text


def test_suspects_are_named_over_http_and_in_sql(server):
    from_ns, to_ns = send_fault(server)
    status, text = call(server, "GET", f"/api/v1/causes?from={from_ns}&to={to_ns}")
    first = json.loads(text)["suspects"][0]
    assert status == 200 and first["service"] == "stock" and first["score"] > 0.5, text
    assert first["callers"] == ["desk"] and first["first_failing"]["name"] == "GET /stock" and first["trace_ids"]
    moment = "%Y-%m-%dT%H:%M:%SZ"
    times = [time.strftime(moment, time.gmtime(ns / 1e9)) for ns in (from_ns, to_ns)]
    found = server.sql(f"SELECT service_name, kind, finding FROM suspects('{times[0]}', '{times[1]}') WHERE place = 1 LIMIT 1")
    assert found[0]["service_name"] == "stock" and found[0]["finding"], found
