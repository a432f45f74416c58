//! SQL: an editor, the schema, the rows.

mod editor;
mod examples;
mod result;
mod schema;

use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use query_api::{SqlAnswer, SqlQuestion};

use self::editor::Editor;
use self::examples::Examples;
use self::result::ResultTable;
use self::schema::SchemaTree;
use crate::api::{self, Answer, AskError, encoded};
use crate::browser;
use crate::parts::{ErrorNotice, Icon, Shape};
use crate::settings::{telling, use_settings};

/// Rows asked for and drawn; the CSV has as many as the server gives.
const MAX_ROWS: usize = 1_000;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Desk {
    /// The text in the editor.
    draft: RwSignal<String>,
    /// The editor.
    field: NodeRef<Textarea>,
    /// Whether an answer is awaited.
    running: RwSignal<bool>,
    /// The newest answer.
    answer: RwSignal<Option<Answer<SqlAnswer>>>,
    /// The query of that answer.
    asked: RwSignal<String>,
}

// === impl Desk ===

impl Desk {
    fn new() -> Self {
        Self {
            draft: RwSignal::new(examples::FIRST.to_owned()),
            field: NodeRef::new(),
            running: RwSignal::new(false),
            answer: RwSignal::new(None),
            asked: RwSignal::new(String::new()),
        }
    }

    /// Asks the server. An answer that comes after another question was asked is dropped.
    fn ask(self, query: String) {
        self.running.set(true);
        self.asked.set(query.clone());
        spawn_local(async move {
            let question = SqlQuestion { query: query.clone(), max_rows: Some(MAX_ROWS), timeout_ms: None };
            let answer = api::sql(&question).await;
            if self.asked.try_get_untracked() == Some(query) {
                self.answer.set(Some(answer));
                self.running.set(false);
            }
        });
    }

    /// Puts a name where the cursor is.
    fn insert(self, name: &str) {
        if let Some(field) = self.field.get_untracked() {
            // The browser refuses only when the selection is out of range, which it just told us.
            let _ = field.set_range_text(name);
            self.draft.set(field.value());
            let _ = field.focus();
        }
    }

    /// Saves all rows of the query as a CSV file.
    fn save_csv(self) {
        let query = self.asked.get_untracked();
        spawn_local(async move {
            let question = SqlQuestion { query, ..SqlQuestion::default() };
            let saved = api::sql_csv(&question).await.and_then(|text| {
                browser::download("slowburn.csv", &text, "text/csv")
                    .map_err(|error| AskError::Strange(format!("{error:?}")))
            });
            if let Err(error) = saved {
                self.answer.set(Some(Err(error)));
            }
        });
    }
}

/// The page. The query is in the address as `q`, and an address with a query runs it.
#[component]
pub(crate) fn Sql() -> impl IntoView {
    let settings = use_settings();
    let desk = Desk::new();
    let query = use_query_map();
    let linked = Memo::new(move |_| query.with(|query| query.get_str("q").map(str::to_owned)));
    Effect::new(move || {
        if let Some(linked) = linked.get().filter(|linked| !linked.trim().is_empty()) {
            desk.draft.set(linked.clone());
            desk.ask(linked);
        }
    });
    let navigate = use_navigate();
    let run = Callback::new(move |query: String| {
        if untrack(|| linked.get()).as_ref() == Some(&query) {
            desk.ask(query);
        } else {
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/sql?q={}", encoded(&query)), options);
        }
    });
    Effect::new(move || document().set_title("SQL · slowburn"));
    view! {
        <div class="page sql">
            <h1 class="sr">"SQL"</h1>
            <div class="sql-main">
                <Examples choose=move |sql: &'static str| { desk.draft.set(sql.to_owned()); run.run(sql.to_owned()); } />
                <Editor desk run />
                <Outcome desk />
            </div>
            <aside class="schema" aria-label=settings.word(|words| words.sql.schema)>
                <h2>{settings.word(|words| words.sql.schema)}</h2>
                <SchemaTree desk />
            </aside>
        </div>
    }
}

#[component]
fn Outcome(desk: Desk) -> impl IntoView {
    let retry = move || desk.ask(desk.asked.get_untracked());
    move || {
        let outcome = match desk.answer.get()? {
            Err(error) => view! { <ErrorNotice error retry /> }.into_any(),
            Ok(answer) => view! {
                <section class="result" data-testid="sql-result" aria-busy=move || desk.running.get().to_string()>
                    <Summary desk answer=answer.clone() />
                    <ResultTable answer />
                </section>
            }
            .into_any(),
        };
        Some(outcome)
    }
}

#[component]
fn Summary(desk: Desk, answer: SqlAnswer) -> impl IntoView {
    let settings = use_settings();
    let rows = answer.rows.len();
    let (stats, truncated) = (answer.stats, answer.truncated);
    let text = telling(move || (settings.words().sql.stats)(rows, &stats));
    let cut = telling(move || (settings.words().sql.cut)(&crate::number::count_of(rows)));
    view! {
        <header class="section">
            <p class="note" data-testid="sql-stats">
                {text}
                {truncated.then(|| view! { <b>" · " {cut}</b> })}
            </p>
            <button type="button" data-testid="sql-csv" on:click=move |_| desk.save_csv()>
                <Icon shape=Shape::Download />
                {settings.word(|words| words.sql.csv)}
            </button>
        </header>
    }
}
