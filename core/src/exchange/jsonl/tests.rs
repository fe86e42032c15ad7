use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::KINDS;

fn written(lines: &[(&str, Value, Option<&[u8]>)]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (name, fields, document) in lines {
        let id = DocumentId::from_bytes([7; 16]);
        writer
            .write(kind(name).unwrap(), id, fields.as_object().unwrap(), *document)
            .unwrap();
    }
    writer.finish().unwrap()
}

fn problem(text: &str) -> (u64, String) {
    let error = read(text.as_bytes()).find_map(Result::err).unwrap();
    (error.line, error.problem.to_string())
}

const HEADER: &str = "{\"satchel\":\"records\",\"version\":1}\n";

#[test]
fn records_come_back_as_they_were_with_their_documents() {
    let customer = json!({
        "name": "=永辉\n超市", "phones": ["+8613800138000"], "credit_limit": {"minor": -5, "currency": "CNY"},
        "custom": {"a.b": "c"}, "from_a_newer_app": [1, {"x": null}],
    });
    let deal = json!({ "name": "d", "stage": "won", "disputed": false });
    let file = written(&[
        ("customer", customer.clone(), Some(b"\x00\xffbytes")),
        ("deal", deal, None),
    ]);
    let lines: Vec<Line> = read(file.as_slice()).map(Result::unwrap).collect();
    assert_eq!(Value::Object(lines[0].fields.clone()), customer);
    assert_eq!(
        (lines[0].kind.name, lines[0].document.as_deref()),
        ("customer", Some(b"\x00\xffbytes".as_slice()))
    );
    // What is derived is computed again and not kept.
    assert_eq!(Value::Object(lines[1].fields.clone()), json!({ "name": "d" }));
    assert_eq!(
        (lines[1].id, &lines[1].document),
        (DocumentId::from_bytes([7; 16]), &None)
    );
}

#[test]
fn every_kind_is_written_and_read() {
    let lines: Vec<(&str, Value, Option<&[u8]>)> = KINDS.iter().map(|kind| (kind.name, json!({}), None)).collect();
    let file = written(&lines);
    let kinds: Vec<&str> = read(file.as_slice()).map(|line| line.unwrap().kind.name).collect();
    assert_eq!(kinds, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
}

#[test]
fn a_bad_line_is_told_by_number_and_the_next_is_read() {
    let id = "07070707-0707-0707-0707-070707070707";
    let good = format!("{{\"kind\":\"note\",\"id\":\"{id}\",\"fields\":{{}}}}\n");
    let bad = [
        ("{\"kind\":\"note\"}", "not a record"),
        ("[1]", "not a record"),
        ("{", "not a record"),
        (
            &good.replace("note", "nonsense"),
            "a kind of record that this version does not know",
        ),
        (
            &good.replace("{}}", "{\"body\":3}}"),
            "values are not of their field's type: body",
        ),
        (
            &good.replace("{}}", "{},\"document\":\"!\"}"),
            "the document is not base64",
        ),
        (&good.replace("07070707-", "x"), "not a record"),
    ];
    for (line, message) in bad {
        let file = format!("{HEADER}\n{}\n{good}", line.trim_end());
        assert_eq!(problem(&file), (3, message.to_owned()), "{line}");
        assert_eq!(read(file.as_bytes()).flatten().count(), 1, "{line}");
    }
}

#[test]
fn a_file_that_is_none_of_ours_is_refused_at_once() {
    for text in ["", "\n\n", "name,phone\n", "{\"satchel\":\"orders\",\"version\":1}\n"] {
        let errors: Vec<_> = read(text.as_bytes()).collect();
        assert_eq!(errors.len(), 1, "{text}");
        assert!(
            matches!(
                errors[0],
                Err(LineError {
                    problem: LineProblem::NoHeader,
                    ..
                })
            ),
            "{text}"
        );
    }
    let newer = "{\"satchel\":\"records\",\"version\":2}\n";
    assert_eq!(
        problem(newer).1,
        "the file has the form of version 2, this program reads up to 1"
    );
    let long = format!("{HEADER}{}\n", "x".repeat(100));
    let lines: Vec<_> = read(long.as_bytes()).with_line_bytes(50).collect();
    assert!(matches!(
        lines.as_slice(),
        [Err(LineError {
            line: 2,
            problem: LineProblem::TooLong { limit: 50 }
        })]
    ));
}

proptest! {
    #[test]
    fn odd_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), with_header in any::<bool>()) {
        let header = if with_header { HEADER.as_bytes() } else { b"" };
        let file = [header, &bytes].concat();
        prop_assert!(read(file.as_slice()).count() <= file.len() + 1);
    }
}
