//! The wire format of protobuf: a message is one field after the other.

/// The bytes have not the plain form: they are wrong, or merely unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Odd;

/// The bytes of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a>(pub(super) &'a [u8]);

/// The fields of a message.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

/// A field. Its value is read as the type that its number has; another wire type than that type's
/// is odd.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    content: Content<'a>,
}

#[derive(Debug)]
enum Content<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

// === impl Fields ===

impl<'a> Fields<'a> {
    pub(super) const fn new(message: Message<'a>) -> Self {
        Self { rest: message.0 }
    }

    #[inline]
    fn field(&mut self) -> Result<Field<'a>, Odd> {
        let key = u32::try_from(varint(&mut self.rest)?).map_err(|_| Odd)?;
        let content = match key & 7 {
            0 => Content::Varint(varint(&mut self.rest)?),
            1 => Content::Fixed64(u64::from_le_bytes(fixed(&mut self.rest)?)),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).map_err(|_| Odd)?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Odd)?;
                self.rest = rest;
                Content::Bytes(bytes)
            }
            5 => Content::Fixed32(u32::from_le_bytes(fixed(&mut self.rest)?)),
            _ => return Err(Odd),
        };
        let number = key >> 3;
        if number == 0 { Err(Odd) } else { Ok(Field { number, content }) }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Odd>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() { None } else { Some(self.field()) }
    }
}

// === impl Field ===

impl<'a> Field<'a> {
    #[inline]
    pub(super) const fn bytes(&self) -> Result<&'a [u8], Odd> {
        match self.content {
            Content::Bytes(bytes) => Ok(bytes),
            _ => Err(Odd),
        }
    }

    #[inline]
    pub(super) fn message(&self) -> Result<Message<'a>, Odd> {
        self.bytes().map(Message)
    }

    #[inline]
    pub(super) fn text(&self) -> Result<&'a str, Odd> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Odd)
    }

    /// A list of fixed64 or double in one piece.
    pub(super) fn packed_fixed64(&self) -> Result<&'a [[u8; 8]], Odd> {
        let (numbers, rest) = self.bytes()?.as_chunks();
        if rest.is_empty() { Ok(numbers) } else { Err(Odd) }
    }

    #[inline]
    pub(super) const fn varint(&self) -> Result<u64, Odd> {
        match self.content {
            Content::Varint(number) => Ok(number),
            _ => Err(Odd),
        }
    }

    /// Of a longer number the lowest 32 bits, as protobuf has it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "protobuf truncates")]
    pub(super) fn uint32(&self) -> Result<u32, Odd> {
        self.varint().map(|number| number as u32)
    }

    #[inline]
    pub(super) fn int32(&self) -> Result<i32, Odd> {
        self.uint32().map(u32::cast_signed)
    }

    /// A number in the zigzag form.
    pub(super) fn sint32(&self) -> Result<i32, Odd> {
        self.uint32().map(|number| (number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    #[inline]
    pub(super) const fn fixed64(&self) -> Result<u64, Odd> {
        match self.content {
            Content::Fixed64(number) => Ok(number),
            _ => Err(Odd),
        }
    }

    #[inline]
    pub(super) fn double(&self) -> Result<f64, Odd> {
        self.fixed64().map(f64::from_bits)
    }

    #[inline]
    pub(super) const fn fixed32(&self) -> Result<u32, Odd> {
        match self.content {
            Content::Fixed32(number) => Ok(number),
            _ => Err(Odd),
        }
    }
}

/// Takes a number in the variable-length form: seven bits a byte, the lowest first.
#[inline]
pub(super) fn varint(rest: &mut &[u8]) -> Result<u64, Odd> {
    match **rest {
        [byte, ref after @ ..] if byte < 0x80 => {
            *rest = after;
            Ok(byte.into())
        }
        _ => long_varint(rest),
    }
}

fn long_varint(rest: &mut &[u8]) -> Result<u64, Odd> {
    let mut number = 0;
    for (index, byte) in rest.iter().enumerate().take(10) {
        if index == 9 && *byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *rest = &rest[index + 1..];
            return Ok(number);
        }
    }
    Err(Odd)
}

#[inline]
fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Odd> {
    let (number, after) = rest.split_first_chunk().ok_or(Odd)?;
    *rest = after;
    Ok(*number)
}
