//! The exported surface, seen from Python: every kind of the list with its patch, and records that cross and come back.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::{Path, PathBuf};
use std::process::Command;

use satchel_core::domain::KINDS;
use satchel_core::schema::check::check;
use satchel_core::schema::{Field, Kind, Merge, Shape, Type, Violation};
use serde_json::{Map, Value, json};

macro_rules! names {
    ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
        /// Record, patch, variant: the names by which a kind is known in the bindings.
        const NAMES: &[(&str, &str)] = &[$((stringify!($entity), stringify!($patch))),*];
    };
}

satchel_core::for_each_kind!(names);

/// The shared library that cargo built for this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let name = format!(
        "{}satchel_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let beside = test.parent().unwrap().join(&name);
    assert!(beside.is_file(), "cargo builds {} before this test", beside.display());
    beside
}

/// The Python sources beside the library.
fn generate(into: &Path) {
    let library = library();
    uniffi::generate(uniffi::GenerateOptions {
        languages: vec![uniffi::TargetLanguage::Python],
        source: library.to_str().unwrap().into(),
        out_dir: into.to_str().unwrap().into(),
        config_override: None,
        crate_filter: None,
        metadata_no_deps: false,
        format: false,
    })
    .unwrap();
    // Not a copy: unstripped, it has more than 100 MB.
    std::os::unix::fs::symlink(&library, into.join(library.file_name().unwrap())).unwrap();
}

/// A text that is also a name of a zone, and a currency by its form.
const TEXT: &str = "UTC";

fn sample(ty: Type) -> Value {
    match ty {
        Type::Text => TEXT.into(),
        Type::Integer => 10_000.into(),
        Type::Boolean => true.into(),
        Type::Day => "2026-03-01".into(),
        Type::Instant => "2026-03-01T08:30:00Z".into(),
        Type::Choice(codes) => codes[0].into(),
        Type::Reference(_) | Type::Member => "0190163d-8694-739b-aea5-966c26f8ad91".into(),
        Type::Object(Shape { members, .. }) => {
            let parts = members.iter().map(|member| (member.name.to_owned(), sample(member.ty)));
            Value::Object(parts.collect())
        }
        Type::List(item) => json!([sample(*item)]),
    }
}

/// Keys of maps: a kind may want a line with its part, a currency, or a month.
const KEYS: [&str; 3] = ["A/qty_milli", "CNY", "2026-03"];

fn sample_of(field: &Field, key: &str) -> Value {
    let one = match sample(field.ty) {
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            number
                .clamp(field.min.unwrap_or(number), field.max.unwrap_or(number))
                .into()
        }
        other => other,
    };
    match field.merge {
        Merge::Register | Merge::Text | Merge::Counter => one,
        Merge::Set | Merge::Log => json!([one]),
        Merge::Map => json!({ key: one }),
    }
}

/// A record with every field filled, each map with the first key that its kind takes. What its kind refuses beside the
/// others (the periods of a year that do not fill it) is left out.
fn full(kind: &Kind) -> Map<String, Value> {
    let filled = KEYS.map(|key| -> Map<String, Value> {
        let fields = kind.fields.iter();
        fields
            .map(|field| (field.name.to_owned(), sample_of(field, key)))
            .collect()
    });
    let refused = filled.each_ref().map(|fields| check(kind, fields));
    let mut record = Map::new();
    for field in kind.fields {
        let taken = |violations: &Vec<Violation>| violations.iter().all(|violation| violation.field != field.name);
        if let Some(at) = refused.iter().position(taken) {
            record.insert(field.name.to_owned(), filled[at][field.name].clone());
        }
    }
    record
}

/// The relay's binary: `SATCHEL_BIN`, else the one beside the test's own folder.
fn relay() -> PathBuf {
    if let Some(path) = std::env::var_os("SATCHEL_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().unwrap();
    let beside = test.parent().and_then(Path::parent).unwrap().join("satchel");
    assert!(
        beside.is_file(),
        "the relay is not built: cargo build -p satchel-server (or set SATCHEL_BIN)"
    );
    beside
}

/// Runs a script beside the package; what it printed.
fn run(folder: &Path, name: &str, script: &str, environment: &[(&str, &str)]) -> String {
    std::fs::write(folder.join(name), script).unwrap();
    // `cargo xtask test` installs python3 where it is missing.
    let mut python = Command::new("python3");
    let output = python.arg(name).envs(environment.iter().copied()).current_dir(folder);
    let output = output.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaint}");
    said.trim().to_owned()
}

#[test]
fn every_kind_and_its_patch_stand_in_the_bindings_and_records_come_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("satchel");
    generate(&package);
    std::fs::write(package.join("__init__.py"), "").unwrap();
    let sources: String = ["satchel_core.py", "satchel_ffi.py"]
        .iter()
        .map(|name| std::fs::read_to_string(package.join(name)).unwrap())
        .collect();
    for (record, patch) in NAMES {
        for class in [record, patch] {
            assert!(
                sources.contains(&format!("\nclass {class}:")),
                "{class} is not in the bindings"
            );
        }
    }
    let cases: Vec<Value> = KINDS
        .iter()
        .zip(NAMES)
        .map(|(kind, (record, patch))| {
            json!({ "kind": kind.name, "record": record, "patch": patch, "full": full(kind) })
        })
        .collect();
    std::fs::write(folder.path().join("cases.json"), json!(cases).to_string()).unwrap();
    let said = run(folder.path(), "cases.py", include_str!("python.py"), &[]);
    assert_eq!(said, format!("{} kinds", KINDS.len()));
}

/// Runs a script with the bindings and a real relay beside it.
fn story(name: &str, script: &str, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("satchel");
    generate(&package);
    std::fs::write(package.join("__init__.py"), "").unwrap();
    for (name, text) in [("field.py", include_str!("field.py"))].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let relay = relay();
    let environment = [("SATCHEL_BIN", relay.to_str().unwrap())];
    assert_eq!(run(folder.path(), name, script, &environment), "done");
}

#[test]
fn a_day_over_the_bindings_against_a_real_relay() {
    story("day.py", include_str!("day.py"), &[]);
}

#[test]
fn figures_over_the_bindings_come_to_what_the_vectors_say() {
    let vectors = include_str!("../../tests/golden/insight.json");
    story("figure.py", include_str!("figure.py"), &[("insight.json", vectors)]);
}
