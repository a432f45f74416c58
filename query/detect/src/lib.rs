//! What stands out in a series of numbers, as it comes: detectors, their calibration, and how good they are; and when a bounded
//! resource runs out.
//!
//! The life of one value: a [`calendar::Calendar`] says where in the day and week its moment lies, by the clocks of a time zone. Each
//! [`angle`] - the value itself, its distance from the season, a shift of level, a jump - says how surprising it is
//! before it learns it. A [`tail`] turns the surprise into a chance, a [`record`] compares it with the farthest of the past, and the
//! [`watch`] makes of both one [`watch::Notice`]: expected value, spread, score, chance, alarm, and the angle that went farthest.
//! [`scoring`] measures such scores against windows that people marked, as NAB and TSB-AD do.
//!
//! [`exhaustion`] looks ahead instead: from the past of a resource and its limit to the time at which it is reached, with an interval.
//!
//! Invariants:
//!
//! * A notice depends on values before it and its own, never on later ones.
//! * The same values in the same order make the same notices; there is no clock and no chance.
//! * A value costs about the same however long the series was, and the state does not grow, save for the memory that an angle is given.
//! * A value that is not to be learned leaves nothing behind but the course of the last values.
//!
//! What it refuses to do: fetch or store anything, know what a series means, or decide whom to wake. `query-baseline` fits what
//! detectors start from, and chooses among them.

pub mod angle;
pub mod calendar;
pub mod detector;
pub mod exhaustion;
pub mod noise;
pub mod quantile;
pub mod record;
pub mod scoring;
pub mod tail;
pub mod watch;
pub mod window;
