//! Parts a text into statements, as PostgreSQL does: at semicolons outside of quotes and comments.

/// The statements of a text, without those that say nothing.
pub(crate) fn statements(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        if text.as_bytes()[at] == b';' {
            found.push(&text[start..at]);
            start = at + 1;
            at = start;
        } else {
            at += token(text, at);
        }
    }
    found.push(&text[start..]);
    found.retain(|statement| !bare(statement).is_empty());
    found
}

/// A statement without the spaces and comments before it.
pub(crate) fn bare(statement: &str) -> &str {
    let mut rest = statement;
    loop {
        let trimmed = rest.trim_start();
        match comment(trimmed) {
            0 => return trimmed,
            length => rest = &trimmed[length..],
        }
    }
}

/// The length of what begins at a place: a quoted text, a comment, or one letter.
fn token(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let length = match rest.as_bytes()[0] {
        b'\'' => quoted(rest, '\'', escapes(&text[..at])),
        b'"' => quoted(rest, '"', false),
        b'$' => dollar_quoted(rest, &text[..at]),
        _ => comment(rest),
    };
    let letter = rest.chars().next().map_or(1, char::len_utf8);
    length.max(letter)
}

/// Whether a quote after this text belongs to `E'…'`, where a backslash escapes.
fn escapes(before: &str) -> bool {
    let mut letters = before.chars().rev();
    letters.next().is_some_and(|letter| matches!(letter, 'e' | 'E')) && !letters.next().is_some_and(is_of_word)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if escapes && letter == '\\' {
            letters.next();
        } else if letter == quote {
            if letters.peek().is_none_or(|(_, next)| *next != quote) {
                return at + quote.len_utf8();
            }
            letters.next();
        }
    }
    text.len()
}

/// `$tag$…$tag$`; zero for a parameter such as `$1`.
fn dollar_quoted(text: &str, before: &str) -> usize {
    if before.chars().next_back().is_some_and(is_of_word) {
        return 0;
    }
    let Some(end) = text[1..].find('$') else { return 0 };
    let (tag, body) = text.split_at(end + 2);
    let word = &tag[1..=end];
    let is_tag = word.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if !is_tag || word.starts_with(|letter: char| letter.is_ascii_digit()) {
        return 0;
    }
    body.find(tag).map_or(text.len(), |at| tag.len() + at + tag.len())
}

/// The length of the comment a text begins with; zero where it begins with none.
fn comment(text: &str) -> usize {
    if text.starts_with("--") {
        return text.find('\n').map_or(text.len(), |end| end + 1);
    }
    if !text.starts_with("/*") {
        return 0;
    }
    let (bytes, mut depth, mut at) = (text.as_bytes(), 0, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        let parted = |text| statements(text).into_iter().map(str::trim).collect::<Vec<_>>();
        assert_eq!(parted("SELECT 1; SELECT 2;"), ["SELECT 1", "SELECT 2"]);
        assert_eq!(parted(" ; -- nothing\n ; /* ; */ "), [""; 0]);
        for whole in [
            "SELECT ';'",
            "SELECT 'it''s; so'",
            "SELECT E'\\'; ' || 'x'",
            "SELECT \"a;b\"",
            "SELECT $$;$$",
            "SELECT $a$ $$ ; $a$",
            "SELECT 1 -- ;",
            "SELECT /* ; /* ; */ ; */ 1",
            "SELECT 'größe;'",
        ] {
            assert_eq!(parted(whole), [whole]);
        }
        assert_eq!(parted("SELECT $1; SELECT $2"), ["SELECT $1", "SELECT $2"]);
        assert_eq!(parted("SELECT 'open; SELECT 2"), ["SELECT 'open; SELECT 2"]);
        assert_eq!(parted("SELECT name'; ' FROM t"), ["SELECT name'; ' FROM t"]);
    }

    #[test]
    fn what_stands_before_a_statement_is_left_out() {
        assert_eq!(bare("  -- why\n/* what */ SELECT 1"), "SELECT 1");
        assert_eq!(bare("-- nothing"), "");
        assert_eq!(bare("/* open"), "");
    }
}
