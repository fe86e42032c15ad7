//! People as they are kept: the organisation, its teams and members, the tree of scopes, who may what there, and how
//! devices prove whose they are. What the rows mean is decided in [`crate::identity`].

mod access;
mod browser;
mod directory;
mod enrolment;
mod tree;

pub use access::{AccessRow, AccessState, AccessStore, Tenure};
pub use browser::{BrowserSession, Browsers, SignInLink};
pub use directory::{Directory, Member, Org, Team};
pub use enrolment::{ApiKey, Device, Enrolment, Hash, Invite, Token, WipeReceipt};
pub use tree::{Audit, Origin, Permission, Reach, Scope, ScopeKind, Tree};

use super::Sequence;
use super::figure::Figures;

/// Everything about people in one transaction, and where what they wrote counts in figures: that changes with the tree.
pub trait People: Sequence + Directory + Tree + AccessStore + Enrolment + Browsers + Figures {}

impl<T: Sequence + Directory + Tree + AccessStore + Enrolment + Browsers + Figures> People for T {}
