//! What of a text is a placeholder.

/// Bytes within which a quote ends; a longer one is no quote.
const QUOTED: usize = 200;

/// Hex digits of the groups of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Hex digits of a span id and of a trace id, which may happen to be digits alone.
const IDS: [usize; 2] = [16, 32];

/// Letters of a unit at most, as in `3.5ms`.
const UNIT: usize = 4;

/// Characters of a run of hex digits at least; a shorter one may be anything.
const HEX: usize = 3;

/// Appends the template of a text.
pub(super) fn template(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let Some((len, placeholder)) = masked(bytes, at) else {
            at += passed(bytes, at);
            continue;
        };
        out.push_str(text.get(copied..at).unwrap_or_default());
        out.push_str(placeholder);
        at += len;
        copied = at;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// Bytes that are as they stand: a run without digits, or one other character.
fn passed(bytes: &[u8], at: usize) -> usize {
    run(bytes, at).max(1)
}

/// The placeholder of what begins here, and its bytes.
fn masked(bytes: &[u8], at: usize) -> Option<(usize, &'static str)> {
    match bytes[at] {
        quote @ (b'\'' | b'"') => quoted(bytes, at, quote).map(|len| (len, "<quoted>")),
        b'-' | b'+' if is_open(bytes, at) => number(bytes, at + 1).map(|len| (len + 1, "<num>")),
        _ => run_masked(bytes, at),
    }
}

/// A quote that opens where no word goes on, and closes soon, on the same line.
fn quoted(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    if before.is_some_and(|byte| is_part(*byte)) {
        return None;
    }
    let within = bytes.get(at + 1..)?.iter().take(QUOTED);
    let end = within.take_while(|byte| **byte != b'\n').position(|byte| *byte == quote)?;
    // What a colon follows is the name of a value.
    let goes_on = bytes.get(at + end + 2).is_some_and(|byte| is_part(*byte) || *byte == b':');
    (end > 0 && !goes_on).then_some(end + 2)
}

/// Whether a sign here belongs to the number after it.
fn is_open(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before
        .is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'=' | b':' | b',' | b'(' | b'[' | b'{' | b'<' | b'>'))
}

/// A placeholder that begins with a run of letters and digits.
fn run_masked(bytes: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let len = run(bytes, at);
    let word = bytes.get(at..at + len)?;
    let has_digit = word.iter().any(u8::is_ascii_digit);
    if !has_digit && len != UUID[0] {
        return None;
    }
    if let Some(len) = uuid(bytes, at) {
        return Some((len, "<uuid>"));
    }
    if !has_digit {
        return None;
    }
    if let Some(len) = moment(bytes, at) {
        return Some((len, "<time>"));
    }
    if let Some(len) = address(bytes, at) {
        return Some((len, "<ip>"));
    }
    let hex = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X"));
    if hex.is_some_and(|hex| !hex.is_empty() && hex.iter().all(u8::is_ascii_hexdigit)) {
        return Some((len, "<hex>"));
    }
    let is_hex = word.iter().all(u8::is_ascii_hexdigit);
    if is_hex && IDS.contains(&len) {
        return Some((len, "<hex>"));
    }
    if let Some(len) = number(bytes, at) {
        return Some((len, "<num>"));
    }
    Some((len, if is_hex && len >= HEX { "<hex>" } else { "<id>" }))
}

/// Bytes of the run of letters and digits that begins here; 0 where none does.
fn run(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| is_part(**byte)).count()
}

/// Whether a byte is of a run. Other scripts are not: they are written next to numbers without spaces.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// So many digits, and no more.
fn digits(bytes: &[u8], at: usize, fewest: usize, most: usize) -> Option<usize> {
    let len = bytes.get(at..)?.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
    (fewest..=most).contains(&len).then_some(len)
}

/// Whether the run that was read until here ends.
fn ends(bytes: &[u8], at: usize) -> bool {
    !bytes.get(at).is_some_and(|byte| is_part(*byte))
}

fn uuid(bytes: &[u8], mut at: usize) -> Option<usize> {
    let start = at;
    for (place, len) in UUID.into_iter().enumerate() {
        if place > 0 {
            at += usize::from(bytes.get(at) == Some(&b'-'));
        }
        let group = bytes.get(at..at + len)?;
        if !group.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        at += len;
    }
    // Without its hyphens it is 32 hex digits, as a trace id is.
    (at - start == 36 && ends(bytes, at)).then_some(at - start)
}

/// Four numbers from 0 to 255.
fn address(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    for place in 0..4 {
        if place > 0 {
            (bytes.get(at) == Some(&b'.')).then_some(())?;
            at += 1;
        }
        let len = digits(bytes, at, 1, 3)?;
        let number: u16 = std::str::from_utf8(&bytes[at..at + len]).ok()?.parse().ok()?;
        (number <= 255).then_some(())?;
        at += len;
    }
    let goes_on = bytes.get(at) == Some(&b'.') && digits(bytes, at + 1, 1, 20).is_some();
    (ends(bytes, at) && !goes_on).then_some(at - start)
}

/// A date, a time of day, or both, as ISO 8601 writes them.
fn moment(bytes: &[u8], start: usize) -> Option<usize> {
    let Some(date) = date(bytes, start) else { return time_of_day(bytes, start) };
    let at = start + date;
    let between = matches!(bytes.get(at), Some(b'T' | b't' | b' '));
    let time = between.then(|| time_of_day(bytes, at + 1)).flatten();
    match time {
        Some(time) => Some(date + 1 + time),
        None => ends(bytes, at).then_some(date),
    }
}

fn date(bytes: &[u8], at: usize) -> Option<usize> {
    digits(bytes, at, 4, 4)?;
    let separator = *bytes.get(at + 4).filter(|byte| matches!(byte, b'-' | b'/'))?;
    digits(bytes, at + 5, 2, 2)?;
    (bytes.get(at + 7) == Some(&separator)).then_some(())?;
    digits(bytes, at + 8, 2, 2)?;
    Some(10)
}

/// `08:15:30`, with a fraction and a zone or without.
fn time_of_day(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + digits(bytes, start, 2, 2)?;
    for _ in 0..2 {
        (bytes.get(at) == Some(&b':')).then_some(())?;
        at += 1 + digits(bytes, at + 1, 2, 2)?;
    }
    if matches!(bytes.get(at), Some(b'.' | b',')) {
        at += digits(bytes, at + 1, 1, 9).map_or(0, |len| len + 1);
    }
    match bytes.get(at) {
        Some(b'Z' | b'z') => at += 1,
        Some(b'+' | b'-') if digits(bytes, at + 1, 2, 2).is_some() => at += zone(bytes, at),
        _ => {}
    }
    ends(bytes, at).then_some(at - start)
}

/// `+02:00` or `+0200`.
fn zone(bytes: &[u8], at: usize) -> usize {
    let colon = usize::from(bytes.get(at + 3) == Some(&b':'));
    3 + digits(bytes, at + 3 + colon, 2, 2).map_or(0, |len| len + colon)
}

/// Digits with points or commas between them, and an exponent.
fn number(bytes: &[u8], start: usize) -> Option<usize> {
    let some =
        |at: usize| bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let mut at = start + some(start);
    if at == start {
        return None;
    }
    while matches!(bytes.get(at), Some(b'.' | b',')) && some(at + 1) > 0 {
        at += 1 + some(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if some(at + 1 + sign) > 0 && ends(bytes, at + 1 + sign + some(at + 1 + sign)) {
            at += 1 + sign + some(at + 1 + sign);
        }
    }
    // A few letters that follow are a unit, unless all are hex digits of something longer.
    let unit = run(bytes, at);
    let is_unit = unit <= UNIT && bytes[at..at + unit].iter().all(u8::is_ascii_alphabetic);
    let is_hex = unit >= 2 && bytes[start..at + unit].iter().all(u8::is_ascii_hexdigit);
    (is_unit && !is_hex).then_some(at - start)
}

#[cfg(test)]
mod tests;
