//! A field's name, type and merge rule are frozen once released: the page that shows them is kept.

use satchel_core::domain::KINDS;
use satchel_core::schema::page::markdown;

#[test]
fn the_data_model_is_what_the_page_says() {
    let kept = include_str!("../../docs/data-model.md");
    let now = markdown(KINDS);
    let differs = kept.lines().zip(now.lines()).find(|(kept, now)| kept != now);
    assert!(
        kept == now,
        "docs/data-model.md is not what the tables say; `cargo xtask generate` writes it. First difference: {differs:?}"
    );
}
