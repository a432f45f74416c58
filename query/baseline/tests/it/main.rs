//! Series as services make them, and what the baseline says of them.

mod incidents;
mod models;
mod random;
mod replay;
mod series;
mod world;
