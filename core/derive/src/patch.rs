//! The typed patch: a twin of the struct that names only what changes.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::attribute::{binding, camel};
use crate::entity::Column;

/// The patch of `name`: `Some` sets a field, its name in `clear` blanks it, sets and maps have their own additions and
/// removals, counters their increment, logs the events to append. It is flat so that Kotlin and Swift read well.
pub(crate) fn expand(name: &Ident, columns: &[Column]) -> TokenStream {
    let patch = format_ident!("{name}Patch");
    let clearable = format_ident!("{name}Field");
    let patch_doc = format!("An edit of a [`{name}`]: only what is named changes.");
    let clearable_doc = format!("The fields of a [`{name}`] that an edit may blank.");
    let mut members = Vec::new();
    let mut moves = Vec::new();
    let (mut variants, mut fields) = (Vec::new(), Vec::new());
    for column in columns {
        let Column { ident, inner, doc, .. } = column;
        let field = ident.to_string();
        match column.merge.as_str() {
            "set" => {
                let (add, remove) = (format_ident!("add_{ident}"), format_ident!("remove_{ident}"));
                let (add_doc, remove_doc) = (format!("To add: {doc}"), format!("To remove: {doc}"));
                members.push(quote!(#[doc = #add_doc] pub #add: Vec<#inner>,));
                members.push(quote!(#[doc = #remove_doc] pub #remove: Vec<#inner>,));
                moves.push(quote! {
                    if !(patch.#add.is_empty() && patch.#remove.is_empty()) {
                        out.push(#field, crate::schema::Edit::Elements {
                            add: crate::schema::patch::values(&patch.#add),
                            remove: crate::schema::patch::values(&patch.#remove),
                        });
                    }
                });
            }
            "map" => {
                let (put, remove) = (format_ident!("put_{ident}"), format_ident!("remove_{ident}"));
                let (put_doc, remove_doc) = (format!("To put: {doc}"), format!("Keys to remove: {doc}"));
                members.push(quote!(#[doc = #put_doc] pub #put: std::collections::HashMap<String, #inner>,));
                members.push(quote!(#[doc = #remove_doc] pub #remove: Vec<String>,));
                moves.push(quote! {
                    if !(patch.#put.is_empty() && patch.#remove.is_empty()) {
                        let put = patch.#put.iter().map(|(key, value)| (key.clone(), Some(crate::schema::patch::value(value))));
                        let removed = patch.#remove.iter().map(|key| (key.clone(), None));
                        out.push(#field, crate::schema::Edit::Entries(removed.chain(put).collect()));
                    }
                });
            }
            "log" => {
                let append = format_ident!("append_{ident}");
                let append_doc = format!("To append: {doc}");
                members.push(quote!(#[doc = #append_doc] pub #append: Vec<#inner>,));
                moves.push(quote! {
                    if !patch.#append.is_empty() {
                        out.push(#field, crate::schema::Edit::Append(crate::schema::patch::values(&patch.#append)));
                    }
                });
            }
            "counter" => {
                let add = format_ident!("add_to_{ident}");
                let add_doc = format!("To add: {doc}");
                members.push(quote!(#[doc = #add_doc] pub #add: Option<i64>,));
                moves.push(quote! {
                    if let Some(amount) = patch.#add {
                        out.push(#field, crate::schema::Edit::Add(amount));
                    }
                });
            }
            _ => {
                members.push(quote!(#[doc = #doc] pub #ident: Option<#inner>,));
                moves.push(quote! {
                    if let Some(value) = &patch.#ident {
                        out.push(#field, crate::schema::Edit::Set(crate::schema::patch::value(value)));
                    }
                });
                variants.push(format_ident!("{}", camel(&field)));
                fields.push(field);
            }
        }
    }
    let record = binding(&quote!(uniffi::Record));
    let choice = binding(&quote!(uniffi::Enum));
    quote! {
        #[doc = #patch_doc]
        #[derive(Debug, Clone, Default, PartialEq)]
        #record
        pub struct #patch {
            #(#members)*
            /// Fields to blank.
            pub clear: Vec<#clearable>,
        }

        #[doc = #clearable_doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #choice
        pub enum #clearable {
            #(#[doc = #fields] #variants,)*
        }

        impl #clearable {
            /// The field's name.
            pub const fn name(self) -> &'static str {
                match self { #(Self::#variants => #fields,)* }
            }
        }

        impl crate::schema::patch::Patched for #name {
            type Patch = #patch;
        }

        impl From<#patch> for crate::schema::Patch {
            fn from(patch: #patch) -> Self {
                let mut out = Self::default();
                for field in &patch.clear {
                    out.push(field.name(), crate::schema::Edit::Clear);
                }
                #(#moves)*
                out
            }
        }
    }
}
