//! Asking again from time to time.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;

/// How often a page asks again.
const REFRESH: Duration = Duration::from_secs(10);

/// Asks again every ten seconds, but not while somebody works with the keyboard: what is
/// redrawn would lose the focus.
pub(crate) fn refresh(ask: impl Fn() + 'static) {
    let tick = move || {
        if !document().hidden() && browser::focus_is_free() {
            ask();
        }
    };
    if let Ok(handle) = set_interval_with_handle(tick, REFRESH) {
        on_cleanup(move || handle.clear());
    }
}
