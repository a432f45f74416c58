//! Detectors.
pub mod detector;
pub mod quantile;
pub mod scoring;
pub mod tail;
pub mod window;
