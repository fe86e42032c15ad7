//! Two people write one note without seeing each other: both texts are in it, on every phone.

use anyhow::Result;
use satchel_core::domain::{Customer, CustomerPatch, Note, NotePatch};
use satchel_tests::field::Team;

#[test]
fn both_texts_survive() -> Result<()> {
    let team = Team::new()?;
    let (ann, bo) = (team.rep("Ann")?, team.rep("Bo")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    let write = |text: &str| NotePatch {
        body: Some(text.to_owned()),
        ..NotePatch::default()
    };
    let first = NotePatch {
        parent: Some(shop.into()),
        ..write("买家想要样品。")
    };
    let note = ann.engine.of::<Note>().create(first)?;
    ann.sync()?;
    team.assign(shop, bo.member)?;
    bo.sync()?;

    ann.engine
        .of::<Note>()
        .edit(note, write("重要：买家想要样品。"), None)?;
    bo.engine
        .of::<Note>()
        .edit(note, write("买家想要样品。周五前寄出。"), None)?;
    for phone in [&ann, &bo, &ann] {
        phone.sync()?;
    }
    for phone in [&ann, &bo] {
        assert_eq!(
            phone.row(note)?.fields["body"],
            "重要：买家想要样品。周五前寄出。",
            "{}",
            phone.name
        );
        assert_eq!(phone.search("周五")?, [note.into()]);
    }
    Ok(())
}
