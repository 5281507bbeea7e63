//! A clock that is looked at only while something is waited for.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Made when it is first needed, since most waits end before anyone has to look at the clock.
pub(super) type Timer = Option<Pin<Box<Sleep>>>;

/// Sees to it that the clock rings within this time, and after that again: whoever is woken looks for more.
pub(super) fn keep_ringing(timer: &mut Timer, within: Duration, cx: &mut Context<'_>) {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep(within)));
    while timer.as_mut().poll(cx).is_ready() {
        timer.as_mut().reset(Instant::now() + within);
    }
}

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

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn rings(timer: &mut Timer, deadline: Instant) -> Duration {
        let begun = Instant::now();
        poll_fn(|cx| poll_deadline(timer, deadline, cx)).await;
        begun.elapsed()
    }

    async fn is_quiet(timer: &mut Timer, deadline: Instant) -> bool {
        poll_fn(|cx| Poll::Ready(poll_deadline(timer, deadline, cx).is_pending())).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_rings_at_the_last_deadline_that_it_was_asked_for() {
        let mut timer = None;
        let start = Instant::now();
        assert!(is_quiet(&mut timer, start + SECOND).await);
        // Later, without being set again until it rings too early.
        assert!(is_quiet(&mut timer, start + 3 * SECOND).await);
        assert!(is_quiet(&mut timer, start + 5 * SECOND).await);
        assert_eq!(rings(&mut timer, start + 5 * SECOND).await, 5 * SECOND);
        // It has rung, and rings for each who asks.
        assert_eq!(rings(&mut timer, start + 5 * SECOND).await, Duration::ZERO);
        assert!(is_quiet(&mut timer, start + 9 * SECOND).await);
        // Earlier.
        assert_eq!(rings(&mut timer, start + 7 * SECOND).await, 2 * SECOND);
        assert_eq!(rings(&mut timer, start + SECOND).await, Duration::ZERO);
        assert_eq!(rings(&mut timer, start + 8 * SECOND).await, SECOND);
    }
    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_kept_ringing_wakes_again_and_again() {
        let mut timer = None;
        let start = Instant::now();
        for round in 1..=3 {
            poll_fn(|cx| {
                if start.elapsed() >= round * SECOND {
                    return Poll::Ready(());
                }
                keep_ringing(&mut timer, SECOND, cx);
                Poll::Pending
            })
            .await;
            assert_eq!(start.elapsed(), round * SECOND);
        }
        assert_eq!(rings(&mut timer, start + 5 * SECOND).await, 2 * SECOND);
    }
}
