//! Access rows under random changes, against the slow and obvious recomputation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::{Access, Role};

use super::{NOW, OPERATOR, member_id, record, small_org, team_id};
use crate::identity::assignment::{Handover, assign, hand_over, unassign};
use crate::identity::member::MemberPatch;
use crate::identity::{IdentityError, access, member, scope, team};
use crate::store::people::{AccessState, AccessStore, Directory, Reach, ScopeKind, Tree};
use crate::store::sqlite::{File, Transaction};

#[derive(Debug, Clone)]
enum Step {
    Register { record: u8, creator: u8 },
    Assign { record: u8, to: u8 },
    Unassign { record: u8, from: u8 },
    HandOver { record: u8, to: u8, keep_team: bool },
    MoveTeam { team: u8, parent: Option<u8> },
    EditMember { member: u8, role: Role, team: u8 },
    Active { member: u8, active: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![Just(Role::Rep), Just(Role::Manager), Just(Role::Admin)];
    prop_oneof![
        3 => (0..6_u8, 0..6_u8).prop_map(|(record, creator)| Step::Register { record, creator }),
        3 => (0..6_u8, 0..6_u8).prop_map(|(record, to)| Step::Assign { record, to }),
        2 => (0..6_u8, 0..6_u8).prop_map(|(record, from)| Step::Unassign { record, from }),
        3 => (0..6_u8, 0..6_u8, any::<bool>())
            .prop_map(|(record, to, keep_team)| Step::HandOver { record, to, keep_team }),
        2 => (0..3_u8, proptest::option::of(0..3_u8)).prop_map(|(team, parent)| Step::MoveTeam { team, parent }),
        2 => (0..6_u8, role, 0..3_u8).prop_map(|(member, role, team)| Step::EditMember { member, role, team }),
        1 => (0..6_u8, any::<bool>()).prop_map(|(member, active)| Step::Active { member, active }),
    ]
}

fn apply(tx: &mut Transaction<'_>, step: &Step, now_ms: i64) -> Result<(), IdentityError> {
    match *step {
        Step::Register { record: n, creator } => {
            scope::register_record_scope(tx, record(n + 1), member_id(creator), now_ms).map(drop)
        }
        Step::Assign { record: n, to } => assign(tx, &OPERATOR, record(n + 1), member_id(to), now_ms),
        Step::Unassign { record: n, from } => unassign(tx, &OPERATOR, record(n + 1), member_id(from), now_ms),
        Step::HandOver {
            record: n,
            to,
            keep_team,
        } => {
            let handover = Handover {
                from: None,
                to: member_id(to),
                keep_team,
            };
            hand_over(tx, &OPERATOR, record(n + 1), &handover, now_ms)
        }
        Step::MoveTeam { team, parent } => {
            team::reparent(tx, &OPERATOR, team_id(team), parent.map(team_id), now_ms).map(drop)
        }
        Step::EditMember { member, role, team } => {
            let patch = MemberPatch {
                role: Some(role),
                team: Some(Some(team_id(team))),
                ..MemberPatch::default()
            };
            member::edit(tx, &OPERATOR, member_id(member), &patch, now_ms).map(drop)
        }
        Step::Active { member, active } => {
            let patch = MemberPatch {
                active: Some(active),
                ..MemberPatch::default()
            };
            member::edit(tx, &OPERATOR, member_id(member), &patch, now_ms).map(drop)
        }
    }
}

/// Who may what, from nothing but the tree and the permissions, the slow and obvious way.
fn naive(tx: &Transaction<'_>) -> BTreeMap<(MemberId, ScopeId), Access> {
    let scopes: HashMap<ScopeId, Option<ScopeId>> = tx
        .scopes(None, None, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|scope| (scope.id, scope.parent))
        .collect();
    let mut result = BTreeMap::new();
    for member in tx.members(None, usize::MAX).unwrap() {
        for given in tx.permissions_of(member.id).unwrap() {
            for scope in scopes.keys() {
                let mut above = Some(*scope);
                let reached = loop {
                    match above {
                        Some(node) if node == given.node => break given.reach == Reach::Subtree || node == *scope,
                        Some(node) => above = scopes[&node],
                        None => break false,
                    }
                };
                if reached {
                    let access = result.entry((member.id, *scope)).or_insert(given.access);
                    *access = given.access.max(*access);
                }
            }
        }
    }
    result
}

/// What a device that follows the access rows from any point believes.
fn check(tx: &Transaction<'_>, replicas: &mut HashMap<MemberId, (u64, BTreeSet<ScopeId>)>) {
    let expected = naive(tx);
    let mut seqs = BTreeSet::new();
    for member in tx.members(None, usize::MAX).unwrap() {
        let readable: BTreeMap<(MemberId, ScopeId), Access> = tx
            .readable(member.id)
            .unwrap()
            .into_iter()
            .map(|row| ((row.member, row.scope), row.access))
            .collect();
        let wanted = expected.iter().filter(|((of, _), _)| *of == member.id);
        assert_eq!(readable, wanted.map(|(key, access)| (*key, *access)).collect());
        for (_, scope) in readable.keys() {
            let kind = tx.scope(*scope).unwrap().unwrap();
            assert!(
                kind.kind != ScopeKind::Private || kind.owner == Some(member.id),
                "a private scope leaked"
            );
        }
        let (cursor, held) = replicas.entry(member.id).or_default();
        for row in tx.access_after(member.id, *cursor, usize::MAX).unwrap() {
            assert!(row.seq > *cursor && row.in_since_seq <= row.seq);
            *cursor = row.seq;
            match row.state {
                AccessState::In => held.insert(row.scope),
                AccessState::Out => held.remove(&row.scope),
            };
        }
        assert_eq!(*held, readable.keys().map(|(_, scope)| *scope).collect());
        for row in tx.access_after(member.id, 0, usize::MAX).unwrap() {
            assert!(seqs.insert(row.seq), "two rows share a seq");
            let can_write = row.state == AccessState::In && row.access >= Access::Write;
            let newest = tx.org().unwrap().seq;
            assert_eq!(
                access::could_write_at(tx, row.member, row.scope, newest).unwrap(),
                can_write
            );
            if let Some(until) = row.write_until_seq {
                assert!(!can_write);
                assert!(access::could_write_at(tx, row.member, row.scope, until - 1).unwrap());
                assert!(!access::could_write_at(tx, row.member, row.scope, until).unwrap());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn access_rows_always_equal_what_tree_and_permissions_say(steps in proptest::collection::vec(step(), 1..40)) {
        let mut file = File::in_memory().unwrap();
        let mut tx = file.transaction().unwrap();
        small_org(&mut tx);
        let mut replicas = HashMap::new();
        check(&tx, &mut replicas);
        for (step, now_ms) in steps.iter().zip(NOW..) {
            let before = tx.org().unwrap().seq;
            // Refused steps (the last admin, a circle, nobody there) must change nothing.
            if tx.savepoint(|tx| apply(tx, step, now_ms)).is_err() {
                prop_assert_eq!(tx.org().unwrap().seq, before);
            }
            check(&tx, &mut replicas);
        }
    }
}
