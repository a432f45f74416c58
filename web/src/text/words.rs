//! The shape of a language: what every language must say.

mod alerts;
mod slo;
mod suspect;

use query_api::SqlStats;

pub(crate) use self::alerts::{
    AlertWords, BandText, BandWords, BurnText, CatcherWords, CauseWords, ComparedText, SelectionWords, WhyText,
};
pub(crate) use self::slo::{
    CalendarText, CorrectionWords, ForecastText, GroupWords, SloWords, SpenderWords, SpentText,
};
pub(crate) use self::suspect::{GateText, GateWords, HarmText, SuspectWords};

use crate::time::Age;

/// A language.
#[derive(Debug)]
pub(crate) struct Words {
    /// The frame around every page.
    pub(crate) frame: FrameWords,
    /// Errors.
    pub(crate) error: ErrorWords,
    /// Choices of clock, colours and language.
    pub(crate) settings: SettingWords,
    /// The start page.
    pub(crate) start: StartWords,
    /// The cards of the signals.
    pub(crate) freshness: FreshnessWords,
    /// What a new installation shows.
    pub(crate) welcome: WelcomeWords,
    /// SLOs.
    pub(crate) slo: SloWords,
    /// Groups of an SLO.
    pub(crate) group: GroupWords,
    /// Corrections of an SLO.
    pub(crate) correction: CorrectionWords,
    /// Who spent a budget.
    pub(crate) spender: SpenderWords,
    /// Alerts.
    pub(crate) alert: AlertWords,
    /// What differs.
    pub(crate) cause: CauseWords,
    /// Services to blame.
    pub(crate) suspect: SuspectWords,
    /// Gates.
    pub(crate) gate: GateWords,
    /// Bands in charts.
    pub(crate) band: BandWords,
    /// Messages the demo's receiver caught.
    pub(crate) catcher: CatcherWords,
    /// The selection.
    pub(crate) selection: SelectionWords,
    /// A service.
    pub(crate) service: ServiceWords,
    /// Lists of traces.
    pub(crate) traces: TracesWords,
    /// A trace.
    pub(crate) trace: TraceWords,
    /// The waterfall.
    pub(crate) waterfall: WaterfallWords,
    /// The details of a span or log record.
    pub(crate) details: DetailWords,
    /// What the keys of the waterfall do.
    pub(crate) keys: KeyWords,
    /// The SQL page.
    pub(crate) sql: SqlWords,
}

/// The frame around every page.
#[derive(Debug)]
pub(crate) struct FrameWords {
    /// Leads a keyboard past the navigation.
    pub(crate) skip: &'static str,
    /// Names the navigation.
    pub(crate) navigation: &'static str,
    /// The start page.
    pub(crate) start: &'static str,
    /// The list of SLOs.
    pub(crate) slos: &'static str,
    /// The list of alerts.
    pub(crate) alerts: &'static str,
    /// The list of traces.
    pub(crate) traces: &'static str,
    /// The SQL page.
    pub(crate) sql: &'static str,
    /// What the box for a trace id is for.
    pub(crate) open_trace: &'static str,
    /// What is wrong with what was typed.
    pub(crate) not_a_trace_id: &'static str,
    /// Names the list.
    pub(crate) keys: &'static str,
}

/// Errors.
#[derive(Debug)]
pub(crate) struct ErrorWords {
    /// The server does not answer.
    pub(crate) unreachable: &'static str,
    /// The answer cannot be read.
    pub(crate) strange: &'static str,
    /// It does not exist.
    pub(crate) not_found: &'static str,
    /// The question is wrong.
    pub(crate) bad_request: &'static str,
    /// The key does not allow it.
    pub(crate) forbidden: &'static str,
    /// A limit was reached.
    pub(crate) limit: &'static str,
    /// The server failed.
    pub(crate) internal: &'static str,
    /// The remedy where the server told none.
    pub(crate) hint: &'static str,
    /// Asks again.
    pub(crate) retry: &'static str,
    /// The field for a key.
    pub(crate) key: &'static str,
    /// Asks again, with the key.
    pub(crate) use_key: &'static str,
    /// The address leads nowhere.
    pub(crate) no_page: &'static str,
    /// Leads to the start page.
    pub(crate) to_start: &'static str,
    /// The address names no trace.
    pub(crate) no_trace_id: &'static str,
}

/// Choices of clock, colours and language.
#[derive(Debug)]
pub(crate) struct SettingWords {
    /// The clock of the browser.
    pub(crate) local_time: &'static str,
    /// What the clock button does.
    pub(crate) switch_zone: &'static str,
    /// Dark colours.
    pub(crate) dark: &'static str,
    /// Light colours.
    pub(crate) light: &'static str,
    /// What the colour button does.
    pub(crate) switch_theme: &'static str,
    /// What the language button does.
    pub(crate) switch_language: &'static str,
    /// The other language, in itself.
    pub(crate) other_language: &'static str,
}

/// The start page.
#[derive(Debug)]
pub(crate) struct StartWords {
    /// The services.
    pub(crate) services: &'static str,
    /// A service.
    pub(crate) service: &'static str,
    /// A service without a name.
    pub(crate) unnamed: &'static str,
    /// Spans with status ERROR.
    pub(crate) errors: &'static str,
    /// Their share.
    pub(crate) error_share: &'static str,
    /// When it was last seen.
    pub(crate) seen: &'static str,
    /// No service in the stretch of time.
    pub(crate) no_services: &'static str,
    /// The stretch ends at the newest telemetry.
    pub(crate) moved_back: fn(&str) -> String,
    /// The newest traces.
    pub(crate) recent_traces: &'static str,
    /// Leads to the list.
    pub(crate) all_traces: &'static str,
    /// The choice of how far back to look.
    pub(crate) range: RangeWords,
}

/// The cards of the signals.
#[derive(Debug)]
pub(crate) struct FreshnessWords {
    /// Spans.
    pub(crate) spans: &'static str,
    /// Log records.
    pub(crate) logs: &'static str,
    /// Metric data points.
    pub(crate) points: &'static str,
    /// When the last request came.
    pub(crate) received: &'static str,
    /// Time of the newest row.
    pub(crate) newest: &'static str,
    /// Time of the oldest row.
    pub(crate) oldest: &'static str,
    /// Rows not yet in Parquet.
    pub(crate) in_memory: &'static str,
    /// Bytes and files.
    pub(crate) in_files: &'static str,
    /// How many files.
    pub(crate) files: fn(&str) -> String,
    /// How long ago.
    pub(crate) age: fn(Age) -> String,
}

/// What a new installation shows.
#[derive(Debug)]
pub(crate) struct WelcomeWords {
    /// The title.
    pub(crate) title: &'static str,
    /// What to do.
    pub(crate) lead: &'static str,
    /// From a program.
    pub(crate) sdk: &'static str,
    /// From a collector.
    pub(crate) collector: &'static str,
    /// From files.
    pub(crate) files: &'static str,
    /// What comes next.
    pub(crate) then: &'static str,
    /// Leads to SQL.
    pub(crate) sql: &'static str,
}

/// A service.
#[derive(Debug)]
pub(crate) struct ServiceWords {
    /// Requests per minute.
    pub(crate) requests: &'static str,
    /// Requests of the whole range.
    pub(crate) all_requests: &'static str,
    /// The share of failed requests.
    pub(crate) errors: &'static str,
    /// Quantiles of the duration.
    pub(crate) latency: &'static str,
    /// The share of the scarcest resource in use.
    pub(crate) saturation: &'static str,
    /// What counts as a request.
    pub(crate) entries: &'static str,
    /// What counts where nobody asked.
    pub(crate) everything: &'static str,
    /// No signal in the stretch of time.
    pub(crate) nothing: &'static str,
    /// How to choose a minute.
    pub(crate) choose: &'static str,
    /// The spans of the minute.
    pub(crate) spans: &'static str,
    /// There are none.
    pub(crate) no_spans: &'static str,
    /// The operations.
    pub(crate) operations: &'static str,
    /// An operation.
    pub(crate) operation: &'static str,
    /// The kind of its spans.
    pub(crate) kind: &'static str,
    /// Leads to the traces.
    pub(crate) traces: &'static str,
}

/// Lists of traces.
#[derive(Debug)]
pub(crate) struct TracesWords {
    /// The root span.
    pub(crate) root: &'static str,
    /// How long it took.
    pub(crate) duration: &'static str,
    /// Spans.
    pub(crate) spans: &'static str,
    /// Spans with status ERROR.
    pub(crate) errors: &'static str,
    /// Services that took part.
    pub(crate) services: &'static str,
    /// When it started.
    pub(crate) start: &'static str,
    /// Whose root span.
    pub(crate) service: &'static str,
    /// No choice of service.
    pub(crate) every_service: &'static str,
    /// Nothing to list.
    pub(crate) none: &'static str,
    /// How many are listed.
    pub(crate) shown: fn(&str) -> String,
    /// Lists more.
    pub(crate) more: &'static str,
}

/// A trace.
#[derive(Debug)]
pub(crate) struct TraceWords {
    /// A trace.
    pub(crate) trace: &'static str,
    /// How long it took.
    pub(crate) duration: &'static str,
    /// Spans.
    pub(crate) spans: &'static str,
    /// Services.
    pub(crate) services: &'static str,
    /// Spans with status ERROR.
    pub(crate) errors: &'static str,
    /// Log records.
    pub(crate) logs: &'static str,
    /// When it started.
    pub(crate) start: &'static str,
    /// How many repeats were folded away.
    pub(crate) repeats: fn(&str, &str) -> String,
    /// How many copies of one are stored.
    pub(crate) copies: fn(&str) -> String,
    /// How much the sender dropped.
    pub(crate) dropped: fn(&str) -> String,
    /// Names the drawer.
    pub(crate) details: &'static str,
    /// Closes it.
    pub(crate) close: &'static str,
}

/// The waterfall.
#[derive(Debug)]
pub(crate) struct WaterfallWords {
    /// Names the rows.
    pub(crate) waterfall: &'static str,
    /// What a row is.
    pub(crate) operation: &'static str,
    /// Points in time.
    pub(crate) time: &'static str,
    /// What the search is for.
    pub(crate) search: &'static str,
    /// To the next hit.
    pub(crate) next: &'static str,
    /// To the hit before.
    pub(crate) previous: &'static str,
    /// Folds or unfolds a span.
    pub(crate) fold: &'static str,
    /// Folds everything.
    pub(crate) fold_all: &'static str,
    /// Unfolds everything.
    pub(crate) unfold_all: &'static str,
    /// Ends a zoom.
    pub(crate) whole: &'static str,
    /// A parent that is not there.
    pub(crate) missing_parent: &'static str,
    /// A circle of parents.
    pub(crate) cycle: &'static str,
}

/// The details of a span or log record.
#[derive(Debug)]
pub(crate) struct DetailWords {
    /// The critical path.
    pub(crate) critical_path: &'static str,
    /// The status.
    pub(crate) status: &'static str,
    /// The span id.
    pub(crate) span: &'static str,
    /// The parent span id.
    pub(crate) parent: &'static str,
    /// Attributes.
    pub(crate) attributes: &'static str,
    /// Events of a span.
    pub(crate) events: &'static str,
    /// The name of an event.
    pub(crate) event: &'static str,
    /// Links of a span.
    pub(crate) links: &'static str,
    /// A log record.
    pub(crate) log: &'static str,
    /// The log records of a span above, by its name.
    pub(crate) logs_above: fn(&str) -> String,
    /// The resource.
    pub(crate) resource: &'static str,
    /// The instrumentation scope.
    pub(crate) scope: &'static str,
    /// Flags and tracestate.
    pub(crate) wire: &'static str,
}

/// What the keys of the waterfall do.
#[derive(Debug)]
pub(crate) struct KeyWords {
    /// Moves the cursor.
    pub(crate) step: &'static str,
    /// Folds.
    pub(crate) fold: &'static str,
    /// Folds everything.
    pub(crate) fold_all: &'static str,
    /// To the ends.
    pub(crate) ends: &'static str,
    /// Opens the details.
    pub(crate) open: &'static str,
    /// Closes.
    pub(crate) close: &'static str,
    /// Searches.
    pub(crate) search: &'static str,
    /// To the hits.
    pub(crate) hits: &'static str,
    /// Log records.
    pub(crate) logs: &'static str,
    /// The critical path.
    pub(crate) path: &'static str,
    /// Zooms.
    pub(crate) zoom: &'static str,
    /// This list.
    pub(crate) help: &'static str,
}

/// The SQL page.
#[derive(Debug)]
pub(crate) struct SqlWords {
    /// Names the editor.
    pub(crate) editor: &'static str,
    /// Runs the query.
    pub(crate) run: &'static str,
    /// It runs.
    pub(crate) running: &'static str,
    /// Tables and columns.
    pub(crate) schema: &'static str,
    /// Functions.
    pub(crate) functions: &'static str,
    /// The answer is empty.
    pub(crate) no_rows: &'static str,
    /// What the query took.
    pub(crate) stats: fn(usize, &SqlStats) -> String,
    /// There are more rows.
    pub(crate) cut: fn(&str) -> String,
    /// Saves as CSV.
    pub(crate) csv: &'static str,
    /// The example queries.
    pub(crate) examples: ExampleWords,
}

/// How far back to look.
#[derive(Debug)]
pub(crate) struct RangeWords {
    /// Names the choice.
    pub(crate) label: &'static str,
    /// An hour.
    pub(crate) hour: &'static str,
    /// 24 hours.
    pub(crate) day: &'static str,
    /// Seven days.
    pub(crate) week: &'static str,
    /// Everything.
    pub(crate) all: &'static str,
}

/// Names of the example queries.
#[derive(Debug)]
pub(crate) struct ExampleWords {
    /// The longest spans.
    pub(crate) slowest: &'static str,
    /// Errors.
    pub(crate) errors: &'static str,
    /// Latency.
    pub(crate) percentiles: &'static str,
    /// Logs.
    pub(crate) warnings: &'static str,
    /// An attribute.
    pub(crate) by_attribute: &'static str,
    /// Metrics.
    pub(crate) metrics: &'static str,
}
