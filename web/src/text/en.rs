//! English.

use query_api::SqlStats;

use super::words::{
    DetailWords, ErrorWords, ExampleWords, FrameWords, FreshnessWords, KeyWords, RangeWords, SettingWords, SqlWords,
    StartWords, TraceWords, TracesWords, WaterfallWords, WelcomeWords, Words,
};
use crate::number::{bytes, count, count_of};
use crate::time::Age;

/// The language.
pub(super) static WORDS: Words = Words {
    frame: FrameWords {
        skip: "Skip to content",
        navigation: "Pages",
        start: "Overview",
        traces: "Traces",
        sql: "SQL",
        open_trace: "Open trace by id",
        not_a_trace_id: "A trace id has 32 hex digits.",
        keys: "Keys",
    },
    error: ErrorWords {
        unreachable: "The server cannot be reached",
        strange: "The answer could not be read",
        not_found: "Not found",
        bad_request: "The request is not valid",
        forbidden: "Not allowed",
        limit: "A limit was reached",
        internal: "The server could not answer",
        hint: "Try again; if it stays, look at the log of the server.",
        retry: "Try again",
        key: "Key with the role read or admin",
        use_key: "Use this key",
        no_page: "There is no such page",
        to_start: "Back to the overview",
        no_trace_id: "This is no trace id",
    },
    settings: SettingWords {
        local_time: "Local",
        switch_zone: "Show times in local time or UTC",
        dark: "Dark",
        light: "Light",
        switch_theme: "Switch between dark and light",
        switch_language: "切换到中文",
        other_language: "中文",
    },
    start: StartWords {
        services: "Services",
        service: "Service",
        unnamed: "(no service.name)",
        errors: "Errors",
        error_share: "Error rate",
        seen: "Last seen",
        no_services: "No service sent spans or logs in this stretch of time.",
        moved_back: |end| {
            format!("Nothing arrived in this stretch of time, so it ends where the telemetry ends: {end}")
        },
        recent_traces: "Recent traces",
        all_traces: "All traces",
        range: RangeWords { label: "Time range", hour: "1 h", day: "24 h", week: "7 d", all: "All" },
    },
    freshness: FreshnessWords {
        spans: "Spans",
        logs: "Logs",
        points: "Metric points",
        received: "Last received",
        newest: "Newest",
        oldest: "Oldest",
        in_memory: "In memory",
        in_files: "On disk",
        files: |n| format!("{n} files"),
        age,
    },
    welcome: WelcomeWords {
        title: "Ready for telemetry",
        lead: "Nothing is stored yet. Point any OpenTelemetry exporter here; what it sends shows up on this page within seconds.",
        sdk: "An application, OTLP over HTTP",
        collector: "A Collector, OTLP over gRPC",
        files: "Files of OTLP JSON lines",
        then: "Then ask anything about it:",
        sql: "open SQL",
    },
    traces: TracesWords {
        root: "Root span",
        duration: "Duration",
        spans: "Spans",
        errors: "Errors",
        services: "Services",
        start: "Start",
        service: "Service",
        every_service: "All services",
        none: "No trace has a root span here yet.",
        shown: |n| format!("Newest {n} traces."),
        more: "Show more",
    },
    trace: TraceWords {
        trace: "Trace",
        duration: "Duration",
        spans: "Spans",
        services: "Services",
        errors: "Errors",
        logs: "Logs",
        start: "Start",
        repeats: |spans, logs| format!("Byte-identical repeats folded: {spans} spans, {logs} log records"),
        copies: |n| format!("Byte-identical repeats folded: {n}"),
        dropped: |n| format!("{n} dropped by the sender"),
        details: "Details",
        close: "Close",
    },
    waterfall: WaterfallWords {
        waterfall: "Spans and logs by time",
        operation: "Service and operation",
        time: "Time",
        search: "Search in this trace",
        next: "Next hit",
        previous: "Previous hit",
        fold: "Fold or unfold",
        fold_all: "Fold all",
        unfold_all: "Unfold all",
        whole: "Whole trace",
        missing_parent: "Its parent span is not in this trace.",
        cycle: "It is its own ancestor; the circle is cut here.",
    },
    details: DetailWords {
        critical_path: "Critical path",
        status: "Status",
        span: "Span",
        parent: "Parent",
        attributes: "Attributes",
        events: "Events",
        event: "Event",
        links: "Links",
        log: "Log record",
        resource: "Resource",
        scope: "Instrumentation scope",
        wire: "Trace context",
    },
    keys: KeyWords {
        step: "next, previous row",
        fold: "fold or go to the parent, unfold or go below",
        fold_all: "fold all, unfold all",
        ends: "first, last row",
        open: "open the details",
        close: "close, leave the search",
        search: "search in this trace",
        hits: "next, previous hit",
        logs: "show or hide logs",
        path: "show or hide the critical path",
        zoom: "zoom to the span, back to the whole",
        help: "this list",
    },
    sql: SqlWords {
        editor: "SQL query",
        run: "Run",
        running: "Running…",
        schema: "Schema",
        functions: "Functions",
        no_rows: "No rows.",
        stats,
        cut: |n| format!("only the first {n} rows; the CSV has more"),
        csv: "CSV",
        examples: ExampleWords {
            slowest: "Slowest spans",
            errors: "Errors by service",
            percentiles: "Latency percentiles",
            warnings: "Warnings and errors",
            by_attribute: "By attribute",
            metrics: "Metrics",
        },
    },
};

fn age(age: Age) -> String {
    match age {
        Age::Now => "just now".to_owned(),
        Age::Seconds(number) => format!("{number} s ago"),
        Age::Minutes(number) => format!("{number} min ago"),
        Age::Hours(number) => format!("{number} h ago"),
        Age::Days(number) => format!("{} d ago", count(number)),
    }
}

fn stats(rows: usize, stats: &SqlStats) -> String {
    let (rows, elapsed_ms, files) = (count_of(rows), stats.elapsed_ms, stats.files_read);
    let read = bytes(i64::try_from(stats.bytes_read).unwrap_or(i64::MAX));
    format!("{rows} rows · {elapsed_ms} ms · {files} files, {read} read")
}
