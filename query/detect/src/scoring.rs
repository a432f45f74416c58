//! How good scores are, measured against labelled windows: the two figures that detectors are compared by.

pub mod nab;
pub mod vus;
