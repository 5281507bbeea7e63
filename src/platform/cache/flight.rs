//! One load of a key at a time: who joins it, who waits for the next one, and whether what it brought may be kept.
//!
//! The rules are a machine without clocks, tasks or locks, so that a model can try every course of them.

/// What goes on with one key. It is held under a lock, and only ever for a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot<P> {
    running: Running<P>,
    /// Begins when the running one has ended: it was asked for by somebody who may not have what that one brings.
    next: Option<P>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Running<P> {
    flight: P,
    /// The family's generation before the flight began.
    stamp: u64,
    /// The key itself was made void since.
    is_void: bool,
}

/// What a flight leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed<P> {
    /// What it brought is still true.
    pub keeps: bool,
    /// The next one, which has begun, and what is known of the key from then on.
    pub next: Option<(P, Slot<P>)>,
}

impl<P: Clone> Slot<P> {
    /// A flight that begins now, when the family's generation is `stamp`.
    pub fn begin(flight: P, stamp: u64) -> Self {
        Self {
            running: Running {
                flight,
                stamp,
                is_void: false,
            },
            next: None,
        }
    }

    pub fn running(&self) -> &P {
        &self.running.flight
    }

    /// The flight whose result a caller gets who has seen the generation `stamp`: the running one if it began after all
    /// that was made void, and if the caller trusts it; else the next, which is `new` if nobody has asked for it yet.
    pub fn join(&mut self, stamp: u64, trusts: bool, new: impl FnOnce() -> P) -> P {
        let running = &self.running;
        if trusts && running.stamp == stamp && !running.is_void {
            return running.flight.clone();
        }
        self.next.get_or_insert_with(new).clone()
    }

    /// The key was made void: nobody joins the running flight any more, and what it brings is not kept.
    pub fn make_void(&mut self) {
        self.running.is_void = true;
    }

    /// The running flight has brought something, or failed; `stamp` is the generation as it is now.
    pub fn land(self, stamp: u64) -> Landed<P> {
        Landed {
            keeps: self.running.stamp == stamp && !self.running.is_void,
            next: self
                .next
                .map(|flight| (flight.clone(), Self::begin(flight, stamp))),
        }
    }
}
