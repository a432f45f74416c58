//! The web page, drawn in the browser by Leptos.
//!
//! The server sends a shell that paints at once; when the WebAssembly has arrived, [`mount`] takes
//! the shell's place. A page in `routes` asks the server through `api`, which is the only module
//! that speaks HTTP, and draws the answer with the small components in `parts`. All arithmetic
//! of the waterfall is in `layout`, which knows no browser and is tested natively.
//!
//! What always holds:
//! - telemetry is written by strangers, so it becomes text nodes only, never markup, and links
//!   lead only to addresses built here, or over HTTP to where a message of the catcher or a runbook points;
//! - points in time stay 64-bit integers; floating point starts at a share of the screen;
//! - every word a person reads is in `text`, in every language;
//! - what is on screen is in the address, so that a link shows the same to another person.

#![expect(unreachable_pub, reason = "the component macro declares the properties of private components public")]

mod api;
mod app;
mod browser;
mod layout;
mod number;
mod parts;
mod routes;
mod selection;
mod settings;
mod text;
mod time;

/// Puts the page in the place of the shell.
pub fn mount() {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    browser::remove_shell();
    leptos::mount::mount_to_body(app::App);
}
