//! Protocols, frames and features that the relay does not know: each has its answer, and everything may always push.

use anyhow::{Context as _, Result, ensure};
use satchel_core::wire::{self, Frame, Hello, PROTOCOL, Push, ReceiptState, Welcome, WireError, feature};
use satchel_server::relay::Limits;
use satchel_tests::attack::Ground;
use serde_json::Value;

use crate::craft::{push, written};

fn hello(protocol: u32, features: Option<u64>) -> Frame {
    Hello {
        protocol,
        features,
        exchange: 9,
        grants: vec![0; 8],
        ..Hello::default()
    }
    .into()
}

fn asked(ground: &mut Ground, frames: &[Frame]) -> Result<Vec<Frame>> {
    let answer = ground.answer(ground.mallory.sender, &wire::encode(frames)?)?;
    Ok(wire::decode(&answer.context("an answer")?)?)
}

/// The attacker's next change, honest for once.
fn honest(ground: &mut Ground) -> Result<Push> {
    let shop = ground.records()?[0];
    let change = written(ground, shop, |doc| {
        automerge::transaction::Transactable::put(doc, automerge::ROOT, "source", "a fair").unwrap();
    })?;
    Ok(push(shop, "customer", vec![change]))
}

#[test]
fn a_protocol_that_is_not_spoken_may_hand_in_and_gets_no_more() -> Result<()> {
    for protocol in [0, PROTOCOL + 1, u32::MAX] {
        let mut ground = Ground::new(1, Limits::default())?;
        let push = honest(&mut ground)?;
        let answer = asked(&mut ground, &[hello(protocol, None), push.clone().into()])?;
        let [
            Frame::Welcome(Welcome {
                exchange: 9,
                new_epoch: None,
                ..
            }),
            Frame::Receipt(receipt),
            Frame::Fault(fault),
        ] = answer.as_slice()
        else {
            anyhow::bail!("{protocol}: {answer:?}")
        };
        assert_eq!((receipt.state, fault.code.as_str()), (ReceiptState::Ok, "protocol"));
        ensure!(ground.document(push.id)?.contains(&push.heads), "it is in the log");
        ground.settle()?;
    }
    let mut ground = Ground::new(2, Limits::default())?;
    let answer = asked(&mut ground, &[hello(PROTOCOL, None)])?;
    ensure!(
        matches!(answer.last(), Some(Frame::Commit(_))),
        "its own is spoken: {answer:?}"
    );
    Ok(())
}

#[test]
fn unknown_features_are_ignored_and_the_known_ones_named() -> Result<()> {
    let mut ground = Ground::new(3, Limits::default())?;
    for (named, understood) in [
        (None, None),
        (Some(feature::ALL), None),
        (Some(feature::ALL | 1 << 40), Some(feature::ALL)),
        (Some(1 << 63), Some(0)),
    ] {
        let answer = asked(&mut ground, &[hello(PROTOCOL, named)])?;
        let Some(Frame::Welcome(welcome)) = answer.first() else {
            anyhow::bail!("{answer:?}")
        };
        assert_eq!(welcome.features, understood, "{named:?}");
        ensure!(answer.iter().any(|frame| matches!(frame, Frame::Commit(_))));
    }
    Ok(())
}

#[test]
fn an_unknown_frame_is_skipped_or_refuses_the_message() -> Result<()> {
    let mut ground = Ground::new(4, Limits::default())?;
    let push = honest(&mut ground)?;
    let mut message = wire::encode(&[hello(PROTOCOL, None)])?;
    message.extend([0x6e, 2, 7, 7]);
    message.extend(wire::encode(&[push.clone().into()])?);
    let answer = ground.answer(ground.mallory.sender, &message)?.context("an answer")?;
    ensure!(
        wire::decode(&answer)?
            .iter()
            .any(|frame| matches!(frame, Frame::Receipt(_)))
    );
    message.extend([0xee, 0]);
    assert_eq!(wire::decode(&message), Err(WireError::NeedsNewer));
    Ok(())
}

/// Frames as versions of the protocol have them, kept as files: what was once sent is read for ever.
#[test]
fn frames_of_every_version_are_read_and_written_as_they_were() -> Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut versions = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("protocol-") {
            continue;
        }
        versions += 1;
        let kept: Vec<Value> = serde_json::from_slice(&std::fs::read(&path)?)?;
        ensure!(!kept.is_empty(), "{name}");
        for frame in kept {
            let title = frame["name"].as_str().context("a name")?;
            let hex = frame["hex"].as_str().context("bytes")?;
            let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes())?;
            let frames = wire::decode(&bytes).with_context(|| format!("{name}: {title}"))?;
            assert_eq!(frames.len(), 1, "{name}: {title}");
            assert_eq!(wire::encode(&frames)?, bytes, "{name}: {title}");
        }
    }
    ensure!(versions > 0, "no version is kept");
    Ok(())
}
