//! The rules by which instances hear of a change, as a model of which every course is tried: a change, two instances, Redis,
//! and whatever is late.

use stateright::{Checker as _, Model, Property};

/// A lease, and what a writer waits: longer, as in the product. Times are what is left or has passed, cut to these.
const LEASE: u8 = 2;
const WAIT: u8 = 3;

/// One rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// The lease runs from when the line's end was heard, not from when it was asked for.
    LeaseFromAnswer,
    /// An instance prolongs its lease without having applied what it was told.
    LeaseBeforeApplying,
    /// It acknowledges what it has read and not yet applied.
    AckBeforeApplying,
    /// A late value is stored whatever has happened meanwhile.
    StoreWithoutComparing,
    /// A late value is remembered whatever has happened meanwhile.
    RememberWithoutComparing,
    /// The writer forgets before Redis has the message, not after.
    ForgetsTooEarly,
    /// The writer waits for nobody.
    NoWait,
    /// It waits no longer than a lease, as if all clocks had begun when it did.
    ShortWait,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Course {
    /// Whether the change is committed, and the database holds the new value.
    is_changed: bool,
    writing: Writing,
    redis: Redis,
    /// What the writer's own instance remembers: a change of its own it hears of at once.
    near: Memory,
    far: Memory,
    /// How the other instance follows the line.
    follower: Follower,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Writing {
    NotYet,
    Committed,
    /// Redis has the message; the writer's own instance has not forgotten yet.
    Told(Wait),
    Waiting(Wait),
    Answered {
        is_early: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Wait {
    left: u8,
    /// Whether anybody else was on the line.
    is_for_another: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Redis {
    is_told: bool,
    /// A value, and whether its generation is the one after the change; true is the new value.
    value: Option<(bool, bool)>,
    /// Whether the other instance is on the line.
    is_member: bool,
    is_acked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Follower {
    has_applied: bool,
    lease: u8,
    turn: Turn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Turn {
    #[default]
    None,
    Asked {
        ago: u8,
        has_applied: bool,
    },
    Answered {
        ago: u8,
        is_told: bool,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Memory {
    value: Option<bool>,
    load: Load,
}

/// `is_current`: nothing was forgotten since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Load {
    #[default]
    None,
    /// Before the database was read.
    Taken { is_current: bool, is_told: bool },
    Read {
        is_current: bool,
        is_told: bool,
        value: bool,
    },
    /// To be remembered.
    Found { is_current: bool, value: bool },
}

impl Memory {
    fn forget(&mut self) {
        self.value = None;
        match &mut self.load {
            Load::None => {}
            Load::Taken { is_current, .. }
            | Load::Read { is_current, .. }
            | Load::Found { is_current, .. } => *is_current = false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Near,
    Far,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tick,
    /// Redis needs the room.
    Evict,
    Commit,
    Tell,
    Forget,
    Answer,
    Ask,
    Serve,
    Hear,
    Take(Whose),
    Read(Whose),
    Store(Whose),
    Remember(Whose),
}

struct Line(Flaw);

impl Model for Line {
    type State = Course;
    type Action = Step;

    fn init_states(&self) -> Vec<Course> {
        let old = Memory {
            value: Some(false),
            load: Load::None,
        };
        vec![Course {
            is_changed: false,
            writing: Writing::NotYet,
            redis: Redis {
                is_told: false,
                value: Some((false, false)),
                is_member: true,
                is_acked: false,
            },
            near: old,
            far: old,
            follower: Follower {
                lease: LEASE,
                ..Follower::default()
            },
        }]
    }

    fn actions(&self, _: &Course, steps: &mut Vec<Step>) {
        steps.extend([
            Step::Tick,
            Step::Evict,
            Step::Commit,
            Step::Tell,
            Step::Forget,
        ]);
        steps.extend([Step::Answer, Step::Ask, Step::Serve, Step::Hear]);
        for whose in [Whose::Near, Whose::Far] {
            steps.extend([Step::Take(whose), Step::Read(whose)]);
            steps.extend([Step::Store(whose), Step::Remember(whose)]);
        }
    }

    fn next_state(&self, last: &Course, step: Step) -> Option<Course> {
        let mut next = last.clone();
        let is_done = match step {
            Step::Tick => next.tick(),
            Step::Evict => next.redis.value.take().is_some(),
            Step::Commit | Step::Tell | Step::Forget | Step::Answer => self.write(&mut next, step),
            Step::Ask | Step::Serve | Step::Hear => self.turn(&mut next, step),
            Step::Take(whose) | Step::Read(whose) | Step::Store(whose) | Step::Remember(whose) => {
                self.load(&mut next, step, whose)
            }
        };
        is_done.then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(PROMISE, |_, course: &Course| {
                !matches!(course.writing, Writing::Answered { .. }) || !course.is_stale()
            }),
            Property::sometimes("an early answer", |_, course: &Course| {
                course.writing == Writing::Answered { is_early: true }
            }),
            Property::sometimes("a late answer", |_, course: &Course| {
                course.writing == Writing::Answered { is_early: false }
            }),
            Property::sometimes("both remember the new value", |_, course: &Course| {
                course.near.value == Some(true)
                    && course.far.value == Some(true)
                    && course.follower.lease > 0
            }),
        ]
    }
}

const PROMISE: &str = "nobody reads the old value after the answer";

impl Course {
    /// Whether a read that begins now may be given the old value.
    fn is_stale(&self) -> bool {
        let is_old = |memory: &Memory| memory.value == Some(false);
        is_old(&self.near)
            || (is_old(&self.far) && self.follower.lease > 0)
            || self.redis.value == Some((self.redis.is_told, false))
    }

    fn tick(&mut self) -> bool {
        self.follower.lease = self.follower.lease.saturating_sub(1);
        if let Turn::Asked { ago, .. } | Turn::Answered { ago, .. } = &mut self.follower.turn {
            *ago = LEASE.min(*ago + 1);
        }
        if let Writing::Told(wait) | Writing::Waiting(wait) = &mut self.writing {
            wait.left = wait.left.saturating_sub(1);
        }
        true
    }
}

impl Line {
    fn has(&self, flaw: Flaw) -> bool {
        self.0 == flaw
    }

    fn write(&self, next: &mut Course, step: Step) -> bool {
        match (step, next.writing) {
            (Step::Commit, Writing::NotYet) => {
                next.is_changed = true;
                next.writing = Writing::Committed;
                if self.has(Flaw::ForgetsTooEarly) {
                    next.near.forget();
                }
            }
            (Step::Tell, Writing::Committed) => {
                next.redis.is_told = true;
                let is_short = self.has(Flaw::ShortWait);
                next.writing = Writing::Told(Wait {
                    left: if is_short { LEASE - 1 } else { WAIT },
                    is_for_another: next.redis.is_member && !self.has(Flaw::NoWait),
                });
            }
            (Step::Forget, Writing::Told(wait)) => {
                if !self.has(Flaw::ForgetsTooEarly) {
                    next.near.forget();
                }
                next.writing = Writing::Waiting(wait);
            }
            (Step::Answer, Writing::Waiting(wait)) => {
                let is_early = !wait.is_for_another || next.redis.is_acked;
                if !is_early {
                    if wait.left > 0 {
                        return false;
                    }
                    next.redis.is_member = false;
                }
                next.writing = Writing::Answered { is_early };
            }
            _ => return false,
        }
        true
    }

    fn turn(&self, next: &mut Course, step: Step) -> bool {
        let (redis, follower) = (&mut next.redis, &mut next.follower);
        match (step, follower.turn) {
            (Step::Ask, Turn::None) => {
                let has_applied = follower.has_applied;
                follower.turn = Turn::Asked {
                    ago: 0,
                    has_applied,
                };
            }
            (Step::Serve, Turn::Asked { ago, has_applied }) => {
                redis.is_member = true;
                redis.is_acked |=
                    has_applied || (redis.is_told && self.has(Flaw::AckBeforeApplying));
                let is_told = redis.is_told;
                follower.turn = Turn::Answered { ago, is_told };
            }
            (Step::Hear, Turn::Answered { ago, is_told }) => {
                if is_told && !follower.has_applied && !self.has(Flaw::LeaseBeforeApplying) {
                    next.far.forget();
                    follower.has_applied = true;
                }
                let from = if self.has(Flaw::LeaseFromAnswer) {
                    0
                } else {
                    ago
                };
                follower.lease = follower.lease.max(LEASE.saturating_sub(from));
                follower.turn = Turn::None;
            }
            _ => return false,
        }
        true
    }

    fn load(&self, next: &mut Course, step: Step, whose: Whose) -> bool {
        let redis = &mut next.redis;
        let memory = match whose {
            Whose::Near => &mut next.near,
            Whose::Far => &mut next.far,
        };
        match (step, memory.load) {
            (Step::Take(_), Load::None) => {
                let (is_current, is_told) = (true, redis.is_told);
                memory.load = match redis.value {
                    Some((of, value)) if of == is_told => Load::Found { is_current, value },
                    _ => Load::Taken {
                        is_current,
                        is_told,
                    },
                };
            }
            (
                Step::Read(_),
                Load::Taken {
                    is_current,
                    is_told,
                },
            ) => {
                let value = next.is_changed;
                memory.load = Load::Read {
                    is_current,
                    is_told,
                    value,
                };
            }
            (
                Step::Store(_),
                Load::Read {
                    is_current,
                    is_told,
                    value,
                },
            ) => {
                if redis.is_told == is_told || self.has(Flaw::StoreWithoutComparing) {
                    redis.value = Some((redis.is_told, value));
                }
                memory.load = Load::Found { is_current, value };
            }
            (Step::Remember(_), Load::Found { is_current, value }) => {
                if is_current || self.has(Flaw::RememberWithoutComparing) {
                    memory.value = Some(value);
                }
                memory.load = Load::None;
            }
            _ => return false,
        }
        true
    }
}

#[test]
fn no_course_lets_anybody_read_the_old_value_after_the_writer_was_answered() {
    let checker = Line(Flaw::None).checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000);
}

#[test]
fn each_rule_is_needed() {
    for flaw in [
        Flaw::LeaseFromAnswer,
        Flaw::LeaseBeforeApplying,
        Flaw::AckBeforeApplying,
        Flaw::StoreWithoutComparing,
        Flaw::RememberWithoutComparing,
        Flaw::ForgetsTooEarly,
        Flaw::NoWait,
        Flaw::ShortWait,
    ] {
        let checker = Line(flaw).checker().spawn_bfs().join();
        let found = checker.discovery(PROMISE);
        assert!(found.is_some(), "{flaw:?}");
    }
}

// ---- older copies of Redis

const INSTANCES: usize = 2;
/// Changes, restorations and losses that a course has at most.
const EVENTS: u8 = 5;
const NUMBERS: u8 = 4;

/// An epoch: its number, and who began it, which is what its random part tells.
type Epoch = (u8, u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EpochFlaw {
    None,
    /// Any other epoch counts as a later one.
    AnyOther,
}

/// A value in Redis, with the epoch that it belongs to; true is what the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Copied {
    epoch: Epoch,
    number: u8,
    value: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lineage {
    now: Copied,
    saved: Option<Copied>,
    /// What each instance knows of.
    known: [(Epoch, u8); INSTANCES],
    /// Which of them follow the line since the last restoration: only they read values.
    follows: [bool; INSTANCES],
    events: u8,
    begun: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Save,
    Restore,
    /// Empty, as when it was evicted.
    Lose,
    Turn(usize),
    Change(usize),
    Keep(usize),
}

struct Epochs(EpochFlaw);

impl Epochs {
    fn is_older(&self, redis: Copied, known: (Epoch, u8)) -> bool {
        let ((number, _), (mine, _)) = (redis.epoch, known.0);
        if redis.epoch == known.0 {
            return redis.number < known.1;
        }
        match self.0 {
            EpochFlaw::None => number <= mine,
            EpochFlaw::AnyOther => false,
        }
    }

    /// What an instance does that has to do with Redis: it begins anew, or goes on.
    fn meet(&self, course: &mut Lineage, who: usize) {
        if self.is_older(course.now, course.known[who]) {
            course.begun += 1;
            let epoch = (course.known[who].0.0 + 1, course.begun);
            course.now = Copied {
                epoch,
                number: 0,
                value: None,
            };
        }
    }
}

impl Model for Epochs {
    type State = Lineage;
    type Action = Event;

    fn init_states(&self) -> Vec<Lineage> {
        let epoch = (1, 0);
        vec![Lineage {
            now: Copied {
                epoch,
                number: 0,
                value: Some(true),
            },
            saved: None,
            known: [(epoch, 0); INSTANCES],
            follows: [true; INSTANCES],
            events: 0,
            begun: 0,
        }]
    }

    fn actions(&self, _: &Lineage, events: &mut Vec<Event>) {
        events.extend([Event::Save, Event::Restore, Event::Lose]);
        for who in 0..INSTANCES {
            events.extend([Event::Turn(who), Event::Change(who), Event::Keep(who)]);
        }
    }

    fn next_state(&self, last: &Lineage, event: Event) -> Option<Lineage> {
        let mut next = last.clone();
        let is_rare = matches!(
            event,
            Event::Save | Event::Restore | Event::Lose | Event::Change(_)
        );
        next.events += u8::from(is_rare);
        if next.events > EVENTS {
            return None;
        }
        match event {
            Event::Save => next.saved = Some(next.now),
            Event::Restore => {
                next.now = next.saved?;
                next.follows = [false; INSTANCES];
            }
            Event::Lose => {
                // The next one who comes begins anew, whatever it knows.
                next.now = Copied {
                    epoch: (0, 0),
                    number: 0,
                    value: None,
                };
                next.follows = [false; INSTANCES];
            }
            Event::Turn(who) => {
                self.meet(&mut next, who);
                next.known[who] = (next.now.epoch, next.now.number);
                next.follows[who] = true;
            }
            Event::Change(who) => {
                if last.now.number >= NUMBERS {
                    return None;
                }
                self.meet(&mut next, who);
                next.now.number += 1;
                next.now.value = None;
                if let Some(saved) = &mut next.saved {
                    saved.value = saved.value.map(|_| false);
                }
                // Whoever follows hears of it.
                for (known, follows) in next.known.iter_mut().zip(next.follows) {
                    if follows && known.0 == next.now.epoch {
                        known.1 = next.now.number;
                    }
                }
                // So does whoever has told, if there is no later epoch.
                if next.known[who].0.0 < next.now.epoch.0 || next.known[who].0 == next.now.epoch {
                    next.known[who] = (next.now.epoch, next.now.number);
                }
            }
            Event::Keep(who) => {
                if !last.follows[who] || last.now.epoch != last.known[who].0 {
                    return None;
                }
                next.now.value = Some(true);
            }
        }
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(OLD_COPY, |_, course: &Lineage| {
                // One that knew of the change, and follows what is there now.
                let reads = (0..INSTANCES).any(|who| {
                    course.follows[who]
                        && course.known[who] == (course.now.epoch, course.now.number)
                });
                let knew = course.follows.iter().all(|follows| *follows);
                !(reads && knew && course.now.value == Some(false))
            }),
            Property::sometimes("a second epoch", |_, course: &Lineage| course.begun > 1),
        ]
    }
}

const OLD_COPY: &str = "nobody reads a value of an older copy once all are back";

#[test]
fn no_course_of_restorations_gives_back_an_old_value() {
    let checker = Epochs(EpochFlaw::None).checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 1000);
}

#[test]
fn epochs_have_to_be_in_order() {
    let checker = Epochs(EpochFlaw::AnyOther).checker().spawn_bfs().join();
    assert!(checker.discovery(OLD_COPY).is_some());
}
