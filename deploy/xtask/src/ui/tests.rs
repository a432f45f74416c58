//! Tests of putting the page together.

use super::bundle::{Asset, check_budget, fill};

#[test]
fn a_name_changes_with_the_content_and_only_then() {
    let name = |content: &str| Asset::hashed("page", "css", content.as_bytes().to_vec()).name;
    assert_eq!(name("a"), name("a"));
    assert_ne!(name("a"), name("b"));
    assert!(name("a").starts_with("page-") && name("a").ends_with(".css"));
}

#[test]
fn every_place_of_the_template_is_filled_and_no_value_is_left_over() {
    assert_eq!(fill("<a href={{x}}>", &[("x", "1")]).ok().as_deref(), Some("<a href=1>"));
    assert!(fill("<a>", &[("x", "1")]).is_err());
    assert!(fill("{{x}} {{y}}", &[("x", "1")]).is_err_and(|error| error.to_string().contains("{{y}}")));
}

#[test]
fn a_page_over_its_budget_fails() {
    let assets = [Asset::hashed("web", "js", (0..=255).cycle().take(10_000).collect())];
    assert!(check_budget(&assets, 5_000).is_ok());
    assert!(check_budget(&assets, 10).is_err());
}
