//! Making any text safe to stand in a message.
//!
//! Names come from telemetry, so anybody who can send a span can choose them. A service named
//! `<!channel>` must not wake a team, and one named `*x*` must look like `*x*`.

/// What stands for text that was cut.
const CUT: char = '…';

/// Writes a character so that it is only shown; part of a receiver's format.
pub(crate) type Escape = fn(char, &mut String);

/// The text on one line, without control characters and without those that reorder what is shown
/// (Unicode Bidirectional Algorithm, explicit formatting characters), at most `limit` characters
/// before it is escaped.
pub(crate) fn name(text: &str, limit: usize, escape: Escape) -> String {
    let shown: String = text.chars().map(|one| if is_hidden(one) { ' ' } else { one }).collect();
    let mut escaped = String::new();
    within(shown.trim(), limit, plain).chars().for_each(|one| escape(one, &mut escaped));
    escaped
}

fn is_hidden(character: char) -> bool {
    let reorders = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || reorders || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The text escaped character by character, at most `limit` characters once it is escaped. It is
/// cut between characters of the original, so no escape is torn.
pub(crate) fn within(text: &str, limit: usize, escape: Escape) -> String {
    let (mut escaped, mut one, mut length) = (String::new(), String::new(), 0);
    let mut room_for_cut = 0;
    for character in text.chars() {
        one.clear();
        escape(character, &mut one);
        length += one.chars().count();
        if length > limit {
            escaped.truncate(room_for_cut);
            if limit > 0 {
                escaped.push(CUT);
            }
            return escaped;
        }
        escaped.push_str(&one);
        if length < limit {
            room_for_cut = escaped.len();
        }
    }
    escaped
}

/// As it is.
pub(crate) fn plain(character: char, out: &mut String) {
    out.push(character);
}

/// Slack's three control characters (docs.slack.dev, "Formatting message text": escaping).
pub(crate) fn slack(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        other => out.push(other),
    }
}

/// Markdown: a backslash before what could format (CommonMark 2.4), and HTML's own characters as
/// entities, because some dialects let tags through.
pub(crate) fn markdown(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '!' | '~' | '#' | '|' | '@' => {
            out.push('\\');
            out.push(character);
        }
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slack_and_markdown_cannot_be_told_to_ping_or_format() {
        assert_eq!(within("<!channel> & *x*", 99, slack), "&lt;!channel&gt; &amp; *x*");
        assert_eq!(within("*x* [a](b) @all", 99, markdown), r"\*x\* \[a\]\(b\) \@all");
        assert_eq!(within("![i](http://e)<b>", 99, markdown), r"\!\[i\]\(http://e\)&lt;b&gt;");
    }

    #[test]
    fn a_name_is_one_line_in_reading_order() {
        assert_eq!(name("a\nb\u{202e}c\u{0}", 99, plain), "a b c");
        assert_eq!(name("结账服务很长", 4, plain), "结账服…");
        assert_eq!(name("***", 2, markdown), r"\*…");
    }

    #[test]
    fn no_escape_is_torn() {
        assert_eq!(within("<<<", 9, slack), "&lt;&lt;…");
        assert_eq!(within("<<", 8, slack), "&lt;&lt;");
        assert_eq!(within("<<", 7, slack), "&lt;…");
        assert_eq!(within("<", 3, slack), "…");
        assert_eq!(within("<", 0, slack), "");
    }

    proptest! {
        #[test]
        fn the_limit_holds_and_no_control_character_of_slack_is_left(text: String, limit in 0_usize..60) {
            let escaped = within(&text, limit, slack);
            prop_assert!(escaped.chars().count() <= limit);
            prop_assert!(!escaped.contains(['<', '>']));
            let entity = |entity| escaped.matches(entity).count();
            let entities: usize = ["&amp;", "&lt;", "&gt;"].map(entity).iter().sum();
            prop_assert_eq!(escaped.matches('&').count(), entities);
        }

        #[test]
        fn what_fits_is_whole(text in "[a-z<&*\u{4e00}-\u{4eff}]{0,20}") {
            prop_assert_eq!(within(&text, 20, plain), text.as_str());
            prop_assert!(!within(&text, 200, markdown).contains('…'));
        }
    }
}
