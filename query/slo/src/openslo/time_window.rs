//! The time window of an SLO: rolling, or of a calendar.

use super::field::{Field, Fields};
use super::mistake::Report;
use crate::window::{Calendar, CalendarError, Length, Window};

/// The one time window.
pub(super) fn time_window(fields: &mut Fields<'_>, report: &mut Report) -> Option<Window> {
    let field = fields.required("timeWindow", report)?;
    let items = field.items(report)?;
    let [item] = items.as_slice() else {
        field.wrong("exactly one time window is needed", "write one item, such as `- duration: 30d`", report);
        return None;
    };
    let mut fields = item.fields(report)?;
    let duration = fields.required("duration", report);
    let length = duration.as_ref().and_then(|field| field.length(report));
    let calendar = fields.optional("calendar");
    let rolling = fields.optional("isRolling");
    let is_rolling = rolling.as_ref().and_then(|field| field.boolean(report));
    let window = match (&calendar, is_rolling) {
        (Some(calendar), Some(true)) => {
            calendar.wrong("a rolling window has no calendar", "remove it, or write `isRolling: false`", report);
            None
        }
        (Some(calendar), _) => self::calendar(calendar, length, report),
        (None, Some(false)) => {
            fields.missing("calendar", "add `calendar` with `startTime` and `timeZone`", report);
            None
        }
        (None, _) => self::rolling(length?, &duration?, report),
    };
    fields.close(report);
    window
}

fn rolling(length: Length, field: &Field<'_>, report: &mut Report) -> Option<Window> {
    let minutes = length.rolling();
    if minutes.is_none() {
        let remedy = "write days, such as 30d or 90d, or add a `calendar`";
        field.wrong("a rolling window is as long at all times", remedy, report);
    }
    minutes.map(Window::Rolling)
}

fn calendar(field: &Field<'_>, length: Option<Length>, report: &mut Report) -> Option<Window> {
    let mut fields = field.fields(report)?;
    let (start, zone) = (fields.required("startTime", report), fields.required("timeZone", report));
    fields.close(report);
    let (start, zone, length) = (start?, zone?, length?);
    match Calendar::new(start.text(report)?, zone.text(report)?, length) {
        Ok(calendar) => Some(Window::Calendar(calendar)),
        Err(error) => {
            let (field, remedy) = match error {
                CalendarError::Start => (start, "write YYYY-MM-DD hh:mm:00"),
                CalendarError::Zone => (zone, "write the name of a city's zone, or UTC"),
            };
            field.wrong(&error.to_string(), remedy, report);
            None
        }
    }
}
