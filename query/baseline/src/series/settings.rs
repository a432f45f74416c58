//! How a series is judged.

use query_detect::calendar::Zone;
use serde::{Deserialize, Serialize};

use crate::settings::SettingsError;
use crate::signal::Direction;

/// How one series of numbers is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesSettings {
    /// Time zone of those who make the season, by its IANA name. Default UTC.
    pub zone: Zone,
    /// Which side alarms. Default both.
    pub direction: Direction,
    /// False alarms a week that are tolerated of a clean series. Default 0.5, one a fortnight.
    pub alarms_per_week: f64,
    /// Half width of the band in robust standard deviations. Default 4.
    pub width: f64,
    /// The least distance from the expected value that alarms, in the unit of the series. Default 0.
    pub min_absolute: f64,
    /// The same as a share of the expected value. Default 0.
    pub min_relative: f64,
    /// Points for which an alarmed stretch is not learned. When it lasts longer it is the new normal. Default 144, half a day
    /// of 5 minutes.
    pub follow_points: u32,
}

// === impl SeriesSettings ===

impl Default for SeriesSettings {
    fn default() -> Self {
        Self {
            zone: Zone::utc(),
            direction: Direction::Both,
            alarms_per_week: 0.5,
            width: 4.0,
            min_absolute: 0.0,
            min_relative: 0.0,
            follow_points: 144,
        }
    }
}

impl SeriesSettings {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// All fields out of range, in the order of declaration.
    pub fn check(&self) -> Result<(), Vec<SettingsError>> {
        let size = |number: f64| number.is_finite() && number >= 0.0;
        let checks = [
            (size(self.alarms_per_week) && self.alarms_per_week > 0.0, "alarms_per_week", self.alarms_per_week, ABOVE),
            (size(self.width) && self.width > 0.0, "width", self.width, ABOVE),
            (size(self.min_absolute), "min_absolute", self.min_absolute, FROM),
            (size(self.min_relative), "min_relative", self.min_relative, FROM),
        ];
        let wrong = |(_, setting, found, wanted): (bool, &'static str, f64, &'static str)| SettingsError {
            setting,
            found: found.to_string(),
            wanted,
        };
        let all: Vec<SettingsError> = checks.into_iter().filter(|(fine, ..)| !fine).map(wrong).collect();
        if all.is_empty() { Ok(()) } else { Err(all) }
    }
}

const ABOVE: &str = "a number above 0";
const FROM: &str = "a number from 0 on";
