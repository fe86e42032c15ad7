//! What was handed over is gone from the phone's files: stored bytes, index tokens and text, in the database, its log and
//! whatever stands beside it. The search for it is first seen to find it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_core::ids::DocumentId;
use satchel_tests::field::{Phone, Team};

/// Every byte in files of the phone's: those whose names begin with its database's.
pub(crate) fn files(phone: &Phone) -> Result<Vec<u8>> {
    let folder = phone.path().parent().context("a folder")?;
    let stem = phone
        .path()
        .file_stem()
        .context("a name")?
        .to_string_lossy()
        .into_owned();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&stem) {
            all.extend(std::fs::read(entry.path())?);
        }
    }
    Ok(all)
}

pub(crate) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Pieces of what stands in the phone's files for these records, by what they are.
pub(crate) fn traces(phone: &Phone, ids: &[DocumentId]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut traces = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        let stored = phone.engine.read(|reader| Ok(reader.document(*id)?))?;
        let stored = stored.context("the document")?;
        // What is no other blob's: from the middle of the snapshot, and of a change the hash that it builds on (author
        // and actor stand in all that she wrote).
        let piece = |bytes: &[u8], from: usize| bytes[from..].iter().take(24).copied().collect::<Vec<u8>>();
        if !stored.snapshot.is_empty() {
            let snapshot = piece(&stored.snapshot, stored.snapshot.len() / 2);
            traces.insert(format!("snapshot {at}"), snapshot);
        }
        for (number, change) in stored.changes.iter().enumerate() {
            traces.insert(format!("change {at}.{number}"), piece(change, 16));
        }
    }
    // As they were typed: in rows and, uncompressed, in documents. As they are indexed: folded, and without the first
    // letter, which the index may leave out.
    for text in ["XyloPhonQuartz", "BrambleWickTown", "鑫鑰鏢"] {
        traces.insert(format!("text {text}"), text.as_bytes().to_vec());
    }
    for token in ["ylophonquartz", "ramblewicktown"] {
        traces.insert(format!("token {token}"), token.as_bytes().to_vec());
    }
    Ok(traces)
}

#[test]
fn nothing_of_what_was_handed_over_is_left_in_the_files() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let shop = ann.engine.of::<Customer>().create(CustomerPatch {
        name: Some("XyloPhonQuartz 鑫鑰鏢".to_owned()),
        ..CustomerPatch::default()
    })?;
    let note = ann.engine.of::<Note>().create(NotePatch {
        parent: Some(shop.into()),
        body: Some("Met in BrambleWickTown".to_owned()),
        ..NotePatch::default()
    })?;
    let kept = ann.engine.of::<Customer>().create(CustomerPatch {
        name: Some("MarlinSpikeHarbour".to_owned()),
        ..CustomerPatch::default()
    })?;
    // Enough that it is folded into a snapshot.
    for number in 0..40 {
        let edit = CustomerPatch {
            employees: Some(number),
            ..CustomerPatch::default()
        };
        ann.engine.of::<Customer>().edit(shop, edit, None)?;
    }
    ann.sync()?;
    assert_eq!(ann.search("xylophonquartz")?, [shop.into()]);
    let ids = [DocumentId::from(shop), note.into()];
    let traces = traces(&ann, &ids)?;
    ensure!(
        traces.keys().any(|what| what.starts_with("snapshot")),
        "{:?}",
        traces.keys()
    );
    ensure!(
        traces.keys().any(|what| what.starts_with("change")),
        "{:?}",
        traces.keys()
    );
    let before = files(&ann)?;
    for (what, needle) in &traces {
        ensure!(
            holds(&before, needle),
            "the search does not find {what}, which is there"
        );
    }

    // She writes once more, not knowing, and hands in and purges at her next contact.
    let edit = CustomerPatch {
        short_name: Some("XyloPhonQuartz".to_owned()),
        ..CustomerPatch::default()
    };
    team.hand_over(shop, bo.member)?;
    ann.engine.of::<Customer>().edit(shop, edit, None)?;
    ann.sync()?;
    let after = files(&ann)?;
    let left: Vec<&String> = traces
        .iter()
        .filter(|(_, needle)| holds(&after, needle))
        .map(|(what, _)| what)
        .collect();
    ensure!(left.is_empty(), "left in the files: {left:?}");
    ensure!(holds(&after, b"MarlinSpikeHarbour"), "what is hers is there");
    assert_eq!(ann.search("marlinspike")?, [kept.into()]);
    bo.sync()?;
    assert_eq!(
        bo.row(shop)?.fields["short_name"],
        "XyloPhonQuartz",
        "and the new rep has it all"
    );
    Ok(())
}
