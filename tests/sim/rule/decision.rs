//! What waits for a decision, and what decisions lead to.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use satchel_core::domain;
use satchel_core::ids::DocumentId;
use satchel_core::policy::Role;
use satchel_core::schema::Patch;
use satchel_core::store::Notice;
use satchel_server::identity::member::{MemberPatch, edit};
use satchel_server::identity::{Actor, IdentityError};
use satchel_server::relay::{Accepted, Context, RelayError, decide, drop_parked};
use satchel_server::store::log::Log;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::reduced::{ONE, TABLET, TWO, for_a_person, hand, with_customer};
use crate::world::World;

const ADMIN: usize = 0;
const MANAGER: usize = 1;

fn set_role(world: &mut World, phone: usize, role: Role) -> Result<()> {
    let (member, now_ms) = (world.phones[phone].identity.member, world.now_ms());
    let patch = MemberPatch {
        role: Some(role),
        ..MemberPatch::default()
    };
    world
        .relay
        .write::<_, IdentityError>(|tx| edit(tx, &Actor::Operator, member, &patch, now_ms).map(drop))?;
    Ok(())
}

/// A template that every phone holds; the manager's member has become an admin.
fn with_template() -> Result<(World, DocumentId)> {
    let mut world = World::new(0, None);
    set_role(&mut world, MANAGER, Role::Admin)?;
    world.settle()?;
    let Value::Object(values) = json!({
        "pipeline": "sales", "version": 1, "name_zh": "销售", "name_en": "Sales",
        "stages": [{ "code": "won", "name_zh": "赢", "name_en": "Won", "stage_type": "won", "probability_bp": 10_000,
                     "checklist": [], "required_fields": [] }],
    }) else {
        unreachable!("an object")
    };
    let patch = Patch::creating(domain::kind("process_template").unwrap(), &values).unwrap();
    let id = world.phones[MANAGER].engine.create("process_template", &patch)?.id;
    world.settle()?;
    Ok((world, id))
}

fn accept(world: &mut World, number: i64) -> Result<Option<Accepted>> {
    let (now_ms, entropy) = (world.now_ms(), Arc::clone(&world.relay.entropy));
    Ok(world.relay.write::<_, RelayError>(|tx| {
        let context = Context::read(tx, now_ms, entropy.as_ref())?;
        decide(tx, &context, number)
    })?)
}

fn refuse(world: &mut World, number: i64) -> Result<()> {
    let dropped = world.relay.write::<_, RelayError>(|tx| drop_parked(tx, number))?;
    dropped.context("something of that number")?;
    Ok(())
}

fn codes(world: &mut World) -> Result<Vec<String>> {
    let waiting = world.relay.write::<_, RelayError>(|tx| Ok(tx.all_parked(0, 100)?))?;
    Ok(waiting.into_iter().map(|parked| parked.code).collect())
}

fn notices(world: &World, phone: usize, state: &str) -> Result<Vec<Notice>> {
    let mut notices = world.phones[phone].engine.notices(None, 100)?;
    notices.retain(|notice| notice.state == state);
    Ok(notices)
}

/// Two edits of somebody who has lost the right meanwhile and does not know. The first is pushed twice: its answer is lost
/// and the second is written in between.
fn two_edits_that_wait(world: &mut World, id: DocumentId) -> Result<Vec<i64>> {
    set_role(world, MANAGER, Role::Manager)?;
    world.set(MANAGER, id, "name_en", json!("Selling"))?;
    world.exchange(MANAGER, 0, Some(Fault::DropAnswer))?;
    world.set(MANAGER, id, "name_zh", json!("卖"))?;
    world.settle()?;
    assert_eq!(codes(world)?, ["not-admin", "not-admin"]);
    Ok(world.relay.quarantined())
}

#[test]
fn a_dropped_edit_leaves_its_author_and_what_builds_on_it_goes_on() -> Result<()> {
    let (mut world, id) = with_template()?;
    let waiting = two_edits_that_wait(&mut world, id)?;
    let before = world.phones[MANAGER].engine.actor()?;
    refuse(&mut world, waiting[0])?;
    assert_eq!(codes(&mut world)?, ["builds-on-dropped"]);
    world.settle()?;
    let row = world.row(MANAGER, id)?;
    assert_eq!(
        (&row.fields["name_en"], &row.fields["name_zh"]),
        (&json!("Sales"), &json!("卖"))
    );
    assert_ne!(world.phones[MANAGER].engine.actor()?, before);
    let told = notices(&world, MANAGER, "dropped")?;
    assert_eq!(told.len(), 1);
    let edit: Value = serde_json::from_str(told[0].detail.as_deref().context("the edit")?)?;
    assert_eq!(
        edit[0]["fields"][0]["after"],
        json!("Selling"),
        "its author still sees it"
    );

    // What was dropped is in nothing that is let in later.
    let last = world.relay.quarantined();
    assert_eq!(codes(&mut world)?, ["builds-on-dropped", "not-admin"]);
    assert!(matches!(accept(&mut world, last[0])?, Some(Accepted::Dropped(_))));
    assert!(matches!(accept(&mut world, last[1])?, Some(Accepted::In { .. })));
    refuse(&mut world, last[0])?;
    world.settle()?;
    world.check_alike(&[MANAGER, ADMIN, ONE], id)?;
    let row = world.row(ONE, id)?;
    assert_eq!(
        (&row.fields["name_en"], &row.fields["name_zh"]),
        (&json!("Sales"), &json!("卖"))
    );
    Ok(())
}

/// A clone, or a phone restored from a backup, does not know that an edit was dropped.
#[test]
fn a_dropped_edit_that_is_pushed_again_is_answered_at_once() -> Result<()> {
    let (mut world, id) = with_template()?;
    set_role(&mut world, MANAGER, Role::Manager)?;
    world.set(MANAGER, id, "name_en", json!("Selling"))?;
    let clone = world.phones[MANAGER].cloned("clone", 4711);
    world.settle()?;
    let waiting = world.relay.quarantined();
    refuse(&mut world, waiting[0])?;
    world.settle()?;
    world.phones.push(clone);
    let clone = world.phones.len() - 1;
    world.settle()?;
    assert!(world.relay.quarantined().is_empty(), "it does not wait again");
    world.check_alike(&[clone, MANAGER, ADMIN], id)?;
    assert_eq!(world.row(clone, id)?.fields["name_en"], json!("Sales"));
    assert_eq!(notices(&world, clone, "dropped")?.len(), 1);
    assert_eq!(notices(&world, MANAGER, "dropped")?.len(), 1, "told once");
    Ok(())
}

/// What waits for want of permission is let in by itself when the permission comes.
#[test]
fn an_edit_enters_when_its_author_may_write_again() -> Result<()> {
    let (mut world, id) = with_template()?;
    two_edits_that_wait(&mut world, id)?;
    set_role(&mut world, MANAGER, Role::Admin)?;
    world.settle()?;
    assert!(world.relay.quarantined().is_empty());
    world.check_alike(&[MANAGER, ADMIN, ONE], id)?;
    let row = world.row(ONE, id)?;
    assert_eq!(
        (&row.fields["name_en"], &row.fields["name_zh"]),
        (&json!("Selling"), &json!("卖"))
    );
    Ok(())
}

#[test]
fn a_purged_edit_enters_when_the_customer_comes_back() -> Result<()> {
    let (mut world, id) = with_customer()?;
    hand(&mut world, id, TWO)?;
    world.relay.clock.advance_ms(15 * 86_400_000);
    world.set(ONE, id, "industry", json!("tea"))?;
    world.settle()?;
    assert_eq!(codes(&mut world)?, ["no-access"]);
    hand(&mut world, id, ONE)?;
    world.settle()?;
    assert!(world.relay.quarantined().is_empty());
    world.check_alike(&[ONE, TABLET, MANAGER], id)?;
    assert_eq!(world.row(ONE, id)?.fields["industry"], json!("tea"));
    world.check_everything()
}

/// While an edit waited, a clone of its phone used its number.
#[test]
fn what_is_let_in_although_its_number_was_taken_is_written_again_in_its_authors_name() -> Result<()> {
    let (mut world, id) = with_template()?;
    let clone = world.phones[MANAGER].cloned("clone", 4711);
    set_role(&mut world, MANAGER, Role::Manager)?;
    world.set(MANAGER, id, "name_en", json!("Selling"))?;
    let at_ms = world.phones[MANAGER]
        .engine
        .history(id)?
        .last()
        .context("the edit")?
        .at_ms;
    world.settle()?;
    let waiting = world.relay.quarantined();
    // The phone that wrote it is lost; the clone writes when the member is an admin again, but the edit is not tried again.
    clone.clock.advance_ms(5_000);
    let lost = std::mem::replace(&mut world.phones[MANAGER], clone);
    let author = lost.identity.member;
    drop(lost);
    let waiting = for_a_person(&mut world, waiting[0])?;
    set_role(&mut world, MANAGER, Role::Admin)?;
    world.set(MANAGER, id, "name_zh", json!("卖"))?;
    world.settle()?;
    assert!(matches!(accept(&mut world, waiting)?, Some(Accepted::In { .. })));
    world.settle()?;
    world.check_alike(&[MANAGER, ADMIN, ONE], id)?;
    let row = world.row(ONE, id)?;
    assert_eq!(
        (&row.fields["name_en"], &row.fields["name_zh"]),
        (&json!("Selling"), &json!("卖"))
    );
    let history = world.phones[ONE].engine.history(id)?;
    let again = history
        .iter()
        .filter(|entry| entry.at_ms == at_ms && entry.by == Some(author));
    assert_eq!(again.count(), 1, "in its author's name, at its time, once");
    Ok(())
}

/// The new owner hears that his predecessor's edit came in late, and the record that was created on a dropped one waits
/// for a decision.
#[test]
fn the_new_owner_is_told_of_a_late_edit() -> Result<()> {
    let (mut world, id) = with_customer()?;
    world.set(ONE, id, "industry", json!("tea"))?;
    hand(&mut world, id, TWO)?;
    world.settle()?;
    assert_eq!(world.row(TWO, id)?.fields["industry"], json!("tea"));
    let told = notices(&world, TWO, "flagged")?;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].document, told[0].code.as_str()), (id, "late-accepted"));
    let author = world.phones[ONE].identity.member.to_string();
    assert!(told[0].detail.as_deref().is_some_and(|detail| detail.contains(&author)));
    assert!(notices(&world, MANAGER, "flagged")?.is_empty(), "nobody else");
    world.check_everything()
}
