use satchel_core::domain::task::{TaskEvent, TaskEventKind};
use satchel_core::domain::visit::VisitKind;
use satchel_core::domain::{
    Comment, CommentPatch, Customer, CustomerPatch, Note, NotePatch, ProcessTemplatePatch, Task, TaskPatch, Visit,
    VisitPatch,
};
use satchel_core::engine::Error;
use satchel_core::ids::{DocumentId, Heads, MemberId, ScopeId};
use satchel_core::policy::{Action, Denied};
use satchel_core::schema::ViolationCode;
use satchel_core::store::SearchQuery;
use serde_json::json;

use crate::{Phone, me, open};

#[test]
fn a_record_is_made_found_changed_and_still_there_after_opening_again() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let id = phone.customer("北京茶行");
    let found = customers.get(id).unwrap().unwrap();
    assert_eq!(found.record.name, "北京茶行");
    assert!(found.pending);
    assert_eq!(found.row.created.by, Some(me(satchel_core::policy::Role::Rep).member));
    let patch = CustomerPatch {
        industry: Some("tea".to_owned()),
        ..CustomerPatch::default()
    };
    let saved = customers.edit(id, patch.clone(), Some(&found.heads)).unwrap();
    assert!(saved.changed);
    // The same again changes nothing.
    assert!(!customers.edit(id, patch, Some(&saved.heads)).unwrap().changed);
    phone.engine.close().unwrap();
    assert!(matches!(
        phone.engine.get(id.into()),
        Err(Error::Store(satchel_core::store::Error::Closed))
    ));
    let again = open(&phone.path(), &phone.clock);
    let found = again.of::<Customer>().get(id).unwrap().unwrap();
    assert_eq!(found.record.industry.as_deref(), Some("tea"));
    assert_eq!(found.heads, saved.heads);
    assert_eq!(again.search(&SearchQuery::new("茶行")).unwrap().hits.len(), 1);
}

#[test]
fn an_edit_is_applied_at_the_version_on_which_the_form_was_opened() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let id = phone.customer("A");
    let opened = customers.get(id).unwrap().unwrap().heads;
    let edit = |industry: &str| CustomerPatch {
        industry: Some(industry.to_owned()),
        ..CustomerPatch::default()
    };
    customers.edit(id, edit("tea"), Some(&opened)).unwrap();
    let saved = customers.edit(id, edit("coffee"), Some(&opened)).unwrap();
    let conflicts = phone.engine.conflicts(id.into()).unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].field, "industry");
    let mut values: Vec<_> = conflicts[0].siblings.iter().map(|one| one.value.clone()).collect();
    values.sort_by_key(ToString::to_string);
    assert_eq!(values, [json!("coffee"), json!("tea")]);
    assert!(
        conflicts[0]
            .siblings
            .iter()
            .all(|one| one.by.is_some() && one.at_ms > 0)
    );
    assert_eq!(phone.engine.in_conflict(10).unwrap()[0].id, DocumentId::from(id));
    let settled = phone
        .engine
        .resolve(id.into(), "industry", &json!("tea"), Some(&saved.heads))
        .unwrap();
    assert!(phone.engine.conflicts(id.into()).unwrap().is_empty());
    assert!(phone.engine.in_conflict(10).unwrap().is_empty());
    // Every version can still be read, and the history names the field.
    let before = phone.engine.at_version(id.into(), &opened).unwrap();
    assert!(!before.contains_key("industry"));
    assert_eq!(
        phone.engine.at_version(id.into(), &settled.heads).unwrap()["industry"],
        "tea"
    );
    assert_eq!(phone.engine.field_history(id.into(), "industry").unwrap().len(), 3);
    assert_eq!(phone.engine.history(id.into()).unwrap().len(), 4);
    let foreign = Heads::new(vec![satchel_core::ids::ChangeHash([9; 32])]);
    assert!(matches!(
        customers.edit(id, edit("x"), Some(&foreign)),
        Err(Error::UnknownVersion)
    ));
    assert!(matches!(
        phone.engine.at_version(id.into(), &foreign),
        Err(Error::UnknownVersion)
    ));
}

#[test]
fn an_invalid_edit_is_refused_with_its_violations_and_loses_nothing() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let id = phone.customer("A");
    let before = customers.get(id).unwrap().unwrap();
    let bad = CustomerPatch {
        name: Some(" ".to_owned()),
        channel_tier: Some(9),
        ..CustomerPatch::default()
    };
    let Err(Error::Invalid(violations)) = customers.edit(id, bad, None) else {
        panic!("must be refused")
    };
    let codes: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.code)).collect();
    assert!(codes.contains(&("name", ViolationCode::Required)));
    assert!(codes.contains(&("channel_tier", ViolationCode::TooLarge)));
    assert_eq!(customers.get(id).unwrap().unwrap(), before);
    assert!(matches!(
        customers.create(CustomerPatch::default()),
        Err(Error::Invalid(_))
    ));
}

#[test]
fn a_child_takes_the_scope_of_what_it_hangs_on_and_private_notes_their_authors() {
    let phone = Phone::new();
    let customer = phone.customer("A");
    let visit = VisitPatch {
        customer_id: Some(customer),
        visit_kind: Some(VisitKind::Planned),
        ..VisitPatch::default()
    };
    let visits = phone.engine.of::<Visit>();
    let visit = visits.create(visit).unwrap();
    let shop = ScopeId::from(DocumentId::from(customer));
    assert_eq!(visits.get(visit).unwrap().unwrap().scope, Some(shop));
    let notes = phone.engine.of::<Note>();
    let note = |private| NotePatch {
        parent: Some(visit.into()),
        private,
        body: Some("text".to_owned()),
        ..NotePatch::default()
    };
    let open = notes.create(note(None)).unwrap();
    assert_eq!(notes.get(open).unwrap().unwrap().scope, Some(shop));
    let private = notes.create(note(Some(true))).unwrap();
    let me = me(satchel_core::policy::Role::Rep).member;
    assert_eq!(
        notes.get(private).unwrap().unwrap().scope,
        Some(ScopeId::private_of(me))
    );
    // What it hangs on must be here.
    let stray = VisitPatch {
        customer_id: Some(DocumentId::from_bytes([9; 16]).into()),
        visit_kind: Some(VisitKind::Planned),
        ..VisitPatch::default()
    };
    assert!(matches!(visits.create(stray), Err(Error::ParentMissing)));
}

#[test]
fn the_policy_is_asked_beforehand() {
    let phone = Phone::new();
    let customer = phone.customer("A");
    assert_eq!(phone.engine.may(Action::Edit, customer.into()).unwrap(), Ok(()));
    // Another's scope: a loose task of somebody else's.
    let other = MemberId::from_bytes([8; 16]);
    let task = TaskPatch {
        title: Some("call".to_owned()),
        add_assignees: vec![other],
        ..TaskPatch::default()
    };
    assert!(matches!(
        phone.engine.of::<Task>().create(task),
        Err(Error::Denied(Denied::NoAccess))
    ));
    let comments = phone.engine.of::<Comment>();
    let comment = CommentPatch {
        parent: Some(customer.into()),
        body: Some("mine".to_owned()),
        ..CommentPatch::default()
    };
    let comment = comments.create(comment).unwrap();
    assert_eq!(phone.engine.may(Action::Edit, comment.into()).unwrap(), Ok(()));
    let template = ProcessTemplatePatch {
        pipeline: Some("x".to_owned()),
        version: Some(1),
        name_zh: Some("销售".to_owned()),
        name_en: Some("Sales".to_owned()),
        stages: Some(vec![stage()]),
        ..ProcessTemplatePatch::default()
    };
    let refused = phone.engine.create("process_template", &template.clone().into());
    assert!(matches!(refused, Err(Error::Denied(Denied::NotAdmin))), "{refused:?}");
    phone.engine.enrol(&me(satchel_core::policy::Role::Admin)).unwrap();
    phone.engine.create("process_template", &template.into()).unwrap();
}

fn stage() -> satchel_core::domain::process_template::Stage {
    satchel_core::domain::process_template::Stage {
        code: "first".to_owned(),
        name_zh: "一".to_owned(),
        name_en: "One".to_owned(),
        stage_type: satchel_core::domain::process_template::StageType::Open,
        ..Default::default()
    }
}

#[test]
fn a_device_that_is_nobodys_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(satchel_core::clock::ManualClock::new(0));
    let engine = open(&dir.path().join("device.db"), &clock);
    let patch = CustomerPatch {
        name: Some("A".to_owned()),
        ..CustomerPatch::default()
    };
    assert!(matches!(engine.of::<Customer>().create(patch), Err(Error::NotEnrolled)));
    assert_eq!(engine.identity().unwrap(), None);
}

#[test]
fn an_archived_record_leaves_the_lists_and_comes_back() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let id = phone.customer("A");
    customers.archive(id, None).unwrap();
    assert_eq!(customers.count(&customers.query()).unwrap(), 0);
    assert!(customers.get(id).unwrap().unwrap().row.archived);
    customers.restore(id).unwrap();
    assert_eq!(customers.count(&customers.query()).unwrap(), 1);
    // An edit on the version that was put away beats it.
    let opened = customers.get(id).unwrap().unwrap().heads;
    customers.archive(id, Some(&opened)).unwrap();
    let patch = CustomerPatch {
        industry: Some("tea".to_owned()),
        ..CustomerPatch::default()
    };
    customers.edit(id, patch, Some(&opened)).unwrap();
    let row = customers.get(id).unwrap().unwrap().row;
    assert!(!row.archived && row.edited_after_archive);
}

#[test]
fn many_edits_are_folded_and_nothing_is_lost() {
    let phone = Phone::new();
    let tasks = phone.engine.of::<Task>();
    let task = TaskPatch {
        title: Some("call".to_owned()),
        ..TaskPatch::default()
    };
    let id = tasks.create(task).unwrap();
    for number in 0..100 {
        let kind = if number % 2 == 0 {
            TaskEventKind::Complete
        } else {
            TaskEventKind::Reopen
        };
        let event = TaskEvent {
            event: kind,
            ..TaskEvent::default()
        };
        let patch = TaskPatch {
            append_events: vec![event],
            ..TaskPatch::default()
        };
        phone.clock.advance_ms(1);
        tasks.edit(id, patch, None).unwrap();
    }
    let found = tasks.get(id).unwrap().unwrap();
    assert_eq!(found.record.events.len(), 100);
    assert_eq!(phone.engine.history(id.into()).unwrap().len(), 101);
    phone
        .engine
        .read(|reader| {
            let raw = reader.change_count(id.into())?;
            assert!(raw < 32, "{raw} raw changes are left");
            // All of them are still to be pushed.
            assert_eq!(reader.local_changes(id.into())?.len(), 101);
            Ok(())
        })
        .unwrap();
}

#[test]
fn writing_is_refused_while_suspended() {
    let phone = Phone::new();
    let id = phone.customer("A");
    phone.engine.suspend().unwrap();
    let refused = phone.engine.of::<Customer>().archive(id, None);
    assert!(matches!(
        refused,
        Err(Error::Store(satchel_core::store::Error::Suspended))
    ));
    phone.engine.resume();
    phone.engine.of::<Customer>().archive(id, None).unwrap();
}

#[test]
fn writers_on_many_threads_lose_nothing() {
    let phone = Phone::new();
    let id = phone.customer("A");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let engine = phone.engine.clone();
            scope.spawn(move || {
                for number in 0..10 {
                    let patch = CustomerPatch {
                        add_tags: vec![format!("{thread}-{number}")],
                        ..CustomerPatch::default()
                    };
                    engine.of::<Customer>().edit(id, patch, None).unwrap();
                    engine.of::<Customer>().get(id).unwrap().unwrap();
                }
            });
        }
    });
    assert_eq!(
        phone
            .engine
            .of::<Customer>()
            .get(id)
            .unwrap()
            .unwrap()
            .record
            .tags
            .len(),
        40
    );
}
