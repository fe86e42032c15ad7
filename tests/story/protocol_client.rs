//! Somebody who has docs/protocol.md, docs/data-model.md and the golden vectors, and no line of our code, writes a client
//! in another language. It enrols, syncs, writes, listens and hands back, against the built relay and beside our phones.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use satchel_core::domain::{Customer, CustomerId, CustomerPatch};
use satchel_tests::field::{Phone, Team};
use serde_json::{Value, json};

/// The script, as a device that is told what to do.
struct Script {
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn python() -> Command {
    let python = std::env::var_os("SATCHEL_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.arg("-B").current_dir(here("protocol"));
    command
}

impl Script {
    fn start(url: &str) -> Result<Self> {
        let mut process = python()
            .arg("device.py")
            .arg(url)
            .arg(here("../docs/data-model.md"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting python3")?;
        let commands = process.stdin.take().context("no standard input")?;
        let answers = process.stdout.take().context("no standard output")?;
        Ok(Self {
            process,
            commands,
            answers: BufReader::new(answers).lines(),
        })
    }

    fn tell(&mut self, command: &Value) -> Result<Value> {
        writeln!(self.commands, "{command}")?;
        let Some(line) = self.answers.next() else {
            bail!("{command}: the script ended: {}", self.process.wait()?);
        };
        serde_json::from_str(&line?).with_context(|| format!("{command}"))
    }

    /// One or more exchanges; the answer holds all that the script has.
    fn sync(&mut self) -> Result<Value> {
        self.tell(&json!({"do": "sync"}))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // Ending a test: there is nobody to tell.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn set(name: &str, value: &str) -> CustomerPatch {
    let mut patch = CustomerPatch::default();
    let place = match name {
        "name" => &mut patch.name,
        "industry" => &mut patch.industry,
        _ => &mut patch.website,
    };
    *place = Some(value.to_owned());
    patch
}

fn field(phone: &Phone, id: CustomerId, name: &str) -> Result<Value> {
    Ok(phone.row(id)?.fields.get(name).cloned().unwrap_or_default())
}

#[test]
fn the_golden_vectors_hold_in_another_language() -> Result<()> {
    let output = python()
        .arg("vectors.py")
        .arg(here("golden/vectors.json"))
        .arg(here("../docs/data-model.md"))
        .stderr(Stdio::inherit())
        .output()
        .context("starting python3")?;
    ensure!(output.status.success(), "{}", output.status);
    let counted: Value = serde_json::from_slice(&output.stdout)?;
    for name in ["frames", "seeds", "changes", "exchanges"] {
        ensure!(counted[name].as_u64() > Some(0), "no {name} were checked: {counted}");
    }
    Ok(())
}

#[test]
fn a_client_in_another_language_works_beside_ours() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let shop = ann.engine.of::<Customer>().create(set("name", "永辉超市"))?;
    ann.sync()?;

    // Ann's second device.
    let mut script = Script::start(&team.relay.url())?;
    let refused = script.tell(&json!({"do": "enrol", "code": "no-such-code"}))?;
    ensure!(refused["status"] == 401, "{refused}");
    let code = team.invite(ann.member)?;
    script.tell(&json!({"do": "enrol", "code": code}))?;
    let first = script.sync()?;
    ensure!(first["records"][shop.to_string()]["name"] == "永辉超市", "{first}");
    let names = script.tell(&json!({"do": "directory"}))?;
    ensure!(
        names["members"]
            .as_array()
            .is_some_and(|all| all.contains(&"Bo".into())),
        "{names}"
    );
    let idle = script.sync()?;
    ensure!(idle["exchanges"] == 1, "{idle}");
    ensure!(idle["bytes"].as_u64().is_some_and(|bytes| bytes <= 100), "{idle}");

    // A record made by the script is a record on our phone.
    let made = script.tell(&json!({"do": "create", "kind": "customer", "fields": {"name": "Corner shop"}}))?;
    let pushed = script.sync()?;
    ensure!(pushed["receipts"] == json!([[made["id"], 0, null]]), "{pushed}");
    ann.sync()?;
    let corner: CustomerId = made["id"].as_str().context("no id")?.parse()?;
    ensure!(field(&ann, corner, "name")? == "Corner shop");
    let history = ann.engine.history(corner.into())?;
    ensure!(
        history.first().is_some_and(|entry| entry.by == Some(ann.member)),
        "{history:?}"
    );

    // Both edit it apart, and both edits live on both.
    ann.engine
        .of::<Customer>()
        .edit(corner, set("industry", "retail"), None)?;
    ann.sync()?;
    script.tell(&json!({"do": "edit", "id": made["id"], "fields": {"website": "https://corner.example"}}))?;
    let merged = script.sync()?;
    ann.sync()?;
    let record = &merged["records"][corner.to_string()];
    ensure!(
        record["industry"] == "retail" && record["website"] == "https://corner.example",
        "{merged}"
    );
    ensure!(field(&ann, corner, "website")? == "https://corner.example");

    // Live, with a token renewed in band.
    script.tell(&json!({"do": "listen"}))?;
    ann.engine
        .of::<Customer>()
        .edit(shop, set("industry", "wholesale"), None)?;
    ann.sync()?;
    let heard = script.tell(&json!({"do": "hear"}))?;
    ensure!(heard["records"][shop.to_string()]["industry"] == "wholesale", "{heard}");
    let renewed = script.tell(&json!({"do": "sign_in_again"}))?;
    ensure!(
        renewed["frame"] == 0x1a && renewed["seconds"].as_u64() > Some(0),
        "{renewed}"
    );
    script.tell(&json!({"do": "hang_up"}))?;

    // Handed over: the script loses it, says so, and what it holds is what the relay says (it compares the digest).
    team.hand_over(shop, bo.member)?;
    let lost = script.sync()?;
    ensure!(lost["records"].get(shop.to_string()).is_none(), "{lost}");
    ensure!(lost["exchanges"] == 2, "the second carries the purge receipt: {lost}");

    // What is wrong is said, and the device goes on.
    let garbage = script.tell(&json!({"do": "raw", "hex": "8201ff"}))?;
    ensure!(garbage["status"] == 400, "{garbage}");
    script.tell(&json!({"do": "token", "token": "wrong"}))?;
    let unknown = script.sync()?;
    ensure!(unknown["status"] == 401, "{unknown}");
    Ok(())
}
