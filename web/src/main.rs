//! The page's entry point in the browser.

fn main() {
    web::mount();
}
