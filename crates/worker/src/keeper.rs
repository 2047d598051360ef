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

/// Runs `work` while the lease is renewed beside it, three times in its length. `renew` answers false when the lease is
/// lost. A database that is away does not end the work: its record is refused if the lease ran out meanwhile.
pub(crate) async fn keep<T>(
    work: impl Future<Output = T>,
    renew: impl Fn() -> BoxFuture<'static, Result<bool, StoreError>>,
    lease: Duration,
    over: CancellationToken,
) -> Kept<T> {
    // Polled side by side: a renewal may have to wait for a transaction of the work itself.
    tokio::select! {
        done = AssertUnwindSafe(work).catch_unwind() => match done {
            Ok(done) => Kept::Done(done),
            Err(panic) => Kept::Panicked(text_of(&*panic)),
        },
        () = renew_until_lost(renew, lease) => Kept::Lost,
        () = over.cancelled() => Kept::Over,
    }
}

async fn renew_until_lost(renew: impl Fn() -> BoxFuture<'static, Result<bool, StoreError>>, lease: Duration) {
    loop {
        tokio::time::sleep(lease / 3).await;
        match renew().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a lease could not be renewed; trying again"),
        }
    }
}

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}
