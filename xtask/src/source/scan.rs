//! From a file's text to the paths and texts in it.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{Seen, SeenPath, SeenText};

/// Reads a file's text. Fails where it isn't Rust.
pub(crate) fn scan(text: &str) -> Result<Seen> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("not Rust: {error}"))?;
    let mut seen = Seen::default();
    Level {
        tokens: tokens.into_iter().collect(),
        scope: &[],
    }
    .walk(&mut seen);
    Ok(seen)
}

/// The tokens between two brackets, and the inline modules around them.
struct Level<'a> {
    tokens: Vec<TokenTree>,
    scope: &'a [String],
}

impl Level<'_> {
    fn walk(&self, seen: &mut Seen) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.step(at, seen);
        }
    }

    /// Takes what stands at `at`; answers where to go on.
    fn step(&self, at: usize, seen: &mut Seen) -> usize {
        if let Some((attribute, inner, next)) = self.attribute(at) {
            return match Attribute::of(attribute) {
                Attribute::Doc => next,
                Attribute::Test if inner => self.tokens.len(),
                Attribute::Test => self.end_of_item(next, seen),
                Attribute::Other => {
                    self.inside(attribute, self.scope, seen);
                    next
                }
            };
        }
        match &self.tokens[at] {
            TokenTree::Ident(word) if word == "mod" => {
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (self.tokens.get(at + 1), self.tokens.get(at + 2))
                {
                    let mut scope = self.scope.to_vec();
                    scope.push(name.to_string());
                    self.inside(body, &scope, seen);
                    return at + 3;
                }
                at + 1
            }
            TokenTree::Ident(word) if word == "pub" && self.is_visibility(at + 1) => at + 2,
            TokenTree::Ident(_) => {
                let rooted = at > 0 && self.is_word(at - 1, "use");
                self.path(at, &[], rooted, seen)
            }
            TokenTree::Punct(_) if self.colons(at) => self.path(at + 2, &[], true, seen),
            TokenTree::Group(group) => {
                // `use {a::b, c::d};` is the one group without a path before it that lists paths; walking it does.
                self.inside(group, self.scope, seen);
                at + 1
            }
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) {
                    seen.texts.push(SeenText {
                        value: text.value(),
                        line: literal.span().start().line,
                    });
                }
                at + 1
            }
            TokenTree::Punct(_) => at + 1,
        }
    }

    fn inside(&self, group: &Group, scope: &[String], seen: &mut Seen) {
        debug_assert!(scope.len() >= self.scope.len());
        Level {
            tokens: group.stream().into_iter().collect(),
            scope,
        }
        .walk(seen);
    }

    /// A path whose next segment stands at `at`; `before` are the segments that a `use` group continues.
    fn path(&self, mut at: usize, before: &[String], rooted: bool, seen: &mut Seen) -> usize {
        let mut segments = before.to_vec();
        let mut line = None;
        loop {
            match self.tokens.get(at) {
                Some(TokenTree::Ident(word)) => {
                    line.get_or_insert(word.span().start().line);
                    segments.push(word.to_string());
                    at += 1;
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && !segments.is_empty() => {
                    let inner = Level {
                        tokens: group.stream().into_iter().collect(),
                        scope: self.scope,
                    };
                    inner.use_group(&segments, seen);
                    return at + 1;
                }
                // `::<T>` and `::*` end a path.
                _ => break,
            }
            if !self.colons(at) {
                break;
            }
            at += 2;
        }
        // `{self}` in a group names the path before it.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let line = line
            .or_else(|| self.tokens.get(at).map(|token| token.span().start().line))
            .unwrap_or(0);
        let rooted = rooted || segments.len() > 1;
        seen.paths.push(SeenPath {
            segments,
            scope: self.scope.to_vec(),
            rooted,
            line,
        });
        at
    }

    fn use_group(&self, before: &[String], seen: &mut Seen) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.path(at, before, true, seen);
            // Past `as name`, `*` and the comma.
            while at < self.tokens.len() {
                at += 1;
                if matches!(&self.tokens[at - 1], TokenTree::Punct(mark) if mark.as_char() == ',') {
                    break;
                }
            }
        }
    }

    /// An attribute at `at`: its brackets, whether it is an inner one, and where to go on.
    fn attribute(&self, at: usize) -> Option<(&Group, bool, usize)> {
        if !self.is_mark(at, '#') {
            return None;
        }
        let inner = self.is_mark(at + 1, '!');
        let place = at + 1 + usize::from(inner);
        match self.tokens.get(place) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Some((group, inner, place + 1)),
            _ => None,
        }
    }

    /// The end of the test item at `at`; notes a module that is declared there.
    fn end_of_item(&self, mut at: usize, seen: &mut Seen) -> usize {
        while let Some((_, _, next)) = self.attribute(at) {
            at = next;
        }
        if self.is_word(at, "pub") {
            at += if self.is_visibility(at + 1) { 2 } else { 1 };
        }
        if self.is_word(at, "mod")
            && self.is_mark(at + 2, ';')
            && let Some(TokenTree::Ident(name)) = self.tokens.get(at + 1)
        {
            seen.test_modules.push(name.to_string());
            return at + 3;
        }
        let to_semicolon = ["use", "const", "static", "type", "let"]
            .iter()
            .any(|word| self.is_word(at, word));
        let is_field = matches!(self.tokens.get(at), Some(TokenTree::Ident(_)))
            && self.is_mark(at + 1, ':')
            && !self.colons(at + 1);
        while let Some(token) = self.tokens.get(at) {
            at += 1;
            let ends = match token {
                TokenTree::Punct(mark) if mark.as_char() == ';' => true,
                TokenTree::Punct(mark) if mark.as_char() == ',' => is_field,
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !to_semicolon && !is_field,
                _ => false,
            };
            if ends {
                break;
            }
        }
        at
    }

    /// `(crate)`, `(super)` or `(in a::b)`: who may see it is no use of it. A tuple's public field is one.
    fn is_visibility(&self, at: usize) -> bool {
        let Some(TokenTree::Group(group)) = self.tokens.get(at) else {
            return false;
        };
        let words: Vec<String> = group.stream().into_iter().map(|token| token.to_string()).collect();
        let is_one_word = words.len() == 1 && ["crate", "self", "super"].contains(&words[0].as_str());
        group.delimiter() == Delimiter::Parenthesis && (is_one_word || words.first().is_some_and(|word| word == "in"))
    }

    fn colons(&self, at: usize) -> bool {
        self.is_mark(at, ':') && self.is_mark(at + 1, ':')
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Ident(ident)) if ident == word)
    }
}

/// What an attribute means to the checks.
enum Attribute {
    /// Documentation: prose, free to name anything.
    Doc,
    /// What it stands on is compiled for tests only.
    Test,
    /// Anything else; its tokens count.
    Other,
}

impl Attribute {
    fn of(brackets: &Group) -> Self {
        let text: String = brackets.stream().to_string().split_whitespace().collect();
        let name = text.split(['(', '=']).next().unwrap_or_default();
        let last = name.rsplit("::").next().unwrap_or_default();
        if name == "doc" {
            Self::Doc
        } else if text == "cfg(test)" || text.starts_with("cfg(all(test,") || matches!(last, "test" | "rstest") {
            Self::Test
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let seen = scan(text).expect("Rust");
        seen.paths
            .iter()
            .filter(|path| path.segments.len() > 1)
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn groups_in_use_are_spelled_out() {
        let text = "use crate::{ids::{self, CustomerId as Id}, store::*, wire};";
        assert_eq!(
            paths(text),
            ["crate::ids", "crate::ids::CustomerId", "crate::store", "crate::wire"]
        );
    }

    #[test]
    fn paths_inside_macro_calls_and_attributes_count() {
        let text = "fn f() { vec![crate::store::open(); 2]; } #[derive(serde::Serialize)] struct A;";
        assert_eq!(paths(text), ["crate::store::open", "serde::Serialize"]);
    }

    #[test]
    fn tests_and_documentation_are_left_out() {
        let text = r#"
            //! crate::store
            /// crate::store
            #[cfg(test)] use crate::store::{A, B};
            #[cfg(test)] pub(crate) mod fixture;
            #[cfg(test)] mod tests { use crate::store; const A: &str = "visit"; }
            #[test] fn f() { crate::store::open() }
            struct S { #[cfg(test)] a: crate::store::A, b: crate::wire::B }
            use crate::ids::After;
        "#;
        assert_eq!(paths(text), ["crate::wire::B", "crate::ids::After"]);
        let seen = scan(text).expect("Rust");
        assert!(seen.texts.is_empty());
        assert_eq!(seen.test_modules, ["fixture"]);
    }

    #[test]
    fn code_for_tests_or_something_else_counts() {
        let text = "#[cfg(any(test, feature = \"sim\"))] use crate::store::A; #[cfg(not(test))] use crate::wire::B;";
        assert_eq!(paths(text), ["crate::store::A", "crate::wire::B"]);
    }

    #[test]
    fn who_may_see_it_is_no_use_of_it() {
        let seen = scan("pub(super) fn f() {} pub(in crate::store) struct S(pub (crate::wire::A, u8));").expect("Rust");
        let paths: Vec<String> = seen.paths.iter().map(|path| path.segments.join("::")).collect();
        assert!(!paths.contains(&"super".to_owned()) && !paths.contains(&"crate::store".to_owned()));
        assert!(paths.contains(&"crate::wire::A".to_owned()));
    }

    #[test]
    fn inline_modules_are_kept_as_scope() {
        let seen = scan("mod a { mod b { use super::c; } }").expect("Rust");
        assert_eq!(seen.paths[1].segments, ["super", "c"]);
        assert_eq!(seen.paths[1].scope, ["a", "b"]);
    }

    #[test]
    fn texts_are_unescaped_and_know_their_line() {
        let seen = scan("const A: &str =\n \"SELECT \\\"a\\\"\";").expect("Rust");
        assert_eq!((seen.texts[0].value.as_str(), seen.texts[0].line), ("SELECT \"a\"", 2));
    }

    #[test]
    fn what_is_not_rust_is_refused() {
        assert!(scan("fn f( {").is_err());
    }
}
