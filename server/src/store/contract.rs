//! What every store must do, whatever stands below: run by the tests of each.

use satchel_core::ids::{DeviceId, MemberId, OrgId, RunId, ScopeId, TeamId};
use satchel_core::policy::{Access, Role};

use super::people::{
    AccessRow, AccessState, ApiKey, BrowserSession, Device, Invite, Member, Origin, Permission, Reach, Scope,
    ScopeKind, SignInLink, Team, Tenure, Token,
};
use super::{People, StoreError};

const ROOT: ScopeId = ScopeId::from_bytes([1; 16]);
const MEMBER: MemberId = MemberId::from_bytes([3; 16]);
const OTHER: MemberId = MemberId::from_bytes([4; 16]);

fn member(id: MemberId) -> Member {
    Member {
        id,
        team: None,
        role: Role::Admin,
        name: "王芳".into(),
        locale: "zh-CN".into(),
        time_zone: "Asia/Shanghai".into(),
        active: true,
        created_at_ms: 5,
        seq: 2,
    }
}

fn scope(n: u8, parent: Option<ScopeId>) -> Scope {
    let kind = if parent.is_some() {
        ScopeKind::Record
    } else {
        ScopeKind::Org
    };
    Scope {
        id: ScopeId::from_bytes([n; 16]),
        parent,
        kind,
        owner: None,
        seq: n.into(),
    }
}

/// An organisation with two members and its root; every part below starts from it.
pub(crate) fn lay(tx: &mut dyn People) {
    assert!(matches!(tx.org(), Err(StoreError::NoOrg)));
    assert!(matches!(tx.next_seq(), Err(StoreError::NoOrg)));
    tx.create_org(OrgId::from_bytes([1; 16]), "公司", 7).unwrap();
    assert!(
        tx.create_org(OrgId::from_bytes([2; 16]), "Second", 7).is_err(),
        "one organisation for each database"
    );
    tx.put_member(&member(MEMBER)).unwrap();
    tx.put_member(&member(OTHER)).unwrap();
    tx.put_scope(&scope(1, None)).unwrap();
}

/// Seqs rise by one, runs know where they end, and the directory remembers.
pub(crate) fn sequence_and_directory(tx: &mut dyn People) {
    assert_eq!(
        (tx.next_seq().unwrap(), tx.next_seq().unwrap(), tx.last_seq().unwrap()),
        (1, 2, 2)
    );
    assert!(matches!(tx.current_run(), Err(StoreError::NoOrg)));
    assert_eq!(
        tx.begin_run(RunId::from_bytes([8; 16]), 9).unwrap(),
        tx.current_run().unwrap()
    );
    tx.set_directory_seq(2).unwrap();
    let org = tx.org().unwrap();
    assert_eq!(
        (org.name.as_str(), org.seq, org.directory_seq, org.created_at_ms),
        ("公司", 2, 2, 7)
    );
    let mut changed = Member {
        role: Role::Rep,
        active: false,
        seq: 9,
        ..member(MEMBER)
    };
    tx.put_member(&changed).unwrap();
    assert_eq!(tx.member(MEMBER).unwrap(), Some(changed.clone()));
    assert_eq!(tx.members(None, 10).unwrap(), [changed.clone(), member(OTHER)]);
    assert_eq!(tx.members(None, 1).unwrap(), [changed.clone()]);
    assert_eq!(tx.members(Some(MEMBER), 10).unwrap(), [member(OTHER)]);
    assert_eq!(tx.members(Some(OTHER), 10).unwrap(), []);
    let team = Team {
        id: TeamId::from_bytes([6; 16]),
        parent: None,
        name: "North".into(),
        seq: 1,
    };
    tx.put_team(&team).unwrap();
    let below = Team {
        id: TeamId::from_bytes([7; 16]),
        parent: Some(team.id),
        ..team.clone()
    };
    tx.put_team(&below).unwrap();
    assert_eq!(tx.teams(None, 10).unwrap(), [team, below.clone()]);
    assert_eq!(tx.team(below.id).unwrap(), Some(below.clone()));
    changed.team = Some(below.id);
    tx.put_member(&changed).unwrap();
    assert_eq!(tx.member(MEMBER).unwrap().and_then(|found| found.team), Some(below.id));
}

/// The tree is walked both ways, and permissions reach what they say: 1 over 10 over 11; 12 beside 10.
pub(crate) fn tree(tx: &mut dyn People) {
    let node = |n: u8| ScopeId::from_bytes([n; 16]);
    for (n, parent) in [(10, ROOT), (11, node(10)), (12, ROOT)] {
        tx.put_scope(&scope(n, Some(parent))).unwrap();
    }
    assert_eq!(tx.subtree(ROOT).unwrap(), [ROOT, node(10), node(12), node(11)]);
    assert_eq!(tx.ancestors(node(11)).unwrap(), [node(11), node(10), ROOT]);
    assert_eq!(tx.subtree(node(99)).unwrap(), []);
    assert_eq!(
        tx.scopes(Some(ScopeKind::Record), Some(node(10)), 1).unwrap(),
        [scope(11, Some(node(10)))]
    );
    let give = |member, node, reach, access| Permission {
        member,
        node,
        reach,
        origin: Origin::Standard,
        access,
    };
    let all = give(MEMBER, node(10), Reach::Subtree, Access::Read);
    tx.put_permission(&all).unwrap();
    tx.put_permission(&give(MEMBER, node(11), Reach::Node, Access::Write))
        .unwrap();
    tx.put_permission(&give(OTHER, node(10), Reach::Node, Access::Manage))
        .unwrap();
    assert_eq!(tx.effective(ROOT).unwrap(), []);
    assert_eq!(
        tx.effective(node(10)).unwrap(),
        [(MEMBER, Access::Read), (OTHER, Access::Manage)]
    );
    assert_eq!(
        tx.effective(node(11)).unwrap(),
        [(MEMBER, Access::Write)],
        "a node's grant does not reach below"
    );
    tx.put_permission(&Permission {
        access: Access::Manage,
        ..all
    })
    .unwrap();
    assert_eq!(
        tx.effective(node(11)).unwrap(),
        [(MEMBER, Access::Manage)],
        "the greatest counts"
    );
    let assigned = Permission {
        origin: Origin::Assigned,
        ..all
    };
    tx.put_permission(&assigned).unwrap();
    tx.remove_permission(&all).unwrap();
    assert_eq!(
        tx.permissions_of(MEMBER).unwrap(),
        [assigned, give(MEMBER, node(11), Reach::Node, Access::Write)]
    );
    assert_eq!(tx.permissions_on(node(10)).unwrap().len(), 2);
}

/// Access rows come by seq, tenures keep every span.
pub(crate) fn access(tx: &mut dyn People) {
    let row = |scope, seq, state| AccessRow {
        member: MEMBER,
        scope,
        seq,
        state,
        access: Access::Write,
        in_since_seq: 1,
        write_until_seq: None,
        write_until_ms: None,
    };
    let ten = scope(10, Some(ROOT));
    tx.put_scope(&ten).unwrap();
    let (first, second) = (row(ROOT, 5, AccessState::In), row(ten.id, 3, AccessState::In));
    tx.put_access(&first).unwrap();
    tx.put_access(&second).unwrap();
    assert_eq!(tx.access_after(MEMBER, 0, 10).unwrap(), [second, first]);
    assert_eq!(tx.access_after(MEMBER, 0, 1).unwrap(), [second]);
    assert_eq!(tx.access_after(MEMBER, 3, 10).unwrap(), [first]);
    assert_eq!(tx.scopes_after(MEMBER, 1, 10).unwrap(), [ten]);
    let lost = AccessRow {
        write_until_seq: Some(8),
        write_until_ms: Some(80),
        ..row(ROOT, 8, AccessState::Out)
    };
    tx.put_access(&lost).unwrap();
    assert_eq!(tx.access(MEMBER, ROOT).unwrap(), Some(lost));
    assert_eq!(tx.readable(MEMBER).unwrap(), [second]);
    assert_eq!(tx.access_on(ROOT).unwrap(), [lost]);
    assert_eq!(tx.access(OTHER, ROOT).unwrap(), None);

    tx.open_tenure(MEMBER, ROOT, 2).unwrap();
    tx.open_tenure(MEMBER, ROOT, 3).unwrap();
    tx.close_tenure(MEMBER, ROOT, 5, 50).unwrap();
    tx.close_tenure(MEMBER, ROOT, 6, 60).unwrap();
    tx.open_tenure(MEMBER, ROOT, 9).unwrap();
    let spans = [
        Tenure {
            from_seq: 2,
            until_seq: Some(5),
            until_ms: Some(50),
        },
        Tenure {
            from_seq: 9,
            until_seq: None,
            until_ms: None,
        },
    ];
    assert_eq!(tx.tenures(MEMBER, ROOT).unwrap(), spans);
}

/// Secrets are found by their hashes; what expired is forgotten; a revoked device's tokens are gone.
pub(crate) fn enrolment(tx: &mut dyn People) {
    let mut device = Device {
        id: DeviceId::from_bytes([5; 16]),
        member: MEMBER,
        name: "手机".into(),
        platform: "android".into(),
        public_key: [6; 32],
        created_at_ms: 1,
        last_seen_at_ms: None,
        revoked_at_ms: None,
    };
    tx.put_device(&device).unwrap();
    let twin = Device {
        id: DeviceId::from_bytes([6; 16]),
        ..device.clone()
    };
    assert!(tx.put_device(&twin).is_err(), "two devices with one key");
    device.revoked_at_ms = Some(9);
    tx.put_device(&device).unwrap();
    assert_eq!(tx.device(device.id).unwrap(), Some(device.clone()));
    assert_eq!(tx.device_by_key(&[6; 32]).unwrap(), Some(device.clone()));
    assert_eq!(tx.devices(Some(OTHER), None, 10).unwrap(), []);
    assert_eq!(tx.devices(None, None, 10).unwrap(), [device.clone()]);
    assert_eq!(tx.devices(None, Some(device.id), 10).unwrap(), []);

    let mut invite = Invite {
        id: [1; 16],
        code_hash: [2; 32],
        member: MEMBER,
        created_at_ms: 1,
        expires_at_ms: 10,
        used_at_ms: None,
        device: None,
    };
    tx.put_invite(&invite).unwrap();
    (invite.used_at_ms, invite.device) = (Some(4), Some(device.id));
    tx.put_invite(&invite).unwrap();
    tx.put_invite(&Invite {
        id: [9; 16],
        code_hash: [9; 32],
        used_at_ms: None,
        device: None,
        ..invite.clone()
    })
    .unwrap();
    tx.prune_invites(11).unwrap();
    assert_eq!(tx.invite(&[2; 32]).unwrap(), Some(invite), "a used one is kept");
    assert_eq!(tx.invite(&[9; 32]).unwrap(), None);

    let token = |n: u8, expires_at_ms| Token {
        hash: [n; 32],
        device: device.id,
        revoked: n == 3,
        expires_at_ms,
    };
    for (n, expires) in [(1, 10), (2, 20), (3, 30)] {
        tx.put_token(&token(n, expires)).unwrap();
    }
    tx.prune_tokens(15).unwrap();
    assert_eq!(tx.token(&[1; 32]).unwrap(), None);
    assert_eq!(tx.token(&[3; 32]).unwrap(), Some(token(3, 30)));
    tx.remove_tokens_of(device.id).unwrap();
    assert_eq!(tx.token(&[2; 32]).unwrap(), None);

    let mut key = ApiKey {
        id: [1; 16],
        hash: [7; 32],
        member: MEMBER,
        name: "CRM".into(),
        created_at_ms: 1,
        revoked_at_ms: None,
    };
    tx.put_key(&key).unwrap();
    key.revoked_at_ms = Some(2);
    tx.put_key(&key).unwrap();
    assert_eq!(tx.key_by_hash(&[7; 32]).unwrap(), Some(key.clone()));
    assert_eq!(tx.key(&key.id).unwrap(), Some(key.clone()));
    assert_eq!(tx.keys(None, 10).unwrap(), [key]);
    assert_eq!(tx.keys(Some([1; 16]), 10).unwrap(), []);
}

/// Links and sessions of browsers.
pub(crate) fn browsers(tx: &mut dyn People) {
    let browser = |n: u8, member, expires_at_ms| BrowserSession {
        hash: [n; 32],
        member,
        created_at_ms: 1,
        expires_at_ms,
    };
    let link = |n: u8, expires_at_ms| SignInLink {
        hash: [n; 32],
        member: MEMBER,
        expires_at_ms,
    };
    for (n, expires) in [(1, 10), (2, 20), (3, 30)] {
        tx.put_sign_in_link(&link(n, expires)).unwrap();
        tx.put_browser_session(&browser(n, MEMBER, expires)).unwrap();
    }
    tx.prune_browsers(15).unwrap();
    assert_eq!(tx.take_sign_in_link(&[1; 32]).unwrap(), None, "pruned");
    assert_eq!(tx.browser_session(&[1; 32]).unwrap(), None);
    assert_eq!(tx.take_sign_in_link(&[2; 32]).unwrap(), Some(link(2, 20)));
    assert_eq!(tx.take_sign_in_link(&[2; 32]).unwrap(), None, "taken once");
    tx.remove_browser_session(&[2; 32]).unwrap();
    assert_eq!(tx.browser_session(&[2; 32]).unwrap(), None);
    assert_eq!(tx.browser_session(&[3; 32]).unwrap(), Some(browser(3, MEMBER, 30)));
    assert_eq!(tx.remove_browser_sessions_of(MEMBER).unwrap(), 1);
    assert_eq!(tx.browser_session(&[3; 32]).unwrap(), None);
    assert_eq!(
        tx.take_sign_in_link(&[3; 32]).unwrap(),
        None,
        "links go with the sessions"
    );
}
