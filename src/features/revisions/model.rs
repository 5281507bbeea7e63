//! What differs between two texts, in words, within a bounded time.

use std::time::{Duration, Instant};

use serde::Serialize;
use similar::{ChangeTag, DiffOp, TextDiff};

/// Comparing stops being exact after so long; what is left is told as taken out and put in.
pub const LONGEST: Duration = Duration::from_millis(300);

/// Lines shown around a change.
const AROUND: usize = 2;

/// A change of more parts than this is easier to read as a whole.
const MOST_PARTS: usize = 200;

/// And after so many of a whole text no change is taken apart any more.
const MOST_OF_ALL: usize = 2000;

/// Texts that share less than this part of their words are told as a whole, too.
const ALIKE: f32 = 0.4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Same,
    Del,
    Ins,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Block {
    /// So many lines that did not change are left out.
    Skipped {
        skipped: usize,
    },
    Text {
        parts: Vec<Part>,
    },
}

/// How many words were put in and taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub added: usize,
    pub removed: usize,
}

impl Tally {
    #[must_use]
    pub fn of(blocks: &[Block]) -> Self {
        let mut tally = Self::default();
        for block in blocks {
            let Block::Text { parts } = block else {
                continue;
            };
            for part in parts {
                let words = words(&part.text);
                match part.kind {
                    Kind::Same => {}
                    Kind::Del => tally.removed += words,
                    Kind::Ins => tally.added += words,
                }
            }
        }
        tally
    }
}

/// As people count them.
#[must_use]
pub fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// What became of a short text.
#[must_use]
pub fn line(old: &str, new: &str, until: Instant) -> Vec<Part> {
    if old == new {
        return part(Kind::Same, old.to_owned()).into_iter().collect();
    }
    within(old, new, until, MOST_PARTS)
}

/// A value that is another one as a whole, also where one of them is empty.
#[must_use]
pub fn whole(old: &str, new: &str) -> Vec<Part> {
    let told = |kind, text: &str| Part {
        kind,
        text: text.to_owned(),
    };
    vec![told(Kind::Del, old), told(Kind::Ins, new)]
}

/// What became of a text of many lines: the changed ones with a few around them.
#[must_use]
pub fn text(old: &str, new: &str, until: Instant) -> Vec<Block> {
    let diff = TextDiff::configure().deadline(until).diff_lines(old, new);
    let all_old = diff.old_len();
    let take = |range: std::ops::Range<usize>| -> String {
        range.filter_map(|at| diff.old_slice(at)).collect()
    };
    let take_new = |range: std::ops::Range<usize>| -> String {
        range.filter_map(|at| diff.new_slice(at)).collect()
    };
    let mut blocks = Vec::new();
    let (mut told, mut left) = (0, MOST_OF_ALL);
    for group in diff.grouped_ops(AROUND) {
        let begin = group.first().map_or(told, |op| op.old_range().start);
        skip(&mut blocks, begin - told);
        let mut parts = Vec::new();
        for op in &group {
            match op {
                DiffOp::Equal { .. } => parts.extend(part(Kind::Same, take(op.old_range()))),
                DiffOp::Delete { .. } => parts.extend(part(Kind::Del, take(op.old_range()))),
                DiffOp::Insert { .. } => parts.extend(part(Kind::Ins, take_new(op.new_range()))),
                DiffOp::Replace { .. } => {
                    let (old, new) = (take(op.old_range()), take_new(op.new_range()));
                    let changed = within(&old, &new, until, left.min(MOST_PARTS));
                    left = left.saturating_sub(changed.len());
                    parts.extend(changed);
                }
            }
            told = op.old_range().end;
        }
        blocks.push(Block::Text { parts });
    }
    if !blocks.is_empty() {
        skip(&mut blocks, all_old - told);
    }
    blocks
}

fn skip(blocks: &mut Vec<Block>, skipped: usize) {
    if skipped > 0 {
        blocks.push(Block::Skipped { skipped });
    }
}

fn part(kind: Kind, text: String) -> Option<Part> {
    (!text.is_empty()).then_some(Part { kind, text })
}

/// What was taken out and put in, word by word.
fn within(old: &str, new: &str, until: Instant, most: usize) -> Vec<Part> {
    let diff = TextDiff::configure()
        .deadline(until)
        .diff_unicode_words(old, new);
    let all = || {
        let mut parts = whole(old, new);
        parts.retain(|part| !part.text.is_empty());
        parts
    };
    if diff.ratio() < ALIKE {
        return all();
    }
    let mut run = Run::default();
    for change in diff.iter_all_changes() {
        run.take(change.tag(), change.value());
    }
    let parts = run.end();
    if parts.len() > most {
        return all();
    }
    parts
}

/// Changes one after the other, as one: what was taken out, then what was put in.
#[derive(Default)]
struct Run {
    parts: Vec<Part>,
    out: String,
    put: String,
    /// White space after a change: it belongs to it if another change follows.
    gap: String,
    same: String,
}

impl Run {
    fn take(&mut self, tag: ChangeTag, text: &str) {
        let is_changing = !self.out.is_empty() || !self.put.is_empty();
        match tag {
            ChangeTag::Equal if is_changing && text.trim().is_empty() && !text.contains('\n') => {
                self.gap.push_str(text);
            }
            ChangeTag::Equal => {
                self.flush();
                self.same.push_str(text);
            }
            ChangeTag::Delete => {
                self.begin();
                self.out.push_str(text);
            }
            ChangeTag::Insert => {
                self.begin();
                self.put.push_str(text);
            }
        }
    }

    fn begin(&mut self) {
        self.parts
            .extend(part(Kind::Same, std::mem::take(&mut self.same)));
        let gap = std::mem::take(&mut self.gap);
        self.out.push_str(&gap);
        self.put.push_str(&gap);
    }

    fn flush(&mut self) {
        if self.out.is_empty() && self.put.is_empty() {
            return;
        }
        self.parts
            .extend(part(Kind::Del, std::mem::take(&mut self.out)));
        self.parts
            .extend(part(Kind::Ins, std::mem::take(&mut self.put)));
        self.same.push_str(&std::mem::take(&mut self.gap));
    }

    fn end(mut self) -> Vec<Part> {
        self.flush();
        self.parts.extend(part(Kind::Same, self.same));
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until() -> Instant {
        Instant::now() + LONGEST
    }

    fn told(parts: &[Part]) -> String {
        let one = |part: &Part| match part.kind {
            Kind::Same => part.text.clone(),
            Kind::Del => format!("[-{}-]", part.text),
            Kind::Ins => format!("[+{}+]", part.text),
        };
        parts.iter().map(one).collect()
    }

    #[test]
    fn words_that_were_taken_out_and_put_in_stand_where_they_were() {
        let parts = line(
            "Her işyeri yılda bir kez tatbikat yapar",
            "Her işyeri yılda iki kere tatbikat yapar",
            until(),
        );
        assert_eq!(
            told(&parts),
            "Her işyeri yılda [-bir kez-][+iki kere+] tatbikat yapar"
        );
        assert_eq!(told(&line("a", "a", until())), "a");
        assert_eq!(told(&line("", "yeni", until())), "[+yeni+]");
        assert_eq!(
            told(&line("bir iki", "üç dört", until())),
            "[-bir iki-][+üç dört+]"
        );
    }

    #[test]
    fn lines_that_did_not_change_are_counted_and_left_out() {
        let lines: Vec<String> = (0..40).map(|at| format!("satır {at}\n")).collect();
        let old: String = lines.concat();
        let new = old.replace("satır 20\n", "satır yirmi\n");
        let blocks = text(&old, &new, until());
        assert_eq!(blocks[0], Block::Skipped { skipped: 18 });
        assert_eq!(blocks[2], Block::Skipped { skipped: 17 });
        let Block::Text { parts } = &blocks[1] else {
            panic!("{blocks:?}")
        };
        assert_eq!(
            told(parts),
            "satır 18\nsatır 19\nsatır [-20-][+yirmi+]\nsatır 21\nsatır 22\n"
        );
        assert!(text(&old, &old, until()).is_empty());
        let tally = Tally {
            added: 1,
            removed: 1,
        };
        assert_eq!(Tally::of(&blocks), tally);
    }

    /// Either text comes back out of what is told.
    #[test]
    fn nothing_is_lost() {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        };
        let words = ["a", "b ", "\n", "ç", " ", "uzun kelime", "\n\n", "."];
        for _ in 0..500 {
            let mut make = || -> String {
                let count = next() % 12;
                (0..count)
                    .map(|_| words[usize::try_from(next() % 8).unwrap()])
                    .collect()
            };
            let (old, new) = (make(), make());
            let parts = line(&old, &new, until());
            let side = |left_out: Kind| -> String {
                let kept = parts.iter().filter(|part| part.kind != left_out);
                kept.map(|part| part.text.as_str()).collect()
            };
            assert_eq!((side(Kind::Ins), side(Kind::Del)), (old, new));
        }
    }

    #[test]
    fn the_longest_texts_are_compared_in_bounded_time() {
        let body = |salt: usize| -> String {
            let mut text = String::new();
            let mut at = salt;
            while text.len() < 256 * 1024 - 20 {
                at = (at * 7919 + salt) % 99_991;
                text.push_str(&at.to_string());
                text.push(if at.is_multiple_of(9) { '\n' } else { ' ' });
            }
            text
        };
        let pairs = [
            (body(3), body(5)),
            ("a b ".repeat(64 * 1024), "b a ".repeat(64 * 1024)),
            ("a\n".repeat(128 * 1024), "b\na\n".repeat(64 * 1024)),
            (body(3), body(3).replace('7', "8")),
        ];
        for (old, new) in pairs {
            let begun = Instant::now();
            let blocks = text(&old, &new, begun + LONGEST);
            assert!(!blocks.is_empty());
            assert!(begun.elapsed() < LONGEST * 10, "{:?}", begun.elapsed());
        }
    }
}
