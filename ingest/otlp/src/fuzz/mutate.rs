//! Changes to inputs: of bytes, of the fields of protobuf messages, of the words of JSON.

use ingest_store::Encoding;

/// Bytes that mean something: ends of varints, lengths, keys.
const BYTES: [u8; 10] = [0, 1, 2, 8, 10, 0x12, 0x7f, 0x80, 0xfe, 0xff];

/// What JSON may hold where nobody expects it.
const WORDS: [&str; 22] = [
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "1.5",
    "1e400",
    "-0.0",
    "\"NaN\"",
    "\"Infinity\"",
    "\"-1\"",
    "18446744073709551615",
    "\"9223372036854775808\"",
    "\"\\ud800\"",
    "\"AP8=\"",
    "\"_-8\"",
    "\"zz\"",
    "[[[[[[",
    "{\"kvlistValue\":{\"values\":[]}}",
    "{\"arrayValue\":{}}",
];

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
#[derive(Debug)]
pub(super) struct Random(u64);

/// A field of a message, whatever message it is.
#[derive(Debug, Clone)]
struct Field {
    key: Vec<u8>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// A number with all its bytes.
    Number(Vec<u8>),
    Bytes(Vec<u8>),
    /// Bytes that can be read as a message.
    Fields(Vec<Field>),
}

// === impl Random ===

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when that is 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// One of the seeds with one to four changes.
pub(super) fn mutated(random: &mut Random, seeds: &[Vec<u8>], encoding: Encoding) -> Vec<u8> {
    let mut input = random.one_of(seeds).clone();
    for _ in 0..=random.below(4) {
        match (random.below(8), encoding) {
            (0, _) => change_bytes(random, &mut input, seeds),
            (_, Encoding::Protobuf) => input = change_fields(random, &input),
            (_, Encoding::Json) => change_words(random, &mut input),
        }
    }
    input
}

/// A range of the input that is mostly short.
fn range(random: &mut Random, input: &[u8]) -> std::ops::Range<usize> {
    let from = random.below(input.len());
    let most = if random.below(8) == 0 { input.len() } else { 16 };
    from..(from + random.below(most)).min(input.len())
}

fn change_bytes(random: &mut Random, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let (at, part) = (random.below(input.len() + 1), range(random, input));
    match random.below(7) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = *random.one_of(&BYTES),
        2 => input.insert(at, *random.one_of(&BYTES)),
        3 => drop(input.drain(part)),
        4 => input.truncate(at),
        5 => drop(input.splice(at..at, input[part].to_vec())),
        _ => {
            let other = random.one_of(seeds);
            let part = range(random, other);
            input.splice(at..at, other[part].iter().copied());
        }
    }
}

/// Puts a word or another value of the text in the place of a value, or beside it.
fn change_words(random: &mut Random, input: &mut Vec<u8>) {
    let (here, other) = (value(random, input), value(random, input));
    let word = random.one_of(&WORDS).as_bytes();
    match random.below(8) {
        0 => drop(input.splice(here.start..here.start, word.iter().copied())),
        1 => {
            let beside = [b",", &input[other]].concat();
            input.splice(here.end..here.end, beside);
        }
        2 | 3 => drop(input.splice(here, input[other].to_vec())),
        _ => drop(input.splice(here, word.iter().copied())),
    }
}

/// Where some value of a JSON text stands.
fn value(random: &mut Random, input: &[u8]) -> std::ops::Range<usize> {
    let from = random.below(input.len());
    let begins = |byte: &u8| b":[,".contains(byte);
    let from = from + input[from..].iter().position(begins).map_or(0, |at| at + 1);
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, byte) in input.iter().enumerate().skip(from) {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 0 => return from..at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    from..input.len()
}

/// Changes a field somewhere in the message and writes all lengths anew.
fn change_fields(random: &mut Random, input: &[u8]) -> Vec<u8> {
    let Some(mut fields) = fields(input, 24) else {
        return input.to_vec();
    };
    change_field(random, &mut fields);
    let mut out = Vec::with_capacity(input.len() + 16);
    write(&mut out, &fields);
    out
}

fn change_field(random: &mut Random, fields: &mut Vec<Field>) {
    if fields.is_empty() {
        return;
    }
    let at = random.below(fields.len());
    if random.below(4) > 0
        && let Content::Fields(inner) = &mut fields[at].content
    {
        return change_field(random, inner);
    }
    let other = random.below(fields.len());
    match random.below(8) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(other, fields[at].clone()),
        2 => fields.swap(at, other),
        3 => fields[at].content = fields[other].content.clone(),
        4 => fields[at].key = fields[other].key.clone(),
        5 => fields[at].key = vec![u8::try_from(random.below(128)).unwrap_or(0)],
        6 => fields[at].content = Content::Number((0..=random.below(11)).map(|_| *random.one_of(&BYTES)).collect()),
        _ => {
            // The message around itself: nesting that grows.
            let inner = std::mem::take(fields);
            fields
                .push(Field { key: vec![*random.one_of(&[0x0a, 0x12, 0x2a, 0x32])], content: Content::Fields(inner) });
        }
    }
}

/// The bytes as fields; `None` when they are no message.
fn fields(mut bytes: &[u8], depth: usize) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let content = match key[0] & 7 {
            0 => Content::Number(varint(&mut bytes)?.to_vec()),
            1 => Content::Number(bytes.split_off(..8)?.to_vec()),
            5 => Content::Number(bytes.split_off(..4)?.to_vec()),
            2 => {
                let length =
                    varint(&mut bytes)?.iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
                let content = bytes.split_off(..length)?;
                let inner = if depth == 0 || content.is_empty() { None } else { self::fields(content, depth - 1) };
                inner.map_or_else(|| Content::Bytes(content.to_vec()), Content::Fields)
            }
            _ => return None,
        };
        fields.push(Field { key: key.to_vec(), content });
    }
    Some(fields)
}

/// The bytes of a number in the variable-length form.
fn varint<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)? + 1;
    bytes.split_off(..length)
}

fn write(out: &mut Vec<u8>, fields: &[Field]) {
    for field in fields {
        out.extend_from_slice(&field.key);
        match &field.content {
            Content::Number(bytes) => out.extend_from_slice(bytes),
            Content::Bytes(bytes) => write_bytes(out, bytes),
            Content::Fields(inner) => {
                let mut bytes = Vec::new();
                write(&mut bytes, inner);
                write_bytes(out, &bytes);
            }
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    prost::encoding::encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
