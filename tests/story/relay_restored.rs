//! The relay's disk is gone and a backup of some days ago takes its place. Nobody is served before an admin has looked;
//! then everything that any phone still holds comes back, also what another wrote whose phone is lost.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_core::net::NetError;
use satchel_tests::field::{Person, Phone, Team};
use serde_json::Value;

/// What is put back is a copy as `VACUUM INTO` makes it beside a running relay.
fn back_up(team: &Team) -> Result<PathBuf> {
    let copy = team.directory().join("backup.sqlite");
    let database = rusqlite::Connection::open(team.relay.directory().join("relay.sqlite"))?;
    database.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok(copy)
}

/// The disk breaks a moment after the last write: the mark, written every second, names it.
fn wait_for_mark(team: &Team) -> Result<()> {
    let database = rusqlite::Connection::open(team.relay.directory().join("relay.sqlite"))?;
    let begun = Instant::now();
    loop {
        let newest: i64 = database.query_row("SELECT seq FROM org", [], |row| row.get(0))?;
        let mark = std::fs::read(team.relay.directory().join("relay.sqlite-mark"))?;
        if serde_json::from_slice::<Value>(&mark)?["seq"] == newest {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(20), "the mark stays behind");
        std::thread::yield_now();
    }
}

fn put_back(team: &mut Team, backup: &Path) -> Result<()> {
    team.relay.kill()?;
    let place = team.relay.directory().join("relay.sqlite");
    for suffix in ["-wal", "-shm"] {
        let mut beside = place.clone().into_os_string();
        beside.push(suffix);
        match std::fs::remove_file(beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    std::fs::copy(backup, place)?;
    team.relay.restart()
}

fn shop(name: &str) -> CustomerPatch {
    CustomerPatch {
        name: Some(name.to_owned()),
        ..CustomerPatch::default()
    }
}

fn website(of: &str) -> CustomerPatch {
    CustomerPatch {
        website: Some(of.to_owned()),
        ..CustomerPatch::default()
    }
}

fn device(phone: &Phone) -> Result<String> {
    Ok(phone.engine.identity()?.context("enrolled")?.device.to_string())
}

fn is_asked_to_wait(phone: &Phone) -> bool {
    let told = phone.try_sync();
    told.is_err_and(|error| matches!(error.downcast_ref(), Some(NetError::RetryAfter(_))))
}

fn status(team: &Team) -> Result<Value> {
    team.relay.admin(&["restore", "status"])
}

/// Status and body of a GET.
fn get(team: &Team, url: String, key: Option<&str>) -> Result<(u16, String)> {
    let request = reqwest::Client::new().get(url);
    let request = key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    team.runtime().block_on(async move {
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    })
}

struct Cast {
    ann: Person,
    lost: Phone,
    bo: Phone,
    cai: Phone,
    manager: Phone,
    key: String,
}

fn cast(team: &Team) -> Result<Cast> {
    let ann = team.add("Ann", "rep")?;
    let lost = team.phone(&ann)?;
    lost.sync()?;
    let key = team
        .relay
        .admin(&["key", "create", "--member", "Ada", "--name", "erp"])?;
    Ok(Cast {
        ann,
        lost,
        bo: team.rep("Bo")?,
        cai: team.rep("Cai")?,
        manager: team.manager("Wang Wei")?,
        key: key["secret"].as_str().context("no key")?.to_owned(),
    })
}

/// No phone, no integrator; and whoever watches it can tell.
fn serves_nobody(team: &Team, phones: &[&Phone], key: &str) -> Result<()> {
    let told = status(team)?;
    ensure!(told["state"] == "waits", "{told}");
    // Also who is no further than the backup, and whose rights are those of then.
    for phone in phones {
        ensure!(is_asked_to_wait(phone), "{} was served", phone.name);
    }
    let (code, body) = get(team, format!("{}/v1/customers", team.relay.url()), Some(key))?;
    ensure!(code == 503 && body.contains("\"restored\""), "{code} {body}");
    let (code, body) = get(team, format!("{}/readyz", team.relay.url()), None)?;
    ensure!(code == 503 && body.contains("\"restored\""), "{code} {body}");
    let (_, metrics) = get(team, team.relay.metrics().to_owned(), None)?;
    ensure!(metrics.contains("satchel_restore_waits 1"), "{metrics}");
    Ok(())
}

#[test]
fn phones_bring_back_what_the_backup_misses() -> Result<()> {
    let mut team = Team::new()?;
    let Cast {
        ann,
        lost,
        bo,
        cai,
        manager,
        key,
    } = cast(&team)?;
    let corner = lost.engine.of::<Customer>().create(shop("Corner shop"))?;
    let moved = lost.engine.of::<Customer>().create(shop("Harbour bar"))?;
    let cais = cai.engine.of::<Customer>().create(shop("Cai's kiosk"))?;
    for phone in [&lost, &cai, &manager, &bo] {
        phone.sync()?;
    }
    let behind = team.phone(&ann)?;
    behind.sync()?;
    let backup = back_up(&team)?;

    // Work goes on, and people change.
    let edit = CustomerPatch {
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    lost.engine.of::<Customer>().edit(corner, edit, None)?;
    let note = lost.engine.of::<Note>().create(NotePatch {
        parent: Some(corner.into()),
        body: Some("Pays on Mondays".to_owned()),
        ..NotePatch::default()
    })?;
    lost.sync()?;
    team.hand_over(moved, bo.member)?;
    bo.sync()?;
    bo.engine
        .of::<Customer>()
        .edit(moved, website("harbour.example"), None)?;
    let opened = bo.engine.of::<Customer>().create(shop("New kiosk"))?;
    bo.sync()?;
    manager.sync()?;
    team.relay.admin(&["device", "revoke", &device(&cai)?])?;
    manager
        .engine
        .of::<Customer>()
        .edit(cais, website("not-for-cai.example"), None)?;
    manager.sync()?;
    drop(lost);

    wait_for_mark(&team)?;
    put_back(&mut team, &backup)?;
    serves_nobody(&team, &[&bo, &manager, &cai, &behind], &key)?;
    // Another start does not forget it.
    team.relay.restart()?;
    ensure!(is_asked_to_wait(&bo), "served after another start");

    // The admin looks: Cai's phone is good again, and the harbour bar is Ann's.
    let told = status(&team)?;
    let members = told["members"].as_array().context("members")?;
    let again = members.iter().find(|one| one["name"] == "Cai").context("Cai")?;
    ensure!(again["devices"][0]["id"] == device(&cai)?.as_str(), "{again}");
    team.relay.admin(&["device", "revoke", &device(&cai)?])?;
    team.hand_over(moved, bo.member)?;
    team.relay.admin(&["restore", "confirm"])?;

    bo.sync()?;
    manager.sync()?;
    behind.sync()?;
    bo.sync()?;
    manager.sync()?;
    for phone in [&manager, &behind] {
        ensure!(phone.row(corner)?.fields["industry"] == "retail", "what Ann wrote");
        ensure!(phone.row(note)?.fields["body"] == "Pays on Mondays", "her note");
    }
    for phone in [&manager, &bo] {
        ensure!(phone.row(moved)?.fields["website"] == "harbour.example");
        ensure!(phone.row(opened)?.fields["name"] == "New kiosk");
    }
    ensure!(!behind.has(moved)?, "it is Bo's");
    for phone in [&bo, &manager, &behind] {
        ensure!(phone.engine.sync_status()?.agreed == Some(true), "{}", phone.name);
    }
    let waiting = team.relay.admin(&["quarantine", "list"])?;
    ensure!(waiting.as_array().is_some_and(Vec::is_empty), "{waiting}");

    // What came back in another's name is told to her, and to the admin.
    let notices = behind.engine.notices(None, 20)?;
    ensure!(notices.iter().any(|notice| notice.code == "returned"), "{notices:?}");
    let told = status(&team)?;
    let returned = told["returned"].as_array().context("returned")?;
    ensure!(
        returned
            .iter()
            .any(|one| one["device"] == device(&manager).unwrap_or_default().as_str()
                && one["author"] == ann.id.to_string().as_str()),
        "{told}"
    );

    cai.try_sync()?;
    ensure!(cai.engine.sync_status()?.revoked);
    ensure!(
        !cai.bytes()?.windows(11).any(|window| window == b"not-for-cai"),
        "the revoked one got something"
    );
    Ok(())
}

/// The whole directory was put back, with the mark in it: only the phones can tell. One of them is not believed.
#[test]
fn one_phone_stops_nobody_but_itself() -> Result<()> {
    let mut team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let behind = team.rep("Cai")?;
    let backup = back_up(&team)?;
    let mark = team.relay.directory().join("relay.sqlite-mark");
    team.relay.stop()?;
    let marked = std::fs::read(&mark)?;
    team.relay.restart()?;
    let corner = ann.engine.of::<Customer>().create(shop("Corner shop"))?;
    ann.sync()?;
    team.relay.kill()?;
    std::fs::write(&mark, &marked)?;
    put_back(&mut team, &backup)?;

    ensure!(status(&team)?["state"] == "serves", "{}", status(&team)?);
    ensure!(is_asked_to_wait(&ann), "it names what the relay never gave");
    behind.sync()?;
    let told = status(&team)?;
    ensure!(
        told["state"] == "serves" && told["beyond"][0]["device"] == device(&ann)?.as_str(),
        "{told}"
    );
    // Alone it may be wrong: somebody decides. It begins anew, and loses nothing.
    team.relay.admin(&["restore", "dismiss", &device(&ann)?])?;
    ann.sync()?;
    let kiosk = ann.engine.of::<Customer>().create(shop("Kiosk"))?;
    ann.sync()?;

    // Once more, and now devices of two members tell.
    let bar = bo.engine.of::<Customer>().create(shop("Bar"))?;
    bo.sync()?;
    team.relay.kill()?;
    std::fs::write(&mark, marked)?;
    put_back(&mut team, &backup)?;
    ensure!(is_asked_to_wait(&ann), "the first");
    ensure!(status(&team)?["state"] == "serves", "{}", status(&team)?);
    ensure!(is_asked_to_wait(&bo), "the second");
    ensure!(status(&team)?["state"] == "waits", "{}", status(&team)?);
    ensure!(is_asked_to_wait(&behind), "nobody is served any more");
    team.relay.admin(&["restore", "confirm", "--days", "0"])?;
    for phone in [&ann, &bo, &behind] {
        phone.sync()?;
        ensure!(phone.engine.sync_status()?.agreed == Some(true), "{}", phone.name);
    }
    ensure!(ann.has(corner)? && ann.has(kiosk)? && bo.has(bar)?);
    // Everybody brought what he wrote himself.
    let manager = team.manager("Wang Wei")?;
    for id in [corner, kiosk, bar] {
        ensure!(manager.has(id)?, "{id} did not come back");
    }
    Ok(())
}
