//! Waterfall and charts as arithmetic: which rows there are, which of them are on screen, where a bar
//! lies, what a search finds. No browser, no signals; the page draws what is computed here.

mod bands;
mod bars;
mod chart;
mod colours;
mod critical;
mod failing;
mod history;
mod scale;
mod search;
mod tree;
mod window;

pub(crate) use bands::Bands;
pub(crate) use bars::{Bar, Range, ticks};
pub(crate) use chart::{Frame, HEIGHT as CHART_HEIGHT, WIDTH as CHART_WIDTH};
pub(crate) use colours::Colours;
pub(crate) use critical::CriticalPath;
pub(crate) use failing::{failing, logs_for};
pub(crate) use history::{Stage, stages};
pub(crate) use scale::Scale;
pub(crate) use search::{find, step};
pub(crate) use tree::{Item, Node, Oddity, Tree};
pub(crate) use window::{ROW_HEIGHT, scroll_to_show, visible};

#[cfg(test)]
mod sample;
