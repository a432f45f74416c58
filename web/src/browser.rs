//! The few things asked of the browser itself: clock, zone, storage, colours, downloads.

use ingest_model::Nanos;
use js_sys::{Array, Date};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, Url};

/// Keys of what is stored carry this, because other pages may share the origin.
const PREFIX: &str = "slowburn.";

/// Removes the static shell that was painted while this program loaded.
pub(crate) fn remove_shell() {
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
}

/// The browser's clock, which is exact to about a millisecond.
pub(crate) fn now() -> Nanos {
    Nanos(millis(Date::now()).saturating_mul(1_000_000))
}

/// Minutes that local time is ahead of UTC at a point in time.
#[expect(clippy::cast_precision_loss, reason = "an offset changes at whole minutes, which a double holds")]
pub(crate) fn offset_minutes(time: Nanos) -> i32 {
    let date = Date::new(&JsValue::from_f64((time.micros() / 1_000) as f64));
    i32::try_from(-millis(date.get_timezone_offset())).unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends, NaN becomes 0")]
fn millis(number: f64) -> i64 {
    number as i64
}

/// What was stored under a name; `None` also where the browser stores nothing.
pub(crate) fn stored(name: &str) -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(&format!("{PREFIX}{name}")).ok().flatten()
}

/// Stores a choice. A browser that stores nothing forgets it, which harms nobody.
pub(crate) fn store(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(&format!("{PREFIX}{name}"), value);
    }
}

/// The key this tab asks with. It is forgotten with the tab.
pub(crate) fn key() -> Option<String> {
    let storage = window().session_storage().ok().flatten()?;
    storage.get_item(&format!("{PREFIX}key")).ok().flatten()
}

/// Has this tab ask with a key from now on.
pub(crate) fn use_key(key: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(&format!("{PREFIX}key"), key);
    }
}

/// The languages the person prefers, as the browser tells them, best first.
pub(crate) fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|language| language.as_string()).collect()
}

/// Whether the person prefers dark colours.
pub(crate) fn prefers_dark() -> bool {
    window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
}

/// Sets an attribute of the document's root element.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// The name of the machine in the address, without port.
pub(crate) fn host_name() -> String {
    window().location().hostname().unwrap_or_default()
}

/// Whether the person types into a field, so that letters are text and not commands.
pub(crate) fn typing() -> bool {
    let focused = document().active_element().map(|element| element.tag_name());
    focused.is_some_and(|tag| matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Whether the focus is on the element with this id, or on nothing.
pub(crate) fn focus_is_on(id: &str) -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY" || element.id() == id)
}

/// Whether the focus is on nothing, so that redrawing takes it from nobody.
pub(crate) fn focus_is_free() -> bool {
    focus_is_on("main")
}

/// Moves the focus to an element by its id, without scrolling.
pub(crate) fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Saves text as a file.
///
/// # Errors
/// What the browser says when it refuses.
pub(crate) fn download(file_name: &str, text: &str, content_type: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(content_type);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&JsValue::from_str(text)), &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(file_name);
    link.click();
    Url::revoke_object_url(&address)
}
