//! The typed patch: a twin of the struct that names only what changes.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::attribute::{binding, camel, option};
use crate::entity::Column;

/// What one field brings to the patch.
struct Part {
    /// The patch's own fields for it, each with its doc comment.
    members: Vec<(String, TokenStream)>,
    /// How they become an edit.
    edit: TokenStream,
}

/// `Some` sets a register or text; sets and maps have their own additions and removals, counters their increment, logs
/// the events to append. It is flat so that Kotlin and Swift read well.
fn part(column: &Column) -> Part {
    let Column { ident, inner, doc, .. } = column;
    let field = ident.to_string();
    match column.merge.as_str() {
        "set" => {
            let (add, remove) = (format_ident!("add_{ident}"), format_ident!("remove_{ident}"));
            Part {
                members: vec![
                    (format!("To add: {doc}"), quote!(#add: Vec<#inner>)),
                    (format!("To remove: {doc}"), quote!(#remove: Vec<#inner>)),
                ],
                edit: quote! {
                    if !(patch.#add.is_empty() && patch.#remove.is_empty()) {
                        out.push(#field, crate::schema::Edit::Elements {
                            add: crate::schema::patch::values(&patch.#add),
                            remove: crate::schema::patch::values(&patch.#remove),
                        });
                    }
                },
            }
        }
        "map" => {
            let (put, remove) = (format_ident!("put_{ident}"), format_ident!("remove_{ident}"));
            Part {
                members: vec![
                    (
                        format!("To put: {doc}"),
                        quote!(#put: std::collections::HashMap<String, #inner>),
                    ),
                    (format!("Keys to remove: {doc}"), quote!(#remove: Vec<String>)),
                ],
                edit: quote! {
                    if !(patch.#put.is_empty() && patch.#remove.is_empty()) {
                        let put = patch.#put.iter().map(|(key, value)| (key.clone(), Some(crate::schema::patch::value(value))));
                        let removed = patch.#remove.iter().map(|key| (key.clone(), None));
                        out.push(#field, crate::schema::Edit::Entries(removed.chain(put).collect()));
                    }
                },
            }
        }
        "log" => {
            let append = format_ident!("append_{ident}");
            Part {
                members: vec![(format!("To append: {doc}"), quote!(#append: Vec<#inner>))],
                edit: quote! {
                    if !patch.#append.is_empty() {
                        out.push(#field, crate::schema::Edit::Append(crate::schema::patch::values(&patch.#append)));
                    }
                },
            }
        }
        "counter" => {
            let add = format_ident!("add_to_{ident}");
            Part {
                members: vec![(format!("To add: {doc}"), quote!(#add: Option<i64>))],
                edit: quote! {
                    if let Some(amount) = patch.#add {
                        out.push(#field, crate::schema::Edit::Add(amount));
                    }
                },
            }
        }
        _ => Part {
            members: vec![(doc.clone(), quote!(#ident: Option<#inner>))],
            edit: quote! {
                if let Some(value) = &patch.#ident {
                    out.push(#field, crate::schema::Edit::Set(crate::schema::patch::value(value)));
                }
            },
        },
    }
}

/// The patch of `name`, and the enum of the fields that its `clear` may blank: registers and texts.
pub(crate) fn expand(name: &Ident, columns: &[Column]) -> TokenStream {
    let patch = format_ident!("{name}Patch");
    let clearable = format_ident!("{name}Field");
    let patch_doc = format!("An edit of a [`{name}`]: only what is named changes.");
    let clearable_doc = format!("The fields of a [`{name}`] that an edit may blank.");
    let parts: Vec<Part> = columns.iter().map(part).collect();
    let edits = parts.iter().map(|part| &part.edit);
    // Left out in Kotlin and Swift, a member is blank: a caller names only what changes.
    let default = option(&quote!(uniffi(default)));
    let members = parts.iter().flat_map(|part| &part.members);
    let members = members.map(|(doc, member)| quote!(#[doc = #doc] #default pub #member,));
    let fields: Vec<String> = columns
        .iter()
        .filter(|column| matches!(column.merge.as_str(), "register" | "text"))
        .map(|column| column.ident.to_string())
        .collect();
    let variants: Vec<Ident> = fields.iter().map(|field| format_ident!("{}", camel(field))).collect();
    let record = binding(&quote!(uniffi::Record));
    let choice = binding(&quote!(uniffi::Enum));
    quote! {
        #[doc = #patch_doc]
        #[derive(Debug, Clone, Default, PartialEq)]
        #record
        pub struct #patch {
            #(#members)*
            /// Fields to blank.
            #default
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
                #(#edits)*
                out
            }
        }
    }
}
