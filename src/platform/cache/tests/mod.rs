//! What the README promises of a cache in one process.

mod model;
mod readme;
mod shared;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use futures_util::{FutureExt as _, future::join_all};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, sleep, timeout},
};

use super::{
    Bounds, Cache, Key, Policy, Tag, Timed, Whose,
    load::{TURN, jittered},
    micros, sweep,
};
use crate::{
    error::{Error, Result},
    platform::{clock::Clock, metrics::Metrics},
};

const MINUTE: Duration = Duration::from_mins(1);

static PLAIN: Policy = Policy::new("test:plain", 1)
    .fresh_for(MINUTE)
    .kept_for(Duration::from_mins(10));
static SIBLING: Policy = Policy::new("test:sibling", 1);
static OTHER: Policy = Policy::new("other:plain", 1);
static LENIENT: Policy = Policy::new("test:lenient", 1)
    .fresh_for(MINUTE)
    .kept_for(MINUTE)
    .stale_if_error(Duration::from_hours(1));
static BOUNDED: Policy = Policy::new("test:bounded", 1)
    .fresh_for(MINUTE)
    .kept_for(Duration::from_mins(10))
    .bounded(Duration::from_secs(2));
static WEIGHED: Policy = Policy::new("test:weighed", 1).weighed_by(|value| {
    let text: Option<&String> = value.downcast_ref();
    text.map_or(usize::MAX, String::len)
});
static SHARED: Policy = Policy::new("test:shared", 3)
    .fresh_for(MINUTE)
    .kept_for(Duration::from_mins(10))
    .shared_for(Duration::from_hours(1))
    .stale_if_error(Duration::from_hours(1));
static LOCKED: Policy = Policy::new("test:locked", 1)
    .shared_for(Duration::from_hours(1))
    .locked();

static ALL: [&Policy; 8] = [
    &PLAIN, &SIBLING, &OTHER, &LENIENT, &BOUNDED, &WEIGHED, &SHARED, &LOCKED,
];

struct Bed {
    cache: Cache,
    clock: Clock,
    loads: Arc<AtomicUsize>,
}

impl Bed {
    fn new() -> Self {
        Self::within(Bounds::default())
    }

    fn within(bounds: Bounds) -> Self {
        let clock = Clock::default();
        Self {
            cache: Cache::new(&ALL, bounds, &clock, &Metrics::default()),
            clock,
            loads: Arc::default(),
        }
    }

    fn pass(&self, time: Duration) {
        self.clock.shift(TimeDelta::from_std(time).unwrap());
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// Asks; whoever loads brings this.
    async fn ask(&self, policy: &'static Policy, brings: Result<i64>) -> Result<Arc<i64>> {
        let loads = Arc::clone(&self.loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::SeqCst);
            // As one that has to wait for something.
            yield_now().await;
            brings
        };
        self.cache.get_or_set(&key(policy), policy, load).await
    }

    async fn value(&self, policy: &'static Policy, brings: i64) -> i64 {
        *self.ask(policy, Ok(brings)).await.unwrap()
    }
}

fn key(policy: &Policy) -> Key {
    Key::new(policy, Whose::All)
}

/// Lets all tasks of a runtime of one thread come as far as they can.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

async fn ten_thousand_at_once() {
    let bed = Bed::new();
    let ask = |_| {
        let (cache, loads) = (bed.cache.clone(), Arc::clone(&bed.loads));
        tokio::spawn(async move {
            let load = async move || {
                sleep(Duration::from_millis(20)).await;
                Ok(loads.fetch_add(1, Ordering::SeqCst))
            };
            cache.get_or_set(&key(&PLAIN), &PLAIN, load).await.unwrap()
        })
    };
    let answers = join_all((0..10_000).map(ask)).await;
    let first = answers[0].as_ref().unwrap();
    for answer in &answers {
        assert!(Arc::ptr_eq(answer.as_ref().unwrap(), first));
    }
    assert_eq!(bed.loads(), 1);
    let stats = bed.cache.stats();
    let plain = stats
        .families
        .iter()
        .find(|family| family.name == "test:plain")
        .unwrap();
    assert_eq!(plain.miss, 1);
    assert_eq!(plain.saved + plain.hit_l1, 9_999);
}

#[tokio::test]
async fn ten_thousand_callers_of_a_missing_value_load_it_once_and_share_it() {
    ten_thousand_at_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_callers_on_several_threads_load_a_value_once() {
    ten_thousand_at_once().await;
}

#[tokio::test]
async fn a_leader_that_goes_away_fails_nobody_and_causes_no_second_load() {
    let bed = Bed::new();
    let (go, loads) = (Arc::new(Notify::new()), Arc::clone(&bed.loads));
    let leader = {
        let (cache, go) = (bed.cache.clone(), Arc::clone(&go));
        tokio::spawn(async move {
            let load = async move || {
                loads.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                Ok(7_i64)
            };
            cache.get_or_set(&key(&PLAIN), &PLAIN, load).await
        })
    };
    settle().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    let mut waiter = Box::pin(bed.ask(&PLAIN, Ok(8)));
    assert!(waiter.as_mut().now_or_never().is_none());
    go.notify_one();
    assert_eq!(*waiter.await.unwrap(), 7);
    assert_eq!(bed.loads(), 1);
}

#[tokio::test]
async fn an_error_reaches_all_waiters_and_is_not_kept() {
    let bed = Bed::new();
    let answers = join_all((0..50).map(|_| bed.ask(&PLAIN, Err(Error::NotFound)))).await;
    for answer in answers {
        assert!(matches!(answer, Err(Error::NotFound)));
    }
    assert_eq!(bed.loads(), 1);
    assert_eq!(bed.value(&PLAIN, 2).await, 2);
    assert_eq!(bed.loads(), 2);
}

#[tokio::test]
async fn a_panic_reaches_all_waiters_once_and_is_not_kept() {
    let bed = Bed::new();
    let ask = |_| async {
        let load = async || -> Result<i64> { panic!("on purpose") };
        bed.cache.get_or_set(&key(&PLAIN), &PLAIN, load).await
    };
    for answer in join_all((0..10).map(ask)).await {
        assert!(matches!(answer, Err(Error::Internal(_))));
    }
    // Also one that panics before it is polled.
    let at_once = || -> std::future::Ready<Result<i64>> { panic!("on purpose") };
    let answer = bed.cache.get_or_set(&key(&PLAIN), &PLAIN, at_once).await;
    assert!(matches!(answer, Err(Error::Internal(_))));
    assert_eq!(bed.value(&PLAIN, 3).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_loader_of_thirty_seconds_runs_once_and_is_in_no_other_key_s_way() {
    let bed = Bed::new();
    let begun = Instant::now();
    let slow = |_| async {
        let loads = Arc::clone(&bed.loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_secs(30)).await;
            Ok(1_i64)
        };
        bed.cache
            .get_or_set(&key(&PLAIN), &PLAIN, load)
            .await
            .unwrap()
    };
    let quick = async {
        let load = async || Ok(2_i64);
        let value = bed
            .cache
            .get_or_set(&key(&SIBLING), &SIBLING, load)
            .await
            .unwrap();
        (*value, begun.elapsed())
    };
    let (slow, (quick, after)) = tokio::join!(join_all((0..100).map(slow)), quick);
    assert!(slow.iter().all(|value| **value == 1));
    assert_eq!((quick, bed.loads()), (2, 1));
    assert!(after < Duration::from_secs(1) && begun.elapsed() < Duration::from_secs(31));
}

#[tokio::test]
async fn a_loader_may_ask_the_cache_because_nothing_is_locked_meanwhile() {
    let bed = Bed::new();
    let inner = bed.cache.clone();
    let load = async move || {
        inner.invalidate_prefix("other:")?;
        inner.invalidate(&key(&OTHER));
        let other = inner
            .get_or_set(&key(&OTHER), &OTHER, async || Ok(20_i64))
            .await?;
        Ok(*other + 1)
    };
    let plain = key(&PLAIN);
    let asked = bed.cache.get_or_set(&plain, &PLAIN, load);
    let value = timeout(Duration::from_secs(5), asked).await.unwrap();
    assert_eq!(*value.unwrap(), 21);
}

/// Whether whoever asks after `spoil`, which comes during a load, gets something newer; and nothing older is kept.
async fn spoiled_during_a_load(spoil: impl Fn(&Cache)) {
    let bed = Bed::new();
    let (go, running) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let load = |value: i64| {
        let (go, running, loads) = (
            Arc::clone(&go),
            Arc::clone(&running),
            Arc::clone(&bed.loads),
        );
        async move || {
            loads.fetch_add(1, Ordering::SeqCst);
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
            go.notified().await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(value)
        }
    };
    let ask = async |value| {
        bed.cache
            .get_or_set(&key(&PLAIN), &PLAIN, load(value))
            .await
    };
    let old = async { *ask(1).await.unwrap() };
    let late = async {
        settle().await;
        spoil(&bed.cache);
        // Many come after it: they share the next load, which is one.
        let late = join_all((0..5).map(|_| ask(2)));
        let opened = async {
            settle().await;
            assert_eq!(bed.loads(), 1, "the next begins when this one has ended");
            go.notify_one();
            settle().await;
            assert_eq!(bed.loads(), 2);
            go.notify_one();
        };
        tokio::join!(late, opened).0
    };
    let (old, late) = tokio::join!(old, late);
    assert_eq!(old, 1);
    assert!(late.into_iter().all(|value| *value.unwrap() == 2));
    assert_eq!(bed.value(&PLAIN, 3).await, 2, "the newer one is kept");
}

#[tokio::test]
async fn whoever_comes_after_an_invalidation_never_gets_what_was_loaded_before_it() {
    spoiled_during_a_load(|cache| cache.invalidate(&key(&PLAIN))).await;
    spoiled_during_a_load(|cache| cache.invalidate_prefix("test:plain:").unwrap()).await;
    spoiled_during_a_load(|cache| cache.invalidate_prefix("test:").unwrap()).await;
    spoiled_during_a_load(|cache| cache.local().forget_all()).await;
    spoiled_during_a_load(|cache| cache.local().invalidate(&[Tag::from(&key(&PLAIN))])).await;
    spoiled_during_a_load(|cache| cache.local().invalidate(&[Tag::EVERYTHING])).await;
}

#[tokio::test]
async fn an_invalidation_falls_on_what_it_names_and_on_nothing_else() {
    let bed = Bed::new();
    let fill = async || {
        for policy in [&PLAIN, &SIBLING, &OTHER] {
            bed.ask(policy, Ok(1)).await.unwrap();
        }
    };
    let held =
        || [&PLAIN, &SIBLING, &OTHER].map(|policy| bed.cache.get::<i64>(&key(policy)).is_some());
    fill().await;
    assert_eq!(held(), [true; 3]);
    bed.cache.invalidate(&key(&PLAIN));
    assert_eq!(held(), [false, true, true]);
    fill().await;
    bed.cache.invalidate_prefix("test:sibling:").unwrap();
    assert_eq!(held(), [true, false, true]);
    fill().await;
    bed.cache.invalidate_prefix("test:").unwrap();
    assert_eq!(held(), [false, false, true]);
    for prefix in [
        "",
        "test",
        "tes",
        "test:plain",
        "test:plain:all",
        "nobody:",
        "test:nobody:",
    ] {
        let refused = bed.cache.invalidate_prefix(prefix).unwrap_err().to_string();
        assert!(refused.contains("src/cache.rs"), "{refused}");
    }
    assert_eq!(held(), [false, false, true]);
    // Releases may differ in their families: what this one does not know is nothing to it.
    bed.cache
        .local()
        .invalidate(&[Tag::new("nobody:"), Tag::new("nobody:knows:this")]);
    assert_eq!(held(), [false, false, true]);
}

#[tokio::test]
async fn two_scopes_never_share_a_value() {
    let bed = Bed::new();
    let id = uuid::Uuid::from_u128(7);
    for (number, whose) in (0_i64..).zip([
        Whose::All,
        Whose::Company(id),
        Whose::User(id),
        Whose::Public,
    ]) {
        let key = Key::new(&PLAIN, whose);
        let asked = bed
            .cache
            .get_or_set(&key, &PLAIN, async move || Ok(number))
            .await;
        assert_eq!(*asked.unwrap(), number);
    }
}

#[tokio::test]
async fn an_old_value_is_given_at_once_while_one_caller_has_it_loaded_anew() {
    let bed = Bed::new();
    bed.value(&PLAIN, 1).await;
    bed.pass(Duration::from_secs(50));
    assert_eq!(bed.value(&PLAIN, 2).await, 1);
    assert_eq!(bed.loads(), 1);
    bed.pass(Duration::from_secs(11));
    // Nobody waits, not even the one whose call begins the load.
    for _ in 0..20 {
        let asked = bed.ask(&PLAIN, Ok(2)).now_or_never().unwrap();
        assert_eq!(*asked.unwrap(), 1);
    }
    assert!(
        bed.cache.get::<i64>(&key(&PLAIN)).is_none(),
        "it is not fresh"
    );
    settle().await;
    assert_eq!(bed.loads(), 2);
    assert_eq!(bed.value(&PLAIN, 3).await, 2);
    assert_eq!(*bed.cache.get::<i64>(&key(&PLAIN)).unwrap(), 2);
}

#[tokio::test]
async fn a_refresh_that_fails_is_tried_again_a_second_later() {
    let bed = Bed::new();
    bed.value(&PLAIN, 1).await;
    bed.pass(MINUTE);
    for _ in 0..3 {
        let asked = bed.ask(&PLAIN, Err(Error::internal("away"))).await;
        assert_eq!(*asked.unwrap(), 1);
        settle().await;
    }
    assert_eq!(bed.loads(), 2);
    bed.pass(Duration::from_secs(2));
    assert_eq!(bed.value(&PLAIN, 2).await, 1);
    settle().await;
    assert_eq!(bed.value(&PLAIN, 3).await, 2);
}

#[tokio::test]
async fn after_its_time_a_value_is_not_given() {
    let bed = Bed::new();
    bed.value(&PLAIN, 1).await;
    bed.pass(Duration::from_mins(10));
    assert_eq!(bed.value(&PLAIN, 2).await, 2);
    let failed = {
        bed.pass(Duration::from_mins(10));
        bed.ask(&PLAIN, Err(Error::internal("away"))).await
    };
    assert!(failed.is_err(), "this policy asks for no stale value");
}

#[tokio::test]
async fn when_loading_fails_an_old_value_serves_but_never_one_that_was_made_void() {
    type Spoil = fn(&Cache);
    let bed = Bed::new();
    let fails = async || bed.ask(&LENIENT, Err(Error::unavailable("away"))).await;
    bed.value(&LENIENT, 1).await;
    bed.pass(Duration::from_mins(2));
    assert_eq!(*fails().await.unwrap(), 1);
    // For a second nobody waits for it to fail again.
    let loads = bed.loads();
    assert_eq!(*fails().await.unwrap(), 1);
    assert_eq!(bed.loads(), loads);
    bed.pass(Duration::from_secs(1));
    assert_eq!(*fails().await.unwrap(), 1);
    assert_eq!(bed.loads(), loads + 1);
    bed.pass(Duration::from_secs(1));
    // What is refused is an answer.
    assert!(matches!(
        bed.ask(&LENIENT, Err(Error::NotFound)).await,
        Err(Error::NotFound)
    ));
    bed.pass(Duration::from_mins(61));
    assert!(fails().await.is_err(), "that was long ago");
    let spoils: [Spoil; 4] = [
        |cache| cache.invalidate(&key(&LENIENT)),
        |cache| cache.invalidate_prefix("test:lenient:").unwrap(),
        |cache| cache.invalidate_prefix("test:").unwrap(),
        |cache| cache.local().forget_all(),
    ];
    for spoil in spoils {
        bed.value(&LENIENT, 2).await;
        bed.pass(Duration::from_mins(2));
        spoil(&bed.cache);
        assert!(fails().await.is_err());
        // Nor when it comes while the loader is failing.
        bed.value(&LENIENT, 2).await;
        bed.pass(Duration::from_mins(2));
        let cache = bed.cache.clone();
        let load = async move || {
            spoil(&cache);
            Err::<i64, _>(Error::unavailable("away"))
        };
        assert!(
            bed.cache
                .get_or_set(&key(&LENIENT), &LENIENT, load)
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn a_value_that_has_ended_is_not_given_for_any_reason() {
    let bed = Bed::new();
    let key = key(&LENIENT);
    let end = bed.clock.now() + TimeDelta::seconds(30);
    let ask = async |value: Result<i64>, until| {
        let loads = Arc::clone(&bed.loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::SeqCst);
            value.map(|value| Timed { value, until })
        };
        let asked = bed.cache.get_or_set_timed(&key, &LENIENT, load).await;
        asked.map(|timed| timed.value)
    };
    assert_eq!(ask(Ok(1), Some(end)).await.unwrap(), 1);
    bed.pass(Duration::from_secs(29));
    assert_eq!(ask(Ok(2), None).await.unwrap(), 1);
    bed.pass(Duration::from_secs(1));
    assert!(ask(Err(Error::unavailable("away")), None).await.is_err());
    assert_eq!(ask(Ok(2), None).await.unwrap(), 2);
    assert_eq!(ask(Ok(3), None).await.unwrap(), 2);
    assert_eq!(bed.loads(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_never_ends_is_given_up_after_a_minute() {
    let bed = Bed::new();
    let never = async || std::future::pending::<Result<i64>>().await;
    let begun = tokio::time::Instant::now();
    let asked = bed.cache.get_or_set(&key(&PLAIN), &PLAIN, never).await;
    assert!(matches!(asked, Err(Error::Unavailable(_))), "{asked:?}");
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert_eq!(bed.value(&PLAIN, 2).await, 2);
}

#[tokio::test]
async fn a_value_that_is_set_takes_the_place_of_whatever_is_being_loaded() {
    let bed = Bed::new();
    let (go, plain) = (Arc::new(Notify::new()), key(&PLAIN));
    let old = {
        let go = Arc::clone(&go);
        let load = async move || {
            go.notified().await;
            Ok(1_i64)
        };
        bed.cache.get_or_set(&plain, &PLAIN, load)
    };
    let set = async {
        settle().await;
        bed.cache.set(&key(&PLAIN), &PLAIN, 5_i64).await.unwrap();
        assert_eq!(bed.value(&PLAIN, 9).await, 5);
        go.notify_one();
    };
    let (old, ()) = tokio::join!(old, set);
    assert_eq!(*old.unwrap(), 1);
    assert_eq!(bed.value(&PLAIN, 9).await, 5);
}

#[tokio::test]
async fn a_mistake_in_a_key_a_policy_or_a_type_is_an_error_that_says_so() {
    static UNLISTED: Policy = Policy::new("test:unlisted", 1);
    let bed = Bed::new();
    let said = |asked: Result<Arc<i64>>| asked.unwrap_err().to_string();
    let wrong = bed
        .cache
        .get_or_set(&key(&PLAIN), &OTHER, async || Ok(1))
        .await;
    assert!(said(wrong).contains("no key of other:plain"));
    assert!(said(bed.ask(&UNLISTED, Ok(1)).await).contains("src/cache.rs"));
    bed.cache
        .set(&key(&PLAIN), &PLAIN, "text".to_owned())
        .await
        .unwrap();
    assert!(said(bed.ask(&PLAIN, Ok(1)).await).contains("i64"));
    assert!(bed.cache.get::<i64>(&key(&PLAIN)).is_none());
}

#[test]
fn a_hit_allocates_nothing() {
    let bed = Bed::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(bed.value(&PLAIN, 4));
    let hit = || {
        let key = Key::new(&PLAIN, Whose::All);
        let asked = bed
            .cache
            .get_or_set(&key, &PLAIN, async || Ok(0_i64))
            .now_or_never();
        assert_eq!(*asked.unwrap().unwrap(), 4);
        assert_eq!(*bed.cache.get::<i64>(&key).unwrap(), 4);
    };
    hit();
    assert_eq!(allocation_counter::measure(hit).count_total, 0);
    // The counter counts.
    assert_eq!(
        allocation_counter::measure(|| drop(Box::new(1))).count_total,
        1
    );
}

#[tokio::test]
async fn a_value_of_a_hundred_megabytes_is_answered_and_not_kept() {
    let bed = Bed::new();
    let ask = async || {
        let load = async || Ok("x".repeat(100 << 20));
        bed.cache
            .get_or_set(&key(&PLAIN), &PLAIN, load)
            .await
            .unwrap()
    };
    let said = said(async || {
        assert_eq!(ask().await.len(), 100 << 20);
        assert_eq!(ask().await.len(), 100 << 20);
    });
    let said = said.await;
    assert_eq!(said.matches("cache_value_too_large").count(), 1, "{said}");
    assert_eq!((bed.cache.stats().entries, bed.cache.stats().bytes), (0, 0));
}

/// What is logged meanwhile.
async fn said(work: impl AsyncFnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work().await;
    drop(guard);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn a_miss_is_an_info_event_and_a_hit_one_at_debug_level() {
    let bed = Bed::new();
    let said = said(async || {
        bed.value(&PLAIN, 1).await;
        bed.value(&PLAIN, 1).await;
    });
    let said = said.await;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains(" INFO ") && lines[0].contains("cache_miss key=test:plain:all"));
    assert!(lines[1].contains("DEBUG ") && lines[1].contains("cache_hit key=test:plain:all"));
}

#[tokio::test]
async fn all_that_happens_is_counted_by_family() {
    let metrics = Metrics::default();
    let clock = Clock::default();
    let bed = Bed {
        cache: Cache::new(&ALL, Bounds::default(), &clock, &metrics),
        clock,
        loads: Arc::default(),
    };
    let _ = bed.ask(&PLAIN, Err(Error::internal("away"))).await;
    join_all((0..5).map(|_| bed.value(&PLAIN, 1))).await;
    bed.value(&PLAIN, 1).await;
    bed.pass(MINUTE);
    bed.value(&PLAIN, 1).await;
    settle().await;
    let stats = bed.cache.stats();
    let names: Vec<&str> = stats.families.iter().map(|family| family.name).collect();
    assert!(names.is_sorted() && names.len() == ALL.len());
    let plain = stats
        .families
        .iter()
        .find(|family| family.name == "test:plain")
        .unwrap();
    assert_eq!(
        (plain.miss, plain.errors, plain.saved, plain.hit_l1),
        (3, 1, 4, 2)
    );
    assert_eq!((plain.stale, plain.hit_l2, plain.entries), (1, 0, 1));
    assert!(plain.bytes > 0 && usize::try_from(plain.bytes).unwrap() == stats.bytes);
    assert_eq!(plain.hit_percent(), Some(66));
    let text = metrics.text().unwrap();
    for line in [
        r#"prosektorweb_cache_answers_total{family="test:plain",outcome="hit_l1"} 2"#,
        r#"prosektorweb_cache_answers_total{family="test:plain",outcome="miss"} 3"#,
        r#"prosektorweb_cache_answers_total{family="test:plain",outcome="stale"} 1"#,
        r#"prosektorweb_cache_answers_total{family="test:plain",outcome="error"} 1"#,
        r#"prosektorweb_cache_waiters_saved_total{family="test:plain"} 4"#,
        r#"prosektorweb_cache_entries{family="test:plain"} 1"#,
        r#"prosektorweb_cache_load_duration_seconds_count{family="test:plain"} 3"#,
        r#"prosektorweb_cache_size_bytes{family="test:plain"}"#,
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn what_was_asked_for_lately_stays_and_the_longest_unasked_goes() {
    let bed = Bed::within(Bounds {
        bytes: 100_000,
        ..Bounds::default()
    });
    let named = |number: usize| Key::new(&WEIGHED, Whose::All).part(&number.to_string());
    let put = async |number: usize| {
        bed.pass(Duration::from_millis(1));
        let value = "x".repeat(9_000);
        bed.cache
            .set(&named(number), &WEIGHED, value)
            .await
            .unwrap();
    };
    for number in 0..10 {
        put(number).await;
    }
    bed.pass(Duration::from_secs(2));
    assert!(bed.cache.get::<String>(&named(0)).is_some());
    put(10).await;
    put(11).await;
    let held: Vec<usize> = (0..12)
        .filter(|number| bed.cache.get::<String>(&named(*number)).is_some())
        .collect();
    assert_eq!(held.first(), Some(&0), "{held:?}");
    assert_eq!(
        held[1..],
        (12 - held.len() + 1..12).collect::<Vec<_>>(),
        "{held:?}"
    );
    let stats = bed.cache.stats();
    let weighed = stats
        .families
        .iter()
        .find(|family| family.name == "test:weighed")
        .unwrap();
    assert_eq!(usize::try_from(weighed.evictions).unwrap(), 12 - held.len());
}

#[tokio::test]
async fn what_has_run_out_gives_its_room_back_within_a_minute() {
    let bed = Bed::new();
    bed.value(&PLAIN, 1).await;
    bed.value(&SIBLING, 1).await;
    bed.pass(Duration::from_hours(1));
    bed.value(&OTHER, 1).await;
    settle().await;
    assert_eq!(bed.cache.stats().entries, 1);
    let evictions: u64 = bed
        .cache
        .stats()
        .families
        .iter()
        .map(|family| family.evictions)
        .sum();
    assert_eq!(evictions, 0, "none went for want of room");
}

#[tokio::test(start_paused = true)]
async fn what_has_run_out_goes_by_itself_where_nothing_is_asked_for() {
    let bed = Bed::new();
    bed.value(&PLAIN, 1).await;
    let sweeping = tokio::spawn(sweep(Arc::downgrade(&bed.cache.store)));
    bed.pass(Duration::from_hours(1));
    sleep(Duration::from_secs(61)).await;
    assert_eq!((bed.cache.stats().entries, bed.cache.stats().bytes), (0, 0));
    // It ends with the cache.
    drop(bed);
    sleep(Duration::from_secs(61)).await;
    assert!(sweeping.is_finished());
}

proptest! {
    #[test]
    fn no_time_is_longer_than_asked_for_nor_shorter_than_nine_tenths(millis in 1..100_000_000_u64) {
        let time = Duration::from_millis(millis);
        let jittered = jittered(time);
        prop_assert!(jittered <= micros(time) && jittered * 10 >= micros(time) * 9);
    }

    #[test]
    fn the_bound_on_bytes_is_held_whatever_is_put_in(
        lengths in proptest::collection::vec((0..40_usize, 0..60_000_usize, any::<bool>()), 1..200),
    ) {
        let max = 200_000;
        let bed = Bed::within(Bounds { entries: 64, bytes: max, value: 50_000, ..Bounds::default() });
        for (number, len, is_void) in lengths {
            let key = Key::new(&WEIGHED, Whose::All).part(&number.to_string());
            bed.pass(Duration::from_millis(3));
            bed.cache.set(&key, &WEIGHED, "x".repeat(len)).now_or_never().unwrap().unwrap();
            let is_held = bed.cache.get::<String>(&key).is_some();
            prop_assert_eq!(is_held, len <= 50_000);
            if is_void {
                bed.cache.invalidate(&key);
            }
            let stats = bed.cache.stats();
            prop_assert!(stats.bytes <= max && (stats.entries > 0) == (stats.bytes > 0));
        }
        bed.cache.local().forget_all();
        bed.pass(Duration::from_hours(1));
        bed.cache.store.memory.sweep(bed.cache.now().at);
        prop_assert_eq!((bed.cache.stats().entries, bed.cache.stats().bytes), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_on_bytes_is_held_while_many_put_in() {
    let max = 300_000;
    let bed = Bed::within(Bounds {
        bytes: max,
        ..Bounds::default()
    });
    let is_over = Arc::new(AtomicBool::new(false));
    let put = |task: usize| {
        let (cache, is_over) = (bed.cache.clone(), Arc::clone(&is_over));
        tokio::spawn(async move {
            for number in 0..300 {
                let key = Key::new(&WEIGHED, Whose::All).part(&(number * 4 + task).to_string());
                let value = "x".repeat((number * 7919) % 20_000);
                cache.set(&key, &WEIGHED, value).await.unwrap();
                is_over.fetch_or(cache.stats().bytes > max, Ordering::Relaxed);
            }
        })
    };
    for done in join_all((0..4).map(put)).await {
        done.unwrap();
    }
    assert!(!is_over.load(Ordering::Relaxed));
    assert!(bed.cache.stats().entries > 5);
}
