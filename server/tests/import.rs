//! The built program takes lists over: told first, then done, then nothing left to do, and out again.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use satchel_core::document::Document;
use serde_json::{Value, json};

fn satchel(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_satchel"))
        .arg("--data-dir")
        .arg(home)
        .args(arguments)
        .output()
        .unwrap()
}

fn done(home: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = satchel(home, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn organisation(home: &Path) {
    done(
        home,
        &[
            "admin",
            "init",
            "--name",
            "Org",
            "--admin",
            "Boss",
            "--time-zone",
            "Asia/Shanghai",
        ],
    );
    done(home, &["admin", "team", "add", "North"]);
    done(home, &["admin", "member", "add", "Li", "--team", "North"]);
}

/// What an import says of its only sheet.
fn import(home: &Path, file: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["import", file.to_str().unwrap(), "--as", "Li", "--json"];
    arguments.extend(more);
    let mut said: Value = serde_json::from_slice(&done(home, &arguments)).unwrap();
    said["sheets"][0].take()
}

fn counts(create: u8, unchanged: u8, refused: u8) -> Value {
    json!({ "create": create, "update": 0, "unchanged": unchanged, "skipped": 0, "refused": refused })
}

#[test]
fn a_list_is_told_taken_over_once_and_comes_out_again() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("data");
    organisation(&home);
    let list = directory.path().join("accounts.csv");
    std::fs::write(
        &list,
        "\u{feff}Record Id,Account Name,Phone,Account Type,Annual Revenue\r\n\
         zcrm_1,Golden Dragon,010-62345678,Distributor,\"1,200.50\"\r\n\
         zcrm_2,Big One,13800138000,KA,\r\n\
         zcrm_3,Secret Name,,,Twelve\r\n",
    )
    .unwrap();
    let refused = directory.path().join("refused.csv");
    let rows = |said: &Value| said["rows"].as_array().unwrap().clone();

    let dry = import(&home, &list, &[]);
    assert_eq!((&dry["kind"], &dry["counts"]), (&json!("customer"), &counts(2, 0, 1)));
    assert_eq!(rows(&dry)[2]["row"], 4);
    assert!(!dry.to_string().contains("Secret Name") && !dry.to_string().contains("Twelve"));
    assert_eq!(
        import(&home, &list, &[])["counts"],
        counts(2, 0, 1),
        "nothing was written"
    );

    let applied = import(&home, &list, &["--apply", "--refused", refused.to_str().unwrap()]);
    assert_eq!(applied["counts"], counts(2, 0, 1));
    let left = std::fs::read_to_string(&refused).unwrap();
    assert!(left.contains("Secret Name") && !left.contains("Golden Dragon") && left.contains("not an amount"));
    assert_eq!(import(&home, &list, &["--apply"])["counts"], counts(0, 2, 1));

    let csv = directory.path().join("out.csv");
    let out = csv.to_str().unwrap();
    done(&home, &["export", "--kind", "customers", "--as", "Li", "--output", out]);
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(
        text.contains("Golden Dragon") && text.contains("+8613800138000") && text.contains("zcrm_2"),
        "{text}"
    );
    assert_eq!(
        import(&home, &csv, &[])["counts"],
        counts(0, 2, 0),
        "what comes out reads back as it was"
    );

    let lines = done(
        &home,
        &["export", "--kind", "customer", "--as", "Li", "--format", "jsonl"],
    );
    let lines = satchel_core::exchange::jsonl::read(lines.as_slice()).collect::<Result<Vec<_>, _>>();
    let lines = lines.unwrap();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        // Without loss: the document is there with its history, and reads as its fields say.
        let bytes = line.document.as_ref().expect("the document goes along");
        let mut document = Document::load(line.kind, line.id, bytes, std::iter::empty::<&[u8]>()).unwrap();
        assert_eq!(document.project().fields["name"], line.fields["name"]);
        assert!(!document.history().is_empty());
    }

    // Another member of no better standing neither reads them nor writes over them.
    done(&home, &["admin", "team", "add", "South"]);
    done(&home, &["admin", "member", "add", "Wu", "--team", "South"]);
    let foreign = done(&home, &["export", "--kind", "customers", "--as", "Wu"]);
    assert!(!String::from_utf8(foreign).unwrap().contains("Golden Dragon"));
    let file = list.to_str().unwrap();
    let said = done(&home, &["import", file, "--as", "Wu", "--apply", "--json"]);
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(said["sheets"][0]["counts"], counts(0, 0, 3));
}

#[test]
fn a_chinese_list_in_gb18030_is_read_and_what_hangs_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("data");
    organisation(&home);
    let list = directory.path().join("customers.csv");
    // 客户名称,电话 / 金龙,13800138000
    let bytes: &[u8] = b"\xbf\xcd\xbb\xa7\xc3\xfb\xb3\xc6,\xb5\xe7\xbb\xb0\r\n\xbd\xf0\xc1\xfa,13800138000\r\n";
    std::fs::write(&list, bytes).unwrap();
    let given = ["--kind", "customers", "--apply"];
    assert_eq!(import(&home, &list, &given)["counts"], counts(1, 0, 0));
    assert_eq!(import(&home, &list, &given)["counts"], counts(0, 1, 0));

    let deals = directory.path().join("deals.csv");
    std::fs::write(
        &deals,
        "Deal Name,Account Name,Stage,Amount,Closing Date\n春季,金龙,Proposal,99.90,2026-03-01\n秋季,没有,Proposal,1,2026-03-01\n",
    )
    .unwrap();
    assert_eq!(import(&home, &deals, &["--apply"])["counts"], counts(1, 0, 1));
    assert_eq!(import(&home, &deals, &["--apply"])["counts"], counts(0, 1, 1));
    let out = done(&home, &["export", "--kind", "deals", "--as", "Li", "--language", "zh"]);
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.contains("产品介绍") && out.contains("金龙") && out.contains("99.90"),
        "{out}"
    );
}
