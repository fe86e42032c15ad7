//! A manager may put a rep's comment away and may not rewrite it: the phone says so beforehand, and the relay agrees.

use anyhow::{Result, ensure};
use satchel_core::domain::{Comment, CommentPatch, Customer, CustomerPatch};
use satchel_core::engine::Error;
use satchel_core::policy::Denied;
use satchel_tests::field::Team;

#[test]
fn a_manager_puts_a_comment_away_and_does_not_rewrite_it() -> Result<()> {
    let team = Team::new()?;
    let (ann, manager) = (team.rep("Ann")?, team.manager("Wang Wei")?);
    let made = CustomerPatch {
        name: Some("Corner shop".to_owned()),
        ..CustomerPatch::default()
    };
    let shop = ann.engine.of::<Customer>().create(made)?;
    let comment = ann.engine.of::<Comment>().create(CommentPatch {
        parent: Some(shop.into()),
        body: Some("rude buyer".to_owned()),
        ..CommentPatch::default()
    })?;
    ann.sync()?;
    manager.sync()?;

    let comments = manager.engine.of::<Comment>();
    let rewrite = CommentPatch {
        body: Some("kind buyer".to_owned()),
        ..CommentPatch::default()
    };
    let refused = comments.edit(comment, rewrite, None);
    ensure!(matches!(refused, Err(Error::Denied(Denied::NotAuthor))), "{refused:?}");
    comments.archive(comment, None)?;
    manager.sync()?;
    ann.sync()?;
    ensure!(manager.engine.notices(None, 10)?.is_empty(), "the relay took it");
    ensure!(ann.row(comment)?.archived && ann.row(comment)?.fields["body"] == "rude buyer");
    Ok(())
}
