use super::*;

fn function(lines: usize) -> String {
    format!(
        "    pub(crate) async fn long(\n        &self,\n    ) -> u8 {{\n{}    }}\n",
        "        1;\n".repeat(lines - 4)
    )
}

#[test]
fn a_function_is_measured_from_its_fn_to_its_brace() {
    assert!(complaints_of("a.rs", &function(FUNCTION_LINES)).is_empty());
    let complaints = complaints_of("a.rs", &function(FUNCTION_LINES + 1));
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("a.rs:1: 81 lines"), "{complaints:?}");
}

#[test]
fn a_function_without_a_body_is_one_line() {
    let text = format!("trait T {{\n    fn name(&self) -> u8;\n{}}}\n", "\n".repeat(100));
    assert!(complaints_of("a.rs", &text).is_empty());
}

#[test]
fn long_files_and_mod_files_are_named() {
    assert_eq!(complaints_of("a.rs", &"\n".repeat(FILE_LINES)).len(), 0);
    assert_eq!(complaints_of("a.rs", &"\n".repeat(FILE_LINES + 1)).len(), 1);
    assert_eq!(complaints_of("a/mod.rs", "").len(), 1);
}
