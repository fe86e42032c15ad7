//! Reading doc comments and options.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment as one line of plain text.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The derive that lets a type cross the FFI, where the feature is on.
pub(crate) fn binding(derive: &TokenStream) -> TokenStream {
    option(&quote!(derive(#derive)))
}

/// An attribute for the FFI, where the feature is on.
pub(crate) fn option(attribute: &TokenStream) -> TokenStream {
    if cfg!(feature = "uniffi") {
        quote!(#[#attribute])
    } else {
        TokenStream::new()
    }
}

/// `SomeName` as `some_name`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// `some_name` as `SomeName`.
pub(crate) fn camel(name: &str) -> String {
    name.split('_')
        .map(|part| {
            let mut letters = part.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}
