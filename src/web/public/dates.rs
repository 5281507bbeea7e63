//! When what a page shows can have changed at last, as this process knows it: what was taken away or renamed leaves no date
//! on the page.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::Tag;
use crate::platform::cache;

/// In seconds: dates are given in whole ones, and an instance may show what was there two seconds ago. Two contents of a page
/// that may be sent on the same day have dates that differ.
const BEHIND: i64 = 3;

/// All in seconds of Unix time.
#[derive(Debug)]
pub(super) struct Dates {
    /// Of all pages: when this process began, or forgot all of them.
    all: i64,
    /// By the first word of their tags.
    groups: HashMap<String, Group>,
}

#[derive(Debug, Default)]
struct Group {
    heard: i64,
    /// When pages of it will change by themselves.
    due: BTreeSet<i64>,
}

/// How a page is dated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dated {
    pub last_modified: i64,
    /// Whether it tells this content from any other that the page has had or will have.
    pub is_sure: bool,
}

impl Dates {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            all: now.timestamp(),
            groups: HashMap::new(),
        }
    }

    pub(super) fn all_changed(&mut self, now: DateTime<Utc>) {
        self.all = self.all.max(now.timestamp());
    }

    pub(super) fn changed(&mut self, tags: &[cache::Tag], now: DateTime<Utc>) {
        for tag in tags {
            let group = self.group(tag.as_str());
            group.heard = group.heard.max(now.timestamp());
        }
    }

    /// A page with these tags will change by itself.
    pub(super) fn will_change(&mut self, tags: &[Tag], at: DateTime<Utc>) {
        for tag in tags {
            self.group(tag.as_str()).due.insert(at.timestamp());
        }
    }

    /// The date of a page that somebody began to make at `began`, if the newest part that it tells of is from `newest`.
    pub(super) fn of(&mut self, tags: &[Tag], newest: i64, began: i64) -> Dated {
        let changed = tags.iter().map(|tag| self.group(tag.as_str()).at(began));
        let changed = changed.fold(i64::MIN, i64::max).max(self.all);
        let date = newest.max(changed + BEHIND);
        // A date that is to come would make no sense (RFC 9110, section 8.8.2.1).
        Dated {
            last_modified: date.min(began),
            is_sure: changed + BEHIND <= began,
        }
    }

    fn group(&mut self, tag: &str) -> &mut Group {
        let word = tag.split(':').next().unwrap_or_default();
        self.groups.entry(word.to_owned()).or_default()
    }
}

impl Group {
    fn at(&mut self, now: i64) -> i64 {
        while let Some(due) = self.due.first().copied().filter(|due| *due <= now) {
            self.due.remove(&due);
            self.heard = self.heard.max(due);
        }
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn sure(last_modified: i64) -> Dated {
        Dated {
            last_modified,
            is_sure: true,
        }
    }

    fn unsure(last_modified: i64) -> Dated {
        Dated {
            last_modified,
            is_sure: false,
        }
    }

    #[test]
    fn a_page_is_as_new_as_what_was_heard_of_its_group_and_surely_so_once_no_other_may_bear_its_date()
     {
        let mut dates = Dates::new(at(100));
        let list = [Tag::from("blog:list")];
        assert_eq!(dates.of(&list, 50, 102), unsure(102));
        assert_eq!(dates.of(&list, 50, 103), sure(103));
        assert_eq!(dates.of(&list, 50, 190), sure(103));
        // Another group, and no group at all, are not touched by what falls on this one.
        dates.changed(&[cache::Tag::of("blog:post:public:x")], at(200));
        assert_eq!(dates.of(&list, 50, 200), unsure(200));
        assert_eq!(dates.of(&list, 50, 300), sure(203));
        assert_eq!(dates.of(&[Tag::from("site:page")], 50, 300), sure(103));
        assert_eq!(dates.of(&[], 50, 300), sure(103));
        // What the page tells itself, if that is newer.
        assert_eq!(dates.of(&list, 250, 300), sure(250));
        assert_eq!(dates.of(&list, 400, 300), sure(300));
        dates.all_changed(at(500));
        assert_eq!(dates.of(&[], 50, 600), sure(503));
    }

    #[test]
    fn a_page_that_has_changed_by_itself_is_new() {
        let mut dates = Dates::new(at(100));
        let list = [Tag::from("blog:list")];
        dates.will_change(&list, at(200));
        dates.will_change(&list, at(300));
        assert_eq!(dates.of(&list, 50, 199), sure(103));
        assert_eq!(dates.of(&list, 50, 250), sure(203));
        assert_eq!(dates.of(&list, 50, 301), unsure(301));
    }
}
