//! Which fields of OTLP's messages hold messages or packed numbers, by field number, and what
//! their decoded forms take. Fields that are not listed are texts and numbers.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

/// What is known of a message type.
#[derive(Debug)]
pub(super) struct Layout {
    /// Bytes of its decoded form without what that points to.
    pub(super) size: usize,
    /// Fields that are messages.
    children: &'static [(u64, &'static Layout)],
    /// Fields that hold many elements where others hold one.
    repeated: &'static [(u64, Element)],
}

/// What a repeated field holds.
#[derive(Debug)]
enum Element {
    /// One text a field, with a place of its own.
    Text,
    /// Numbers of 64 bits, each in a byte or more.
    Varint,
}

// === impl Layout ===

impl Layout {
    const fn of<M>(children: &'static [(u64, &'static Self)]) -> Self {
        Self { size: size_of::<M>(), children, repeated: &[] }
    }

    const fn with_repeated(self, repeated: &'static [(u64, Element)]) -> Self {
        Self { repeated, ..self }
    }

    /// The type of the field's message.
    pub(super) fn child(&self, number: u64) -> Option<&'static Self> {
        self.children.iter().find(|(child, _)| *child == number).map(|(_, layout)| *layout)
    }

    /// What a field that is no message takes beside its place in the message.
    pub(super) fn bytes_of(&self, number: u64, length: usize) -> usize {
        match self.repeated.iter().find(|(field, _)| *field == number) {
            None => length,
            Some((_, Element::Text)) => size_of::<String>() + length,
            Some((_, Element::Varint)) => size_of::<u64>() * length,
        }
    }
}

static ANY: Layout = Layout::of::<AnyValue>(&[(5, &ARRAY), (6, &LIST)]);
static ARRAY: Layout = Layout::of::<ArrayValue>(&[(1, &ANY)]);
static LIST: Layout = Layout::of::<KeyValueList>(&[(1, &KEY_VALUE)]);
static KEY_VALUE: Layout = Layout::of::<KeyValue>(&[(2, &ANY)]);
static ENTITY: Layout = Layout::of::<EntityRef>(&[]).with_repeated(&[(3, Element::Text), (4, Element::Text)]);
static RESOURCE: Layout = Layout::of::<Resource>(&[(1, &KEY_VALUE), (3, &ENTITY)]);
static SCOPE: Layout = Layout::of::<InstrumentationScope>(&[(3, &KEY_VALUE)]);

pub(super) static TRACES: Layout = Layout::of::<()>(&[(1, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Layout = Layout::of::<ResourceSpans>(&[(1, &RESOURCE), (2, &SCOPE_SPANS)]);
static SCOPE_SPANS: Layout = Layout::of::<ScopeSpans>(&[(1, &SCOPE), (2, &SPAN)]);
static SPAN: Layout = Layout::of::<Span>(&[(9, &KEY_VALUE), (11, &EVENT), (13, &LINK), (15, &STATUS)]);
static EVENT: Layout = Layout::of::<Event>(&[(3, &KEY_VALUE)]);
static LINK: Layout = Layout::of::<Link>(&[(4, &KEY_VALUE)]);
static STATUS: Layout = Layout::of::<Status>(&[]);

pub(super) static LOGS: Layout = Layout::of::<()>(&[(1, &RESOURCE_LOGS)]);
static RESOURCE_LOGS: Layout = Layout::of::<ResourceLogs>(&[(1, &RESOURCE), (2, &SCOPE_LOGS)]);
static SCOPE_LOGS: Layout = Layout::of::<ScopeLogs>(&[(1, &SCOPE), (2, &LOG_RECORD)]);
static LOG_RECORD: Layout = Layout::of::<LogRecord>(&[(5, &ANY), (6, &KEY_VALUE)]);

pub(super) static METRICS: Layout = Layout::of::<()>(&[(1, &RESOURCE_METRICS)]);
static RESOURCE_METRICS: Layout = Layout::of::<ResourceMetrics>(&[(1, &RESOURCE), (2, &SCOPE_METRICS)]);
static SCOPE_METRICS: Layout = Layout::of::<ScopeMetrics>(&[(1, &SCOPE), (2, &METRIC)]);
static METRIC: Layout = Layout::of::<Metric>(&[
    (5, &GAUGE),
    (7, &SUM),
    (9, &HISTOGRAM),
    (10, &EXPONENTIAL_HISTOGRAM),
    (11, &SUMMARY),
    (12, &KEY_VALUE),
]);
static GAUGE: Layout = Layout::of::<Gauge>(&[(1, &NUMBER)]);
static SUM: Layout = Layout::of::<Sum>(&[(1, &NUMBER)]);
static HISTOGRAM: Layout = Layout::of::<Histogram>(&[(1, &HISTOGRAM_POINT)]);
static EXPONENTIAL_HISTOGRAM: Layout = Layout::of::<ExponentialHistogram>(&[(1, &EXPONENTIAL_POINT)]);
static SUMMARY: Layout = Layout::of::<Summary>(&[(1, &SUMMARY_POINT)]);
static NUMBER: Layout = Layout::of::<NumberDataPoint>(&[(5, &EXEMPLAR), (7, &KEY_VALUE)]);
static EXEMPLAR: Layout = Layout::of::<Exemplar>(&[(7, &KEY_VALUE)]);
static HISTOGRAM_POINT: Layout = Layout::of::<HistogramDataPoint>(&[(8, &EXEMPLAR), (9, &KEY_VALUE)]);
static EXPONENTIAL_POINT: Layout =
    Layout::of::<ExponentialHistogramDataPoint>(&[(1, &KEY_VALUE), (8, &BUCKETS), (9, &BUCKETS), (11, &EXEMPLAR)]);
static BUCKETS: Layout = Layout::of::<Buckets>(&[]).with_repeated(&[(2, Element::Varint)]);
static SUMMARY_POINT: Layout = Layout::of::<SummaryDataPoint>(&[(6, &QUANTILE), (7, &KEY_VALUE)]);
static QUANTILE: Layout = Layout::of::<ValueAtQuantile>(&[]);
