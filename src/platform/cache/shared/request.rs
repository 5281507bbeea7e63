//! What the caches and a request tell each other while it is answered.

use std::{cell::Cell, future::Future, time::Duration};

tokio::task_local! {
    static NOTES: Notes;
}

#[derive(Default)]
struct Notes {
    bypass: bool,
    told: Cell<Told>,
}

/// What a request's writes told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// A change was made that other instances may not have heard of.
    pub is_unsure: bool,
    /// What the writes waited for other instances.
    pub waited: Duration,
}

/// Answers a request; with `bypass` nothing that was remembered before is used for it.
pub async fn scope<T>(bypass: bool, answer: impl Future<Output = T>) -> (T, Told) {
    let notes = Notes {
        bypass,
        told: Cell::default(),
    };
    let noted = async {
        let answer = answer.await;
        (answer, NOTES.with(|notes| notes.told.get()))
    };
    NOTES.scope(notes, noted).await
}

/// Whether this request goes around all caches.
#[must_use]
pub fn is_bypassed() -> bool {
    NOTES.try_with(|notes| notes.bypass).unwrap_or(false)
}

pub(super) fn note(is_unsure: bool, waited: Duration) {
    // Outside of a request nobody asks.
    let _ = NOTES.try_with(|notes| {
        let told = notes.told.get();
        notes.told.set(Told {
            is_unsure: told.is_unsure || is_unsure,
            waited: told.waited + waited,
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn notes_are_one_request_s_alone() {
        assert!(!is_bypassed());
        note(true, Duration::ZERO);
        let first = scope(true, async {
            assert!(is_bypassed());
            note(true, Duration::from_millis(2));
            note(false, Duration::from_millis(3));
        });
        let second = scope(false, async { is_bypassed() });
        let (((), first), (bypassed, second)) = tokio::join!(first, second);
        assert_eq!(
            first,
            Told {
                is_unsure: true,
                waited: Duration::from_millis(5)
            }
        );
        assert!(!bypassed);
        assert_eq!(second, Told::default());
    }
}
