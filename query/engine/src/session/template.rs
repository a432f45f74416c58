//! What every session begins with: memory, functions, rules and settings of the engine.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::Dialect as SqlDialect;
use datafusion::execution::cache::cache_manager::CacheManagerConfig;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{FunctionRegistry, SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;

use super::{CATALOG, PUBLIC};
use crate::config::EngineConfig;
use crate::held::Held;
use crate::rewrite::ReadStored;
use crate::span_tree::sideways::TellTraces;
use crate::sum_once::SumOnce;
use crate::{extremes, has_phrase, has_word, increase, latency, log_template, operators, sketch, time_bucket};

/// Functions that make values of any size from a few digits, or take the square of the length of
/// what they are given; none has a use on telemetry.
pub(crate) const UNBOUNDED_FUNCTIONS: [&str; 9] =
    ["repeat", "lpad", "rpad", "array_repeat", "array_resize", "range", "generate_series", "gen_series", "levenshtein"];

/// What all questions share: memory and the cache of footers.
pub(super) fn runtime(config: &EngineConfig) -> Result<Arc<RuntimeEnv>> {
    // A question brings a folder of its own; without one nothing is spilled.
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let pool = GreedyMemoryPool::new(config.memory_limit_bytes);
    let caches = CacheManagerConfig::default().with_metadata_cache_limit(config.metadata_cache_bytes);
    RuntimeEnvBuilder::new()
        .with_disk_manager_builder(disk)
        .with_memory_pool(Arc::new(pool))
        .with_cache_manager(caches)
        .build_arc()
}

/// The state a session is cloned from.
pub(super) fn template(config: &EngineConfig, runtime: Arc<RuntimeEnv>) -> Result<SessionState> {
    let mut state = SessionStateBuilder::new()
        .with_config(session_config(config))
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rule(Arc::new(ReadStored))
        .with_optimizer_rule(Arc::new(TellTraces))
        .with_optimizer_rule(Arc::new(SumOnce))
        .with_optimizer_rule(Arc::new(Held))
        .build();
    for function in UNBOUNDED_FUNCTIONS {
        state.deregister_udf(function)?;
    }
    for function in operators::functions() {
        state.register_udf(function)?;
    }
    state.register_udf(sketch::quantile())?;
    state.register_udf(sketch::metric_sketch())?;
    state.register_udf(has_word::has_word())?;
    state.register_udf(time_bucket::time_bucket())?;
    state.register_udf(has_phrase::has_phrase())?;
    state.register_udf(log_template::log_template())?;
    state.register_udaf(latency::merge_latency())?;
    for function in extremes::extremes() {
        state.register_udaf(function)?;
    }
    state.register_udaf(latency::latency_sketch())?;
    state.register_udaf(sketch::merge())?;
    for what in increase::What::ALL {
        state.register_udwf(increase::function(what))?;
    }
    state.register_expr_planner(Arc::new(operators::JsonOperators))?;
    Ok(state)
}

fn session_config(config: &EngineConfig) -> SessionConfig {
    let mut session = SessionConfig::new()
        .with_target_partitions(config.threads.max(1))
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, PUBLIC);
    let options = session.options_mut();
    // Wrong results for a mix of MIN(column) and MIN(expression) in the 55.2 line
    // (apache/datafusion issue 24816).
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    // The two sides of a UNION may tell a column's metadata differently, and a comparison with NULL its nullability; that is
    // no reason to refuse a question (apache/datafusion issues 24098, 12687).
    options.execution.skip_physical_aggregate_schema_check = true;
    // Decoding in two steps slows most scans; a scan that looks for ids turns it on for itself (apache/datafusion issue
    // 24352, wrong rows of a TopK above it, is mended in the 55.2 line).
    options.execution.parquet.pushdown_filters = false;
    options.execution.parquet.bloom_filter_on_read = true;
    options.execution.parquet.enable_page_index = true;
    options.sql_parser.dialect = SqlDialect::PostgreSQL;
    session
}
