//! Has the page embedded again when `cargo xtask ui` wrote new files.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
