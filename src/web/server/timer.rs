//! A clock that is looked at only while something is waited for.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Made when it is first needed, since most waits end before anyone has to look at the clock.
pub(super) type Timer = Option<Pin<Box<Sleep>>>;

/// A clock that was set for an earlier deadline rings once more than it has to, and is set again then: deadlines move with
/// each request, and setting a clock is what costs.
pub(super) fn poll_deadline(
    timer: &mut Timer,
    deadline: Instant,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if timer.deadline() > deadline {
        timer.as_mut().reset(deadline);
    }
    loop {
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() == deadline {
            return Poll::Ready(());
        }
        timer.as_mut().reset(deadline);
    }
}
