//! Survey response 问卷答复: what a customer answered.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::{choice, entity};

use super::contact::ContactId;
use super::customer::CustomerId;
use super::deal::DealId;
use super::visit::VisitId;
use crate::ids::{DocumentId, MemberId};

/// What a customer answered. It never changes; where a respondent may answer once in a wave, its id is made from survey,
/// respondent and wave, so that an answer that is sent twice is one.
#[entity("survey_response")]
pub struct SurveyResponse {
    /// The customer who answered.
    #[field(required, index)]
    pub customer_id: CustomerId,
    /// Code of the survey.
    #[field(required, index, fixed, max_len = 60)]
    pub survey: String,
    /// The wave of the survey, as in `2026Q1`.
    #[field(index, fixed, max_len = 60)]
    pub wave: Option<String>,
    /// The person who answered.
    #[field(fixed)]
    pub contact_id: Option<ContactId>,
    /// Civil day of the answer.
    #[field(required, index, fixed)]
    pub answered_on: NaiveDate,
    /// How it was asked.
    #[field(fixed)]
    pub channel: Option<SurveyChannel>,
    /// Who asked.
    #[field(index, fixed)]
    pub interviewer: Option<MemberId>,
    /// Whom or what it is about: the member whose customer it was.
    #[field(index, fixed)]
    pub about: Option<MemberId>,
    /// How likely the customer would recommend us 净推荐值, 0 to 10.
    #[field(fixed, min = 0, max = 10)]
    pub nps: Option<i64>,
    /// How satisfied the customer is 满意度, 1 to 5.
    #[field(fixed, min = 1, max = 5)]
    pub csat: Option<i64>,
    /// Further answers, by the code of the question.
    #[field(merge = map, fixed, max_len = 100)]
    pub answers: HashMap<String, String>,
    /// What else was said.
    #[field(fixed, search, max_len = 2000)]
    pub comment: Option<String>,
    /// The visit on which it was asked.
    #[field(fixed)]
    pub visit_id: Option<VisitId>,
    /// The deal that it is about.
    #[field(fixed)]
    pub deal_id: Option<DealId>,
    /// What was done about it.
    #[field(search, max_len = 2000)]
    pub follow_up: Option<String>,
}

/// How a customer was asked.
#[choice]
pub enum SurveyChannel {
    /// On the rep's phone.
    RepDevice,
    /// By a link.
    Link,
    /// By telephone.
    Phone,
}

impl SurveyResponse {
    /// The id of a respondent's answer in a wave, the same on every device. The respondent is the contact, else the
    /// customer.
    #[must_use]
    pub fn id_of(survey: &str, respondent: DocumentId, wave: &str) -> SurveyResponseId {
        SurveyResponseId(DocumentId::derived(
            respondent.as_bytes(),
            &format!("survey_response/{survey}/{wave}"),
        ))
    }
}
