"""The page in Chromium: what a person does with it, by mouse and by keyboard, in both languages."""

import re

import pytest
from playwright.sync_api import expect

from looks import background, save_screenshot
from server import FIXTURES

TRACE = "1654d71cd62e762bfa6db427f917ab9a"
FAILED_SPAN = "b3f0280c3aaf6453"
FAILURE = "foodStoresListResult is null"
PAGES = {"start": "/", "traces": "/traces", "trace": f"/traces/{TRACE}?span={FAILED_SPAN}", "sql": "/sql",
         "service": "/services/ts-order-service", "slos": "/slos"}
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def filled(shared_server):
    files = [FIXTURES / "trainticket" / f"{signal}.jsonl" for signal in ("traces", "logs", "metrics")]
    shared_server.command("import", *files, "--endpoint", shared_server.otlp)
    return shared_server


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_in_both_languages_colours_and_widths(open_page, name, language, width, scheme):
    page = open_page(PAGES[name], language, width, scheme)
    shown = {"start": "trace-row", "traces": "trace-row", "trace": "span-details", "sql": "sql-editor",
             "service": "chart", "slos": "no-slos"}[name]
    expect(page.get_by_test_id(shown).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    save_screenshot(page, f"{name}-{language}-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert page.locator("html").get_attribute("lang") == {"en-US": "en", "zh-CN": "zh-CN"}[language]
    assert bool(CHINESE.search(page.get_by_test_id("nav-start").inner_text())) == (language == "zh-CN")
    assert (sum(background(page)) < 384) == (scheme == "dark")


def test_a_trace_opens_by_link_with_its_repeats_folded_and_counted(open_page):
    page = open_page(f"/traces/{TRACE}")
    expect(page.get_by_test_id("span-row").first).to_be_visible()
    assert "33" in page.get_by_test_id("trace-head").inner_text()
    repeats = page.get_by_test_id("repeats").inner_text()
    assert "33" in repeats
    assert "12" in repeats


def test_a_log_line_of_a_span_is_found_by_clicking(open_page):
    page = open_page("/traces")
    page.locator(f'[data-testid="trace-row"][data-trace-id="{TRACE}"] a').click()
    page.locator(f'[data-testid="span-row"][data-span-id="{FAILED_SPAN}"]').click()
    line = page.get_by_test_id("span-log").filter(has_text=FAILURE)
    expect(line).to_be_visible()
    line.get_by_role("button").click()
    expect(page.get_by_test_id("log-body")).to_contain_text(FAILURE)
    assert TRACE in page.url


def test_a_link_to_a_span_opens_it_for_whoever_gets_the_link(open_page):
    page = open_page(f"/traces/{TRACE}")
    page.locator(f'[data-testid="span-row"][data-span-id="{FAILED_SPAN}"]').click()
    expect(page.get_by_test_id("span-details")).to_be_visible()
    page.wait_for_url(re.compile(f"span={FAILED_SPAN}"))
    other = open_page(page.url, "zh-CN")
    expect(other.get_by_test_id("span-details")).to_contain_text(FAILURE)


def test_the_keyboard_alone_leads_from_the_start_to_a_log_line(open_page):
    page = open_page("/")
    expect(page.get_by_test_id("trace-row").first).to_be_visible()
    press_tab_to(page, f'[data-trace-id="{TRACE}"] a')
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("waterfall")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(FAILURE)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("search-place")).to_have_text("1 / 1")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("log-body")).to_contain_text(FAILURE)
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("help")).to_be_hidden()


def press_tab_to(page, selector, presses=60):
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{presses} times Tab did not reach {selector}")


def test_sql_runs_by_keyboard_and_its_address_can_be_shared(open_page):
    page = open_page("/sql")
    page.get_by_test_id("sql-editor").fill("SELECT service_name, count(*) FROM spans GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("sql-row")).to_have_count(3)
    other = open_page(page.url)
    expect(other.get_by_test_id("sql-row")).to_have_count(3)


def test_a_mistake_in_sql_is_told_with_the_server_s_words(open_page):
    open_page.forgiven.append("status of 400")
    page = open_page("/sql")
    page.get_by_test_id("sql-editor").fill("SELECT nothing FROM spans")
    with page.expect_response("**/api/v1/sql") as answered:
        page.keyboard.press("Control+Enter")
    assert answered.value.status == 400
    expect(page.get_by_test_id("error")).to_contain_text("nothing")


def test_language_and_colours_are_switched_and_remembered(open_page):
    page = open_page("/")
    page.get_by_test_id("lang-toggle").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert sum(background(page)) > 384
    page.get_by_test_id("theme-toggle").click()
    assert sum(background(page)) < 384
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert sum(background(page)) < 384


@pytest.mark.parametrize("path", ["/traces/not-a-trace", "/nowhere"])
def test_a_wrong_address_is_told_and_leads_back(open_page, path):
    page = open_page(path)
    expect(page.get_by_test_id("error").or_(page.get_by_test_id("not-found"))).to_be_visible()
    assert page.get_by_role("main").get_by_role("link").count() > 0


def test_markup_in_telemetry_is_shown_as_text(open_page, filled):
    script = "<img src=x onerror=\"window.stolen=1\">"
    trace_id = "c" * 32
    attribute = f'{{"key":{quoted(script)},"value":{{"stringValue":{quoted(script)}}}}}'
    span = (
        f'{{"traceId":"{trace_id}","spanId":"{"d" * 16}","name":{quoted(script)},"startTimeUnixNano":"1767225600000000000",'
        f'"endTimeUnixNano":"1767225601000000000","attributes":[{attribute}]}}'
    )
    request = f'{{"resourceSpans":[{{"resource":{{"attributes":[{attribute}]}},"scopeSpans":[{{"spans":[{span}]}}]}}]}}'
    assert filled.send("traces", request.encode(), "application/json")[0] == 200
    page = open_page(f"/traces/{trace_id}?span={'d' * 16}")
    expect(page.get_by_test_id("span-details")).to_contain_text(script)
    assert page.evaluate("window.stolen") is None


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'
