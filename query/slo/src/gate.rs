//! Gates: may a version, or an environment, go on beside its baseline?
//!
//! Two questions are asked, whether errors are more frequent and whether requests are slower. Each
//! is answered by an interval for the harm, held against a harm that is borne: surely more is a
//! fail, surely not more a pass, and where events are too few to tell, it is unknown. So little
//! traffic never passes a bad version, and much traffic never fails one for a harm nobody feels.

use std::fmt;

use crate::counts::Counts;
use crate::interval::{Confidence, Interval, normal};

mod latency;

pub use latency::Latencies;

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// Surely no more harm than is borne.
    Pass,
    /// Too little is known.
    Unknown,
    /// Surely more harm than is borne.
    Fail,
}

/// Which harm is borne, and how sure the gate must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bearable {
    /// Share of events that may fail on top of the baseline's. Of an SLO: its error budget, so that
    /// a version that takes as much again as all others may fails.
    pub errors: f64,
    /// How much more often than even a request may be slower than one of the baseline, from 0 to
    /// 0.5. A difference of 0.06 is called small, of 0.14 medium, of 0.21 large (Vargha and
    /// Delaney, "A critique and improvement of the CL common language effect size", 2000).
    pub slower: f64,
    /// How sure a pass or a fail must be.
    pub confidence: Confidence,
}

/// What one side of a comparison did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Side {
    /// Its events.
    pub counts: Counts,
    /// How long its requests took; empty where that is not asked.
    pub latencies: Latencies,
}

/// The answer of a gate, with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The worst of all reasons; unknown if there is none.
    pub pass: Pass,
    /// One for each question.
    pub reasons: Vec<Reason>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What it says of itself.
    pub pass: Pass,
    /// What was asked.
    pub question: Question,
    /// The harm that was found; `None` without events on one side, or with fewer than 8 requests.
    pub harm: Option<f64>,
    /// The harm that it may be.
    pub interval: Interval,
    /// The harm that is borne.
    pub bearable: f64,
    /// The chance of finding as much or more were there no harm, on one side.
    pub chance: Option<f64>,
}

/// A question of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// How much higher the share of bad events is.
    Errors,
    /// How much more often than even a request is slower than one of the baseline.
    Latency,
}

// === impl Bearable ===

impl Bearable {
    /// For an SLO: its error budget on top of the baseline's errors, a small shift of latency, 95 %.
    #[must_use]
    pub fn of(target: crate::Target) -> Self {
        Self { errors: target.error_budget().to_f64(), slower: 0.06, confidence: Confidence::P95 }
    }
}

// === impl Gate ===

impl Gate {
    /// Compares a candidate with its baseline. Latency is asked only where either has any.
    #[must_use]
    pub fn judge(candidate: &Side, baseline: &Side, bearable: &Bearable) -> Self {
        let mut reasons = vec![errors(candidate.counts, baseline.counts, bearable)];
        if !(candidate.latencies.is_empty() && baseline.latencies.is_empty()) {
            reasons.push(latency::slower(&candidate.latencies, &baseline.latencies, bearable));
        }
        let worst = reasons.iter().map(|reason| reason.pass).max();
        Self { pass: worst.unwrap_or(Pass::Unknown), reasons }
    }
}

// === impl Reason ===

impl Reason {
    fn new(question: Question, harm: Option<f64>, interval: Interval, bearable: f64, chance: Option<f64>) -> Self {
        let pass = if harm.is_none() {
            Pass::Unknown
        } else if interval.lower > bearable {
            Pass::Fail
        } else if interval.upper <= bearable {
            Pass::Pass
        } else {
            Pass::Unknown
        };
        Self { pass, question, harm, interval, bearable, chance }
    }
}

/// Two proportions: the interval is that of [`difference`], made of exact intervals, because
/// Wilson's are too sure of one failure in twenty; the chance that of the test with a pooled share.
fn errors(candidate: Counts, baseline: Counts, bearable: &Bearable) -> Reason {
    let everything = Interval { lower: -1.0, upper: 1.0 };
    if candidate.total() == 0 || baseline.total() == 0 {
        return Reason::new(Question::Errors, None, everything, bearable.errors, None);
    }
    let share = |counts: Counts| counts.bad() as f64 / counts.total() as f64;
    let (new, old) = (share(candidate), share(baseline));
    let near = |counts| Interval::of_bad(counts, bearable.confidence);
    let interval = difference((new, near(candidate)), (old, near(baseline)));
    let pooled = share(candidate.merge(baseline));
    let each = 1.0 / candidate.total() as f64 + 1.0 / baseline.total() as f64;
    let error = (pooled * (1.0 - pooled) * each).sqrt();
    let chance = if error > 0.0 { normal((old - new) / error) } else { 0.5 };
    Reason::new(Question::Errors, Some(new - old), interval, bearable.errors, Some(chance))
}

/// The interval for the difference of two shares, from one for each: Newcombe, "Interval estimation
/// for the difference between independent proportions" (Statistics in Medicine 17, 1998), method 10.
fn difference((new, around_new): (f64, Interval), (old, around_old): (f64, Interval)) -> Interval {
    Interval {
        lower: new - old - (new - around_new.lower).hypot(around_old.upper - old),
        upper: new - old + (around_new.upper - new).hypot(old - around_old.lower),
    }
}

// === impl Pass ===

impl Pass {
    /// The word: `pass`, `fail` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Display for Reason {
    /// One sentence for people.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:+.2}", share * 100.0);
        let what = match self.question {
            Question::Errors => "share of bad events",
            Question::Latency => "chance of being slower than the baseline",
        };
        let Some(harm) = self.harm else {
            return write!(out, "unknown: the {what} has too few events on one side; wait for traffic on both");
        };
        let (low, high) = (percent(self.interval.lower), percent(self.interval.upper));
        let borne = percent(self.bearable);
        write!(
            out,
            "{}: the {what} differs by {} points ({low} to {high}), {borne} are borne",
            self.pass,
            percent(harm)
        )?;
        if self.pass == Pass::Unknown { out.write_str("; more traffic will tell") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
