//! Browsers: a link, used once, gives a browser a session of its member. Its rights are the member's, read each time.

use satchel_core::clock::Entropy;
use satchel_core::ids::MemberId;

use super::audit::note;
use super::{Actor, IdentityError, Session, member, secret};
use crate::store::people::{BrowserSession, SignInLink};
use crate::store::{People, StoreError};

/// What a link that does not work is answered with: unknown, used and expired are one.
const REFUSED: IdentityError = IdentityError::Unproven("the link is unknown, used, or has expired");

/// A link as it is shown, once.
#[derive(Debug, Clone)]
pub struct Link {
    /// The address to open. The secret stands behind `#`: browsers do not send that part to anybody, so that it is in no
    /// log, and a program that looks at links before people do uses nothing up.
    pub url: String,
    /// Until when it can be used, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// A session that began just now.
#[derive(Debug, Clone)]
pub struct Begun {
    /// What the browser's cookie will hold.
    pub token: String,
    /// Who is signed in.
    pub member: MemberId,
    /// When it ends, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// Makes a link for a member. The operator may for everybody, and each member for himself: whoever opens it acts as that
/// member, so nobody makes one for another.
///
/// # Errors
/// [`IdentityError`]: not for oneself, no such member, or he has left.
pub fn link(
    tx: &mut dyn People,
    actor: &Actor,
    of: MemberId,
    relay_url: &str,
    lifetime_s: u32,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<Link, IdentityError> {
    if actor.id().is_some_and(|id| id != of) {
        return Err(IdentityError::Forbidden("a link is made for oneself only"));
    }
    if !member::find(tx, of)?.active {
        return Err(IdentityError::Conflict(
            "member-left",
            "the member has left the organisation",
        ));
    }
    tx.prune_browsers(now_ms)?;
    let code = secret::random_text(entropy, "");
    let expires_at_ms = now_ms.saturating_add(i64::from(lifetime_s) * 1000);
    tx.put_sign_in_link(&SignInLink {
        hash: secret::hash(code.as_bytes()),
        member: of,
        expires_at_ms,
    })?;
    note(tx, actor, "make-sign-in-link", *of.as_bytes(), Some(of), now_ms)?;
    Ok(Link {
        url: format!("{}/sign-in#{code}", relay_url.trim_end_matches('/')),
        expires_at_ms,
    })
}

/// Uses a link up and begins a session.
///
/// # Errors
/// [`IdentityError::Unproven`] for a link that is unknown, used or too old, and for a member who has left; which, is not
/// said.
pub fn sign_in(
    tx: &mut dyn People,
    code: &str,
    lifetime_h: u32,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<Begun, IdentityError> {
    let link = tx.take_sign_in_link(&secret::hash(code.as_bytes()))?.ok_or(REFUSED)?;
    let member = tx.member(link.member)?.filter(|member| member.active);
    let member = member.filter(|_| link.expires_at_ms > now_ms).ok_or(REFUSED)?;
    tx.prune_browsers(now_ms)?;
    let token = secret::random_text(entropy, "sw_");
    let expires_at_ms = now_ms.saturating_add(i64::from(lifetime_h) * 3_600_000);
    tx.put_browser_session(&BrowserSession {
        hash: secret::hash(token.as_bytes()),
        member: link.member,
        created_at_ms: now_ms,
        expires_at_ms,
    })?;
    let himself = Actor::Member {
        id: member.id,
        role: member.role,
        team: member.team,
    };
    note(tx, &himself, "sign-in", *member.id.as_bytes(), Some(member.id), now_ms)?;
    Ok(Begun {
        token,
        member: member.id,
        expires_at_ms,
    })
}

/// The session of what a cookie holds; `None` where it is unknown, over, or its member has left.
///
/// # Errors
/// Where the store fails.
pub fn find(tx: &dyn People, token: &str, now_ms: i64) -> Result<Option<Session>, StoreError> {
    let found = tx.browser_session(&secret::hash(token.as_bytes()))?;
    let Some(found) = found.filter(|session| session.expires_at_ms > now_ms) else {
        return Ok(None);
    };
    let Some(member) = tx.member(found.member)?.filter(|member| member.active) else {
        return Ok(None);
    };
    Ok(Some(Session {
        org: tx.org()?.id,
        member: member.id,
        role: member.role,
        team: member.team,
        device: None,
        revoked: false,
        expires_at_ms: Some(found.expires_at_ms),
    }))
}

/// Ends one session. Doing it twice changes nothing.
///
/// # Errors
/// Where the store fails.
pub fn sign_out(tx: &mut dyn People, token: &str) -> Result<(), StoreError> {
    tx.remove_browser_session(&secret::hash(token.as_bytes()))
}

/// Ends every session of a member, and forgets the links that wait for him. Returns how many sessions there were.
///
/// # Errors
/// [`IdentityError`]: no right over the member.
pub fn sign_out_everywhere(
    tx: &mut dyn People,
    actor: &Actor,
    of: MemberId,
    now_ms: i64,
) -> Result<usize, IdentityError> {
    let found = member::find(tx, of)?;
    if actor.id() != Some(of) {
        actor.must_manage_member(tx, &found)?;
    }
    let ended = tx.remove_browser_sessions_of(of)?;
    note(tx, actor, "sign-out", *of.as_bytes(), Some(of), now_ms)?;
    Ok(ended)
}
