//! Which scope a record belongs to. One rule, run alike by device and relay; the relay ignores what others claim.

use serde_json::{Map, Value};

use crate::ids::{DocumentId, MemberId, OrgId, ScopeId, TeamId};
use crate::schema::{Kind, ScopeRule};

/// Where a record belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In this scope, for life.
    In(ScopeId),
    /// In the scope of this record, which has not arrived yet.
    Awaits(DocumentId),
}

/// Places a record by the fields with which it was made: its own scope; the organisation; that of the member or team it
/// is about; its author's private scope where the flag was set at its birth; the scope of the record it hangs on; loose, the member scope of its first
/// assignee (the smallest id), else of its author.
pub fn place(
    kind: &Kind,
    id: DocumentId,
    fields: &Map<String, Value>,
    author: MemberId,
    org: OrgId,
    scope_of: impl FnOnce(DocumentId) -> Option<ScopeId>,
) -> Placement {
    match kind.scope {
        ScopeRule::Own => Placement::In(id.into()),
        ScopeRule::Org => Placement::In(org.into()),
        ScopeRule::Holder { member, team } => {
            let named = |field: &str| fields.get(field).and_then(Value::as_str);
            let member = named(member).and_then(|id| id.parse().ok()).map(ScopeId::of_member);
            let team = || {
                team.and_then(named)
                    .and_then(|id| id.parse::<TeamId>().ok())
                    .map(ScopeId::from)
            };
            Placement::In(member.or_else(team).unwrap_or_else(|| org.into()))
        }
        ScopeRule::Parent { loose, private } => {
            if private.and_then(|flag| fields.get(flag)).and_then(Value::as_bool) == Some(true) {
                return Placement::In(ScopeId::private_of(author));
            }
            let parent = kind
                .parent()
                .and_then(|field| fields.get(field.name)?.as_str()?.parse().ok());
            if let Some(parent) = parent {
                return scope_of(parent).map_or(Placement::Awaits(parent), Placement::In);
            }
            let assignees = loose.and_then(|name| fields.get(name)).and_then(Value::as_array);
            let mut members: Vec<MemberId> = assignees
                .into_iter()
                .flatten()
                .filter_map(|member| member.as_str()?.parse().ok())
                .collect();
            members.sort_unstable();
            Placement::In(ScopeId::of_member(members.first().copied().unwrap_or(author)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain;

    fn placed(kind: &str, fields: &Value, parent: Option<ScopeId>) -> Placement {
        let kind = domain::kind(kind).unwrap();
        let author = MemberId::from_bytes([1; 16]);
        place(
            kind,
            DocumentId::from_bytes([9; 16]),
            fields.as_object().unwrap(),
            author,
            OrgId::default(),
            |_| parent,
        )
    }

    #[test]
    fn every_record_has_one_home() {
        let shop = ScopeId::from_bytes([5; 16]);
        let member = MemberId::from_bytes([7; 16]);
        let shop_text = shop.to_string();
        assert_eq!(
            placed("customer", &json!({}), None),
            Placement::In(ScopeId::from_bytes([9; 16]))
        );
        assert_eq!(
            placed("visit", &json!({"customer_id": shop_text}), Some(shop)),
            Placement::In(shop)
        );
        assert_eq!(
            placed("visit", &json!({"customer_id": shop_text}), None),
            Placement::Awaits(shop.into())
        );
        let private = ScopeId::private_of(MemberId::from_bytes([1; 16]));
        assert_eq!(
            placed("note", &json!({"private": true, "parent": shop_text}), Some(shop)),
            Placement::In(private)
        );
        let task = json!({"assignees": [member.to_string()]});
        assert_eq!(placed("task", &task, None), Placement::In(ScopeId::of_member(member)));
        let team = DocumentId::from_bytes([8; 16]);
        let both = json!({"rep": member.to_string(), "team": team.to_string()});
        assert_eq!(
            placed("sales_target", &both, None),
            Placement::In(ScopeId::of_member(member))
        );
        let team_only = json!({"team": team.to_string()});
        assert_eq!(placed("sales_target", &team_only, None), Placement::In(team.into()));
        assert_eq!(
            placed("sales_target", &json!({}), None),
            Placement::In(OrgId::default().into())
        );
        let deal = json!({"rep": member.to_string(), "deal_id": shop_text, "customer_id": shop_text});
        assert_eq!(
            placed("sales_credit", &deal, Some(shop)),
            Placement::In(ScopeId::of_member(member))
        );
        assert_eq!(
            placed("process_template", &json!({}), None),
            Placement::In(OrgId::default().into())
        );
    }
}
