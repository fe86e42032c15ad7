mod derivation;

use ed25519_dalek::{Signer, SigningKey};
use satchel_core::clock::SeededEntropy;
use satchel_core::ids::{DeviceId, MemberId, OrgId, ScopeId, TeamId};
use satchel_core::policy::{Access, Role};

use super::assignment::{Handover, assign, hand_over, unassign};
use super::invite::Application;
use super::member::{MemberPatch, NewMember};
use super::token::{Challenges, Proof, signed_text};
use super::{Actor, IdentityError, access, device, invite, key, member, org, scope, session, team, token};
use crate::store::People;
use crate::store::people::{AccessState, AccessStore, Directory, Enrolment, Tree};
use crate::store::sqlite::{File, Transaction};

const NOW: i64 = 1_764_000_000_000;
const ORG: OrgId = OrgId::from_bytes([9; 16]);
const OPERATOR: Actor = Actor::Operator;

fn team_id(n: u8) -> TeamId {
    TeamId::from_bytes([100 + n; 16])
}

fn member_id(n: u8) -> MemberId {
    MemberId::from_bytes([200 + n; 16])
}

fn record(n: u8) -> ScopeId {
    ScopeId::from_bytes([n; 16])
}

fn person(role: Role, team: Option<TeamId>) -> NewMember {
    NewMember {
        name: "Somebody".into(),
        role,
        team,
        locale: "zh-CN".into(),
        time_zone: "Asia/Shanghai".into(),
    }
}

fn acting(tx: &dyn People, id: MemberId) -> Actor {
    let member = tx.member(id).unwrap().unwrap();
    Actor::Member {
        id,
        role: member.role,
        team: member.team,
    }
}

/// Two teams side by side and one below the first; an admin (0), managers of each (1, 2), reps (3, 4 in the team below the
/// first; 5 in the second).
fn small_org(tx: &mut Transaction<'_>) {
    org::create(tx, ORG, "Org", NOW).unwrap();
    team::add(tx, &OPERATOR, team_id(0), "North", None, NOW).unwrap();
    team::add(tx, &OPERATOR, team_id(1), "South", None, NOW).unwrap();
    team::add(tx, &OPERATOR, team_id(2), "North, inner", Some(team_id(0)), NOW).unwrap();
    let people = [
        (Role::Admin, None),
        (Role::Manager, Some(team_id(0))),
        (Role::Manager, Some(team_id(1))),
        (Role::Rep, Some(team_id(2))),
        (Role::Rep, Some(team_id(2))),
        (Role::Rep, Some(team_id(1))),
    ];
    for (n, (role, team)) in (0..).zip(people) {
        member::add(tx, &OPERATOR, member_id(n), &person(role, team), NOW).unwrap();
    }
}

fn with_small_org(test: impl FnOnce(&mut Transaction<'_>)) {
    let mut file = File::in_memory().unwrap();
    let mut tx = file.transaction().unwrap();
    small_org(&mut tx);
    test(&mut tx);
}

#[test]
fn standard_grants_reach_what_they_should_and_never_a_private_scope() {
    with_small_org(|tx| {
        scope::register_record_scope(tx, record(1), member_id(3), NOW).unwrap();
        let can = |n: u8, scope: ScopeId| access::can(tx, member_id(n), scope).unwrap();
        for n in 0..6 {
            let own = if n == 0 || n == 1 || n == 2 {
                Some(Access::Manage)
            } else {
                Some(Access::Write)
            };
            assert_eq!(can(n, ScopeId::of_member(member_id(n))), own, "own scope of {n}");
            assert_eq!(can(n, ScopeId::private_of(member_id(n))), Some(Access::Write));
            for other in (0..6).filter(|other| *other != n) {
                assert_eq!(
                    can(other, ScopeId::private_of(member_id(n))),
                    None,
                    "{other} in the private scope of {n}"
                );
            }
            let root = if n == 0 { Access::Manage } else { Access::Read };
            assert_eq!(can(n, ORG.into()), Some(root));
        }
        assert_eq!(can(3, record(1)), Some(Access::Write), "its creator");
        assert_eq!(can(4, record(1)), None, "a teammate does not see it");
        assert_eq!(can(1, record(1)), Some(Access::Manage), "the manager of the team above");
        assert_eq!(can(2, record(1)), None, "the manager of another team");
        assert_eq!(can(0, record(1)), Some(Access::Manage));
        assert_eq!(can(3, team_id(2).into()), None);
    });
}

#[test]
fn a_handover_is_one_step_and_late_edits_are_known_by_their_base() {
    with_small_org(|tx| {
        scope::register_record_scope(tx, record(1), member_id(3), NOW).unwrap();
        let before = tx.org().unwrap().seq;
        let manager = acting(tx, member_id(1));
        let give = Handover {
            from: Some(member_id(3)),
            to: member_id(4),
            keep_team: false,
        };
        hand_over(tx, &manager, record(1), &give, NOW + 5).unwrap();
        let lost = tx.access(member_id(3), record(1)).unwrap().unwrap();
        assert_eq!((lost.state, lost.access), (AccessState::Out, Access::Write));
        assert_eq!(
            (lost.write_until_seq, lost.write_until_ms),
            (Some(lost.seq), Some(NOW + 5))
        );
        let won = tx.access(member_id(4), record(1)).unwrap().unwrap();
        assert_eq!(
            (won.state, won.access, won.in_since_seq),
            (AccessState::In, Access::Write, won.seq)
        );
        assert_ne!(lost.seq, won.seq, "each row has its own seq");
        assert!(
            tx.scope(record(1)).unwrap().unwrap().seq > before,
            "the relation is shipped anew"
        );
        assert_eq!(scope::assignees(tx, record(1)).unwrap(), [member_id(4)]);

        // What he wrote while it was his, even before the relay knew of the record, is late; what he bases on the loss is not.
        for (seq, could) in [
            (0, true),
            (before, true),
            (lost.seq - 1, true),
            (lost.seq, false),
            (u64::MAX, false),
        ] {
            assert_eq!(
                access::could_write_at(tx, member_id(3), record(1), seq).unwrap(),
                could,
                "at {seq}"
            );
        }
        assert!(!access::could_write_at(tx, member_id(4), record(1), before).unwrap());
        assert!(access::could_write_at(tx, member_id(4), record(1), won.seq).unwrap());

        assert!(matches!(
            hand_over(tx, &manager, record(1), &give, NOW),
            Err(IdentityError::Conflict("not-assigned", _))
        ));
        let back = Handover {
            from: None,
            to: member_id(3),
            keep_team: false,
        };
        hand_over(tx, &manager, record(1), &back, NOW).unwrap();
        let again = tx.access(member_id(3), record(1)).unwrap().unwrap();
        assert_eq!((again.state, again.write_until_seq), (AccessState::In, None));
        assert!(again.in_since_seq > lost.seq, "whole documents are loaded again");
    });
}

#[test]
fn a_handover_to_another_team_moves_the_scope_under_its_managers() {
    with_small_org(|tx| {
        scope::register_record_scope(tx, record(1), member_id(3), NOW).unwrap();
        let give = Handover {
            from: None,
            to: member_id(5),
            keep_team: false,
        };
        let manager = acting(tx, member_id(1));
        assert!(
            matches!(
                hand_over(tx, &manager, record(1), &give, NOW),
                Err(IdentityError::Forbidden(_))
            ),
            "a manager gives nothing to a team that is not his"
        );
        hand_over(tx, &OPERATOR, record(1), &give, NOW).unwrap();
        assert_eq!(access::can(tx, member_id(1), record(1)).unwrap(), None);
        assert_eq!(access::can(tx, member_id(2), record(1)).unwrap(), Some(Access::Manage));
    });
}

#[test]
fn a_role_lowered_from_write_to_read_counts_as_a_transfer() {
    with_small_org(|tx| {
        // An admin whose rank is taken keeps reading the root, and may write it no more.
        member::add(tx, &OPERATOR, member_id(6), &person(Role::Admin, Some(team_id(1))), NOW).unwrap();
        let rank = MemberPatch {
            role: Some(Role::Rep),
            ..MemberPatch::default()
        };
        let since = tx.access(member_id(6), ORG.into()).unwrap().unwrap().in_since_seq;
        member::edit(tx, &OPERATOR, member_id(6), &rank, NOW + 1).unwrap();
        let row = tx.access(member_id(6), ORG.into()).unwrap().unwrap();
        assert_eq!(
            (row.state, row.access, row.in_since_seq),
            (AccessState::In, Access::Read, since)
        );
        assert_eq!(
            (row.write_until_seq, row.write_until_ms),
            (Some(row.seq), Some(NOW + 1))
        );
        assert!(!access::could_write_at(tx, member_id(6), ORG.into(), row.seq).unwrap());
    });
}

#[test]
fn who_may_manage_whom() {
    with_small_org(|tx| {
        scope::register_record_scope(tx, record(1), member_id(3), NOW).unwrap();
        let (north, rep) = (acting(tx, member_id(1)), acting(tx, member_id(3)));
        let entropy = SeededEntropy::new(1);
        let invite = |tx: &mut Transaction<'_>, actor: &Actor, n| {
            invite::create(tx, actor, member_id(n), "http://relay", 72, NOW, &entropy).map(drop)
        };
        invite(tx, &north, 3).unwrap();
        assert!(
            matches!(invite(tx, &north, 5), Err(IdentityError::Forbidden(_))),
            "a rep of another team"
        );
        assert!(
            matches!(invite(tx, &north, 0), Err(IdentityError::Forbidden(_))),
            "an admin"
        );
        assert!(
            matches!(invite(tx, &rep, 4), Err(IdentityError::Forbidden(_))),
            "a teammate"
        );
        assert!(
            matches!(invite(tx, &rep, 3), Err(IdentityError::Forbidden(_))),
            "a rep manages nobody"
        );
        assert!(matches!(
            assign(tx, &rep, record(1), member_id(4), NOW),
            Err(IdentityError::Forbidden(_))
        ));
        assign(tx, &north, record(1), member_id(4), NOW).unwrap();
        assign(tx, &north, record(1), member_id(4), NOW).unwrap();
        assert_eq!(scope::assignees(tx, record(1)).unwrap(), [member_id(3), member_id(4)]);
        unassign(tx, &north, record(1), member_id(4), NOW).unwrap();
        let add = |tx: &mut Transaction<'_>, actor: &Actor, role, team| {
            member::add(tx, actor, member_id(20), &person(role, Some(team)), NOW)
        };
        assert!(matches!(
            add(tx, &north, Role::Manager, team_id(2)),
            Err(IdentityError::Forbidden(_))
        ));
        assert!(matches!(
            add(tx, &north, Role::Rep, team_id(1)),
            Err(IdentityError::Forbidden(_))
        ));
        add(tx, &north, Role::Rep, team_id(2)).unwrap();
        let rise = MemberPatch {
            role: Some(Role::Admin),
            ..MemberPatch::default()
        };
        for actor in [north, rep] {
            assert!(matches!(
                member::edit(tx, &actor, member_id(3), &rise, NOW),
                Err(IdentityError::Forbidden(_))
            ));
        }
        let fall = MemberPatch {
            role: Some(Role::Rep),
            team: Some(Some(team_id(0))),
            ..MemberPatch::default()
        };
        assert!(matches!(
            member::edit(tx, &OPERATOR, member_id(0), &fall, NOW),
            Err(IdentityError::Conflict("last-admin", _))
        ));
        assert!(matches!(
            team::reparent(tx, &OPERATOR, team_id(0), Some(team_id(2)), NOW),
            Err(IdentityError::Conflict("team-circle", _))
        ));
    });
}

#[test]
fn a_code_enrols_one_device_once_and_its_key_signs_in() {
    with_small_org(|tx| {
        let entropy = SeededEntropy::new(7);
        let made = invite::create(tx, &OPERATOR, member_id(3), "https://relay.example", 72, NOW, &entropy).unwrap();
        assert_eq!(
            made.link,
            format!("satchel://enrol?relay=https%3A%2F%2Frelay.example&code={}", made.code)
        );
        let signer = SigningKey::from_bytes(&[5; 32]);
        let application = Application {
            code: made.code.clone(),
            public_key: signer.verifying_key().to_bytes(),
            device_name: "Phone".into(),
            platform: "android".into(),
        };
        let late = NOW + 72 * 3_600_000;
        assert!(matches!(
            invite::enrol(tx, &application, late, &entropy),
            Err(IdentityError::Unproven(_))
        ));
        let (_, owner, phone) = invite::enrol(tx, &application, NOW, &entropy).unwrap();
        assert_eq!(owner.id, member_id(3));
        // The answer was lost: the same device asks again. Another device does not get in by the same code.
        assert_eq!(invite::enrol(tx, &application, NOW, &entropy).unwrap().2.id, phone.id);
        let other = Application {
            public_key: SigningKey::from_bytes(&[6; 32]).verifying_key().to_bytes(),
            ..application.clone()
        };
        assert!(matches!(
            invite::enrol(tx, &other, NOW, &entropy),
            Err(IdentityError::Unproven(_))
        ));

        let challenges = Challenges::default();
        let sign = |challenge: &str, device: DeviceId, signer: &SigningKey| Proof {
            device,
            challenge: challenge.into(),
            signature: signer.sign(signed_text(device, challenge).as_bytes()).to_bytes(),
        };
        let challenge = challenges.give(phone.id, NOW, &entropy).unwrap();
        let proof = sign(&challenge, phone.id, &signer);
        let bearer = token::issue(tx, &challenges, &proof, 900, NOW, &entropy).unwrap();
        let found = session::find(tx, &bearer, NOW + 899_999).unwrap().unwrap();
        assert_eq!(
            (found.member, found.device, found.revoked),
            (member_id(3), Some(phone.id), false)
        );
        assert_eq!(
            session::find(tx, &bearer, NOW + 900_000).unwrap(),
            None,
            "it has expired"
        );
        let replayed = token::issue(tx, &challenges, &proof, 900, NOW, &entropy);
        assert!(
            matches!(replayed, Err(IdentityError::Unproven(_))),
            "a challenge works once"
        );
        let challenge = challenges.give(phone.id, NOW, &entropy).unwrap();
        let foreign = sign(&challenge, phone.id, &SigningKey::from_bytes(&[6; 32]));
        assert!(matches!(
            token::issue(tx, &challenges, &foreign, 900, NOW, &entropy),
            Err(IdentityError::Unproven(_))
        ));
        let challenge = challenges.give(phone.id, NOW, &entropy).unwrap();
        let stale = sign(&challenge, phone.id, &signer);
        let much_later = NOW + 121_000;
        assert!(matches!(
            token::issue(tx, &challenges, &stale, 900, much_later, &entropy),
            Err(IdentityError::Unproven(_))
        ));

        let rep = acting(tx, member_id(3));
        device::revoke(tx, &rep, phone.id, NOW).unwrap();
        assert_eq!(session::find(tx, &bearer, NOW).unwrap(), None, "its tokens die at once");
        let challenge = challenges.give(phone.id, NOW, &entropy).unwrap();
        let last = sign(&challenge, phone.id, &signer);
        let bearer = token::issue(tx, &challenges, &last, 900, NOW, &entropy).unwrap();
        assert!(
            session::find(tx, &bearer, NOW).unwrap().unwrap().revoked,
            "good for handing in only"
        );
    });
}

#[test]
fn whoever_leaves_loses_grants_devices_and_keys() {
    with_small_org(|tx| {
        scope::register_record_scope(tx, record(1), member_id(3), NOW).unwrap();
        let entropy = SeededEntropy::new(3);
        let (made, text) = key::create(tx, &OPERATOR, member_id(3), "CRM", NOW, &entropy).unwrap();
        assert_eq!(session::find(tx, &text, NOW).unwrap().unwrap().member, member_id(3));
        let leave = MemberPatch {
            active: Some(false),
            ..MemberPatch::default()
        };
        member::edit(tx, &OPERATOR, member_id(3), &leave, NOW).unwrap();
        assert_eq!(session::find(tx, &text, NOW).unwrap(), None);
        assert!(tx.key(&made.id).unwrap().unwrap().revoked_at_ms.is_some());
        assert!(tx.readable(member_id(3)).unwrap().is_empty());
        assert_eq!(
            access::can(tx, member_id(1), record(1)).unwrap(),
            Some(Access::Manage),
            "the record stays"
        );
    });
}

#[test]
fn one_assignment_touches_one_scope_however_large_the_organisation() {
    with_small_org(|tx| {
        for n in 0..200_u8 {
            let id = ScopeId::derived(ORG.as_bytes(), &n.to_string());
            scope::register_record_scope(tx, id, member_id(3), NOW).unwrap();
        }
        let before = tx.org().unwrap().seq;
        assign(tx, &OPERATOR, ScopeId::derived(ORG.as_bytes(), "7"), member_id(4), NOW).unwrap();
        // The scope's relation, the one access row, the line of audit.
        assert_eq!(tx.org().unwrap().seq, before + 3);
    });
}
