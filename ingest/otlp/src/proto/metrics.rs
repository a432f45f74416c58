//! Metrics and their data points (`metrics.proto`).

use super::fields::{Fields, Message, Odd, varint};
use super::{Item, Lists, Part, Request, index, once};

/// A metric. Its points say that they belong to it.
#[derive(Debug, Default)]
pub(crate) struct Metric<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) metadata: Part,
    pub(crate) data: Option<Data>,
}

/// Which kind of metric it is, and what the kind says of all its points.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Data {
    Gauge,
    Sum { aggregation_temporality: i32, is_monotonic: bool },
    Histogram { aggregation_temporality: i32 },
    ExponentialHistogram { aggregation_temporality: i32 },
    Summary,
}

/// A data point of any kind. What a kind does not have stays empty.
#[derive(Debug)]
pub(crate) struct Point<'a> {
    /// Position of its scope.
    pub(crate) scope: u32,
    /// Position of its metric.
    pub(crate) metric: u32,
    pub(crate) attributes: Part,
    pub(crate) start_time_unix_nano: u64,
    pub(crate) time_unix_nano: u64,
    pub(crate) flags: u32,
    pub(crate) exemplars: Part,
    pub(crate) figures: Figures<'a>,
}

/// What a data point says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figures<'a> {
    Number(Option<Number>),
    Histogram(Histogram<'a>),
    Exponential(Exponential<'a>),
    Summary(Summary<'a>),
}

/// A number as it was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Double(f64),
    Int(i64),
}

/// The figures of a histogram.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Histogram<'a> {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    bucket_counts: &'a [[u8; 8]],
    explicit_bounds: &'a [[u8; 8]],
}

/// The figures of an exponential histogram.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exponential<'a> {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) scale: i32,
    pub(crate) zero_count: u64,
    pub(crate) zero_threshold: f64,
    pub(crate) positive: Option<Buckets<'a>>,
    pub(crate) negative: Option<Buckets<'a>>,
}

/// Buckets of an exponential histogram.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Buckets<'a> {
    pub(crate) offset: i32,
    bucket_counts: &'a [u8],
}

/// The figures of a summary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary<'a> {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) quantile_values: Quantiles<'a>,
}

/// The quantiles of a summary: the point that has them, which was read once and found plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantiles<'a>(Message<'a>);

/// One measurement behind a point.
#[derive(Debug, Default)]
pub(crate) struct Exemplar<'a> {
    pub(crate) filtered_attributes: Part,
    pub(crate) time_unix_nano: u64,
    pub(crate) span_id: &'a [u8],
    pub(crate) trace_id: &'a [u8],
    pub(crate) value: Option<Number>,
}

// === impl Point ===

impl<'a> Item<'a> for Point<'a> {
    fn read(message: Message<'a>, scope: u32, into: &mut Request<'a, Self>) -> Result<(), Odd> {
        let position = into.lists.metrics.len();
        into.lists.metrics.push(Metric::default());
        let place = (scope, index(position)?);
        let mut metric = Metric::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => metric.name = field.text()?,
                2 => metric.description = field.text()?,
                3 => metric.unit = field.text()?,
                5 | 7 | 9 | 10 | 11 => {
                    let data = data(field.number, field.message()?, place, into)?;
                    once(&mut metric.data, data)?;
                }
                12 => into.lists.attribute(&mut metric.metadata, field.message()?)?,
                _ => {}
            }
        }
        into.lists.metrics[position] = metric;
        Ok(())
    }
}

/// Reads what stands in field `number` of a metric. The five messages have the same fields, as far as they have them.
fn data<'a>(
    number: u32,
    message: Message<'a>,
    place: (u32, u32),
    into: &mut Request<'a, Point<'a>>,
) -> Result<Data, Odd> {
    let (mut aggregation_temporality, mut is_monotonic) = (0, false);
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => {
                let mut point = Point::new(place);
                let message = field.message()?;
                match number {
                    5 | 7 => point.number(message, &mut into.lists)?,
                    9 => point.histogram(message, &mut into.lists)?,
                    10 => point.exponential(message, &mut into.lists)?,
                    _ => point.summary(message, &mut into.lists)?,
                }
                into.items.push(point);
            }
            2 => aggregation_temporality = field.int32()?,
            3 => is_monotonic = field.varint()? != 0,
            _ => {}
        }
    }
    Ok(match number {
        5 => Data::Gauge,
        7 => Data::Sum { aggregation_temporality, is_monotonic },
        9 => Data::Histogram { aggregation_temporality },
        10 => Data::ExponentialHistogram { aggregation_temporality },
        _ => Data::Summary,
    })
}

impl<'a> Point<'a> {
    const fn new((scope, metric): (u32, u32)) -> Self {
        Self {
            scope,
            metric,
            attributes: Part::EMPTY,
            start_time_unix_nano: 0,
            time_unix_nano: 0,
            flags: 0,
            exemplars: Part::EMPTY,
            figures: Figures::Number(None),
        }
    }

    fn number(&mut self, message: Message<'a>, lists: &mut Lists<'a>) -> Result<(), Odd> {
        let mut value = None;
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => self.start_time_unix_nano = field.fixed64()?,
                3 => self.time_unix_nano = field.fixed64()?,
                4 => value = Some(Number::Double(field.double()?)),
                5 => self.exemplar(field.message()?, lists)?,
                6 => value = Some(Number::Int(field.fixed64()?.cast_signed())),
                7 => lists.attribute(&mut self.attributes, field.message()?)?,
                8 => self.flags = field.uint32()?,
                _ => {}
            }
        }
        self.figures = Figures::Number(value);
        Ok(())
    }

    fn histogram(&mut self, message: Message<'a>, lists: &mut Lists<'a>) -> Result<(), Odd> {
        let mut figures = Histogram::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => self.start_time_unix_nano = field.fixed64()?,
                3 => self.time_unix_nano = field.fixed64()?,
                4 => figures.count = field.fixed64()?,
                5 => figures.sum = Some(field.double()?),
                6 if figures.bucket_counts.is_empty() => figures.bucket_counts = field.packed_fixed64()?,
                7 if figures.explicit_bounds.is_empty() => figures.explicit_bounds = field.packed_fixed64()?,
                6 | 7 => return Err(Odd),
                8 => self.exemplar(field.message()?, lists)?,
                9 => lists.attribute(&mut self.attributes, field.message()?)?,
                10 => self.flags = field.uint32()?,
                11 => figures.min = Some(field.double()?),
                12 => figures.max = Some(field.double()?),
                _ => {}
            }
        }
        self.figures = Figures::Histogram(figures);
        Ok(())
    }

    fn exponential(&mut self, message: Message<'a>, lists: &mut Lists<'a>) -> Result<(), Odd> {
        let mut figures = Exponential::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => lists.attribute(&mut self.attributes, field.message()?)?,
                2 => self.start_time_unix_nano = field.fixed64()?,
                3 => self.time_unix_nano = field.fixed64()?,
                4 => figures.count = field.fixed64()?,
                5 => figures.sum = Some(field.double()?),
                6 => figures.scale = field.sint32()?,
                7 => figures.zero_count = field.fixed64()?,
                8 => once(&mut figures.positive, Buckets::read(field.message()?)?)?,
                9 => once(&mut figures.negative, Buckets::read(field.message()?)?)?,
                10 => self.flags = field.uint32()?,
                11 => self.exemplar(field.message()?, lists)?,
                12 => figures.min = Some(field.double()?),
                13 => figures.max = Some(field.double()?),
                14 => figures.zero_threshold = field.double()?,
                _ => {}
            }
        }
        self.figures = Figures::Exponential(figures);
        Ok(())
    }

    fn summary(&mut self, message: Message<'a>, lists: &mut Lists<'a>) -> Result<(), Odd> {
        let mut figures = Summary { count: 0, sum: 0.0, quantile_values: Quantiles(message) };
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => self.start_time_unix_nano = field.fixed64()?,
                3 => self.time_unix_nano = field.fixed64()?,
                4 => figures.count = field.fixed64()?,
                5 => figures.sum = field.double()?,
                6 => {
                    quantile(field.message()?)?;
                }
                7 => lists.attribute(&mut self.attributes, field.message()?)?,
                8 => self.flags = field.uint32()?,
                _ => {}
            }
        }
        self.figures = Figures::Summary(figures);
        Ok(())
    }

    fn exemplar(&mut self, message: Message<'a>, lists: &mut Lists<'a>) -> Result<(), Odd> {
        let exemplar = Exemplar::read(message, lists)?;
        self.exemplars.push(&mut lists.exemplars, exemplar)
    }
}

// === impl Histogram ===

impl<'a> Histogram<'a> {
    pub(crate) fn bucket_counts(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        self.bucket_counts.iter().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn explicit_bounds(&self) -> impl ExactSizeIterator<Item = f64> + Clone + use<'a> {
        self.explicit_bounds.iter().map(|bytes| f64::from_le_bytes(*bytes))
    }
}

// === impl Buckets ===

impl<'a> Buckets<'a> {
    fn read(message: Message<'a>) -> Result<Self, Odd> {
        let mut buckets = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                1 => buckets.offset = field.sint32()?,
                2 if buckets.bucket_counts.is_empty() => {
                    buckets.bucket_counts = field.bytes()?;
                    let mut rest = buckets.bucket_counts;
                    while !rest.is_empty() {
                        varint(&mut rest)?;
                    }
                }
                2 => return Err(Odd),
                _ => {}
            }
        }
        Ok(buckets)
    }

    pub(crate) fn bucket_counts(self) -> impl Iterator<Item = u64> {
        let mut rest = self.bucket_counts;
        std::iter::from_fn(move || varint(&mut rest).ok())
    }
}

// === impl Quantiles ===

impl<'a> Quantiles<'a> {
    /// Each quantile and its value, in order.
    pub(crate) fn values(self) -> impl Iterator<Item = (f64, f64)> {
        let of_six = |field: Result<super::fields::Field<'a>, Odd>| field.ok().filter(|field| field.number == 6);
        Fields::new(self.0).filter_map(of_six).filter_map(|field| field.message().and_then(quantile).ok())
    }
}

fn quantile(message: Message<'_>) -> Result<(f64, f64), Odd> {
    let (mut quantile, mut value) = (0.0, 0.0);
    for field in Fields::new(message) {
        let field = field?;
        match field.number {
            1 => quantile = field.double()?,
            2 => value = field.double()?,
            _ => {}
        }
    }
    Ok((quantile, value))
}

// === impl Exemplar ===

impl<'a> Exemplar<'a> {
    fn read(message: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, Odd> {
        let mut exemplar = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => exemplar.time_unix_nano = field.fixed64()?,
                3 => exemplar.value = Some(Number::Double(field.double()?)),
                4 => exemplar.span_id = field.bytes()?,
                5 => exemplar.trace_id = field.bytes()?,
                6 => exemplar.value = Some(Number::Int(field.fixed64()?.cast_signed())),
                7 => lists.attribute(&mut exemplar.filtered_attributes, field.message()?)?,
                _ => {}
            }
        }
        Ok(exemplar)
    }
}
