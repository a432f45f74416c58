//! Small components that several pages share.

mod alert_table;
mod answer;
mod attributes;
mod caught;
mod chart;
mod error_notice;
mod figures;
mod icon;
mod mistakes;
mod moment;
mod nav_bar;
mod range_choice;
mod refresh;
mod slo_table;
mod top_bar;
mod trace_box;
mod trace_links;
mod trace_table;

pub(crate) use alert_table::{AlertState, AlertTable, Severity, state_name};
pub(crate) use answer::Shown;
pub(crate) use attributes::Attributes;
pub(crate) use caught::CaughtList;
pub(crate) use chart::{Chart, Series};
pub(crate) use error_notice::ErrorNotice;
pub(crate) use figures::{phrase, sentence, subject, whole_subject, with_unit};
pub(crate) use icon::{Icon, Shape};
pub(crate) use mistakes::Mistakes;
pub(crate) use moment::Moment;
pub(crate) use nav_bar::NavBar;
pub(crate) use range_choice::{RangeChoice, SelectionNote};
pub(crate) use refresh::refresh;
pub(crate) use slo_table::{SloState, SloTable, exhausted, lasts, percent, rate, times};
pub(crate) use top_bar::TopBar;
pub(crate) use trace_box::TraceBox;
pub(crate) use trace_links::TraceLinks;
pub(crate) use trace_table::TraceTable;
