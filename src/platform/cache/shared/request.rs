//! What the caches and a request tell each other while it is answered.

use std::{cell::Cell, future::Future, time::Duration};

tokio::task_local! {
    static NOTES: Notes;
}

/// What whoever asks has changed a moment ago, on whichever instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    #[default]
    Nothing,
    /// Something that all instances on the line have heard of: only one that goes by looks at the database may be behind.
    Change,
    /// Something that nobody else may have heard of.
    UnsureChange,
}

#[derive(Default)]
struct Notes {
    after: After,
    told: Cell<Told>,
}

/// What a request's writes told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// A change was made that is to be seen on other instances at once.
    pub is_change: bool,
    /// A change was made that other instances may not have heard of.
    pub is_unsure: bool,
    /// What the writes waited for other instances.
    pub waited: Duration,
}

/// Answers a request; nothing is used for it that may be older than what its client has changed.
pub async fn scope<T>(after: After, answer: impl Future<Output = T>) -> (T, Told) {
    let notes = Notes {
        after,
        told: Cell::default(),
    };
    let noted = async {
        let answer = answer.await;
        (answer, NOTES.with(|notes| notes.told.get()))
    };
    NOTES.scope(notes, noted).await
}

/// What this request comes after.
#[must_use]
pub fn after() -> After {
    NOTES.try_with(|notes| notes.after).unwrap_or_default()
}

pub(super) fn note(of: Told) {
    // Outside of a request nobody asks.
    let _ = NOTES.try_with(|notes| {
        let told = notes.told.get();
        notes.told.set(Told {
            is_change: told.is_change || of.is_change,
            is_unsure: told.is_unsure || of.is_unsure,
            waited: told.waited + of.waited,
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn notes_are_one_request_s_alone() {
        let told = |is_unsure: bool, millis| Told {
            is_change: !is_unsure,
            is_unsure,
            waited: Duration::from_millis(millis),
        };
        assert_eq!(after(), After::Nothing);
        note(told(true, 0));
        let first = scope(After::Change, async {
            assert_eq!(after(), After::Change);
            note(told(true, 2));
            note(told(false, 3));
        });
        let second = scope(After::Nothing, async { after() });
        let (((), first), (second_after, second)) = tokio::join!(first, second);
        assert_eq!(
            first,
            Told {
                is_change: true,
                ..told(true, 5)
            }
        );
        assert_eq!(second_after, After::Nothing);
        assert_eq!(second, Told::default());
    }
}
