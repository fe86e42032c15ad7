//! Metrics in Prometheus' text form, on a listener of their own: they are for the operator, not for devices.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds: from a memory-mapped read to a stuck disk.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Jobs in one commit.
const JOBS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Makes this process record, and returns what renders the records.
///
/// # Errors
/// Where buckets are refused, or a recorder is already set.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_jobs_per_commit".into()), JOBS)?
        .install_recorder()?;
    describe_counter!("satchel_commits_total", "Transactions made durable.");
    describe_counter!(
        "satchel_failed_commits_total",
        "Transactions that could not be made durable."
    );
    describe_histogram!("satchel_jobs_per_commit", "Jobs that shared one commit.");
    describe_histogram!(
        "satchel_commit_seconds",
        Unit::Seconds,
        "Time of the commit itself, with its fsync."
    );
    describe_counter!(
        "satchel_requests_total",
        "Requests answered, by method, route and status."
    );
    describe_histogram!(
        "satchel_request_seconds",
        Unit::Seconds,
        "Time to answer a request, by method and route."
    );
    describe_counter!(
        "satchel_refused_sign_ins_total",
        "Enrolments and tokens refused, by reason."
    );
    describe_gauge!("satchel_up", "1 while the relay takes requests, 0 while it shuts down.");
    describe_gauge!(
        "satchel_restore_waits",
        "1 while the relay serves nobody because a restore waits for an admin."
    );
    describe_gauge!(
        "satchel_devices_ahead",
        "Devices that named points which this database never gave, and are not served."
    );
    describe_gauge!(
        "satchel_returned_changes",
        "Changes taken back after the last restore from devices that had not written them."
    );
    Ok(handle)
}

/// The one route of the metrics listener.
pub fn router(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(move || {
            let handle = handle.clone();
            async move {
                handle.run_upkeep();
                ([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render())
            }
        }),
    )
}
