"""The pages of SLOs, suspects and gates in Chromium: what the API tells, they show, in both languages, by mouse and by keyboard."""

import json
import re
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from playwright.sync_api import expect

from looks import save_screenshot
from promises import (ALL, FAILED, MINUTE, MINUTES, PROTOBUF, REQUESTS, call, counted, document, put, ratio, rows, send, send_fault,
                      send_versions, slo, until)

RUNBOOK = "https://runbooks.example.com/stock"
CALENDAR = '{duration: 1M, calendar: {startTime: "2026-01-01 00:00:00", timeZone: Europe/Berlin}, isRolling: false}'
PAGES = {"groups": "/slos/by-route", "composite": "/slos/both", "list": "/slos"}
SHOWN = {"groups": "spender-row", "composite": "composite", "list": "composite-row", "suspects": "suspect", "gate": "gate-verdict",
         "matter": "suspect"}


def silent_for_long(server):
    """Requests of a service that sent nothing for an hour and a half."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "night"
    scope = resource.scope_spans.add()
    for number in range(1, 101):
        start = time.time_ns() - 90 * MINUTE - number * 1_000_000_000
        scope.spans.add(name="GET", kind=2, trace_id=(3_000_000 + number).to_bytes(16), span_id=number.to_bytes(8),
                        start_time_unix_nano=start, end_time_unix_nano=start + 5_000_000)
    assert server.send("traces", request.SerializeToString(), PROTOBUF)[0] == 200


def correct(server, name, correction, body):
    assert call(server, "PUT", f"/api/v1/slos/{name}/corrections/{correction}", json.dumps(body).encode())[0] == 204


def promise(server):
    """An SLO of every sort."""
    indicator = ratio(rows(FAILED), rows(REQUESTS))
    put(server, "by-route", document("by-route", ratio(rows(FAILED), rows(REQUESTS, ", groupBy: [\"attributes->>'http.route'\"]"))))
    put(server, "monthly", document("monthly", indicator, window=CALENDAR))
    sliced = "[{target: 0.9, timeSliceTarget: 0.8, timeSliceWindow: 1m}]"
    put(server, "sliced", document("sliced", indicator, sliced, "{duration: 1d}", "Timeslices"))
    of = lambda name: "indicator: " + ratio(rows(FAILED), rows(f"{REQUESTS} AND name = '{name}'"))
    put(server, "both", document("both", objectives=f"[{{target: 0.9, compositeWeight: 2, {of('GET /a')}}}, {{target: 0.9, {of('GET /b')}}}]"))
    all_of = lambda name: ratio(rows(FAILED), rows(f"service_name = '{name}'"))
    put(server, "stock", document("stock", all_of("stock"), metadata=f", annotations: {{example.com/runbook-url: {RUNBOOK}}}"))
    put(server, "night", document("night", all_of("night"), window="{duration: 1d}"))
    # Over before the traffic began, so that no figure changes.
    correct(server, "by-route", "provider", {"effect": "excluded", "from": "2026-01-02T08:00:00Z", "to": "2026-01-02T09:00:00Z",
                                            "reason": "the provider was down"})
    correct(server, "by-route", "backup", {"effect": "good", "repeats": "1w from 2026-01-04 02:00:00 Europe/Berlin", "lasts": "1m",
                                          "reason": "nobody orders while it is restored", "to": "2026-02-01T00:00:00Z"})


@pytest.fixture(scope="module")
def filled(shared_server):
    server = shared_server
    send(server)
    send_versions(server)
    silent_for_long(server)
    server.fault = send_fault(server)
    promise(server)
    counted(server, "by-route", ALL)
    counted(server, "sliced", MINUTES)
    until(lambda: (slo(server, "both")["composite"] or {}).get("consumed"))
    until(lambda: slo(server, "night")["objectives"][0]["frozen"])
    return server


def address(server, name):
    from_ns, to_ns = server.fault
    more = {"suspects": f"/slos/stock?from={from_ns}&to={to_ns}", "matter": f"/services/stock?from={from_ns}&to={to_ns}",
            "gate": "/services/cart?gate=version&candidate=1.8&against=1.7"}
    return (PAGES | more)[name]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(("language", "scheme"), [("en-US", "light"), ("zh-CN", "dark")])
@pytest.mark.parametrize("name", SHOWN)
def test_every_page_fits(open_page, filled, name, language, scheme, width):
    page = open_page(address(filled, name), language, width, scheme)
    expect(page.get_by_test_id(SHOWN[name]).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    # The page scrolls within `main`: a window as high as all of it shows all of it.
    height = page.evaluate("document.querySelector('main').scrollHeight") + 110
    page.set_viewport_size({"width": width, "height": height})
    save_screenshot(page, f"{name}-{language}-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert page.evaluate("document.querySelector('main').scrollWidth") <= width, "the page scrolls sideways"


def test_the_list_tells_groups_composites_and_what_is_frozen(open_page):
    page = open_page("/slos")
    row = lambda name: page.locator(f'[data-testid="slo-row"][data-slo="{name}"]').first
    expect(row("by-route").get_by_test_id("slo-groups")).to_have_text("2 groups, worst /b")
    expect(row("night").get_by_test_id("frozen")).to_be_visible()
    expect(page.locator('[data-testid="composite-row"][data-slo="both"]')).to_contain_text("One budget of 2 objectives")


def test_groups_are_listed_worst_first_and_one_is_chosen_by_keyboard(open_page):
    page = open_page("/slos/by-route")
    groups = page.get_by_test_id("group-row")
    expect(groups).to_have_count(2)
    assert [row.get_attribute("data-group") for row in groups.all()] == ["/b", "/a"]
    whole = page.get_by_test_id("counted").inner_text()
    assert "45 of 300" in whole
    link = groups.nth(1).get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("chosen-group")).to_contain_text("/a")
    expect(page.get_by_test_id("counted")).to_contain_text("20 of 200")
    expect(link).to_be_focused()
    assert "group=" in page.url
    other = open_page(page.url, "zh-CN")
    expect(other.get_by_test_id("counted")).to_contain_text("200 个事件中有 20 个不良")
    page.get_by_test_id("chosen-group").get_by_role("link").click()
    expect(page.get_by_test_id("chosen-group")).to_have_count(0)
    expect(page.get_by_test_id("counted")).to_have_text(whole)


@pytest.mark.parametrize(("language", "month", "slices", "counted_slices"), [
    ("en", "every month of the calendar, from 2026-01-01 00:00:00 Europe/Berlin", "Slices of 1 minute count: one is good if at least 80 %",
     "5 of 20 slices were bad; 144 may be."),
    ("zh-CN", "每月，自 2026-01-01 00:00:00 Europe/Berlin", "按 1 分钟的时间片计数：至少 80 %", "20 个时间片中有 5 个不良，允许 144 个。"),
])
def test_calendars_and_slices_are_told_in_words(open_page, language, month, slices, counted_slices):
    page = open_page(f"/slos/monthly?lang={language}")
    expect(page.get_by_test_id("period")).to_contain_text(month)
    page = open_page(f"/slos/sliced?lang={language}")
    expect(page.get_by_test_id("method")).to_contain_text(slices)
    expect(page.get_by_test_id("counted")).to_have_text(counted_slices)


def test_a_composite_a_frozen_budget_and_a_forecast_are_shown(open_page):
    page = open_page("/slos/both")
    expect(page.get_by_test_id("composite-left")).to_have_text("\u2212350.0 %")
    expect(page.get_by_test_id("objective")).to_have_count(2)
    page = open_page("/slos/night")
    expect(page.get_by_test_id("frozen")).to_be_visible()
    expect(page.get_by_text("the budget is that of where measuring ended")).to_be_visible()
    expect(page.get_by_test_id("forecast")).to_contain_text("it lasts for the period")


def test_corrections_are_listed_with_when_and_why(open_page):
    page = open_page("/slos/by-route")
    once = page.locator('[data-correction="provider"]')
    expect(once).to_contain_text("the provider was down")
    expect(once).to_contain_text("Excluded")
    again = page.locator('[data-correction="backup"]')
    expect(again).to_contain_text("every week from 2026-01-04 02:00:00 Europe/Berlin, for 1 min")
    expect(again).to_contain_text("Counts as good")


def test_who_spent_the_budget_is_told_and_leads_to_a_trace(open_page):
    page = open_page("/slos/by-route")
    routes = page.locator('[data-testid="spent-by"][data-key="http.route"]').get_by_test_id("spender-row")
    expect(routes.first).to_have_attribute("data-value", "/b")
    expect(page.get_by_test_id("spent")).to_contain_text("45 bad events")
    page.get_by_test_id("spenders").get_by_role("link", name="Period so far").click()
    page.wait_for_url(re.compile("spent=period"))
    expect(page.get_by_test_id("spent")).to_contain_text("45 bad events")
    routes.first.get_by_test_id("exemplar").first.click()
    expect(page.get_by_test_id("span-details")).to_contain_text("GET /b")


def test_suspects_are_named_with_findings_and_lead_on(open_page, filled):
    page = open_page(address(filled, "suspects"))
    first = page.get_by_test_id("suspect").first
    expect(first).to_have_attribute("data-service", "stock")
    expect(first.get_by_test_id("finding").first).to_contain_text("GET /stock")
    expect(first).to_contain_text("called by desk")
    assert first.get_by_test_id("runbook").get_attribute("href") == RUNBOOK
    first.get_by_test_id("first-failing").click()
    expect(page.get_by_test_id("span-details")).to_contain_text("GET /stock")
    assert "from=" in page.url, "the range stays"
    service = open_page(address(filled, "matter"), "zh-CN")
    expect(service.get_by_test_id("suspect").first).to_have_attribute("data-service", "stock")


def test_a_gate_is_asked_by_a_form_and_its_address_can_be_shared(open_page):
    page = open_page("/services/cart")
    page.get_by_test_id("gate").locator("summary").click()
    expect(page.get_by_test_id("gate-values").locator("option")).to_have_count(3)
    page.get_by_test_id("gate-candidate").fill("1.8")
    page.get_by_test_id("gate-against").fill("1.7")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("gate-verdict")).to_have_attribute("data-verdict", "fail")
    expect(page.locator('[data-testid="gate-reason"][data-question="latency"]')).to_have_attribute("data-verdict", "pass")
    expect(page.get_by_test_id("gate-verdict")).to_contain_text("1.8: 300 of 2,000 events bad. Baseline, 1.7: 10 of 2,000.")
    other = open_page(page.url, "zh-CN")
    expect(other.get_by_test_id("gate-verdict")).to_contain_text("不通过")
    page.get_by_test_id("gate-candidate").fill("3.0")
    page.get_by_test_id("gate-compare").click()
    expect(page.get_by_test_id("gate-verdict")).to_have_attribute("data-verdict", "unknown")
    page.go_back()
    expect(page.get_by_test_id("gate-candidate")).to_have_value("1.8")
    expect(page.get_by_test_id("gate-verdict")).to_have_attribute("data-verdict", "fail")


def test_a_gate_of_an_slo_that_counts_no_such_version_is_told(open_page):
    page = open_page("/slos/by-route?gate=version&candidate=9.9")
    expect(page.get_by_test_id("gate-verdict")).to_have_attribute("data-verdict", "unknown")
