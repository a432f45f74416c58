//! The chosen minute in the address.

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::selection::Look;

/// Keeps the chosen minute in the address, and follows the address when Back changes it.
pub(super) fn follow(minute: RwSignal<Option<Nanos>>, look: Memo<Look>) {
    let (location, navigate) = (use_location(), use_navigate());
    let page = location.pathname.get_untracked();
    Effect::new(move || minute.set(look.get().minute));
    Effect::new(move |_| {
        let chosen = minute.get();
        let here = location.pathname.try_get_untracked().is_some_and(|path| path == page);
        if !here || look.get_untracked().minute == chosen {
            return;
        }
        let mut query = location.query.get_untracked();
        query.remove("minute");
        if let Some(chosen) = chosen {
            query.replace("minute", chosen.0.to_string());
        }
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&format!("{page}{}", query.to_query_string()), options);
    });
}
