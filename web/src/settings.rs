//! What a person chose: language, colours, time zone. Kept in the browser and shared as context.

use ingest_model::Nanos;
use leptos::prelude::*;

use crate::browser;
use crate::text::{Lang, Words};
use crate::time::{Precision, wall_clock, zone_name};

/// Dark or light colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Whose clock times are shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// The zone of the browser.
    Local,
    /// UTC.
    Utc,
}

/// The choices, as signals: whatever reads them is redrawn when they change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    lang: RwSignal<Lang>,
    theme: RwSignal<Theme>,
    zone: RwSignal<Zone>,
}

// === impl Theme ===

impl Theme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The stored choice, else what the system prefers.
    fn chosen() -> Self {
        let dark = browser::stored("theme").map_or_else(browser::prefers_dark, |theme| theme == "dark");
        if dark { Self::Dark } else { Self::Light }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

// === impl Zone ===

impl Zone {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Utc => "utc",
        }
    }
}

// === impl Settings ===

impl Settings {
    /// Reads the choices; `asked` is the language the address asks for.
    pub(crate) fn load(asked: Option<&str>) -> Self {
        let stored = browser::stored("lang");
        let lang = Lang::choose(asked, stored.as_deref(), &browser::languages());
        let zone = if browser::stored("zone").as_deref() == Some("utc") { Zone::Utc } else { Zone::Local };
        let settings =
            Self { lang: RwSignal::new(lang), theme: RwSignal::new(Theme::chosen()), zone: RwSignal::new(zone) };
        Effect::new(move || browser::set_root_attribute("lang", settings.lang.get().tag()));
        settings
    }

    /// The language.
    pub(crate) fn lang(self) -> Lang {
        self.lang.get()
    }

    /// The words of the language.
    pub(crate) fn words(self) -> &'static Words {
        self.lang.get().words()
    }

    /// A word that follows the language. Every page draws words through this one type, so that the program has the
    /// code for it once.
    pub(crate) fn word(self, choose: fn(&Words) -> &'static str) -> impl Fn() -> &'static str + Copy + Send + Sync {
        move || choose(self.words())
    }

    /// [`Settings::word`], of a part of the words.
    pub(crate) fn word_of<W: 'static>(
        self,
        part: fn(&'static Words) -> &'static W,
        choose: fn(&W) -> &'static str,
    ) -> impl Fn() -> &'static str + Copy + Send + Sync {
        move || choose(part(self.words()))
    }

    /// Chooses a language and keeps it.
    pub(crate) fn set_lang(self, lang: Lang) {
        browser::store("lang", lang.tag());
        self.lang.set(lang);
    }

    /// The colours.
    pub(crate) fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Chooses colours and keeps them.
    pub(crate) fn set_theme(self, theme: Theme) {
        browser::store("theme", theme.as_str());
        browser::set_root_attribute("data-theme", theme.as_str());
        self.theme.set(theme);
    }

    /// The zone.
    pub(crate) fn zone(self) -> Zone {
        self.zone.get()
    }

    /// Chooses a zone and keeps it.
    pub(crate) fn set_zone(self, zone: Zone) {
        browser::store("zone", zone.as_str());
        self.zone.set(zone);
    }

    /// A point in time by the chosen clock.
    pub(crate) fn stamp(self, time: Nanos, precision: Precision) -> String {
        wall_clock(time, self.offset_minutes(time), precision)
    }

    /// The name of the chosen zone as it is at a point in time.
    pub(crate) fn zone_name(self, time: Nanos) -> String {
        zone_name(self.offset_minutes(time))
    }

    fn offset_minutes(self, time: Nanos) -> i32 {
        match self.zone.get() {
            Zone::Local => browser::offset_minutes(time),
            Zone::Utc => 0,
        }
    }
}

/// A text that is told anew when the language or the clock changes: one type for all of them, as [`Settings::word`].
pub(crate) type Told = Box<dyn Fn() -> String + Send + Sync>;

/// A text of which the parts are told here.
pub(crate) fn telling(tell: impl Fn() -> String + Send + Sync + 'static) -> Told {
    Box::new(tell)
}

/// The choices of whoever looks at the page.
pub(crate) fn use_settings() -> Settings {
    expect_context()
}
