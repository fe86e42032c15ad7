//! An old app with a newer relay: it lacks a field and a whole kind, and neither reverts nor loses what it does not know.

use anyhow::Result;
use satchel_core::domain::{Comment, CommentPatch, Customer, CustomerPatch, KINDS};
use satchel_core::engine::{Engine, Options};
use satchel_core::schema::{Field, Kind, Merge};
use satchel_tests::field::Team;

/// The kinds as an older app knew them: no comments, and customers without an industry.
fn older() -> &'static [&'static Kind] {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for kind in KINDS.iter().copied().filter(|kind| kind.name != "comment") {
        let keep = |field: &&Field| kind.name != "customer" || field.name != "industry";
        let fields: Vec<Field> = kind
            .fields
            .iter()
            .filter(keep)
            .map(|field| Field { ..*field })
            .collect();
        assert!(
            kind.fields
                .iter()
                .all(|field| field.name != "industry" || field.merge == Merge::Register)
        );
        kinds.push(Box::leak(Box::new(Kind {
            fields: Box::leak(fields.into_boxed_slice()),
            ..*kind
        })));
    }
    Box::leak(kinds.into_boxed_slice())
}

#[test]
fn an_old_app_keeps_what_it_does_not_know() -> Result<()> {
    let team = Team::new()?;
    let (new, mut old) = (team.rep("Ann")?, team.rep("Bo")?);
    let path = old.path().to_owned();
    old.engine.close()?;
    old.engine = Engine::open(
        &path,
        Options {
            kinds: older(),
            clock: old.clock.clone(),
            ..Options::new("Asia/Shanghai")
        },
    )?;
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        industry: Some("retail".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = new.engine.of::<Customer>().create(made)?;
    let comment = CommentPatch {
        parent: Some(shop.into()),
        body: Some("nice people".to_owned()),
        ..CommentPatch::default()
    };
    let comment = new.engine.of::<Comment>().create(comment)?;
    new.sync()?;
    team.assign(shop, old.member)?;
    old.sync()?;
    assert_eq!(
        old.row(shop)?.fields["industry"],
        "retail",
        "an unknown field is shown as it came"
    );

    // The old app edits what it knows; what it does not know survives.
    let edit = CustomerPatch {
        name: Some("Corner store".to_owned()),
        ..CustomerPatch::default()
    };
    old.engine.edit(shop.into(), &edit.into(), None)?;
    old.sync()?;
    new.sync()?;
    let row = new.row(shop)?;
    assert_eq!(
        (&row.fields["name"], &row.fields["industry"]),
        (&"Corner store".into(), &"retail".into())
    );

    // After the update, the kind that it did not know is there, without asking the relay again.
    old.engine.close()?;
    old.engine = Engine::open(
        &path,
        Options {
            clock: old.clock.clone(),
            ..Options::new("Asia/Shanghai")
        },
    )?;
    assert_eq!(old.row(comment)?.fields["body"], "nice people");
    assert_eq!(old.engine.sync_status()?.agreed, Some(true));
    Ok(())
}
