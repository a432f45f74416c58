//! Addresses that come from outside.

/// An address from outside, if a click may follow it: over HTTP, so that it runs nothing here.
pub(crate) fn followed(link: &str) -> Option<&str> {
    let scheme = link.split_once("://")?.0;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_as_given_unless_it_would_run_something() {
        let link = "http://127.0.0.1:7077/alerts/a1?from=1&to=2";
        assert_eq!(followed(link), Some(link));
        assert_eq!(followed("HTTPS://shop.example/"), Some("HTTPS://shop.example/"));
        for wrong in ["javascript:alert(1)", "javascript://%0aalert(1)", "data:text/html,x", "", "/alerts"] {
            assert_eq!(followed(wrong), None, "{wrong}");
        }
    }
}
