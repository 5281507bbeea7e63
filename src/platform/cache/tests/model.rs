//! Every course of readers who may go away, loads that may fail, and a writer around one key. `Slot` is the product's own; what is around it is told step by
//! step, as `mod.rs` and `load.rs` do it.

use stateright::{Checker as _, Model, Property};

use crate::platform::cache::flight::Slot;

const READERS: usize = 3;
/// Who may go away. The others stay, so that it is seen if nobody answers them.
const LEAVES: usize = 0;

/// One rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// The generation is read after the database.
    StampAfterReading,
    /// The flight ends before what it brought is remembered.
    EndsBeforeRemembering,
    /// What is remembered is not looked for again before a flight begins.
    NoSecondLook,
    /// What was made void meanwhile is remembered with the newest generation.
    KeepsWhatIsVoid,
    /// Whoever comes joins the running flight, whatever was made void.
    JoinsAnything,
    /// The next flight begins at once.
    TwoAtATime,
    /// A flight that fails takes the next one with it.
    FailureEndsTheNext,
    /// A flight ends with the reader who began it.
    EndsWithItsReader,
    /// What has failed can still be joined.
    FailureStays,
}

/// What the writer makes void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Family,
    Key,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Course {
    /// What the database holds: 0 or, after the change, 1.
    database: u8,
    generation: u64,
    /// A value and the generation it was loaded under.
    memory: Option<(u8, u64)>,
    slot: Option<Slot<usize>>,
    flights: Vec<Flight>,
    readers: [Reader; READERS],
    writer: Writer,
    /// Loads that ran while another did.
    overlaps: bool,
    /// Loads that have failed, or panicked, which is the same.
    failed: usize,
    /// Somebody has joined a load that had ended.
    joins_late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Flight {
    stamp: u64,
    stage: Stage,
    /// Everybody's who waits for it.
    answer: Option<Answer>,
    leader: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Value(u8),
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// Asked for and not begun.
    Queued,
    Begun,
    Read(u8),
    /// With a flaw only: no longer running, not yet remembered.
    Ended(u8, bool),
    Landed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reader {
    NotYet,
    /// It has seen that nothing is remembered; whether it came after the writer's answer.
    Missed {
        is_after: bool,
    },
    Waits {
        flight: usize,
        is_after: bool,
    },
    Done {
        value: u8,
        is_after: bool,
    },
    Failed,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Writer {
    NotYet,
    Committed,
    Answered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Write,
    Ask(usize),
    Join(usize),
    Hear(usize),
    Leave(usize),
    Fly(usize),
    Fail(usize),
}

struct Rules {
    flaw: Flaw,
    means: Means,
}

impl Course {
    fn remembered(&self) -> Option<u8> {
        self.memory
            .filter(|(_, stamp)| *stamp == self.generation)
            .map(|(value, _)| value)
    }

    fn begin(&mut self, flight: usize) {
        self.overlaps |= self
            .flights
            .iter()
            .any(|flight| matches!(flight.stage, Stage::Begun | Stage::Read(_)));
        self.flights[flight].stage = Stage::Begun;
        self.flights[flight].stamp = self.generation;
    }
}

impl Rules {
    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn write(&self, course: &mut Course) {
        match course.writer {
            Writer::NotYet => {
                course.database = 1;
                course.writer = Writer::Committed;
            }
            Writer::Committed => {
                match self.means {
                    Means::Family => course.generation += 1,
                    Means::Key => {
                        if let Some(slot) = &mut course.slot {
                            slot.make_void();
                        }
                        course.memory = None;
                    }
                }
                course.writer = Writer::Answered;
            }
            Writer::Answered => {}
        }
    }

    /// Under the lock: looks once more, then joins or begins.
    fn join(&self, course: &mut Course, reader: usize, is_after: bool) {
        if let (Some(value), false) = (course.remembered(), self.is(Flaw::NoSecondLook)) {
            course.readers[reader] = Reader::Done { value, is_after };
            return;
        }
        let new = course.flights.len();
        let queued = Flight {
            stamp: 0,
            stage: Stage::Queued,
            answer: None,
            leader: reader,
        };
        let flight = match &mut course.slot {
            Some(slot) if self.is(Flaw::JoinsAnything) => *slot.running(),
            Some(slot) => slot.join(course.generation, true, || new),
            None => {
                course.slot = Some(Slot::begin(new, course.generation));
                new
            }
        };
        if flight == new {
            course.flights.push(queued);
            let runs = course
                .slot
                .as_ref()
                .is_some_and(|slot| *slot.running() == new);
            if runs || self.is(Flaw::TwoAtATime) {
                course.begin(new);
            }
        }
        course.joins_late |= course.flights[flight].answer.is_some();
        course.readers[reader] = Reader::Waits { flight, is_after };
    }

    fn leave(&self, course: &mut Course, reader: usize) {
        let Reader::Waits { flight, .. } = course.readers[reader] else {
            return;
        };
        course.readers[reader] = Reader::Gone;
        let its = course.flights[flight];
        let is_running = matches!(its.stage, Stage::Begun | Stage::Read(_));
        if self.is(Flaw::EndsWithItsReader) && its.leader == reader && is_running {
            course.flights[flight].stage = Stage::Landed;
            course.slot = None;
        }
    }

    /// As a flight lands that has brought nothing.
    fn fail(&self, course: &mut Course, number: usize) {
        course.failed += 1;
        course.flights[number].stage = Stage::Landed;
        course.flights[number].answer = Some(Answer::Error);
        if self.is(Flaw::FailureStays) {
            return;
        }
        let Some(slot) = course.slot.take() else {
            return;
        };
        let next = slot.land(course.generation).next;
        if let Some((next, slot)) = next.filter(|_| !self.is(Flaw::FailureEndsTheNext)) {
            course.slot = Some(slot);
            course.begin(next);
        }
    }

    fn fly(&self, course: &mut Course, number: usize) {
        let flight = course.flights[number];
        match flight.stage {
            Stage::Begun => {
                course.flights[number].stage = Stage::Read(course.database);
            }
            Stage::Read(value) => {
                if self.is(Flaw::StampAfterReading) {
                    course.flights[number].stamp = course.generation;
                    course.slot = Some(Slot::begin(number, course.generation));
                }
                self.land(course, number, value);
            }
            Stage::Ended(value, keeps) => {
                if keeps {
                    course.memory = Some((value, flight.stamp));
                }
                course.flights[number].stage = Stage::Landed;
                course.flights[number].answer = Some(Answer::Value(value));
            }
            Stage::Queued | Stage::Landed => {}
        }
    }

    fn land(&self, course: &mut Course, number: usize, value: u8) {
        let Some(slot) = course.slot.take() else {
            course.flights[number].stage = Stage::Landed;
            course.flights[number].answer = Some(Answer::Value(value));
            return;
        };
        let landed = slot.land(course.generation);
        let keeps = landed.keeps || self.is(Flaw::KeepsWhatIsVoid);
        course.flights[number].stage = Stage::Landed;
        if let Some((next, slot)) = landed.next {
            course.slot = Some(slot);
            course.begin(next);
        }
        if self.is(Flaw::EndsBeforeRemembering) {
            course.flights[number].stage = Stage::Ended(value, keeps);
            return;
        }
        if keeps {
            let stamp = if self.is(Flaw::KeepsWhatIsVoid) {
                course.generation
            } else {
                course.flights[number].stamp
            };
            course.memory = Some((value, stamp));
        }
        course.flights[number].answer = Some(Answer::Value(value));
    }
}

impl Model for Rules {
    type State = Course;
    type Action = Step;

    fn init_states(&self) -> Vec<Course> {
        vec![Course {
            database: 0,
            generation: 0,
            memory: None,
            slot: None,
            flights: Vec::new(),
            readers: [Reader::NotYet; READERS],
            writer: Writer::NotYet,
            overlaps: false,
            failed: 0,
            joins_late: false,
        }]
    }

    fn actions(&self, course: &Course, steps: &mut Vec<Step>) {
        if course.writer != Writer::Answered {
            steps.push(Step::Write);
        }
        for (number, reader) in course.readers.iter().enumerate() {
            match reader {
                Reader::NotYet => steps.push(Step::Ask(number)),
                Reader::Missed { .. } => steps.push(Step::Join(number)),
                Reader::Waits { flight, .. } if course.flights[*flight].answer.is_some() => {
                    steps.push(Step::Hear(number));
                }
                Reader::Waits { .. } if number == LEAVES => steps.push(Step::Leave(number)),
                Reader::Waits { .. } | Reader::Done { .. } | Reader::Failed | Reader::Gone => {}
            }
        }
        for (number, flight) in course.flights.iter().enumerate() {
            if matches!(
                flight.stage,
                Stage::Begun | Stage::Read(_) | Stage::Ended(..)
            ) {
                steps.push(Step::Fly(number));
            }
            if flight.stage == Stage::Begun && course.failed == 0 {
                steps.push(Step::Fail(number));
            }
        }
    }

    fn next_state(&self, course: &Course, step: Step) -> Option<Course> {
        let mut course = course.clone();
        match step {
            Step::Write => self.write(&mut course),
            Step::Ask(reader) => {
                let is_after = course.writer == Writer::Answered;
                course.readers[reader] = match course.remembered() {
                    Some(value) => Reader::Done { value, is_after },
                    None => Reader::Missed { is_after },
                };
            }
            Step::Join(reader) => {
                if let Reader::Missed { is_after } = course.readers[reader] {
                    self.join(&mut course, reader, is_after);
                }
            }
            Step::Hear(reader) => {
                if let Reader::Waits { flight, is_after } = course.readers[reader] {
                    course.readers[reader] = match course.flights[flight].answer? {
                        Answer::Value(value) => Reader::Done { value, is_after },
                        Answer::Error => Reader::Failed,
                    };
                }
            }
            Step::Leave(reader) => self.leave(&mut course, reader),
            Step::Fly(flight) => self.fly(&mut course, flight),
            Step::Fail(flight) => self.fail(&mut course, flight),
        }
        Some(course)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "whoever comes after the writer's answer gets the new value",
                |_, course: &Course| {
                    course.readers.iter().all(|reader| {
                        !matches!(
                            reader,
                            Reader::Done {
                                value: 0,
                                is_after: true
                            }
                        )
                    })
                },
            ),
            Property::always("one load at a time", |_, course: &Course| !course.overlaps),
            Property::always(
                "one load before the change and one after it are enough",
                |_, course: &Course| {
                    let loads = course.flights.len() - course.failed;
                    let before = loads <= 1 || course.writer != Writer::NotYet;
                    before && loads <= 2
                },
            ),
            Property::always(
                "nobody joins a load that has ended",
                |_, course: &Course| !course.joins_late,
            ),
            Property::eventually("everybody who stays is answered", |_, course: &Course| {
                course.readers.iter().all(|reader| {
                    matches!(reader, Reader::Done { .. } | Reader::Failed | Reader::Gone)
                })
            }),
            Property::sometimes(
                "a load is spoiled and its successor kept",
                |_, course: &Course| course.flights.len() == 2 && course.remembered() == Some(1),
            ),
            Property::sometimes(
                "a load is spoiled by a failure and another one kept",
                |_, course: &Course| course.failed == 1 && course.remembered().is_some(),
            ),
        ]
    }
}

fn states(flaw: Flaw, means: Means) -> Result<usize, String> {
    let checker = Rules { flaw, means }.checker().spawn_bfs().join();
    let discoveries = checker.discoveries();
    let wrong = discoveries
        .keys()
        .find(|name| !name.starts_with("a load is spoiled"));
    if let Some(wrong) = wrong {
        return Err((*wrong).to_owned());
    }
    assert!(!discoveries.is_empty(), "it never came to a second load");
    Ok(checker.unique_state_count())
}

#[test]
fn no_course_of_readers_loads_and_a_writer_breaks_a_promise() {
    for means in [Means::Family, Means::Key] {
        let states = states(Flaw::None, means).unwrap();
        assert!(states > 500, "{states}");
    }
}

#[test]
fn the_model_finds_each_rule_that_is_broken_on_purpose() {
    for flaw in [
        Flaw::StampAfterReading,
        Flaw::EndsBeforeRemembering,
        Flaw::NoSecondLook,
        Flaw::KeepsWhatIsVoid,
        Flaw::JoinsAnything,
        Flaw::TwoAtATime,
        Flaw::FailureEndsTheNext,
        Flaw::EndsWithItsReader,
        Flaw::FailureStays,
    ] {
        let is_found = [Means::Family, Means::Key].map(|means| states(flaw, means).is_err());
        assert!(is_found.contains(&true), "{flaw:?}");
    }
}
