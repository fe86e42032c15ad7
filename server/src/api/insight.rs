//! REST for figures over a team. Computes nothing: says to [`crate::insight`] who asks for what.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use satchel_core::ids::{MemberId, TeamId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Problem;
use super::body::Query;
use super::page::PageQuery;
use super::problem::ProblemBody;
use crate::identity::Session;
use crate::insight::attainment::{self, Attainment};
use crate::insight::book::Asked;
use crate::insight::customer::{self, Customers};
use crate::insight::duplicate::{self, Duplicates};
use crate::insight::forecast::{self, Forecast};
use crate::insight::funnel::{self, Funnel};
use crate::insight::record::{self, Records, Wanted};
use crate::insight::source::Sums;
use crate::insight::team::{self, Team};
use crate::insight::visit::{self, Visits};
use crate::insight::{Book, InsightError, Reach};
use crate::state::AppState;
use crate::store::People;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_attainment))
        .routes(routes!(get_forecast))
        .routes(routes!(get_funnel))
        .routes(routes!(get_team))
        .routes(routes!(list_visits))
        .routes(routes!(get_customers))
        .routes(routes!(list_duplicates))
        .routes(routes!(list_records))
}

impl From<InsightError> for Problem {
    fn from(error: InsightError) -> Self {
        let text = error.to_string();
        match error {
            InsightError::Store(error) => error.into(),
            InsightError::Projection(error) => Self::internal(error),
            InsightError::BadPeriod => Self::new(StatusCode::BAD_REQUEST, "bad-period").detail(text),
            InsightError::NoSuchPeriod => Self::new(StatusCode::NOT_FOUND, "no-such-period").detail(text),
            InsightError::BadCurrency => Self::new(StatusCode::BAD_REQUEST, "bad-currency").detail(text),
            InsightError::NoSuchTeam => Self::new(StatusCode::NOT_FOUND, "no-such-team").detail(text),
            InsightError::NotYours => Self::forbidden().detail(text),
            InsightError::NotCounted => Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-counted").detail(text),
            InsightError::NoSuchFigure => Self::new(StatusCode::BAD_REQUEST, "no-such-figure").detail(text),
            InsightError::BadCursor => Self::new(StatusCode::BAD_REQUEST, "malformed").detail(text),
        }
    }
}

/// Whose figures, of when.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// `2026-03` (a fiscal month), `2026-Q1` (a fiscal quarter), `2026` (a fiscal year), or the code of a listed period;
    /// the month of today where absent.
    period: Option<String>,
    /// A team, with those below it; all that the caller may see where absent. A rep sees himself and names none.
    #[param(value_type = Option<String>, format = Uuid)]
    team: Option<TeamId>,
    /// The currency of amounts (ISO 4217); CNY where absent.
    currency: Option<String>,
}

/// One member's alone.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfMember {
    /// The member.
    #[param(value_type = Option<String>, format = Uuid)]
    member: Option<MemberId>,
}

/// Which records.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Figured {
    /// The figure or the part of it. Of credits: `credits`. Of deals: `closed`, `commit`, `most_likely`, `best_case`,
    /// `pipeline` (each category by itself), `open`, `won`, `lost`, `overdue`, `stale`, and of a stage `entered`,
    /// `inside`, `lost_from`. Of visits: `visits`, `productive`, `verified`, `invalid`, `unverified`, `remote`,
    /// `planned`, `missed`. Further `orders`, `answers`.
    figure: String,
    /// The code of the stage, for `entered`, `inside` and `lost_from`.
    stage: Option<String>,
    /// The code of a reason, for `lost_from`.
    reason: Option<String>,
}

/// Answers a question over one moment of the database.
async fn answer<T: Send + 'static>(
    app: AppState,
    session: Session,
    question: Question,
    work: impl FnOnce(&dyn People, &Sums<'_>, &Book, &Reach, &Asked) -> Result<T, InsightError> + Send + 'static,
) -> Result<Json<T>, Problem> {
    let now_ms = app.clock.now_ms();
    let found = app.database.read::<_, InsightError>(move |tx| {
        let book = Book::read(tx, question.currency.as_deref(), now_ms)?;
        let asked = book.period(question.period.as_deref())?;
        let reach = Reach::of(tx, &session, question.team)?;
        let sums = Sums::read(tx)?;
        work(tx, &sums, &book, &reach, &asked)
    });
    Ok(Json(found.await?))
}

/// How far targets are reached, of a team and of each member, and at which pace.
#[utoipa::path(get, operation_id = "get_attainment", path = "/v1/insight/attainment", tag = "insight", params(Question), responses(
    (status = 200, description = "Attainment", body = Attainment),
    (status = 400, description = "A period or currency that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get_attainment(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
) -> Result<Json<Attainment>, Problem> {
    answer(app, session, question, attainment::answer).await
}

/// What will come: deals by forecast category, what managers expect instead, the weighted pipeline, and months to come.
#[utoipa::path(get, operation_id = "get_forecast", path = "/v1/insight/forecast", tag = "insight", params(Question), responses(
    (status = 200, description = "Forecast", body = Forecast),
    (status = 400, description = "A period or currency that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get_forecast(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
) -> Result<Json<Forecast>, Problem> {
    answer(app, session, question, forecast::answer).await
}

/// Where it leaks: the stages of the deals that were made in the period, bottlenecks, win rates, velocity.
#[utoipa::path(get, operation_id = "get_funnel", path = "/v1/insight/funnel", tag = "insight", params(Question), responses(
    (status = 200, description = "Funnel", body = Funnel),
    (status = 400, description = "A period or currency that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get_funnel(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
) -> Result<Json<Funnel>, Problem> {
    answer(app, session, question, funnel::answer).await
}

/// Who needs me: attainment, pipeline, field work, leaderboard and last contact of each member.
#[utoipa::path(get, operation_id = "get_team_figures", path = "/v1/insight/team", tag = "insight", params(Question), responses(
    (status = 200, description = "Members", body = Team),
    (status = 400, description = "A period or currency that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get_team(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
) -> Result<Json<Team>, Problem> {
    answer(app, session, question, team::answer).await
}

/// Are we in the market: what was done in the field, and visits as points for a map, in pages.
#[utoipa::path(get, operation_id = "list_visit_points", path = "/v1/insight/visits", tag = "insight", params(Question, OfMember, PageQuery), responses(
    (status = 200, description = "Visits", body = Visits),
    (status = 400, description = "A period, currency or cursor that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list_visits(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
    Query(OfMember { member }): Query<OfMember>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Visits>, Problem> {
    let page = (session.member, page.after()?, page.limit()?);
    let work = move |tx: &dyn People, sums: &Sums<'_>, book: &Book, reach: &Reach, asked: &Asked| {
        visit::answer(tx, sums, book, reach, asked, member, page)
    };
    answer(app, session, question, work).await
}

/// Who buys, who stays away, what customers say.
#[utoipa::path(get, operation_id = "get_customer_figures", path = "/v1/insight/customers", tag = "insight", params(Question), responses(
    (status = 200, description = "Customers", body = Customers),
    (status = 400, description = "A period or currency that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn get_customers(
    State(app): State<AppState>,
    session: Session,
    Query(question): Query<Question>,
) -> Result<Json<Customers>, Problem> {
    answer(app, session, question, customer::answer).await
}

/// Which team's.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfTeam {
    /// A team, with those below it; all that the caller may see where absent.
    #[param(value_type = Option<String>, format = Uuid)]
    team: Option<TeamId>,
}

/// Customers that are likely there twice, of those that the caller may read.
#[utoipa::path(get, operation_id = "list_duplicates", path = "/v1/insight/duplicates", tag = "insight", params(OfTeam), responses(
    (status = 200, description = "Pairs", body = Duplicates),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list_duplicates(
    State(app): State<AppState>,
    session: Session,
    Query(OfTeam { team }): Query<OfTeam>,
) -> Result<Json<Duplicates>, Problem> {
    let found = app.database.read::<_, InsightError>(move |tx| {
        let reach = Reach::of(tx, &session, team)?;
        duplicate::answer(tx, &reach, session.member)
    });
    Ok(Json(found.await?))
}

/// The records behind a figure or a part of it, in pages: those that the caller may read.
#[utoipa::path(get, operation_id = "list_figure_records", path = "/v1/insight/records", tag = "insight", params(Figured, Question, OfMember, PageQuery), responses(
    (status = 200, description = "Records", body = Records),
    (status = 400, description = "A figure, period, currency or cursor that is none", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "Not the caller's team", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such team, or no such period in the fiscal calendar", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list_records(
    State(app): State<AppState>,
    session: Session,
    Query(figured): Query<Figured>,
    Query(question): Query<Question>,
    Query(OfMember { member }): Query<OfMember>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Records>, Problem> {
    let wanted = Wanted {
        figure: figured.figure,
        member,
        stage: figured.stage,
        reason: figured.reason,
    };
    let page = (session.member, page.after()?, page.limit()?);
    let now_ms = app.clock.now_ms();
    let found = app.database.read::<_, InsightError>(move |tx| {
        let book = Book::read(tx, question.currency.as_deref(), now_ms)?;
        let asked = book.period(question.period.as_deref())?;
        let reach = Reach::of(tx, &session, question.team)?;
        record::answer(tx, &book, &reach, &asked, &wanted, page)
    });
    Ok(Json(found.await?))
}
