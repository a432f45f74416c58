//! Sketches in SQL of both kinds: made of histograms that were sent, added up, and read.
//!
//! There are two kinds. Those of `latency` hold durations in nanoseconds, all in the same buckets. Those of `histogram`
//! hold what a metric's histogram holds, in its buckets, and follow PromQL's rules.

mod build;
pub(crate) mod histogram;
mod merge;
mod quantile;

use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

/// The aggregate `merge(sketch)`.
pub(crate) fn merge() -> Arc<AggregateUDF> {
    static UDAF: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| Arc::new(AggregateUDF::new_from_impl(merge::Merge::new())));
    Arc::clone(&UDAF)
}

/// The function `quantile(sketch, share)`.
pub(crate) fn quantile() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(quantile::Quantile::new())));
    Arc::clone(&UDF)
}

/// The function `metric_sketch(count, sum, …)`.
pub(crate) fn metric_sketch() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(build::MetricSketch::new())));
    Arc::clone(&UDF)
}
