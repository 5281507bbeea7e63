//! What the cache does with what instances share, which here is a table in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{BOUNDED, Bed, LENIENT, LOCKED, MINUTE, PLAIN, SHARED, TURN, key, said, settle};
use crate::{
    error::{Error, Result},
    platform::cache::{
        Cache, Found, Key, Name, Policy, Remote, Standing, Taken, Timed, Turn, Whose, remote::Guard,
    },
};

/// Several instances stand on one.
#[derive(Default)]
struct Table(Mutex<Rows>);

struct Rows {
    standing: Standing,
    is_away: bool,
    values: HashMap<String, Row>,
    generations: HashMap<String, u8>,
    gets: usize,
    /// Happens while somebody asks.
    meanwhile: Option<Arc<dyn Fn() + Send + Sync>>,
    locked: Arc<Mutex<bool>>,
    locked_for: Duration,
}

#[derive(Clone)]
struct Row {
    bytes: Bytes,
    made_at_ms: i64,
    ttl: Duration,
    taken: Taken,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            standing: Standing::Trusted,
            is_away: false,
            values: HashMap::new(),
            generations: HashMap::new(),
            gets: 0,
            meanwhile: None,
            locked: Arc::default(),
            locked_for: Duration::ZERO,
        }
    }
}

impl Rows {
    fn taken(&self, name: Name<'_>) -> Taken {
        let of = |tag: &str| [self.generations.get(tag).copied().unwrap_or_default(); 16];
        Taken([
            of(name.tags[0]),
            of(name.tags[1]),
            of(name.tags[2]),
            of("*"),
        ])
    }
}

fn row_of(name: Name<'_>) -> String {
    format!("{}:{}", name.schema, name.key)
}

struct Unlock(Arc<Mutex<bool>>);

impl Drop for Unlock {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = false;
    }
}

impl Table {
    fn with<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    fn stands(&self, standing: Standing) {
        self.with(|rows| rows.standing = standing);
    }

    fn invalidate(&self, tag: &str) {
        self.with(|rows| *rows.generations.entry(tag.to_owned()).or_default() += 1);
    }

    fn row(&self, name: &str) -> Option<Row> {
        self.with(|rows| rows.values.get(name).cloned())
    }

    fn gets(&self) -> usize {
        self.with(|rows| rows.gets)
    }
}

impl Remote for Table {
    fn standing(&self, _: Duration) -> Standing {
        self.with(|rows| rows.standing)
    }

    fn get<'a>(&'a self, name: Name<'a>) -> BoxFuture<'a, Found> {
        let found = self.with(|rows| {
            rows.gets += 1;
            if rows.is_away {
                return Found::Missing { taken: None };
            }
            let taken = rows.taken(name);
            match rows.values.get(&row_of(name)) {
                Some(row) if row.taken == taken => Found::Value {
                    bytes: row.bytes.clone(),
                    made_at_ms: row.made_at_ms,
                    taken,
                },
                _ => Found::Missing { taken: Some(taken) },
            }
        });
        if let Some(meanwhile) = self.with(|rows| rows.meanwhile.clone()) {
            meanwhile();
        }
        async { found }.boxed()
    }

    fn store<'a>(
        &'a self,
        name: Name<'a>,
        taken: &'a Taken,
        bytes: &'a [u8],
        made_at_ms: i64,
        ttl: Duration,
    ) -> BoxFuture<'a, bool> {
        let row = Row {
            bytes: Bytes::copy_from_slice(bytes),
            made_at_ms,
            ttl,
            taken: taken.clone(),
        };
        async move {
            // It takes its time, so that a waiter who waits for it is seen.
            sleep(Duration::from_millis(40)).await;
            self.with(|rows| {
                let is_true = !rows.is_away && rows.taken(name) == row.taken;
                if is_true {
                    rows.values.insert(row_of(name), row);
                }
                is_true
            })
        }
        .boxed()
    }

    fn lock<'a>(&'a self, _: &'a str, ttl: Duration) -> BoxFuture<'a, Turn> {
        self.with(|rows| rows.locked_for = ttl);
        let (is_away, locked) = self.with(|rows| (rows.is_away, Arc::clone(&rows.locked)));
        async move {
            if is_away {
                return Turn::Away;
            }
            let mut is_locked = locked.lock().unwrap();
            if *is_locked {
                return Turn::Theirs;
            }
            *is_locked = true;
            drop(is_locked);
            let guard: Guard = Box::new(Unlock(locked));
            Turn::Ours(guard)
        }
        .boxed()
    }
}

impl Bed {
    /// Another instance over the same table.
    fn over(table: &Arc<Table>) -> Self {
        let bed = Self::new();
        let remote: Arc<dyn Remote> = Arc::<Table>::clone(table);
        Self {
            cache: bed.cache.clone().sharing(remote),
            ..bed
        }
    }
}

/// Until what was loaded has been stored, too.
async fn stored() {
    sleep(Duration::from_millis(60)).await;
}

#[tokio::test(start_paused = true)]
async fn what_one_instance_has_loaded_another_takes_from_redis() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    assert_eq!(one.value(&SHARED, 7).await, 7);
    stored().await;
    assert_eq!(two.value(&SHARED, 8).await, 7);
    assert_eq!((one.loads(), two.loads()), (1, 0));
    // From there on it has it itself.
    let gets = table.gets();
    assert_eq!(two.value(&SHARED, 8).await, 7);
    assert_eq!(table.gets(), gets);
    let stats = two.cache.stats();
    let shared = stats
        .families
        .iter()
        .find(|family| family.name == "test:shared")
        .unwrap();
    assert_eq!((shared.hit_l2, shared.miss, shared.hit_l1), (1, 0, 1));
    // Families that are not shared never ask.
    one.value(&PLAIN, 1).await;
    assert_eq!(table.gets(), gets);
}

#[tokio::test(start_paused = true)]
async fn waiters_are_answered_before_the_value_is_stored() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    let begun = Instant::now();
    bed.value(&SHARED, 7).await;
    assert!(begun.elapsed() < Duration::from_millis(5));
    assert!(table.row("3:test:shared:all").is_none());
    stored().await;
    let row = table.row("3:test:shared:all").unwrap();
    assert_eq!(row.ttl.as_secs().div_ceil(60), 60);
    assert!((row.made_at_ms - bed.clock.now().timestamp_millis()).abs() < 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_late_load_does_not_come_back_after_an_invalidation() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    let remote = Arc::clone(&table);
    let load = async move || {
        remote.invalidate("test:shared:");
        Ok(1_i64)
    };
    let asked = bed.cache.get_or_set(&key(&SHARED), &SHARED, load).await;
    assert_eq!(*asked.unwrap(), 1);
    stored().await;
    assert!(table.row("3:test:shared:all").is_none());
    // What this instance itself has made void it does not even try to store.
    let cache = bed.cache.clone();
    let load = async move || {
        cache.invalidate_prefix("test:")?;
        Ok(2_i64)
    };
    bed.cache.invalidate(&key(&SHARED));
    let asked = bed.cache.get_or_set(&key(&SHARED), &SHARED, load).await;
    assert_eq!(*asked.unwrap(), 2);
    stored().await;
    assert!(table.row("3:test:shared:all").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_loaded_anew_and_stored_over() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    one.value(&SHARED, 7).await;
    stored().await;
    table.with(|rows| {
        for row in rows.values.values_mut() {
            row.bytes = Bytes::from_static(b"\xc1 garbage");
        }
    });
    assert_eq!(two.value(&SHARED, 8).await, 8);
    stored().await;
    assert_eq!(&*table.row("3:test:shared:all").unwrap().bytes, b"\x08");
}

#[tokio::test(start_paused = true)]
async fn a_release_never_reads_another_one_s_shape() {
    static NEWER: Policy = Policy::new("test:shared", 4).shared_for(MINUTE);
    let table = Arc::new(Table::default());
    let one = Bed::over(&table);
    one.value(&SHARED, 7).await;
    stored().await;
    let newer = Cache::new(
        &[&NEWER],
        super::Bounds::default(),
        &one.clock,
        &super::Metrics::default(),
    );
    let remote: Arc<dyn Remote> = Arc::<Table>::clone(&table);
    let load = async || Ok("seven".to_owned());
    let asked = newer
        .sharing(remote)
        .get_or_set(&key(&NEWER), &NEWER, load)
        .await;
    assert_eq!(*asked.unwrap(), "seven");
    stored().await;
    assert!(table.row("3:test:shared:all").is_some() && table.row("4:test:shared:all").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_value_s_age_counts_from_when_it_was_loaded_wherever_that_was() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    one.value(&SHARED, 7).await;
    stored().await;
    // Old already: it is given, and the next caller has it loaded anew, past the old one in the table.
    two.pass(Duration::from_mins(2));
    assert_eq!(two.value(&SHARED, 8).await, 7);
    assert_eq!(two.value(&SHARED, 8).await, 7);
    stored().await;
    assert_eq!(two.loads(), 1);
    assert_eq!(two.value(&SHARED, 9).await, 8);
    assert_eq!(&*table.row("3:test:shared:all").unwrap().bytes, b"\x08");
    // This process remembers it no more, but Redis does.
    two.pass(Duration::from_mins(20));
    assert_eq!(two.value(&SHARED, 9).await, 8);
    // Too old.
    two.cache.invalidate(&key(&SHARED));
    two.pass(Duration::from_mins(40));
    assert_eq!(two.value(&SHARED, 9).await, 9);
    // Of an instance whose clock is ahead.
    two.pass(Duration::from_mins(20));
    stored().await;
    one.cache.invalidate(&key(&SHARED));
    assert_eq!(one.value(&SHARED, 10).await, 9);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_has_ended_is_not_taken_from_redis_either() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    let end = one.clock.now() + TimeDelta::seconds(30);
    let ask = async |bed: &Bed, value: i64| {
        let load = async move || {
            Ok(Timed {
                value,
                until: Some(end),
            })
        };
        let key = key(&SHARED);
        let asked = bed.cache.get_or_set_timed(&key, &SHARED, load).await;
        asked.unwrap().value
    };
    assert_eq!(ask(&one, 1).await, 1);
    stored().await;
    let row = table.row("3:test:shared:all").unwrap();
    assert!(row.ttl <= Duration::from_secs(30), "{:?}", row.ttl);
    assert_eq!(ask(&two, 2).await, 1);
    two.pass(Duration::from_secs(30));
    assert_eq!(ask(&two, 2).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_too_large_for_redis_is_kept_here_alone() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    let ask = async || {
        let load = async || Ok("x".repeat(600 << 10));
        let asked = bed.cache.get_or_set(&key(&SHARED), &SHARED, load).await;
        asked.unwrap().len()
    };
    let said = said(async || {
        assert_eq!(ask().await, 600 << 10);
        stored().await;
    });
    assert!(said.await.contains("cache_value_too_large_to_share"));
    assert!(table.row("3:test:shared:all").is_none());
    assert_eq!(ask().await, 600 << 10);
    assert_eq!(bed.cache.stats().entries, 1);
}

#[tokio::test(start_paused = true)]
async fn without_redis_everything_is_loaded_and_kept_as_if_there_were_none() {
    let table = Arc::new(Table::default());
    table.with(|rows| rows.is_away = true);
    let bed = Bed::over(&table);
    let begun = Instant::now();
    for policy in [&SHARED, &LOCKED] {
        assert_eq!(bed.value(policy, 7).await, 7);
        assert_eq!(bed.value(policy, 8).await, 7);
    }
    assert!(begun.elapsed() < Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn one_instance_loads_and_the_others_get_what_it_brings() {
    let table = Arc::new(Table::default());
    let beds: Vec<Bed> = (0..4).map(|_| Bed::over(&table)).collect();
    let asked = beds.iter().map(|bed| async {
        let loads = Arc::clone(&bed.loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(300)).await;
            Ok(5_i64)
        };
        *bed.cache
            .get_or_set(&key(&LOCKED), &LOCKED, load)
            .await
            .unwrap()
    });
    assert_eq!(join_all(asked).await, [5; 4]);
    assert_eq!(beds.iter().map(Bed::loads).sum::<usize>(), 1);
    stored().await;
    assert!(
        !*table.with(|rows| Arc::clone(&rows.locked)).lock().unwrap(),
        "it is released"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_another_instance_waits_two_seconds_and_then_loads() {
    let table = Arc::new(Table::default());
    table.with(|rows| *rows.locked.lock().unwrap() = true);
    let bed = Bed::over(&table);
    let begun = Instant::now();
    assert_eq!(bed.value(&LOCKED, 7).await, 7);
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_secs(2) && waited < Duration::from_millis(2200),
        "{waited:?}"
    );
    stored().await;
    assert!(
        *table.with(|rows| Arc::clone(&rows.locked)).lock().unwrap(),
        "another's lock stays"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_nobody_releases_lasts_little_longer_than_anybody_waits() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    bed.value(&LOCKED, 7).await;
    let locked_for = table.with(|rows| rows.locked_for);
    assert!(
        locked_for > TURN && locked_for <= 2 * TURN,
        "{locked_for:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_fails_leaves_its_turn_to_the_next() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    let fails = async || -> Result<i64> {
        sleep(Duration::from_millis(200)).await;
        Err(Error::internal("away"))
    };
    let (begun, key) = (Instant::now(), key(&LOCKED));
    let failed = one.cache.get_or_set(&key, &LOCKED, fails);
    let (failed, value) = tokio::join!(failed, two.value(&LOCKED, 7));
    assert!(failed.is_err());
    assert_eq!(value, 7);
    assert!(begun.elapsed() < Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_may_have_missed_something_asks_redis_first() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    one.value(&SHARED, 7).await;
    stored().await;
    two.value(&SHARED, 8).await;
    // The first instance changes something, and the second does not hear of it.
    table.invalidate("test:shared:");
    table.stands(Standing::AskRemote);
    assert!(two.cache.get::<i64>(&key(&SHARED)).is_none());
    assert_eq!(two.value(&SHARED, 8).await, 8);
    stored().await;
    assert_eq!(two.value(&SHARED, 9).await, 8);
    assert_eq!(two.loads(), 1, "the second time Redis has it");
    // An old value that nobody vouches for does not serve when loading fails, either.
    two.pass(Duration::from_mins(11));
    table.invalidate("test:shared:");
    let failed = two.ask(&SHARED, Err(Error::unavailable("away"))).await;
    assert!(failed.is_err());
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_in_doubt_joins_no_load_that_began_before() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    let go = Arc::new(Notify::new());
    for (standing, policy, expected) in [
        (Standing::Trusted, &PLAIN, 1),
        (Standing::AskRemote, &PLAIN, 2),
        (Standing::Doubtful, &PLAIN, 2),
        (Standing::AskRemote, &BOUNDED, 1),
    ] {
        table.stands(standing);
        bed.cache.local().forget_all();
        let load = {
            let go = Arc::clone(&go);
            async move || {
                go.notified().await;
                Ok(1_i64)
            }
        };
        let key = key(policy);
        let first = bed.cache.get_or_set(&key, policy, load);
        let second = async {
            settle().await;
            let late = bed.ask(policy, Ok(2));
            let opened = async {
                settle().await;
                go.notify_one();
            };
            *tokio::join!(late, opened).0.unwrap()
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(
            (*first.unwrap(), second),
            (1, expected),
            "{standing:?} {}",
            policy.name()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn in_doubt_a_value_serves_only_when_loading_fails() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    bed.value(&LENIENT, 1).await;
    table.stands(Standing::Doubtful);
    assert!(bed.cache.get::<i64>(&key(&LENIENT)).is_none());
    let failed = bed.ask(&LENIENT, Err(Error::unavailable("away"))).await;
    assert_eq!(*failed.unwrap(), 1);
    bed.pass(Duration::from_secs(1));
    assert_eq!(bed.value(&LENIENT, 2).await, 2);
    table.stands(Standing::Trusted);
    assert_eq!(bed.value(&LENIENT, 3).await, 2);
}

#[tokio::test(start_paused = true)]
async fn in_doubt_nobody_waits_for_another_failure_for_a_second_after_one() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    bed.value(&LENIENT, 1).await;
    table.stands(Standing::Doubtful);
    let begun = Instant::now();
    let fails = async || {
        let loads = Arc::clone(&bed.loads);
        let load = async move || -> Result<i64> {
            loads.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(300)).await;
            Err(Error::unavailable("away"))
        };
        let key = key(&LENIENT);
        let asked = bed.cache.get_or_set(&key, &LENIENT, load).await;
        (*asked.unwrap(), begun.elapsed())
    };
    let late = async {
        sleep(Duration::from_millis(100)).await;
        // In doubt it joins no load that began before, and does not wait for another failure either.
        join_all((0..10).map(|_| fails())).await
    };
    let (first, late) = tokio::join!(fails(), late);
    let soon = Duration::from_millis(310);
    assert!(first.0 == 1 && first.1 < soon, "{first:?}");
    for answer in late {
        assert!(answer.0 == 1 && answer.1 < soon, "{answer:?}");
    }
    for _ in 0..10 {
        assert_eq!(fails().await.0, 1);
    }
    assert!(begun.elapsed() < soon);
    assert_eq!(bed.loads(), 2, "the first value, and one failure");
    bed.pass(Duration::from_secs(1));
    assert_eq!(bed.value(&LENIENT, 2).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_bounded_value_is_given_while_it_is_young_whatever_others_say() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    for standing in [Standing::AskRemote, Standing::Doubtful] {
        table.stands(standing);
        bed.cache.local().forget_all();
        assert_eq!(bed.value(&BOUNDED, 1).await, 1);
        bed.pass(Duration::from_millis(1900));
        assert_eq!(bed.value(&BOUNDED, 2).await, 1);
        bed.pass(Duration::from_millis(200));
        assert_eq!(bed.value(&BOUNDED, 2).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_around_the_cache_gets_nothing_remembered_and_leaves_nothing() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    bed.value(&SHARED, 1).await;
    stored().await;
    table.stands(Standing::Around);
    let gets = table.gets();
    assert_eq!(bed.value(&SHARED, 2).await, 2);
    assert!(bed.cache.get::<i64>(&key(&SHARED)).is_none());
    assert_eq!(table.gets(), gets);
    table.stands(Standing::Trusted);
    assert_eq!(bed.value(&SHARED, 3).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_set_is_shared() {
    let table = Arc::new(Table::default());
    let (one, two) = (Bed::over(&table), Bed::over(&table));
    let key = Key::new(&SHARED, Whose::Public);
    one.cache.set(&key, &SHARED, 5_i64).await.unwrap();
    let asked = two
        .cache
        .get_or_set(&key, &SHARED, async || Ok(6_i64))
        .await;
    assert_eq!(*asked.unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_is_made_void_while_it_is_set_is_not_kept() {
    let table = Arc::new(Table::default());
    let bed = Bed::over(&table);
    let own = key(&SHARED);
    for is_key in [true, false] {
        let (cache, remote, void) = (bed.cache.clone(), Arc::clone(&table), own.clone());
        let meanwhile = move || {
            remote.invalidate("test:shared:");
            if is_key {
                cache.invalidate(&void);
            } else {
                cache.invalidate_prefix("test:shared:").unwrap();
            }
        };
        table.with(|rows| rows.meanwhile = Some(Arc::new(meanwhile)));
        bed.cache.set(&own, &SHARED, 5_i64).await.unwrap();
        table.with(|rows| rows.meanwhile = None);
        assert!(bed.cache.get::<i64>(&own).is_none(), "{is_key}");
        assert!(table.row("3:test:shared:all").is_none(), "{is_key}");
    }
    bed.cache.set(&own, &SHARED, 6_i64).await.unwrap();
    assert_eq!(*bed.cache.get::<i64>(&own).unwrap(), 6);
}
