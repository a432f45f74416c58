//! How wide normal is.

use serde::{Deserialize, Serialize};

use crate::signal::{Direction, GoldenSignal};

/// How one series is judged. [`Settings::of`] gives the defaults of a signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the series measures; it decides the scale of comparison.
    pub signal: GoldenSignal,
    /// Which side counts. Default: above for errors, latency and saturation; both for requests and other values.
    pub direction: Direction,
    /// Half width of the band in robust standard deviations, above 0. Default 4, so that noise that is not normal
    /// stays inside; 3 for errors and latency, which a quiet minute measures badly: with 4, a fifth of 60 requests
    /// could fail, or the 95th percentile of their durations triple, unseen.
    pub width: f64,
    /// The least deviation from the expected value that matters, in the unit of the series. Default 10 requests,
    /// 0.01 for errors (one percentage point), 0.05 for saturation, otherwise 0.
    pub min_absolute: f64,
    /// The same as a share of the expected value. Default 0.3 for requests, 0.5 for errors, 0.25 for latency, 0.1
    /// for saturation, 0 for other values.
    pub min_relative: f64,
    /// k: how many of the last m minutes must be outside for a breach. Default 2: one stray minute wakes nobody,
    /// and an incident is seen at the end of its second minute.
    pub outside_minutes: u32,
    /// m: the minutes looked at, the judged one included. Default 3.
    pub of_minutes: u32,
    /// Window of the trailing model in hours. Default 3: short enough to follow the rise of a morning.
    pub trailing_hours: u32,
    /// Local time minus UTC, in minutes, so that hours are those of the users. Default 0. Daylight saving is the
    /// caller's to follow.
    pub utc_offset_minutes: i32,
}

/// A setting has no meaning.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{setting} is {found}; it must be {wanted}")]
pub struct SettingsError {
    /// Name of the field.
    pub setting: &'static str,
    /// What it was.
    pub found: String,
    /// What would do.
    pub wanted: &'static str,
}

// === impl Settings ===

impl Settings {
    /// The defaults of a signal.
    #[must_use]
    pub const fn of(signal: GoldenSignal) -> Self {
        use GoldenSignal as S;
        let (direction, width, min_absolute, min_relative) = match signal {
            S::Requests => (Direction::Both, 4.0, 10.0, 0.3),
            S::ErrorRatio => (Direction::Above, 3.0, 0.01, 0.5),
            S::LatencyP50 | S::LatencyP95 | S::LatencyP99 => (Direction::Above, 3.0, 0.0, 0.25),
            S::Saturation => (Direction::Above, 4.0, 0.05, 0.1),
            S::Value => (Direction::Both, 4.0, 0.0, 0.0),
        };
        Self {
            signal,
            direction,
            width,
            min_absolute,
            min_relative,
            outside_minutes: 2,
            of_minutes: 3,
            trailing_hours: 3,
            utc_offset_minutes: 0,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    ///
    /// All fields out of range, in the order of declaration.
    pub fn check(&self) -> Result<(), Vec<SettingsError>> {
        let mut wrong = Vec::new();
        let mut ask = |fine: bool, setting, found: String, wanted| {
            if !fine {
                wrong.push(SettingsError { setting, found, wanted });
            }
        };
        let size = |number: f64| number.is_finite() && number >= 0.0;
        ask(size(self.width) && self.width > 0.0, "width", self.width.to_string(), "a number above 0");
        ask(size(self.min_absolute), "min_absolute", self.min_absolute.to_string(), "a number from 0 on");
        ask(size(self.min_relative), "min_relative", self.min_relative.to_string(), "a number from 0 on");
        let wanted = "from 1 to of_minutes";
        let k = self.outside_minutes;
        ask((1..=self.of_minutes).contains(&k), "outside_minutes", k.to_string(), wanted);
        ask(self.of_minutes <= 1_440, "of_minutes", self.of_minutes.to_string(), "at most 1440, a day");
        let hours = self.trailing_hours;
        ask((1..=72).contains(&hours), "trailing_hours", hours.to_string(), "from 1 to 72");
        let offset = self.utc_offset_minutes;
        ask(offset.abs() <= 840, "utc_offset_minutes", offset.to_string(), "from -840 to 840");
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_every_signal_are_fine() {
        for signal in GoldenSignal::ALL {
            assert_eq!(Settings::of(signal).check(), Ok(()));
        }
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let settings = Settings { width: f64::NAN, of_minutes: 1, ..Settings::of(GoldenSignal::Requests) };
        let wrong = settings.check().expect_err("two fields are wrong");
        assert_eq!(wrong.iter().map(|error| error.setting).collect::<Vec<_>>(), ["width", "outside_minutes"]);
        assert_eq!(wrong[1].to_string(), "outside_minutes is 2; it must be from 1 to of_minutes");
    }
}
