//! Planted causes, and how often they are found.

mod attributes;
mod random;
mod services;
mod suspects;
mod tally;
