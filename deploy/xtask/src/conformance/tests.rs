use super::named::Test;
use super::results::Outcome;
use super::*;

const LIST: &str = "# words\n\n## One\n1 | MUST | speak | softly\n2 | MAY | sing\n\n## Two\n3 | SHOULD | listen\n";

fn rust_tests() -> Vec<Test> {
    named::in_text("a/src/b.rs", "    #[test]\n    fn otlp_001_003_it_speaks() {\n    fn otlp_helper() {}\n")
}

#[test]
fn points_stand_below_titles_with_remarks() {
    let sections = points::parse(LIST).unwrap();
    assert_eq!((sections[0].title.as_str(), sections[0].points.len()), ("One", 2));
    assert_eq!(sections[0].points[0].remark.as_deref(), Some("softly"));
    for (list, wanted) in [("1 | MUST | x", "before the first title"), ("## A\n2 | MUST | x", "numbered from 1")] {
        let mistake = format!("{:#}", points::parse(list).unwrap_err());
        assert!(mistake.contains(wanted), "{mistake}");
    }
}

#[test]
fn a_name_tells_the_points_it_shows() {
    assert_eq!(rust_tests()[0].points, [1, 3]);
    let python = named::in_text("e2e/test_x.py", "def test_otlp_014_1000_spans(server):\n");
    assert_eq!((python[0].name.as_str(), &python[0].points[..]), ("test_otlp_014_1000_spans", &[14][..]));
    assert_eq!(named::in_text("e2e/test_x.py", "def test_otlp(server):\n"), []);
    assert_eq!(named::in_text("a/src/b.rs", "    let text = \"fn otlp_001_x\";\n"), []);
    assert_eq!(named::in_text("a/src/b.rs", "async fn otlp_002_x() {\n").len(), 1);
}

#[test]
fn points_without_tests_and_tests_without_points_are_told() {
    let sections = points::parse(LIST).unwrap();
    let mut tests = rust_tests();
    assert_eq!(points::mistakes(&sections, &tests), ["no test shows point 2 of OTLP: otlp_002_…"]);
    tests[0].points = vec![1, 2, 3, 99];
    assert_eq!(points::mistakes(&sections, &tests), ["a test shows point 99 of OTLP, which is not listed"]);
}

#[test]
fn tests_that_ran_side_by_side_are_read_as_well() {
    let results = Results::read(
        "test_x.py::test_otlp_001_speaks \n[gw0] [  5%] PASSED test_x.py::test_otlp_001_speaks \n\
         [gw1] [ 50%] PASSED test_x.py::test_otlp_002_listens[a] \n\
         [gw0] [ 99%] FAILED test_x.py::test_otlp_002_listens[b] \n[gw2] [100%] ERROR test_x.py::test_otlp_003_ends \n",
    );
    let outcomes = ["test_otlp_001_speaks", "test_otlp_002_listens", "test_otlp_003_ends"].map(|name| results.of(name));
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed, Outcome::Failed]);
    assert_eq!(results.of("test_otlp_004_is_silent"), Outcome::NotRun);
}

#[test]
fn a_point_is_as_good_as_its_worst_test() {
    let printed = "test b::otlp_001_003_it_speaks ... ok\ntest_x.py::test_otlp_003_hears[a] PASSED [ 9%]\n\
                   test_x.py::test_otlp_003_hears[b] FAILED [99%]\n";
    let results = Results::read(printed);
    let sections = points::parse(LIST).unwrap();
    let mut tests = rust_tests();
    tests.extend(named::in_text("test_x.py", "def test_otlp_003_hears(x):\n"));
    let page = Page { sections: &sections, tests: &tests, results: &results };
    assert_eq!(page.failures(), ["test_x.py: test_otlp_003_hears failed"]);
    let written = page.to_string();
    assert!(written.contains("**1 of 3 points passed**, shown by 2 tests."), "{written}");
    assert!(written.contains("| 1 | speak (softly) | MUST | `otlp_001_003_it_speaks` | passed |"), "{written}");
    assert!(written.contains("| 3 | listen | SHOULD | `otlp_001_003_it_speaks`<br>`test_otlp_003_hears` | failed |"));
    assert_eq!(page::mistakes(&written, &tests), Vec::<String>::new());
    assert_eq!(page::mistakes(&written, &tests[1..]).len(), 1);
    assert_eq!(page::mistakes("", &tests).len(), 2);
}
