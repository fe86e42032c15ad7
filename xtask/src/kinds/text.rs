//! Kinds named in texts.

use super::name::Kind;

/// Words of SQL that a table's name follows.
const BEFORE_TABLE: [&str; 6] = ["from", "join", "into", "update", "table", "on"];

/// Whether a text names the kind: it is its name, a part of an address, stands in quotes, or where SQL has a table.
/// A word in a sentence is not a name.
pub(super) fn names(kind: &Kind, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let is_name = |word: &str| kind.is_plain_name(word);
    if is_name(&text) {
        return true;
    }
    let mut words = text.split_whitespace();
    if text.contains('/')
        && words
            .clone()
            .any(|word| word.contains('/') && word.split('/').any(is_name))
    {
        return true;
    }
    if ['\'', '"', '`']
        .iter()
        .any(|quote| text.split(*quote).skip(1).step_by(2).any(is_name))
    {
        return true;
    }
    let bare = |word: &str| is_name(word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    let is_sql = words
        .next()
        .is_some_and(|first| ["select", "insert", "update", "delete", "create"].contains(&first));
    let mut before = "";
    is_sql
        && text.split_whitespace().any(|word| {
            let found = BEFORE_TABLE.contains(&before) && bare(word);
            before = word;
            found
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_told_apart() {
        let kind = Kind::new("note", "notes", &[]);
        for text in [
            "note",
            "Notes",
            "/v1/notes",
            "GET /v1/notes/{id}",
            "kind = 'note'",
            "select * from notes",
            "update note set a = 1",
        ] {
            assert!(names(&kind, text), "{text}");
        }
        for text in ["a note", "note that", "noted", "from note", "", "it's a note, isn't it"] {
            assert!(!names(&kind, text), "{text}");
        }
    }
}
