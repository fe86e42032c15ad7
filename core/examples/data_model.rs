//! Prints `docs/data-model.md`.

fn main() {
    print!("{}", satchel_core::schema::page::markdown(satchel_core::domain::KINDS));
}
