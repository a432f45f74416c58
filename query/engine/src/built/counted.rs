//! A function whose results are counted.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, make_array};
use arrow::buffer::Buffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, FieldRef};
use bytes::Bytes;
use datafusion::common::{Result, exec_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use super::estimate::Growth;
use crate::asked::Asked;

/// Bytes that one step of a function may give back, as far as is known before it.
const STEP_BYTES: usize = 8 << 20;

/// Results smaller than this are not counted: there is one a function and thread.
const SMALL: usize = 16 << 10;

/// A function, and where its results count.
#[derive(Debug)]
pub(super) struct Counted {
    function: Arc<ScalarUDF>,
    growth: Growth,
    pool: Arc<dyn MemoryPool>,
    asked: Arc<Asked>,
}

/// A buffer that counts for as long as somebody keeps it.
struct Charged {
    buffer: Buffer,
    _reservation: MemoryReservation,
}

impl AsRef<[u8]> for Charged {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

// === impl Counted ===

impl Counted {
    pub(super) fn new(
        function: Arc<ScalarUDF>,
        growth: Growth,
        (pool, asked): (Arc<dyn MemoryPool>, Arc<Asked>),
    ) -> Self {
        Self { function, growth, pool, asked }
    }

    fn reserve(&self, bytes: usize) -> Result<MemoryReservation> {
        let reservation = MemoryConsumer::new(self.function.name()).register(&self.pool);
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    /// Runs the function on some rows, as long as somebody waits for the answer: many steps take long, and no wait is
    /// between them.
    fn step(&self, args: &ScalarFunctionArgs, from: usize, rows: usize) -> Result<ColumnarValue> {
        if self.asked.is_over() {
            return exec_err!("nobody waits for the answer any more");
        }
        let slice = |arg: &ColumnarValue| match arg {
            ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(from, rows)),
            scalar => scalar.clone(),
        };
        let step = ScalarFunctionArgs {
            args: args.args.iter().map(slice).collect(),
            arg_fields: args.arg_fields.clone(),
            number_rows: rows,
            return_field: Arc::clone(&args.return_field),
            config_options: Arc::clone(&args.config_options),
        };
        let given = self.function.invoke_with_args(step)?;
        match given {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(self.charge(array)?)),
            // It is kept for as long as the plan is; that one text is large is a mistake by itself.
            ColumnarValue::Scalar(value) => {
                self.reserve(value.size())?;
                Ok(ColumnarValue::Scalar(value))
            }
        }
    }

    /// The same array, which counts until its last part is dropped.
    fn charge(&self, array: ArrayRef) -> Result<ArrayRef> {
        let bytes = array.get_array_memory_size();
        if bytes < SMALL {
            return Ok(array);
        }
        let reservation = self.reserve(bytes)?;
        let data = array.to_data();
        let Some((first, others)) = data.buffers().split_first() else { return Ok(array) };
        let charged = Buffer::from(Bytes::from_owner(Charged { buffer: first.clone(), _reservation: reservation }));
        let buffers = std::iter::once(charged).chain(others.iter().cloned()).collect();
        Ok(make_array(data.into_builder().buffers(buffers).build()?))
    }

    /// The most rows from one on whose result is known to be small; at least one.
    fn rows_of_step(&self, args: &[ColumnarValue], from: usize, left: usize) -> usize {
        let mut rows = left;
        while rows > 1 && self.growth.estimate(args, from, rows) > STEP_BYTES {
            rows = rows.div_ceil(2);
        }
        rows
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
    }
}

impl Eq for Counted {}

impl std::hash::Hash for Counted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.function.hash(state);
    }
}

impl ScalarUDFImpl for Counted {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn signature(&self) -> &Signature {
        self.function.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.function.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.function.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.function.coerce_types(types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.function.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all = args.number_rows;
        let first = self.rows_of_step(&args.args, 0, all);
        // One row cannot be parted: what it may become must fit, and is given back once it is known what it became.
        if first == 1 {
            drop(self.reserve(self.growth.estimate(&args.args, 0, 1))?);
        }
        if first >= all {
            return self.step(&args, 0, all);
        }
        let (mut parts, mut from) = (Vec::new(), 0);
        while from < all {
            let rows = self.rows_of_step(&args.args, from, all - from);
            if rows == 1 {
                drop(self.reserve(self.growth.estimate(&args.args, from, 1))?);
            }
            parts.push(self.step(&args, from, rows)?.into_array(rows)?);
            from += rows;
        }
        let whole: usize = parts.iter().map(|part| part.get_array_memory_size()).sum();
        // While they are put together they are there twice.
        let twice = self.reserve(whole)?;
        let together = concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?;
        drop((twice, parts));
        Ok(ColumnarValue::Array(self.charge(together)?))
    }
}
