//! Detectors.
pub mod calendar;
pub mod detector;
pub mod noise;
pub mod quantile;
pub mod record;
pub mod scoring;
pub mod tail;
pub mod view;
pub mod watch;
pub mod window;
