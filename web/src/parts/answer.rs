//! What stands in the place of an answer: a placeholder, the error, or the answer drawn.

use leptos::prelude::*;

use super::ErrorNotice;
use crate::api::Answer;

/// Draws an answer when it is there. An answer equal to the one before is not drawn again, so
/// refreshing leaves focus and selection alone when nothing changed.
#[component]
pub(crate) fn Shown<T, V>(
    /// The answer, asked for elsewhere.
    answer: LocalResource<Answer<T>>,
    /// Draws it.
    draw: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let newest = Memo::new(move |_| answer.get());
    move || match newest.get() {
        None => view! { <div class="placeholder" aria-busy="true"><i></i><i></i><i></i></div> }.into_any(),
        Some(Ok(value)) => draw(value).into_any(),
        Some(Err(error)) => view! { <ErrorNotice error retry=move || answer.refetch() /> }.into_any(),
    }
}
