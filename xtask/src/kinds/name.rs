//! The names of a kind: `visit`, `visits`, `Visit`, and what is made of them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use syn::{Item, LitStr, Meta};
use walkdir::WalkDir;

/// A kind's names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Singular, in small letters: `process_template`.
    pub(super) name: String,
    /// Plural, in small letters.
    pub(super) plural: String,
    is_word_of_code: bool,
}

impl Kind {
    pub(super) fn new(name: &str, plural: &str, words_of_code: &[String]) -> Self {
        let is_word_of_code = words_of_code.iter().any(|word| word == name);
        Self {
            name: name.to_owned(),
            plural: plural.to_owned(),
            is_word_of_code,
        }
    }

    /// Whether it is just the kind's name or its plural.
    pub(super) fn is_plain_name(&self, name: &str) -> bool {
        name == self.name || name == self.plural
    }

    /// Whether an identifier names the kind.
    pub(super) fn is_named_by(&self, identifier: &str) -> bool {
        let words = words(identifier);
        let has = |name: &str| {
            let name: Vec<&str> = name.split('_').collect();
            words.windows(name.len()).any(|window| window == name)
        };
        let is_type = identifier.starts_with(|letter: char| letter.is_ascii_uppercase())
            && identifier.contains(|letter: char| letter.is_ascii_lowercase());
        if is_type || !self.is_word_of_code {
            return has(&self.name) || has(&self.plural);
        }
        let name = &self.name;
        let sure = [format!("{name}_id"), format!("{name}_ids"), format!("{name}_patch")];
        let made = ["create", "edit", "archive"].map(|verb| format!("{verb}_{name}"));
        let identifier = words.join("_");
        sure.contains(&identifier) || made.contains(&identifier)
    }
}

/// `NewVisit`, `new_visit` and `NEW_VISIT` are all new, visit.
fn words(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in identifier.chars() {
        if letter == '_' || (letter.is_ascii_uppercase() && after_small) {
            words.push(String::new());
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Reads the kinds from their files: each is a struct with `#[entity("name")]`.
pub(super) fn read(domain: &Path, words_of_code: &[String]) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for entry in WalkDir::new(domain).sort_by_file_name() {
        let entry = entry.context("reading core/src/domain")?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path())?;
            kinds.extend(kinds_in(&text, words_of_code).with_context(|| entry.path().display().to_string())?);
        }
    }
    Ok(kinds)
}

fn kinds_in(text: &str, words_of_code: &[String]) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for item in syn::parse_file(text)?.items {
        let Item::Struct(item) = item else { continue };
        for attribute in &item.attrs {
            let Meta::List(list) = &attribute.meta else { continue };
            if list
                .path
                .segments
                .last()
                .is_none_or(|segment| segment.ident != "entity")
            {
                continue;
            }
            let tokens: Vec<_> = list.tokens.clone().into_iter().collect();
            let text_at = |at: usize| -> Result<String> {
                let token = tokens.get(at).cloned().context("#[entity] without a name")?;
                Ok(syn::parse2::<LitStr>(token.into())?.value())
            };
            let name = text_at(0)?;
            let plural = match tokens.iter().position(|token| token.to_string() == "plural") {
                Some(at) => text_at(at + 2)?,
                None => format!("{name}s"),
            };
            kinds.push(Kind::new(&name, &plural, words_of_code));
        }
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("NewVisitId"), ["new", "visit", "id"]);
        assert_eq!(words("MAX_VISITS"), ["max", "visits"]);
        assert_eq!(words("r2_visit"), ["r2", "visit"]);
        assert_eq!(words("_"), Vec::<String>::new());
    }

    #[test]
    fn kinds_are_read_from_their_attribute() {
        let text = r#"
            #[entity("visit", checked, derived(status))] pub struct Visit { a: u8 }
            #[entity("survey", plural = "surveys_held")] pub struct Survey;
            #[choice] pub enum VisitStatus { A }
            pub struct Other;
        "#;
        let kinds = kinds_in(text, &["visit".to_owned()]).expect("Rust");
        let names: Vec<(&str, &str)> = kinds
            .iter()
            .map(|kind| (kind.name.as_str(), kind.plural.as_str()))
            .collect();
        assert_eq!(names, [("visit", "visits"), ("survey", "surveys_held")]);
        assert!(kinds[0].is_word_of_code && !kinds[1].is_word_of_code);
    }
}
