//! A live connection reads the log once, whomever its news concerns.

use satchel_core::wire::{Frame, Hello, Point};

use super::pack::{customers, device};
use super::*;
use crate::api::session;
use crate::relay::{Context, Line, News, RelayError, Sender};

async fn news(relay: &Relay, line: &Line, sender: Sender) -> News {
    let standing = line.standing().expect("asked and not poked");
    let news = relay.state.database.read::<_, RelayError>(move |tx| {
        let entropy = SeededEntropy::new(3);
        let context = Context::read(tx, NOW, &entropy)?;
        standing.news(tx, &context, sender)
    });
    news.await.unwrap()
}

#[tokio::test]
async fn what_concerned_nobody_here_is_not_looked_through_again() {
    let (relay, keys) = relay().await;
    customers(&relay, &keys.rep, 1).await;
    let token = device(&relay, &keys, 3, 41).await;
    let sender = Sender::of(&session::find(&relay.state, token).await.unwrap()).unwrap();
    let last = async || {
        let last = relay.state.database.read::<_, RelayError>(|tx| Ok(tx.last_seq()?));
        last.await.unwrap()
    };
    let run = RunId::from_bytes([9; 16]);
    let cursor = Point { run, seq: last().await };
    let mut line = Line::default();
    line.asked(&Hello {
        cursor: Some(cursor),
        ..Hello::default()
    });
    // What a question says of the grants is told first.
    let News::Batches(batches) = news(&relay, &line, sender).await else {
        panic!("the grants are new to this device");
    };
    line.sent(batches.iter().flatten(), 0);

    customers(&relay, &keys.other, 3).await;
    let News::Nothing { upto } = news(&relay, &line, sender).await else {
        panic!("another team's customers");
    };
    assert_eq!(upto, last().await);
    line.looked(upto);

    let mine = customers(&relay, &keys.rep, 1).await;
    let News::Batches(batches) = news(&relay, &line, sender).await else {
        panic!("a customer of this device's person");
    };
    let frames: Vec<&Frame> = batches.iter().flatten().collect();
    assert!(
        frames
            .iter()
            .any(|frame| matches!(frame, Frame::Doc(doc) if doc.id.to_string() == mine[0]))
    );
    let Some(Frame::Commit(commit)) = frames.last() else {
        panic!("no commit")
    };
    assert_eq!(
        (commit.from, commit.to),
        (cursor.seq, last().await),
        "the device was told nothing of what was looked through: its cursor still stands where it was"
    );
}
