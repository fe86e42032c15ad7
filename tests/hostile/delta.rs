//! Deltas, honest and not: who asks for them gets them, and what does not fit brings the whole document.

use anyhow::{Context as _, Result, ensure};
use satchel_core::ids::DocumentId;
use satchel_core::projection::Row;
use satchel_core::wire::{self, Delta, Doc, Frame, feature, limit};
use satchel_server::relay::Limits;
use satchel_tests::attack::{Ground, Side};
use serde_json::json;

/// A tablet of hers that has everything, and the record that changes while it looks away.
fn ground(seed: u64) -> Result<(Ground, Side, DocumentId)> {
    let mut ground = Ground::new(seed, Limits::default())?;
    let shop = ground.records()?[0];
    // What was written apart is joined.
    rename(&mut ground, shop, "joined")?;
    let tablet = ground.tablet(100)?;
    ground.sync_phone(&tablet.engine, tablet.sender)?;
    Ok((ground, tablet, shop))
}

/// He changes one field, and the relay has it.
fn rename(ground: &mut Ground, shop: DocumentId, name: &str) -> Result<()> {
    Ground::edit(&ground.mallory, shop, &json!({ "name": name }))?;
    ground.sync(Ground::mallory)
}

/// One exchange of the tablet, its question and its answer seen to on their way. Returns the frames as they came.
fn exchange(
    ground: &mut Ground,
    tablet: &Side,
    question: impl Fn(&mut wire::Hello),
    answer: impl Fn(&mut Frame),
) -> Result<Vec<Frame>> {
    let (mut ongoing, request) = tablet.engine.begin_exchange(0)?;
    let mut asked = wire::decode(&request)?;
    if let Some(Frame::Hello(hello)) = asked.first_mut() {
        question(hello);
    }
    let came = ground
        .answer(tablet.sender, &wire::encode(&asked)?)?
        .context("answered")?;
    let mut frames = wire::decode(&came)?;
    for frame in &mut frames {
        answer(frame);
    }
    ongoing.receive(&wire::encode_bundled(&frames)?)?;
    Ok(frames)
}

/// What is done to a delta on its way.
type Spoil = fn(&mut Delta);

fn delta(frames: &[Frame]) -> Option<&Delta> {
    frames.iter().find_map(|frame| match frame {
        Frame::Delta(delta) => Some(delta),
        _ => None,
    })
}

fn doc(frames: &[Frame]) -> Option<&Doc> {
    frames.iter().find_map(|frame| match frame {
        Frame::Doc(doc) => Some(doc),
        _ => None,
    })
}

/// What the tablet shows is the relay's row, and what it keeps leads to the relay's version.
fn is_current(ground: &mut Ground, tablet: &Side, id: DocumentId) -> Result<()> {
    let stored = ground.stored(id)?.0;
    let shown = tablet.engine.get(id)?.context("it is here")?.row;
    ensure!(shown == serde_json::from_str::<Row>(&stored.row)?, "{shown:?}");
    let state = tablet.engine.read(|reader| Ok(reader.state(id)?))?.context("a state")?;
    ensure!(
        state.heads == stored.heads && state.acked.as_ref() == Some(&stored.heads) && !state.want_whole,
        "{state:?}"
    );
    assert_eq!(tablet.engine.inspect(None, 100)?, (None, 0), "what is kept can be read");
    Ok(())
}

fn wanted(tablet: &Side) -> Result<usize> {
    Ok(tablet.engine.read(|reader| Ok(reader.wanted(i64::MAX, 10)?.len()))?)
}

#[test]
fn only_who_understands_it_gets_a_delta() -> Result<()> {
    let (mut ground, tablet, shop) = ground(31)?;
    let as_it_came = |_: &mut Frame| {};
    rename(&mut ground, shop, "one")?;
    let old = exchange(
        &mut ground,
        &tablet,
        |hello| hello.features = Some(feature::PACKS),
        as_it_came,
    )?;
    assert!(delta(&old).is_none() && doc(&old).is_some_and(|doc| doc.snapshot.is_none()));
    is_current(&mut ground, &tablet, shop)?;
    rename(&mut ground, shop, "two")?;
    let new = exchange(&mut ground, &tablet, |_| {}, as_it_came)?;
    let told = delta(&new).context("a delta")?;
    assert!(doc(&new).is_none());
    let difference: serde_json::Value = serde_json::from_slice(&told.difference)?;
    let parts: Vec<&String> = difference["set"].as_object().context("an object")?.keys().collect();
    assert_eq!(parts, ["fields/name", "updated"], "what changed, and who changed it");
    is_current(&mut ground, &tablet, shop)
}

#[test]
fn a_delta_that_does_not_fit_brings_the_whole() -> Result<()> {
    let (mut ground, tablet, shop) = ground(32)?;
    let wrong: [(&str, Spoil); 7] = [
        ("fingerprint", |delta| delta.fingerprint[0] ^= 1),
        ("short fingerprint", |delta| delta.fingerprint.truncate(7)),
        ("schema", |delta| delta.schema += 1),
        ("difference", |delta| delta.difference = b"[]".to_vec().into()),
        ("no row", |delta| {
            delta.difference = br#"{"set":{"created":1}}"#.to_vec().into();
        }),
        ("change", |delta| delta.changes[0][20] ^= 1),
        ("too many", |delta| {
            let more = limit::CHANGES_PER_DELTA;
            delta.changes.splice(0..0, (0..more).map(|_| vec![1].into()));
        }),
    ];
    for (what, spoil) in wrong {
        let before = tablet.engine.get(shop)?.context("it is here")?.row;
        rename(&mut ground, shop, what)?;
        let spoiled = |frame: &mut Frame| {
            if let Frame::Delta(delta) = frame {
                spoil(delta);
            }
        };
        let came = exchange(&mut ground, &tablet, |_| {}, spoiled)?;
        ensure!(delta(&came).is_some(), "{what}: no delta");
        ensure!(
            tablet.engine.get(shop)?.context("it is here")?.row == before,
            "{what}: the row changed"
        );
        ensure!(wanted(&tablet)? == 1, "{what}: the whole is not asked for");
        let whole = exchange(&mut ground, &tablet, |_| {}, |_| {})?;
        ensure!(
            doc(&whole).is_some_and(|doc| doc.snapshot.is_some()),
            "{what}: no whole"
        );
        is_current(&mut ground, &tablet, shop).context(what)?;
    }
    Ok(())
}

#[test]
fn what_was_told_already_is_told_again_after_a_cut() -> Result<()> {
    let (mut ground, tablet, shop) = ground(33)?;
    for times in 1..4 {
        rename(&mut ground, shop, &format!("before the cut {times}"))?;
        // As if more had been to come: the next answer begins where this one did.
        let cut = |frame: &mut Frame| {
            if let Frame::Commit(commit) = frame {
                (commit.more, commit.digest) = (true, None);
            }
        };
        let came = exchange(&mut ground, &tablet, |_| {}, cut)?;
        assert_eq!(
            delta(&came).map(|delta| delta.changes.len()),
            Some(times),
            "from where it began"
        );
        assert_eq!(wanted(&tablet)?, 0);
        is_current(&mut ground, &tablet, shop)?;
    }
    let came = exchange(
        &mut ground,
        &tablet,
        |hello| hello.cursor.as_mut().unwrap().seq -= 1,
        |_| {},
    )?;
    assert_eq!(
        delta(&came).map(|delta| delta.changes.len()),
        Some(3),
        "all of it is here"
    );
    assert_eq!(wanted(&tablet)?, 0);
    is_current(&mut ground, &tablet, shop)
}

#[test]
fn a_delta_beside_an_edit_of_ones_own_is_merged() -> Result<()> {
    let (mut ground, tablet, shop) = ground(34)?;
    rename(&mut ground, shop, "his")?;
    Ground::edit(&tablet, shop, &json!({ "source": "hers" }))?;
    // She hands nothing in yet: only what came is looked at.
    let (mut ongoing, request) = tablet.engine.begin_exchange(0)?;
    let hello = wire::decode(&request)?.remove(0);
    let answer = ground
        .answer(tablet.sender, &wire::encode(&[hello])?)?
        .context("answered")?;
    assert!(delta(&wire::decode(&answer)?).is_some());
    ongoing.receive(&answer)?;
    let row = tablet.engine.get(shop)?.context("it is here")?.row;
    assert_eq!(
        (&row.fields["name"], &row.fields["source"]),
        (&json!("his"), &json!("hers"))
    );
    ground.sync_phone(&tablet.engine, tablet.sender)?;
    is_current(&mut ground, &tablet, shop)
}

#[test]
fn the_echo_of_an_edit_acknowledges_it_where_the_receipt_was_lost() -> Result<()> {
    let (mut ground, tablet, shop) = ground(35)?;
    Ground::edit(&tablet, shop, &json!({ "source": "hers" }))?;
    let (_, request) = tablet.engine.begin_exchange(0)?;
    ground.answer(tablet.sender, &request)?.context("answered, and lost")?;
    let (mut ongoing, request) = tablet.engine.begin_exchange(0)?;
    // The second question carries the edit again; it is left out, so that only the echo says that it arrived.
    let hello = wire::decode(&request)?.remove(0);
    let answer = ground
        .answer(tablet.sender, &wire::encode(&[hello])?)?
        .context("answered")?;
    let frames = wire::decode(&answer)?;
    assert_eq!(
        delta(&frames).map(|delta| (delta.changes.len(), delta.difference.len())),
        Some((0, 0))
    );
    ongoing.receive(&answer)?;
    assert_eq!(tablet.engine.sync_status()?.pending, 0);
    is_current(&mut ground, &tablet, shop)
}

#[test]
fn what_builds_on_two_versions_and_what_was_folded_comes_as_a_document() -> Result<()> {
    let (mut ground, tablet, shop) = ground(36)?;
    // Two edits apart: two heads.
    Ground::edit(&ground.mallory, shop, &json!({ "name": "his" }))?;
    Ground::edit(&ground.vera, shop, &json!({ "source": "hers" }))?;
    ground.sync(Ground::mallory)?;
    ground.sync(Ground::vera)?;
    let apart = exchange(&mut ground, &tablet, |_| {}, |_| {})?;
    assert!(delta(&apart).is_none() && doc(&apart).is_some_and(|doc| doc.snapshot.is_none()));
    is_current(&mut ground, &tablet, shop)?;
    // One that joins them builds on both.
    ground.sync(Ground::mallory)?;
    rename(&mut ground, shop, "joined")?;
    let joined = exchange(&mut ground, &tablet, |_| {}, |_| {})?;
    assert!(delta(&joined).is_none() && doc(&joined).is_some());
    is_current(&mut ground, &tablet, shop)?;
    for times in 0..60 {
        rename(&mut ground, shop, &format!("again {times}"))?;
    }
    let many = exchange(&mut ground, &tablet, |_| {}, |_| {})?;
    assert!(
        doc(&many).is_some_and(|doc| doc.snapshot.is_some()),
        "folded meanwhile: the whole"
    );
    is_current(&mut ground, &tablet, shop)?;
    rename(&mut ground, shop, "after")?;
    assert!(delta(&exchange(&mut ground, &tablet, |_| {}, |_| {})?).is_some());
    is_current(&mut ground, &tablet, shop)
}
