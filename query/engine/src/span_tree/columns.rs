//! The columns that `span_tree` has beside those of `spans`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub(crate) const TRACE_ID: &str = "trace_id";

/// The columns of spans that their places follow from.
pub(super) const KEYS: [&str; 6] =
    [TRACE_ID, "span_id", "parent_span_id", "start_time", "start_time_nanos", "duration_ns"];

/// A column that follows from the whole trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    RootSpanId,
    RootServiceName,
    RootName,
    ParentServiceName,
    Depth,
    TreeLeft,
    TreeRight,
    TreeParent,
    SiblingNumber,
    ChildCount,
    SelfTime,
    CriticalTime,
    IsOrphan,
    IsSkewed,
    OutsideParent,
    Repeats,
}

// === impl Added ===

impl Added {
    /// In the order of the table.
    pub(crate) const ALL: [Self; 16] = [
        Self::RootSpanId,
        Self::RootServiceName,
        Self::RootName,
        Self::ParentServiceName,
        Self::Depth,
        Self::TreeLeft,
        Self::TreeRight,
        Self::TreeParent,
        Self::SiblingNumber,
        Self::ChildCount,
        Self::SelfTime,
        Self::CriticalTime,
        Self::IsOrphan,
        Self::IsSkewed,
        Self::OutsideParent,
        Self::Repeats,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RootSpanId => "root_span_id",
            Self::RootServiceName => "root_service_name",
            Self::RootName => "root_name",
            Self::ParentServiceName => "parent_service_name",
            Self::Depth => "depth",
            Self::TreeLeft => "tree_left",
            Self::TreeRight => "tree_right",
            Self::TreeParent => "tree_parent",
            Self::SiblingNumber => "sibling_number",
            Self::ChildCount => "child_count",
            Self::SelfTime => "self_time_ns",
            Self::CriticalTime => "critical_time_ns",
            Self::IsOrphan => "is_orphan",
            Self::IsSkewed => "is_skewed",
            Self::OutsideParent => "outside_parent_ns",
            Self::Repeats => "repeats",
        }
    }

    /// The column with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|added| added.name() == name)
    }

    /// The column at a place of the table over `spans`.
    pub(super) fn of(spans: &Schema, index: usize) -> Option<Self> {
        index.checked_sub(spans.fields().len()).and_then(|index| Self::ALL.get(index).copied())
    }

    /// The column of another span of the trace that it is.
    pub(super) const fn input(self) -> Option<&'static str> {
        match self {
            Self::RootSpanId => Some("span_id"),
            Self::RootServiceName | Self::ParentServiceName => Some("service_name"),
            Self::RootName => Some("name"),
            _ => None,
        }
    }

    fn field(self, spans: &Schema) -> Field {
        let of_other = self.input().and_then(|name| spans.field_with_name(name).ok());
        let data_type = match (of_other, self) {
            (Some(field), _) => field.data_type().clone(),
            (None, Self::IsOrphan | Self::IsSkewed) => DataType::Boolean,
            (None, _) => DataType::Int64,
        };
        Field::new(self.name(), data_type, true)
    }
}

/// The schema of the table over `spans`.
pub(crate) fn schema(spans: &SchemaRef) -> SchemaRef {
    let own = spans.fields().iter().cloned();
    let added = Added::ALL.into_iter().map(|added| Arc::new(added.field(spans)));
    Arc::new(Schema::new(own.chain(added).collect::<Vec<_>>()))
}
