//! The one writer: a thread that commits the jobs of many callers together.
//!
//! An fsync costs far more than the work between two of them. Jobs that wait while one commit runs share the next: each
//! runs in a savepoint of its own, so a failing or panicking one takes back only itself, and nobody is answered before
//! the commit that holds his work is durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use tokio::sync::{mpsc, oneshot};

use super::database::Health;
use super::{File, Transaction};
use crate::store::{Sequence, StoreError};

/// At most so many jobs in one commit: a bound on how long the first of them waits for its answer.
const MOST_JOBS: usize = 256;
/// No further job joins a transaction that has run for so long.
const LONGEST: Duration = Duration::from_millis(50);

/// What a job leaves behind: its answer, to be sent once the commit is decided.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A job as the writer sees it: run with the transaction, or with `None` where none could be begun.
pub(super) type Job = Box<dyn FnOnce(Option<&mut Transaction<'_>>) -> Answer + Send>;

/// Wraps a caller's work as a job, and gives the receiver of its result.
pub(super) fn job<T, E>(
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job: Job = Box::new(move |tx| {
        let outcome = tx.map(|tx| {
            catch_unwind(AssertUnwindSafe(|| tx.savepoint(work))).unwrap_or_else(|_| Err(StoreError::Panicked.into()))
        });
        Box::new(move |committed| {
            let answer = match (outcome, committed) {
                // A failed job keeps its own error: nothing of it was in the commit.
                (Some(Err(error)), _) => Err(error),
                (_, Err(error)) => Err(error.into()),
                (Some(Ok(value)), Ok(())) => Ok(value),
                (None, Ok(())) => Err(StoreError::Closed.into()),
            };
            // The caller may have gone away; the work is done all the same.
            drop(sender.send(answer));
        })
    });
    (job, receiver)
}

/// The writer thread's whole life: ends when every sender is gone and the queue is empty.
pub(super) fn run(mut file: File, mut jobs: mpsc::Receiver<Job>, health: &Arc<Health>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut answers = Vec::new();
        let outcome = run_batch(&mut file, first, &mut jobs, &mut answers);
        histogram!("satchel_jobs_per_commit").record(u32::try_from(answers.len()).unwrap_or(u32::MAX));
        let failure = match outcome {
            Ok(seq) => {
                health.committed(seq);
                None
            }
            Err(error) => {
                counter!("satchel_failed_commits_total").increment(1);
                health.failed();
                tracing::error!(%error, jobs = answers.len(), "a commit failed");
                Some(error)
            }
        };
        for answer in answers {
            answer(match &failure {
                None => Ok(()),
                Some(StoreError::Busy) => Err(StoreError::Busy),
                Some(error) => Err(StoreError::NotCommitted(error.to_string())),
            });
        }
    }
    if let Err(error) = file.checkpoint() {
        tracing::warn!(%error, "the write-ahead log could not be emptied");
    }
}

fn run_batch(
    file: &mut File,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Answer>,
) -> Result<Option<u64>, StoreError> {
    let mut tx = match file.transaction() {
        Ok(tx) => tx,
        Err(error) => {
            answers.push(first(None));
            return Err(error);
        }
    };
    let begun = Instant::now();
    let mut next = Some(first);
    while let Some(job) = next.take() {
        answers.push(job(Some(&mut tx)));
        if tx.is_lost() {
            return Err(StoreError::NotCommitted(
                "the engine rolled the transaction back".into(),
            ));
        }
        if answers.len() < MOST_JOBS && begun.elapsed() < LONGEST {
            next = jobs.try_recv().ok();
        }
    }
    let seq = tx.last_seq().ok();
    let committing = Instant::now();
    tx.commit()?;
    histogram!("satchel_commit_seconds").record(committing.elapsed().as_secs_f64());
    counter!("satchel_commits_total").increment(1);
    Ok(seq)
}
