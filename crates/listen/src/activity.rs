//! What goes on in a connection, and whether it still deserves its place.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use crate::limits::Limits;

/// Shared by a connection's socket, its requests and whoever watches over it.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Requests that a handler works on, which has limits of its own.
    running: usize,
    /// The last byte written, or the last request begun or answered.
    last: Instant,
    /// When the first byte of a head came that is not complete yet.
    head: Option<Instant>,
}

/// Why a connection is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Overdue {
    Silence,
    Head,
}

impl Activity {
    pub(crate) fn begin() -> Self {
        Self(Arc::new(Mutex::new(State { running: 0, last: Instant::now(), head: None })))
    }

    /// A handler works until the returned value is dropped.
    pub(crate) fn request(&self) -> Working {
        let mut state = self.state();
        state.running += 1;
        state.last = Instant::now();
        state.head = None;
        drop(state);
        Working(self.clone())
    }

    /// Returns when a limit is reached.
    pub(crate) async fn overdue(&self, limits: &Limits, counts_heads: bool) -> Overdue {
        loop {
            let (deadline, reason) = self.state().deadline(limits, counts_heads);
            if Instant::now() >= deadline {
                return reason;
            }
            sleep_until(deadline).await;
        }
    }

    fn wrote(&self) {
        self.state().last = Instant::now();
    }

    fn read(&self) {
        let mut state = self.state();
        if state.running == 0 {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When to look again at the latest, and what is wrong if nothing has changed by then.
    fn deadline(&self, limits: &Limits, counts_heads: bool) -> (Instant, Overdue) {
        let last = if self.running > 0 { Instant::now() } else { self.last };
        let silence = last + limits.silence;
        match self.head.filter(|_| counts_heads).map(|begun| begun + limits.head) {
            Some(head) if head < silence => (head, Overdue::Head),
            // A head may begin at any time before that.
            _ if counts_heads => (silence.min(Instant::now() + limits.head), Overdue::Silence),
            _ => (silence, Overdue::Silence),
        }
    }
}

/// A handler at work.
#[derive(Debug)]
pub(crate) struct Working(Activity);

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        state.last = Instant::now();
    }
}

/// A socket that notes what passes through it.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    socket: S,
    activity: Activity,
}

impl<S> Watched<S> {
    pub(crate) fn new(socket: S, activity: Activity) -> Self {
        Self { socket, activity }
    }

    fn note(&self, written: io::Result<usize>) -> Poll<io::Result<usize>> {
        if matches!(written, Ok(1..)) {
            self.activity.wrote();
        }
        Poll::Ready(written)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.activity.read();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(context, bytes));
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(context, slices));
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
