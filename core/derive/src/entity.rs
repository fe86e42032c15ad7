//! `#[entity]`: options, the table of fields, the typed id.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Attribute, Error, GenericArgument, ItemStruct, LitInt, LitStr, PathArguments, Type};

use crate::attribute::{binding, doc};
use crate::patch;

/// What stands in `#[entity("name", …)]`.
#[derive(Default)]
struct Options {
    name: String,
    plural: Option<String>,
    scope: Option<String>,
    writers: Option<String>,
    loose: Option<Ident>,
    private: Option<Ident>,
    member: Option<Ident>,
    team: Option<Ident>,
    derived: Vec<Ident>,
    urgency: Option<Ident>,
    checked: bool,
}

/// One field, read.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands or does not in #[field(…)]"
)]
pub(crate) struct Column {
    pub(crate) ident: Ident,
    /// The type as declared.
    pub(crate) ty: Type,
    /// The type of the value, or of one element.
    pub(crate) inner: Type,
    pub(crate) merge: String,
    pub(crate) optional: bool,
    pub(crate) doc: String,
    required: bool,
    index: bool,
    search: bool,
    parent: bool,
    fixed: bool,
    max_len: Option<u32>,
    min: Option<i64>,
    max: Option<i64>,
    since: u32,
}

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options = read_options(options)?;
    let mut item: ItemStruct = syn::parse2(item)?;
    let columns = item
        .fields
        .iter_mut()
        .map(read_field)
        .collect::<syn::Result<Vec<_>>>()?;

    let name = item.ident.clone();
    let about = doc(&item.attrs);
    let id = format_ident!("{name}Id");
    let id_doc = format!("The id of a {}.", options.name.replace('_', " "));
    let kind = &options.name;
    let plural = options.plural.clone().unwrap_or_else(|| format!("{kind}s"));
    let fields = columns.iter().map(table_entry);
    let schema = columns.iter().map(|column| column.since).max().unwrap_or(1);
    let derived = &options.derived;
    let derived_names: Vec<String> = derived.iter().map(ToString::to_string).collect();
    let urgency = options.urgency.as_ref().map_or_else(
        || quote!(|_| 0),
        |urgency| quote!(|fields| crate::schema::entity::typed::<Self>(fields).#urgency()),
    );
    let scope = scope_rule(&options)?;
    let writers = writers(&options)?;
    // A kind without `checked` gets the empty check here, so that a file without checks needs no impl.
    let record = if options.checked {
        TokenStream::new()
    } else {
        quote!(impl crate::schema::Record for #name {})
    };
    let patch = patch::expand(&name, &columns);
    let binding = binding(&quote!(uniffi::Record));
    let id_binding = if cfg!(feature = "uniffi") {
        quote! {
            uniffi::custom_type!(#id, String, {
                lower: |id| id.to_string(),
                try_lift: |text| Ok(text.parse()?),
            });
        }
    } else {
        TokenStream::new()
    };

    Ok(quote! {
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #binding
        #item

        #[doc = #id_doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct #id(pub crate::ids::DocumentId);

        #id_binding

        impl From<crate::ids::DocumentId> for #id {
            fn from(id: crate::ids::DocumentId) -> Self { Self(id) }
        }
        impl From<#id> for crate::ids::DocumentId {
            fn from(id: #id) -> Self { id.0 }
        }
        impl std::fmt::Display for #id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for #id {
            type Err = crate::ids::InvalidId;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }
        impl crate::schema::FieldValue for #id {
            const TYPE: crate::schema::Type = crate::schema::Type::Reference(Some(#kind));
        }

        #record

        impl crate::schema::Entity for #name {
            type Id = #id;
            type Patch = <Self as crate::schema::patch::Patched>::Patch;
            const KIND: &'static crate::schema::Kind = &crate::schema::Kind {
                name: #kind,
                plural: #plural,
                doc: #about,
                fields: &[#(#fields),*],
                derived: &[#(crate::schema::Derived {
                    name: #derived_names,
                    ty: crate::schema::shape::type_of(Self::#derived),
                }),*],
                scope: #scope,
                writers: crate::schema::Writers::#writers,
                schema: #schema,
                derive: |fields| {
                    let record: Self = crate::schema::entity::typed(fields);
                    let _ = &record;
                    [#((#derived_names.to_owned(), crate::schema::entity::derived_value(&record.#derived()))),*]
                        .into_iter()
                        .collect()
                },
                urgency: #urgency,
                check: |fields| crate::schema::Record::check(&crate::schema::entity::typed::<Self>(fields)),
            };
        }

        #patch
    })
}

fn read_options(options: TokenStream) -> syn::Result<Options> {
    let mut read = Options::default();
    let parser = |input: syn::parse::ParseStream| -> syn::Result<()> {
        read.name = input.parse::<LitStr>()?.value();
        if input.is_empty() {
            return Ok(());
        }
        input.parse::<syn::Token![,]>()?;
        syn::meta::parser(|meta| read_option(&mut read, &meta)).parse2(input.parse()?)
    };
    parser.parse2(options)?;
    Ok(read)
}

fn read_option(read: &mut Options, meta: &ParseNestedMeta) -> syn::Result<()> {
    let text = || meta.value()?.parse::<LitStr>().map(|text| text.value());
    let ident = || meta.value()?.parse::<Ident>();
    if meta.path.is_ident("plural") {
        read.plural = Some(text()?);
    } else if meta.path.is_ident("scope") {
        read.scope = Some(ident()?.to_string());
    } else if meta.path.is_ident("writers") {
        read.writers = Some(ident()?.to_string());
    } else if meta.path.is_ident("loose") {
        read.loose = Some(ident()?);
    } else if meta.path.is_ident("private") {
        read.private = Some(ident()?);
    } else if meta.path.is_ident("urgency") {
        read.urgency = Some(ident()?);
    } else if meta.path.is_ident("member") {
        read.member = Some(ident()?);
    } else if meta.path.is_ident("team") {
        read.team = Some(ident()?);
    } else if meta.path.is_ident("checked") {
        read.checked = true;
    } else if meta.path.is_ident("derived") {
        meta.parse_nested_meta(|inner| {
            read.derived.push(inner.path.require_ident()?.clone());
            Ok(())
        })?;
    } else {
        return Err(
            meta.error("known: plural, scope, writers, loose, private, member, team, urgency, checked, derived(…)")
        );
    }
    Ok(())
}

fn writers(options: &Options) -> syn::Result<TokenStream> {
    match options.writers.as_deref() {
        None | Some("scope") => Ok(quote!(Scope)),
        Some("author") => Ok(quote!(Author)),
        Some("manager") => Ok(quote!(Manager)),
        Some("admin") => Ok(quote!(Admin)),
        Some(_) => Err(Error::new(
            Span::call_site(),
            "writers are scope, author, manager or admin",
        )),
    }
}

fn scope_rule(options: &Options) -> syn::Result<TokenStream> {
    let named = |ident: &Option<Ident>| {
        let text = ident.as_ref().map(ToString::to_string);
        text.map_or_else(|| quote!(None), |text| quote!(Some(#text)))
    };
    let (loose, private) = (named(&options.loose), named(&options.private));
    match options.scope.as_deref() {
        Some("own") => Ok(quote!(crate::schema::ScopeRule::Own)),
        Some("org") => Ok(quote!(crate::schema::ScopeRule::Org)),
        Some("holder") => {
            let member = options.member.as_ref().map(ToString::to_string);
            let member = member.ok_or_else(|| Error::new(Span::call_site(), "a holder has a member = field"))?;
            let team = named(&options.team);
            Ok(quote!(crate::schema::ScopeRule::Holder { member: #member, team: #team }))
        }
        None | Some("parent") => Ok(quote!(crate::schema::ScopeRule::Parent { loose: #loose, private: #private })),
        Some(_) => Err(Error::new(Span::call_site(), "a scope is own, org, holder or parent")),
    }
}

fn read_field(field: &mut syn::Field) -> syn::Result<Column> {
    let ident = field
        .ident
        .clone()
        .ok_or_else(|| Error::new_spanned(&*field, "a record has named fields"))?;
    let ty = field.ty.clone();
    let mut column = Column {
        ident,
        inner: ty.clone(),
        ty,
        merge: "register".to_owned(),
        optional: false,
        doc: doc(&field.attrs),
        required: false,
        index: false,
        search: false,
        parent: false,
        fixed: false,
        max_len: None,
        min: None,
        max: None,
        since: 1,
    };
    let (options, rest): (Vec<Attribute>, Vec<Attribute>) = field
        .attrs
        .drain(..)
        .partition(|attribute| attribute.path().is_ident("field"));
    field.attrs = rest;
    for option in options {
        option.parse_nested_meta(|meta| read_field_option(&mut column, &meta))?;
    }
    match column.merge.as_str() {
        "set" | "log" => column.inner = argument(&column.ty, 0)?,
        "map" => column.inner = argument(&column.ty, 1)?,
        _ => {
            column.optional = crate::value::is_option(&column.ty);
            if column.optional {
                column.inner = argument(&column.ty, 0)?;
                field
                    .attrs
                    .push(syn::parse_quote!(#[serde(skip_serializing_if = "Option::is_none")]));
            }
        }
    }
    Ok(column)
}

fn read_field_option(column: &mut Column, meta: &ParseNestedMeta) -> syn::Result<()> {
    let number = |meta: &ParseNestedMeta| -> syn::Result<i64> {
        let value = meta.value()?;
        let sign = if value.peek(syn::Token![-]) {
            value.parse::<syn::Token![-]>()?;
            -1
        } else {
            1
        };
        Ok(sign * value.parse::<LitInt>()?.base10_parse::<i64>()?)
    };
    let Some(name) = meta.path.get_ident().map(ToString::to_string) else {
        return Err(meta.error("a field option is one word"));
    };
    match name.as_str() {
        "required" => column.required = true,
        "index" => column.index = true,
        "search" => column.search = true,
        "parent" => column.parent = true,
        "fixed" => column.fixed = true,
        "merge" => column.merge = meta.value()?.parse::<Ident>()?.to_string(),
        "max_len" => column.max_len = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?),
        "since" => column.since = meta.value()?.parse::<LitInt>()?.base10_parse()?,
        "min" => column.min = Some(number(meta)?),
        "max" => column.max = Some(number(meta)?),
        _ => return Err(meta.error("known: required, index, search, parent, fixed, merge, max_len, min, max, since")),
    }
    Ok(())
}

fn argument(ty: &Type, at: usize) -> syn::Result<Type> {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.iter().nth(at)
    {
        return Ok(inner.clone());
    }
    Err(Error::new_spanned(
        ty,
        "sets and logs are Vec<T>, maps are HashMap<String, T>",
    ))
}

fn table_entry(column: &Column) -> TokenStream {
    let name = column.ident.to_string();
    let Column {
        inner,
        doc,
        required,
        index,
        search,
        parent,
        fixed,
        since,
        ..
    } = column;
    let merge = match column.merge.as_str() {
        "text" => quote!(Text),
        "counter" => quote!(Counter),
        "set" => quote!(Set),
        "map" => quote!(Map),
        "log" => quote!(Log),
        "register" => quote!(Register),
        other => {
            let message = format!("no merge rule `{other}`: register, text, counter, set, map, log");
            return quote!(compile_error!(#message));
        }
    };
    let option = |value: Option<TokenStream>| value.map_or_else(|| quote!(None), |value| quote!(Some(#value)));
    let max_len = option(column.max_len.map(|value| quote!(#value)));
    let min = option(column.min.map(|value| quote!(#value)));
    let max = option(column.max.map(|value| quote!(#value)));
    quote! {
        crate::schema::Field {
            name: #name,
            doc: #doc,
            ty: <#inner as crate::schema::FieldValue>::TYPE,
            merge: crate::schema::Merge::#merge,
            required: #required,
            index: #index,
            search: #search,
            parent: #parent,
            fixed: #fixed,
            max_len: #max_len,
            min: #min,
            max: #max,
            since: #since,
        }
    }
}
