//! `#[value]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemStruct, Type};

use crate::attribute::{binding, doc};

pub(crate) fn expand(options: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let sound = match options.to_string().as_str() {
        "" => quote!(|_| true),
        "checked" => quote!(crate::schema::shape::is_sound::<Self>),
        _ => return Err(Error::new_spanned(options, "known: checked")),
    };
    let mut item: ItemStruct = syn::parse2(item)?;
    let name = item.ident.clone();
    let about = doc(&item.attrs);
    let mut members = Vec::new();
    for field in &mut item.fields {
        let ident = field
            .ident
            .clone()
            .ok_or_else(|| Error::new_spanned(&*field, "a value has named parts"))?;
        let (part, ty, text) = (ident.to_string(), field.ty.clone(), doc(&field.attrs));
        if is_option(&ty) {
            field
                .attrs
                .push(syn::parse_quote!(#[serde(skip_serializing_if = "Option::is_none")]));
            // Left out in Kotlin and Swift, the part is absent.
            if cfg!(feature = "uniffi") {
                field.attrs.push(syn::parse_quote!(#[uniffi(default)]));
            }
        }
        members.push(quote! {
            crate::schema::Member {
                name: #part,
                doc: #text,
                ty: <#ty as crate::schema::FieldValue>::TYPE,
                optional: <#ty as crate::schema::FieldValue>::OPTIONAL,
            }
        });
    }
    let label = name.to_string();
    let binding = binding(&quote!(uniffi::Record));
    Ok(quote! {
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #binding
        #item

        impl #name {
            /// Its parts, as data.
            pub const SHAPE: &'static crate::schema::Shape =
                &crate::schema::Shape { name: #label, doc: #about, members: &[#(#members),*], sound: #sound };
        }

        impl crate::schema::FieldValue for #name {
            const TYPE: crate::schema::Type = crate::schema::Type::Object(Self::SHAPE);
        }
    })
}

/// Whether the type is written `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}
