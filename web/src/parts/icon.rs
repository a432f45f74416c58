//! Icons, drawn as strokes on a grid of 16 by 16.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A flame that burns low: the product.
    Flame,
    /// A pulse: the start page.
    Pulse,
    /// A bell: alerts.
    Bell,
    /// Staggered bars: traces.
    Bars,
    /// A prompt: SQL.
    Prompt,
    /// Sun and moon: colours.
    Contrast,
    /// A clock: time zone.
    Clock,
    /// A cross: close.
    Cross,
    /// A triangle with a mark: a warning.
    Warning,
    /// An arrow down to a line: download.
    Download,
    /// A chevron to the right: more.
    Chevron,
}

// === impl Shape ===

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::Flame => {
                "M8 1.5c.6 2.6 4 4 4 7.6a4 4 0 0 1-8 0c0-1.5.8-2.6 1.6-3.5.3 1 .8 1.5 1.4 1.7C6.9 5.3 6.9 3.3 8 1.5ZM4 14.5h8"
            }
            Self::Pulse => "M1 8.5h3l2-5.5 3.5 10 2-4.5H15",
            Self::Bell => {
                "M3 11.5h10c-1-1-1.5-2-1.5-4.5a3.5 3.5 0 0 0-7 0C4.5 9.5 4 10.5 3 11.5ZM6.5 13.5a1.5 1.5 0 0 0 3 0"
            }
            Self::Bars => "M1.5 3.5h8M4.5 8h7M8.5 12.5h6",
            Self::Prompt => "M2 4l4 4-4 4M8 12.5h6",
            Self::Contrast => "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 0v12M8 5h4.8M8 8h6M8 11h4.8",
            Self::Clock => "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 2.5V8l2.5 1.5",
            Self::Cross => "M3.5 3.5l9 9M12.5 3.5l-9 9",
            Self::Warning => "M8 2 1.5 13.5h13L8 2Zm0 4.5v3.2M8 11.5v.2",
            Self::Download => "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
            Self::Chevron => "M6 3.5 10.5 8 6 12.5",
        }
    }
}

/// Draws an icon in the colour of the text around it. It says nothing to a screen reader: the
/// words beside it do.
#[component]
pub(crate) fn Icon(
    /// What it shows.
    shape: Shape,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=shape.path() />
        </svg>
    }
}
