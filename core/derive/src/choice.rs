//! `#[choice]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Fields, ItemEnum};

use crate::attribute::{binding, snake};

pub(crate) fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let mut item: ItemEnum = syn::parse2(item)?;
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "a choice has only plain codes"));
        }
    }
    let codes: Vec<String> = item
        .variants
        .iter()
        .map(|variant| snake(&variant.ident.to_string()))
        .collect();
    let variants: Vec<_> = item.variants.iter().map(|variant| variant.ident.clone()).collect();
    for (variant, code) in item.variants.iter_mut().zip(&codes) {
        variant.attrs.push(syn::parse_quote!(#[serde(rename = #code)]));
    }
    item.variants.push(syn::parse_quote! {
        /// A code that this version does not know; it is kept as it is.
        #[default]
        #[serde(rename = "unknown", other)]
        Unknown
    });
    let name = &item.ident;
    let binding = binding(&quote!(uniffi::Enum));
    Ok(quote! {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        #binding
        #item

        impl #name {
            /// The codes, in their declared order.
            pub const CODES: &'static [&'static str] = &[#(#codes),*];

            /// The code as stored and sent.
            pub const fn code(self) -> &'static str {
                match self {
                    #(Self::#variants => #codes,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The choice with this code; [`Self::Unknown`] where there is none.
            pub fn from_code(code: &str) -> Self {
                match code {
                    #(#codes => Self::#variants,)*
                    _ => Self::Unknown,
                }
            }
        }

        impl crate::schema::FieldValue for #name {
            const TYPE: crate::schema::Type = crate::schema::Type::Choice(Self::CODES);
        }
    })
}
