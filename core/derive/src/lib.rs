//! `#[entity]`, `#[value]`, `#[choice]`: a struct in, a table of its fields out.
//!
//! The macros make tables and twins, not behaviour: everything that walks the tables is ordinary generic code in
//! `satchel_core`. They are only meant to be used inside that crate (the paths they write start with `crate::`).

mod attribute;
mod choice;
mod entity;
mod patch;
mod value;

use proc_macro::TokenStream;

/// Turns a struct into a kind of record: the struct itself, a typed id, a typed patch and the table of its fields.
///
/// `#[entity("visit", derived(status, duration_s))]`; see `satchel_core::domain` for uses and
/// `docs/how-to/add-a-record-kind.md` for the options.
#[proc_macro_attribute]
pub fn entity(options: TokenStream, item: TokenStream) -> TokenStream {
    entity::expand(options.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Turns a struct into a value of several parts that is written and read as one. `#[value(checked)]` holds a local edit
/// to the struct's own `Sound`.
#[proc_macro_attribute]
pub fn value(options: TokenStream, item: TokenStream) -> TokenStream {
    value::expand(&options.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Turns an enum into a list of codes, with `Unknown` for the codes of a newer app.
#[proc_macro_attribute]
pub fn choice(_options: TokenStream, item: TokenStream) -> TokenStream {
    choice::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
