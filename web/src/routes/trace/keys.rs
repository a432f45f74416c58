//! The keyboard.

use leptos::prelude::*;
use leptos::{ev, web_sys::KeyboardEvent};

use super::waterfall::Waterfall;
use crate::browser;

/// The id of the grid of rows, which takes the focus.
pub(super) const GRID: &str = "waterfall";
/// The id of the search field.
pub(super) const SEARCH: &str = "trace-search";
/// Rows that PageUp and PageDown move.
const PAGE: isize = 20;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Move(isize),
    First,
    Last,
    FoldOrParent,
    UnfoldOrChild,
    FoldAll,
    UnfoldAll,
    Open,
    Close,
    Search,
    NextHit(bool),
    Logs,
    Path,
    Zoom,
    Help,
}

/// What a key does anywhere on the page.
fn anywhere(key: &str) -> Option<Action> {
    Some(match key {
        "j" => Action::Move(1),
        "k" => Action::Move(-1),
        "h" => Action::FoldOrParent,
        "[" => Action::FoldAll,
        "]" => Action::UnfoldAll,
        "Escape" => Action::Close,
        "/" => Action::Search,
        "n" => Action::NextHit(true),
        "N" => Action::NextHit(false),
        "l" => Action::Logs,
        "c" => Action::Path,
        "z" => Action::Zoom,
        "?" => Action::Help,
        _ => return None,
    })
}

/// What a key does while no other control has the focus.
fn in_grid(key: &str) -> Option<Action> {
    Some(match key {
        "ArrowDown" => Action::Move(1),
        "ArrowUp" => Action::Move(-1),
        "PageDown" => Action::Move(PAGE),
        "PageUp" => Action::Move(-PAGE),
        "Home" => Action::First,
        "End" => Action::Last,
        "ArrowLeft" => Action::FoldOrParent,
        "ArrowRight" => Action::UnfoldOrChild,
        "Enter" => Action::Open,
        _ => return None,
    })
}

/// Listens for as long as the page is shown.
pub(super) fn listen(waterfall: Waterfall) {
    let handle = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        let action = if browser::typing() {
            (key == "Escape").then_some(Action::Close)
        } else {
            anywhere(&key).or_else(|| in_grid(&key).filter(|_| browser::focus_is_on(GRID)))
        };
        if let Some(action) = action {
            event.prevent_default();
            act(waterfall, action);
        }
    });
    on_cleanup(move || handle.remove());
}

fn act(waterfall: Waterfall, action: Action) {
    match action {
        Action::Move(rows) => waterfall.move_by(rows),
        Action::First => waterfall.move_to(0),
        Action::Last => waterfall.move_to(usize::MAX),
        Action::FoldOrParent => waterfall.fold_or_parent(),
        Action::UnfoldOrChild => waterfall.unfold_or_child(),
        Action::FoldAll => waterfall.fold_all(),
        Action::UnfoldAll => waterfall.unfold_all(),
        Action::Open => waterfall.open.set(waterfall.cursor.with_untracked(Option::is_some)),
        Action::Close => close(waterfall),
        Action::Search => browser::focus(SEARCH),
        Action::NextHit(forward) => waterfall.next_hit(forward),
        Action::Logs => waterfall.logs.update(|logs| *logs = !*logs),
        Action::Path => waterfall.path.update(|path| *path = !*path),
        Action::Zoom => waterfall.zoom(),
        Action::Help => waterfall.help.update(|help| *help = !*help),
    }
}

/// Closes the topmost thing that is open and gives the focus back to the rows.
fn close(waterfall: Waterfall) {
    if waterfall.help.get_untracked() {
        waterfall.help.set(false);
    } else if browser::typing() {
        waterfall.wanted.set(String::new());
    } else {
        waterfall.open.set(false);
    }
    browser::focus(GRID);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_arrows_move_alike() {
        assert_eq!(anywhere("j"), in_grid("ArrowDown"));
        assert_eq!(anywhere("k"), in_grid("ArrowUp"));
        assert_eq!(anywhere("N"), Some(Action::NextHit(false)));
    }

    #[test]
    fn keys_that_controls_use_do_nothing_outside_the_rows() {
        for key in ["Enter", "ArrowDown", "Home", " ", "Tab"] {
            assert_eq!(anywhere(key), None, "{key}");
        }
    }
}
