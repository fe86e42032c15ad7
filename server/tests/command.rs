//! The built program, from its command line: a database is made, managed beside a running relay, and left clean.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what went wrong by panicking"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn satchel(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
    command.arg("--data-dir").arg(directory);
    command
}

fn admin(directory: &Path, arguments: &[&str]) -> Output {
    satchel(directory)
        .args(["admin", "--json"])
        .args(arguments)
        .output()
        .unwrap()
}

fn done(directory: &Path, arguments: &[&str]) -> Value {
    let output = admin(directory, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = admin(directory, arguments);
    assert!(!output.status.success(), "{arguments:?} went through");
    String::from_utf8(output.stderr).unwrap()
}

struct Relay {
    process: Child,
    address: String,
    metrics: String,
}

impl Relay {
    fn start(directory: &Path) -> Self {
        let mut process = satchel(directory)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                "127.0.0.1:0",
                "--log-format",
                "json",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut named = |what: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(what).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let address = named("listening on http://");
        let metrics = named("metrics on http://").trim_end_matches("/metrics").to_owned();
        Self {
            process,
            address,
            metrics,
        }
    }

    /// Asks the relay to end, and returns what it logged.
    fn stop(mut self) -> String {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let mut log = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(self.process.wait().unwrap().success(), "{log}");
        log
    }
}

fn get(address: &str, path: &str, bearer: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {bearer}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_organisation_is_made_managed_beside_the_running_relay_and_left_clean() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("data");
    assert!(refused(&home, &["team", "list"]).contains("satchel admin init"));
    let made = done(
        &home,
        &[
            "init",
            "--name",
            "某公司",
            "--admin",
            "老板",
            "--time-zone",
            "Asia/Shanghai",
        ],
    );
    assert!(refused(&home, &["init", "--name", "Again"]).contains("already"));
    done(&home, &["team", "add", "North"]);
    let member = done(
        &home,
        &["member", "add", "小王", "--team", "North", "--locale", "zh-CN"],
    );
    assert!(refused(&home, &["member", "add", "X", "--team", "Nowhere"]).contains("Nowhere"));
    assert_eq!(done(&home, &["quarantine", "list"]), Value::Array(Vec::new()));
    assert!(refused(&home, &["quarantine", "accept", "7"]).contains("nothing of this number waits"));
    let secret = done(&home, &["key", "create", "--member", "老板"])["secret"]
        .as_str()
        .unwrap()
        .to_owned();

    let relay = Relay::start(&home);
    assert!(get(&relay.address, "/readyz", "").starts_with("HTTP/1.1 200"));
    assert!(get(&relay.address, "/v1/members", &secret).contains("小王"));
    // Beside the running relay, and seen by it at once.
    done(
        &home,
        &["member", "edit", "小王", "--name", "王经理", "--role", "manager"],
    );
    assert!(get(&relay.address, "/v1/members", &secret).contains("王经理"));
    let invite = done(&home, &["invite", "王经理", "--relay", "https://relay.example"]);
    assert_eq!(invite["member_id"], member["id"]);
    assert!(
        invite["link"]
            .as_str()
            .unwrap()
            .starts_with("satchel://enrol?relay=https%3A%2F%2Frelay.example&code=")
    );
    let key = done(&home, &["key", "list"])[0]["id"].as_str().unwrap().to_owned();
    done(&home, &["key", "revoke", &key]);
    assert!(get(&relay.address, "/v1/members", &secret).starts_with("HTTP/1.1 401"));
    let metrics = get(&relay.metrics, "/metrics", "");
    assert!(
        metrics.contains("satchel_commits_total 3"),
        "the run was begun, the figures counted once, and the mark beside the database noted: {metrics}"
    );
    assert!(
        get(&relay.address, "/metrics", "").starts_with("HTTP/1.1 404"),
        "metrics have their own listener"
    );

    let log = relay.stop();
    assert!(
        log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    assert!(!log.contains("小王") && !log.contains(&secret), "{log}");
    assert!(
        !home.join("relay.sqlite-wal").exists(),
        "the write-ahead log was left behind"
    );
    assert_eq!(done(&home, &["member", "list"])[0]["id"], made["admin_id"]);
}

#[test]
fn a_relay_without_an_organisation_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let output = satchel(directory.path())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("satchel admin init --name NAME"), "{said}");
}

#[test]
fn the_configuration_is_printed_as_it_would_be_used() {
    let directory = tempfile::tempdir().unwrap();
    let output = satchel(directory.path())
        .args(["print-config", "--listen", "127.0.0.1:7"])
        .env("SATCHEL_TOKEN_LIFETIME_S", "77")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("listen = \"127.0.0.1:7\"") && printed.contains("token_lifetime_s = 77"),
        "{printed}"
    );
}

#[test]
fn the_rest_api_is_described_without_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let output = satchel(directory.path()).arg("openapi").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for kind in satchel_core::domain::KINDS {
        let path = &document["paths"][format!("/v1/{}/{{id}}", kind.plural)];
        assert!(path["get"].is_object() && path["patch"].is_object(), "{}", kind.name);
        let schemas = &document["components"]["schemas"];
        let record = schemas
            .as_object()
            .unwrap()
            .values()
            .find(|one| one["properties"]["kind"]["const"] == kind.name);
        assert_eq!(record.unwrap()["description"], kind.doc, "{}", kind.name);
    }
    assert_eq!(
        std::fs::read_dir(directory.path()).unwrap().count(),
        0,
        "nothing was written"
    );
}
