//! Small components that several pages share.

mod answer;
mod attributes;
mod chart;
mod error_notice;
mod icon;
mod moment;
mod nav_bar;
mod slo_table;
mod top_bar;
mod trace_box;
mod trace_table;

pub(crate) use answer::Shown;
pub(crate) use attributes::Attributes;
pub(crate) use chart::{Chart, Series};
pub(crate) use error_notice::ErrorNotice;
pub(crate) use icon::{Icon, Shape};
pub(crate) use moment::Moment;
pub(crate) use nav_bar::NavBar;
pub(crate) use slo_table::{SloState, SloTable, lasts, percent, rate};
pub(crate) use top_bar::TopBar;
pub(crate) use trace_box::TraceBox;
pub(crate) use trace_table::TraceTable;
