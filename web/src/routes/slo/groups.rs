//! The groups of an objective, each with a budget of its own, and the one the address chooses.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use query_api::{GroupBudget, Objective};

use crate::number::count_of;
use crate::parts::{Column, Frozen, SloState, TableHead, first_burn, lasts, left};
use crate::selection::with_parameters;
use crate::settings::{telling, use_settings};
use crate::text::Words;

/// The parameter of the address.
const GROUP: &str = "group";

/// The group the address names.
pub(super) fn use_group() -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get_str(GROUP).map(str::to_owned)))
}

/// The group of an objective with this key.
pub(super) fn chosen<'a>(objective: &'a Objective, key: Option<&str>) -> Option<&'a GroupBudget> {
    let key = key?;
    objective.groups.iter().find(|group| key_of(group) == key)
}

/// What names a group in the address: its values as JSON, as `slo_slices` has them.
fn key_of(group: &GroupBudget) -> String {
    serde_json::to_string(&group.group).unwrap_or_default()
}

/// Which group the figures are of, and the way back to all of them; nothing where none is chosen.
#[component]
pub(super) fn Chosen(
    key: Option<String>,
    group: Option<GroupBudget>,
    #[prop(into)] path: Signal<String>,
) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let back =
        telling(move || query.with(|query| format!("{}{}", path.get(), with_parameters(query, &[(GROUP, None)]))));
    key.map(|key| {
        let told = match group {
            Some(group) => view! { {settings.word(|words| words.group.group)} " " <b>{group.name}</b> }.into_any(),
            None => view! { {telling(move || (settings.words().group.missing)(&key))} }.into_any(),
        };
        view! {
            <p class="note" data-testid="chosen-group">{told} " · " <a href=back data-noscroll="true">{settings.word(|words| words.group.all)}</a></p>
        }
    })
}

/// The table, worst first; nothing where there are no groups.
#[component]
pub(super) fn GroupTable(
    objective: Objective,
    chosen: Memo<Option<String>>,
    #[prop(into)] path: Signal<String>,
) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let (shown, total) = (objective.groups.len(), objective.groups_total);
    let cut = (shown < total).then(|| {
        let text = telling(move || (settings.words().group.shown)(&count_of(shown), &count_of(total)));
        view! { " " {text} }
    });
    let left_out = (objective.left_out_events > 0).then(|| {
        let events = count_of(usize::try_from(objective.left_out_events).unwrap_or(usize::MAX));
        view! { <p class="note">{telling(move || (settings.words().slo.left_out)(&events))}</p> }
    });
    let rows = objective.groups.into_iter().map(|group| view! { <Row group chosen path /> }).collect_view();
    (total > 0).then(|| {
        let columns = vec![
            Column::new("", |words| words.group.group),
            Column::new("", |words| words.slo.state),
            Column::new("num", |words| words.slo.budget_left),
            Column::new("num", |words| words.slo.burn),
            Column::new("num middle", |words| words.slo.exhausted_in),
            Column::new("num wide", |words| words.group.events),
        ];
        view! {
            <h2>{word(|words| words.group.title)}</h2>
            <p class="note">{word(|words| words.group.lead)} {cut} " " {word(|words| words.group.rest)}</p>
            <div class="scroller" data-testid="groups">
                <table class="list">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {left_out}
        }
    })
}

#[component]
fn Row(group: GroupBudget, chosen: Memo<Option<String>>, path: Signal<String>) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let key = key_of(&group);
    let link = {
        let key = key.clone();
        telling(move || query.with(|query| format!("{}{}", path.get(), with_parameters(query, &[(GROUP, Some(&key))]))))
    };
    let current = Memo::new(move |_| chosen.with(|chosen| chosen.as_deref() == Some(key.as_str())));
    let budget = group.budget;
    let spent = budget.is_some_and(|budget| budget.remaining <= 0.0);
    let events = budget.map(|budget| events(budget.bad, budget.total));
    let (mark, title) = (group.name.clone(), group.name.clone());
    view! {
        <tr data-testid="group-row" data-group=mark class:current=move || current.get()>
            <td class="root">
                <a href=link data-noscroll="true" aria-current=move || current.get().then_some("true") title=title><b>{group.name}</b></a>
            </td>
            <td><SloState state=group.state /> {group.frozen.then(|| view! { " " <Frozen /> })}</td>
            <td class="num" class:failed=spent>{left(budget)}</td>
            <td class="num">{first_burn(&group.pairs)}</td>
            <td class="num middle">{telling(move || lasts(&settings.words().slo, budget))}</td>
            <td class="num wide">{events}</td>
        </tr>
    }
}

fn events(bad: u64, total: u64) -> String {
    let whole = |number: u64| count_of(usize::try_from(number).unwrap_or(usize::MAX));
    format!("{} / {}", whole(bad), whole(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_its_values_so_that_no_two_are_mistaken() {
        let group = |values: &[Option<&str>]| {
            let group = values.iter().map(|value| value.map(str::to_owned)).collect();
            GroupBudget { group, ..GroupBudget::default() }
        };
        let groups = vec![group(&[Some("a, b")]), group(&[Some("a"), Some("b")]), group(&[None])];
        let keys: Vec<String> = groups.iter().map(key_of).collect();
        assert_eq!(keys, [r#"["a, b"]"#, r#"["a","b"]"#, "[null]"]);
        let objective = Objective { groups, ..Objective::default() };
        for key in &keys {
            assert_eq!(chosen(&objective, Some(key)).map(key_of).as_ref(), Some(key));
        }
        assert_eq!(chosen(&objective, Some("[]")), None);
        assert_eq!(chosen(&objective, None), None);
    }
}
