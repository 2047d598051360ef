//! Keeps a lease alive while a piece of work goes on, and ends the work when the lease is lost.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use forewarm_store::StoreError;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

/// How a piece of work came to its end.
pub(crate) enum Kept<T> {
    Done(T),
    /// The lease went to somebody else, or a user stopped it: nothing of the work counts.
    Lost,
    /// The process is going away.
    Over,
    /// A bug: the text of the panic.
    Panicked(String),
}

/// Runs `work`, calling `renew` three times per lease. `renew` answers false when the lease is lost; a database that
/// is away is not the end of a lease, only time is.
pub(crate) async fn keep<T>(
    work: impl Future<Output = T>,
    renew: impl Fn() -> BoxFuture<'static, Result<bool, StoreError>>,
    lease: Duration,
    over: CancellationToken,
) -> Kept<T> {
    let mut work = std::pin::pin!(AssertUnwindSafe(work).catch_unwind());
    let mut ticks = tokio::time::interval(lease / 3);
    ticks.tick().await; // the first is immediate
    loop {
        tokio::select! {
            done = &mut work => return match done {
                Ok(done) => Kept::Done(done),
                Err(panic) => Kept::Panicked(text_of(&*panic)),
            },
            () = over.cancelled() => return Kept::Over,
            _ = ticks.tick() => match renew().await {
                Ok(true) => {}
                Ok(false) => return Kept::Lost,
                Err(error) => tracing::warn!(%error, "a lease could not be renewed; trying again"),
            },
        }
    }
}

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
