//! What this device's person earned, on the device: a deal that was won makes a credit in his own scope, at once and
//! without a connection; one that is won no longer takes the award back.
//!
//! A device writes credits of its own person only, for it may write no other's scope. What others earn by a split is
//! theirs, or the relay's, to write; all come to the same id and the same award.

use crate::domain::process_template::StageType;
use crate::domain::sales_credit::{Award, SalesCreditField};
use crate::domain::{Deal, DealId, SalesCredit, SalesCreditId, SalesCreditPatch};
use crate::engine::{Engine, Error, Found};
use crate::ids::{DocumentId, MemberId};
use crate::insight::calendar::civil_day;
use crate::projection::Cell;
use crate::schema::Entity;
use crate::store::Test;

/// Makes the credit of this device's person for a deal what the deal says. `None` where it says nothing and there is
/// none. Done again it changes nothing. A deal without splits is its whose move won it.
///
/// # Errors
/// [`Error::NotFound`] where the deal is not here (a credit for it stays as it is), [`Error::NotEnrolled`], and as
/// [`Engine::edit`].
pub fn settle(engine: &Engine, deal: DealId) -> Result<Option<SalesCreditId>, Error> {
    let me = engine.identity()?.ok_or(Error::NotEnrolled)?.member;
    let found = engine.of::<Deal>().get(deal)?.ok_or(Error::NotFound)?;
    Ok(settle_found(engine, me, &found)?.0)
}

/// [`settle`] for every deal on this device that was won, and for every deal of which its person has a credit: after an
/// exchange, which may bring a deal that somebody else closed or opened again. Returns how many credits changed.
///
/// # Errors
/// As [`settle`].
pub fn settle_all(engine: &Engine) -> Result<u64, Error> {
    let me = engine.identity()?.ok_or(Error::NotEnrolled)?.member;
    let deals = engine.of::<Deal>();
    let mut changed = 0;
    let mut query = deals
        .query()
        .filter("stage_type", Test::Eq(Cell::Text(StageType::Won.code().to_owned())));
    loop {
        let page = deals.list(&query)?;
        for found in &page.records {
            let (_, wrote) = settle_found(engine, me, found)?;
            changed += u64::from(wrote);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(changed + take_back(engine, me)?)
}

/// Goes through the credits of a person whose deals are here, and settles those whose deal is no longer what they say.
fn take_back(engine: &Engine, me: MemberId) -> Result<u64, Error> {
    let credits = engine.of::<SalesCredit>();
    let mut query = credits.query().filter("rep", Test::Eq(Cell::Text(me.to_string())));
    // Settling changes a credit's time of change, in whose order a list stands by itself.
    "deal_id".clone_into(&mut query.order.column);
    let mut changed = 0;
    loop {
        let page = credits.list(&query)?;
        for credit in &page.records {
            if let Some(deal) = engine.of::<Deal>().get(credit.record.deal_id)? {
                let award = award(&deal.record, me);
                if award != credit.record.award {
                    write(engine, credit, award)?;
                    changed += 1;
                }
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(changed),
        }
    }
}

/// What a deal awards to a member: on the civil day on which it was closed, in the zone of whoever closed it.
fn award(deal: &Deal, member: MemberId) -> Option<Award> {
    let closing = &deal.deciding_move()?.stamp;
    Award::of(deal, member, closing.by, civil_day(closing.at, &closing.zone))
}

/// The credit for a deal, and whether it had to be written.
fn settle_found(engine: &Engine, me: MemberId, deal: &Found<Deal>) -> Result<(Option<SalesCreditId>, bool), Error> {
    let award = award(&deal.record, me);
    let id = SalesCredit::id_of(deal.id, me);
    match (engine.of::<SalesCredit>().get(id)?, award) {
        (None, None) => Ok((None, false)),
        (Some(credit), award) => {
            let differs = credit.record.award != award;
            if differs {
                write(engine, &credit, award)?;
            }
            Ok((Some(id), differs))
        }
        (None, award @ Some(_)) => {
            let patch = SalesCreditPatch {
                deal_id: Some(deal.id),
                rep: Some(me),
                customer_id: Some(deal.record.customer_id),
                deal_name: Some(deal.record.name.clone()),
                award,
                ..SalesCreditPatch::default()
            };
            engine.create_as(SalesCredit::KIND.name, DocumentId::from(id), &patch.into())?;
            Ok((Some(id), true))
        }
    }
}

fn write(engine: &Engine, credit: &Found<SalesCredit>, award: Option<Award>) -> Result<(), Error> {
    let clear = award.is_none().then_some(SalesCreditField::Award);
    let patch = SalesCreditPatch {
        award,
        clear: clear.into_iter().collect(),
        ..SalesCreditPatch::default()
    };
    engine.of::<SalesCredit>().edit(credit.id, patch, Some(&credit.heads))?;
    Ok(())
}
