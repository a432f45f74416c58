//! PromQL as written in `tests/promql/*.test`, in the notation of Prometheus' own tests; and what holds of any series.

mod cases;
mod classic;
mod compare;
mod histograms;
mod json;
mod limits;
mod notation;
mod random;
mod world;
