//! Removes what is kept no longer: files that are too old or too much, and files that no log names; those of the bucket as
//! those of the disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ingest_model::{Judgement, Tenant};
use serde_json::json;
use tokio::sync::mpsc;

use super::writer::Message;
use super::{Shared, mover};
use crate::audit::{AuditAction, AuditEvent, audit_rows};
use crate::error::StoreError;
use crate::retention::{self, Candidate, Hold};
use crate::snapshot::DataFile;
use crate::table::{Part, Table};

/// One of the tables that are kept: its place in the list of all, and who writes it.
type Kept = (Arc<Table>, Part, &'static str);

/// Looks once at everything.
pub(super) async fn pass(shared: &Arc<Shared>, queue: &mpsc::Sender<Message>) {
    let (kept, files) = everything(shared);
    tell_sizes(&kept, &files);
    if let Err(error) = retire(shared, queue, &kept, files).await {
        tracing::error!(%error, "cannot remove what is kept no longer; it stays");
        metrics::counter!("ingest_store_retention_errors_total").increment(1);
    }
    for table in shared.tenants.all() {
        let config = &shared.config;
        let swept = table.sweep_cold(config.replaced_grace, config.orphan_grace, (shared.clock)()).await;
        if let Err(error) = swept {
            mover::tell("remove", table.spec.name, &error);
        }
    }
}

/// Removes files that no log names and that were last written at least `grace` ago.
pub(super) async fn remove_orphans(shared: &Shared, grace: Duration) {
    for table in shared.tenants.all() {
        let removed = table.remove_orphans(&shared.disk, grace, (shared.clock)()).await;
        if removed > 0 {
            tracing::info!(table = table.spec.name, removed, "removed files that were never committed");
            metrics::counter!("ingest_store_orphans_removed_total", "table" => table.spec.name).increment(removed);
        }
    }
}

fn everything(shared: &Shared) -> (Vec<Kept>, Vec<Candidate>) {
    let (mut kept, mut files) = (Vec::new(), Vec::new());
    for table in shared.tenants.all() {
        for (part, name, listed) in table.parts() {
            let (of, tenant) = (kept.len(), table.tenant.to_string());
            let candidate = |file| Candidate { of, tenant: tenant.clone(), table: name, file };
            files.extend(listed.iter().cloned().map(candidate));
            kept.push((Arc::clone(&table), part, name));
        }
    }
    (kept, files)
}

/// Files and bytes of every table, as metrics: local ones, and cold ones where there are some.
fn tell_sizes(kept: &[Kept], files: &[Candidate]) {
    // Of each table first the local, then the cold.
    let mut sizes = vec![[(0_u64, 0_u64); 2]; kept.len()];
    for file in files {
        let size = &mut sizes[file.of][usize::from(file.file.is_cold)];
        size.0 += 1;
        size.1 += file.file.size_bytes;
    }
    for ((table, part, name), [local, cold]) in kept.iter().zip(sizes) {
        let labels = [("tenant", table.tenant.to_string()), ("table", (*name).to_owned())];
        metrics::gauge!("ingest_store_files", &labels).set(local.0 as f64);
        metrics::gauge!("ingest_store_file_bytes", &labels).set(local.1 as f64);
        if *part == Part::Own && table.has_cold() {
            metrics::gauge!("ingest_store_cold_files", &labels).set(cold.0 as f64);
            metrics::gauge!("ingest_store_cold_file_bytes", &labels).set(cold.1 as f64);
        }
    }
}

async fn retire(
    shared: &Arc<Shared>,
    queue: &mpsc::Sender<Message>,
    kept: &[Kept],
    files: Vec<Candidate>,
) -> Result<(), StoreError> {
    let retention = &shared.config.retention;
    let holds = holds(shared).await?;
    metrics::gauge!("ingest_store_holds").set(holds.len() as f64);
    if retention.is_off() {
        return Ok(());
    }
    let verdict = retention.judge(files, &holds, (shared.clock)());
    metrics::gauge!("ingest_store_held_files").set(verdict.held.len() as f64);
    for (why, files) in [("age", verdict.aged), ("bytes", verdict.too_much)] {
        let mut of_table: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
        files.into_iter().for_each(|file| of_table.entry(file.of).or_default().push(file));
        for (of, files) in of_table {
            remove(shared, queue, &kept[of], why, files).await?;
        }
    }
    Ok(())
}

async fn holds(shared: &Arc<Shared>) -> Result<Vec<Hold>, StoreError> {
    let disk = Arc::clone(&shared.disk);
    let read = tokio::task::spawn_blocking(move || retention::holds(disk.as_ref())).await;
    let read = read.unwrap_or_else(|error| Err(error.to_string()));
    read.map_err(|reason| StoreError::Damaged { path: retention::HOLDS.to_owned(), reason })
}

/// Removes files of a table, in one commit to the log of the local table and one to that of the cold table. What is being
/// moved, or cannot be removed because the bucket cannot be reached, is left for a later look.
async fn remove(
    shared: &Arc<Shared>,
    queue: &mpsc::Sender<Message>,
    kept: &Kept,
    why: &'static str,
    files: Vec<Candidate>,
) -> Result<(), StoreError> {
    let (table, part, _) = kept;
    let files = files.into_iter().map(|file| file.file);
    let (cold, local): (Vec<_>, Vec<_>) = files.partition(|file| file.is_cold);
    let local = if *part == Part::Own { table.at_rest(local) } else { local };
    if !local.is_empty() {
        announce(shared, queue, kept, why, "local", &local).await?;
        table.retire(&shared.disk, *part, local, (shared.clock)()).await?;
    }
    if !cold.is_empty() && table.can_retire_cold().await {
        announce(shared, queue, kept, why, "cold", &cold).await?;
        table.retire_cold(cold, (shared.clock)()).await?;
    }
    Ok(())
}

/// Tells the table `audit` that files are going to be removed.
async fn announce(
    shared: &Arc<Shared>,
    queue: &mpsc::Sender<Message>,
    (table, _, name): &Kept,
    why: &'static str,
    place: &'static str,
    files: &[DataFile],
) -> Result<(), StoreError> {
    let bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
    let event = AuditEvent {
        time: (shared.clock)(),
        actor: "slowburn".to_owned(),
        action: AuditAction::RemoveFiles,
        object: format!("{}/{name}", table.tenant),
        outcome: "done",
        source_address: None,
        details: json!({
            "why": why,
            "place": place,
            "files": files.len(),
            "rows": files.iter().map(|file| file.rows).sum::<u64>(),
            "bytes": bytes,
            "oldest_us": files.iter().map(|file| file.min_time_us).min(),
            "newest_us": files.iter().map(|file| file.max_time_us).max(),
        }),
    };
    let misfit = |error: arrow::error::ArrowError| StoreError::Rows { table: "audit", reason: error.to_string() };
    let rows = audit_rows(&[event]).map_err(misfit)?;
    super::record(shared, queue, &Tenant::default(), Judgement::Audit, rows).await?;
    tracing::info!(tenant = %table.tenant, table = name, why, place, files = files.len(), bytes, "removing files");
    metrics::counter!("ingest_store_retention_files_total", "table" => *name, "why" => why)
        .increment(files.len() as u64);
    Ok(())
}
