//! Who did what: the chain that tells when somebody changed it, the page, and the way back.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::{
    app::App,
    features::links::Kind,
    platform::{
        audit::{self, Actor, Changes, Finding, Head, Report},
        db::{Sql, Tx},
        i18n::Message,
    },
    routes, seed, sql,
    types::{Id, Lang},
};
use uuid::Uuid;

use crate::second_factor;
use crate::support::{ADA, Client, OFIS, Reply, TestApp, clock, config};

async fn seal(app: &App) -> i64 {
    audit::seal(&app.db, app.clock.now()).await.unwrap()
}

async fn verify(app: &App, noted: Option<Head>) -> Report {
    audit::verify(&app.db, &app.keys, app.clock.now(), noted)
        .await
        .unwrap()
}

/// An entry of a transaction that goes on.
async fn record(app: &App, tx: &mut Tx) {
    let (now, actor) = (app.clock.now(), Actor::default());
    let nothing = Changes::new();
    audit::record(tx, now, &actor, "test.note", None, None, &nothing)
        .await
        .unwrap();
}

async fn note(app: &App, name: &str) {
    let mut tx = app.db.begin().await.unwrap();
    let changes = Changes::new().field("name", None, Some(name));
    audit::record(
        &mut tx,
        app.clock.now(),
        &Actor::default(),
        "test.note",
        None,
        None,
        &changes,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// The demo's entries and five more, sealed; the rows of the chain.
async fn sealed(app: &TestApp) -> Vec<(i64, Uuid)> {
    for name in ["one", "two", "three", "four", "five"] {
        // Ids of one millisecond are in no order.
        app.clock.shift(TimeDelta::milliseconds(2));
        note(app, name).await;
    }
    seal(app).await;
    chain(app).await
}

/// Takes what is logged on this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn about(&self, event: &str) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter(|line| line.contains(event));
        lines.map(str::to_owned).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn chain(app: &TestApp) -> Vec<(i64, Uuid)> {
    app.rows(sql!(
        "select seq, entry_id from audit_seals where seq is not null order by seq"
    ))
    .await
}

async fn head(app: &TestApp) -> Head {
    let mut conn = app.db.read().await.unwrap();
    audit::head(&mut conn).await.unwrap().unwrap()
}

fn is_whole(rows: &[(i64, Uuid)]) -> bool {
    let seqs: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
    seqs == (1..=i64::try_from(rows.len()).unwrap()).collect::<Vec<_>>()
}

// ---- the chain

#[tokio::test]
async fn what_was_there_before_the_chain_and_what_comes_after_is_sealed_and_fits() {
    let app = TestApp::new().await;
    // As before an upgrade: entries of a time without seals.
    for undo in [
        "drop table audit_seals",
        "drop table audit_chain",
        "delete from _sqlx_migrations where version >= 24",
    ] {
        app.execute(Sql::new(undo)).await;
    }
    let old = app.number(sql!("select count(*) from audit_entries")).await;
    assert!(old > 20, "{old}");
    let (logs, logging) = Lines::begin();
    app.db.migrate(app.config.database_file()).await.unwrap();
    drop(logging);
    assert_eq!(logs.about("audit_entries_adopted").len(), 1);
    let told: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action = 'audit.adopt'"
        ))
        .await;
    assert_eq!(told.len(), 1);
    assert!(told[0].0.contains(&format!("\"{old}\"")), "{told:?}");
    let rows = sealed(&app).await;
    assert_eq!(i64::try_from(rows.len()).unwrap(), old + 6);
    assert!(is_whole(&rows));
    let report = verify(&app, Some(head(&app).await)).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.head.unwrap().seq, old + 6);
    assert_eq!(seal(&app).await, 0, "nothing is sealed twice");
    let row = Finding::Missing {
        seq: 3,
        entry: None,
    };
    assert_eq!(row.to_string(), "missing: row 3, entry and seal");
}

#[tokio::test]
async fn a_new_entry_waits_for_its_seal_without_being_wrong_and_a_forgotten_one_is_named() {
    let app = TestApp::new().await;
    sealed(&app).await;
    note(&app, "fresh").await;
    let report = verify(&app, None).await;
    assert_eq!((report.findings, report.waiting), (vec![], 1));
    app.clock.shift(TimeDelta::minutes(2));
    let report = verify(&app, None).await;
    assert!(
        matches!(report.findings[..], [Finding::Unsealed { .. }]),
        "{report:?}"
    );
}

#[tokio::test]
async fn an_edited_field_is_found_and_named() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (seq, entry) = rows[rows.len() - 2];
    app.execute(sql!(
        "update audit_entries set changes = replace(changes, 'four', 'fifty') where id = ?",
        entry
    ))
    .await;
    let edited = |parts: &str| Finding::Edited {
        seq,
        entry,
        parts: parts.into(),
    };
    assert_eq!(verify(&app, None).await.findings, [edited("name")]);
    app.execute(sql!(
        "update audit_entries set changes = replace(changes, 'fifty', 'four'), ip = '192.0.2.1' where id = ?",
        entry
    ))
    .await;
    assert_eq!(verify(&app, None).await.findings, [edited("ip")]);
    app.execute(sql!(
        "update audit_entries set ip = null, action = 'test.other' where id = ?",
        entry
    ))
    .await;
    let found = verify(&app, None).await.findings;
    assert!(
        matches!(&found[..], [Finding::Edited { entry: named, parts, .. }] if *named == entry && parts.contains("action")),
        "{found:?}"
    );
    app.execute(sql!(
        "update audit_entries set action = 'test.note', changes = '[]' where id = ?",
        entry
    ))
    .await;
    assert_eq!(verify(&app, None).await.findings, [edited("changes")]);
}

/// What of an entry can be copied, and its seal.
type Stored = ((String, DateTime<Utc>), (Vec<u8>, Vec<u8>));

#[tokio::test]
async fn an_entry_that_was_edited_together_with_its_seal_is_found() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (at, other) = (rows[rows.len() - 3], rows[rows.len() - 2]);
    let stored = async |(_, entry): (i64, Uuid)| {
        let contents: Vec<(String, DateTime<Utc>)> = app
            .rows(sql!(
                "select changes, at from audit_entries where id = ?",
                entry
            ))
            .await;
        let seal: Vec<(Vec<u8>, Vec<u8>)> = app
            .rows(sql!(
                "select digests, mac from audit_seals where entry_id = ?",
                entry
            ))
            .await;
        (contents[0].clone(), seal[0].clone())
    };
    // All that is in the database can be copied: the words of another entry, its digests and their proof.
    let put = async |(_, entry): (i64, Uuid), (contents, seal): &Stored| {
        app.execute(sql!(
            "update audit_entries set changes = ?, at = ? where id = ?",
            contents.0.as_str(),
            contents.1,
            entry
        ))
        .await;
        app.execute(sql!(
            "update audit_seals set digests = ?, mac = ? where entry_id = ?",
            seal.0.clone(),
            seal.1.clone(),
            entry
        ))
        .await;
    };
    let (own, others) = (stored(at).await, stored(other).await);
    let is_edited = |finding: &Finding, (at, named): (i64, Uuid)| matches!(finding, Finding::Edited { seq, entry, .. } if (*seq, *entry) == (at, named));
    put(at, &others).await;
    let found = verify(&app, None).await.findings;
    assert!(is_edited(&found[0], at), "{found:?}");
    put(other, &own).await;
    let found = verify(&app, None).await.findings;
    assert!(
        found.iter().any(|finding| is_edited(finding, at))
            && found.iter().any(|finding| is_edited(finding, other)),
        "{found:?}"
    );
    put(at, &own).await;
    put(other, &others).await;
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn a_missing_entry_is_found_and_named() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (seq, entry) = rows[rows.len() - 3];
    app.execute(sql!("delete from audit_entries where id = ?", entry))
        .await;
    let missing = Finding::Missing {
        seq,
        entry: Some(entry),
    };
    assert_eq!(verify(&app, None).await.findings, [missing]);
}

#[tokio::test]
async fn an_entry_that_went_with_its_seal_is_found() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (seq, entry) = rows[rows.len() - 3];
    app.execute(sql!("delete from audit_entries where id = ?", entry))
        .await;
    app.execute(sql!("delete from audit_seals where entry_id = ?", entry))
        .await;
    let missing = Finding::Missing { seq, entry: None };
    assert_eq!(verify(&app, None).await.findings, [missing]);
}

#[tokio::test]
async fn entries_that_changed_their_places_are_found() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (one, other) = (rows[rows.len() - 4], rows[rows.len() - 2]);
    for (seq, entry) in [(-1, one.1), (one.0, other.1), (other.0, one.1)] {
        app.execute(sql!(
            "update audit_seals set seq = ? where entry_id = ?",
            seq,
            entry
        ))
        .await;
    }
    let found = verify(&app, None).await.findings;
    for (seq, entry) in [(one.0, other.1), (other.0, one.1)] {
        assert!(
            found.contains(&Finding::Reordered { seq, entry }),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn an_inserted_entry_is_found_whatever_seal_it_brings() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let insert = async |id: Uuid| {
        app.execute(sql!(
            "insert into audit_entries (id, at, action, record, changes) values (?, ?, 'test.note', 'test', '[]')",
            id,
            app.clock.now()
        ))
        .await;
    };
    let (bare, faked) = (app.clock.new_uuid(), app.clock.new_uuid());
    insert(bare).await;
    insert(faked).await;
    // A seal copied from an entry of ours, as one that waits for its place.
    app.execute(sql!(
        "insert into audit_seals (entry_id, key_id, digests, mac) select ?, key_id, digests, mac from audit_seals where entry_id = ?",
        faked,
        rows[0].1
    ))
    .await;
    assert_eq!(seal(&app).await, 0, "the sealer takes nothing strange");
    let found: BTreeSet<String> = verify(&app, None)
        .await
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    let wanted = [bare, faked].map(|entry| Finding::Inserted { entry }.to_string());
    assert_eq!(found, BTreeSet::from(wanted));
    // Nor does taking the head away have it taken for an old one.
    app.execute(sql!("delete from audit_chain")).await;
    seal(&app).await;
    assert_eq!(verify(&app, None).await.findings.len(), 2);
}

#[tokio::test]
async fn an_inserted_entry_is_found_whatever_place_its_seal_claims() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    for place in [0, -1, i64::MIN] {
        let entry = app.clock.new_uuid();
        app.execute(sql!(
            "insert into audit_entries (id, at, action, record, changes) values (?, ?, 'test.note', 'test', '[]')",
            entry,
            app.clock.now()
        ))
        .await;
        app.execute(sql!(
            "insert into audit_seals (entry_id, key_id, digests, mac, seq) select ?, key_id, digests, mac, ? from audit_seals where entry_id = ?",
            entry,
            place,
            rows[0].1
        ))
        .await;
        assert_eq!(
            verify(&app, None).await.findings,
            [Finding::Inserted { entry }],
            "{place}"
        );
        app.execute(sql!("delete from audit_seals where entry_id = ?", entry))
            .await;
        app.execute(sql!("delete from audit_entries where id = ?", entry))
            .await;
    }
}

#[tokio::test]
async fn a_history_whose_whole_chain_was_taken_away_is_never_sealed_again() {
    let app = TestApp::new().await;
    let count = sealed(&app).await.len();
    app.execute(sql!("delete from audit_seals")).await;
    app.execute(sql!("delete from audit_chain")).await;
    let found = verify(&app, None).await.findings;
    assert_eq!(found[0], Finding::NoHead);
    let (fits, said) = command(&app, &["audit", "verify"]);
    assert!(!fits && said.contains("the head of the chain"), "{said}");
    // Neither the sealer nor another start takes it for old.
    let (logs, logging) = Lines::begin();
    assert_eq!(seal(&app).await, 0);
    drop(logging);
    assert_eq!(logs.about("audit_chain_had_no_head").len(), 1);
    app.db.migrate(app.config.database_file()).await.unwrap();
    assert_eq!(seal(&app).await, 0);
    let found = verify(&app, None).await.findings;
    assert_eq!(found.len(), count.min(51), "{found:?}");
    assert!(matches!(found[0], Finding::Inserted { .. }));
    // What is written from now on has its place.
    note(&app, "after").await;
    assert_eq!(seal(&app).await, 1);
}

#[tokio::test]
async fn more_findings_than_anyone_reads_are_said_to_be_more_and_never_hide_the_head() {
    let app = TestApp::new().await;
    for at in 0..60 {
        note(&app, &at.to_string()).await;
    }
    sealed(&app).await;
    let noted = head(&app).await;
    app.execute(sql!(
        "update audit_entries set request_id = 'x' where action = 'test.note'"
    ))
    .await;
    let found = verify(&app, Some(noted)).await.findings;
    assert_eq!(found.len(), 51);
    assert_eq!(
        found[50].to_string(),
        "and more: only the first 50 are told"
    );
    app.execute(sql!("update audit_chain set mac = ?", vec![7_u8; 32]))
        .await;
    let other = Head { seq: 3, ..noted };
    let found = verify(&app, Some(other)).await.findings;
    let cut = |seq| Finding::CutOff { seq };
    assert!(
        found.contains(&cut(noted.seq)) && found.contains(&cut(3)),
        "{found:?}"
    );
    assert_eq!(found.len(), 51);
}

#[tokio::test]
async fn a_head_that_was_set_back_stops_the_sealer_loudly_and_seals_that_are_gone_do_not() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let kept = head(&app).await;
    app.execute(sql!("update audit_chain set seq = ?", kept.seq - 1))
        .await;
    note(&app, "six").await;
    let refused = audit::seal(&app.db, app.clock.now()).await;
    assert!(
        refused.is_err_and(|error| error.to_string().contains("before its last seal")),
        "the reason is told"
    );
    app.execute(sql!("update audit_chain set seq = ?", kept.seq))
        .await;
    assert_eq!(seal(&app).await, 1);
    app.execute(sql!(
        "delete from audit_seals where seq > ?",
        rows[rows.len() - 3].0
    ))
    .await;
    note(&app, "seven").await;
    let (logs, logging) = Lines::begin();
    assert_eq!(
        seal(&app).await,
        1,
        "a gap tells more than a chain that ends"
    );
    drop(logging);
    assert_eq!(logs.about("audit_seals_are_gone").len(), 1);
    let missing = Finding::Missing {
        seq: kept.seq,
        entry: None,
    };
    assert!(verify(&app, None).await.findings.contains(&missing));
}

#[tokio::test]
async fn what_was_cut_off_at_the_end_is_found_by_a_head_that_was_noted() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let noted = head(&app).await;
    let (last, before) = (rows[rows.len() - 1], rows[rows.len() - 2]);
    app.execute(sql!("delete from audit_entries where id = ?", last.1))
        .await;
    app.execute(sql!("delete from audit_seals where entry_id = ?", last.1))
        .await;
    let missing = Finding::Missing {
        seq: last.0,
        entry: None,
    };
    assert_eq!(verify(&app, None).await.findings, [missing]);
    // With the head put back, only who has noted the old one knows.
    app.execute(sql!(
        "update audit_chain set seq = ?, mac = (select mac from audit_seals where seq = ?)",
        before.0,
        before.0
    ))
    .await;
    assert_eq!(verify(&app, None).await.findings, []);
    let cut = Finding::CutOff { seq: noted.seq };
    assert_eq!(
        verify(&app, Some(noted)).await.findings,
        std::slice::from_ref(&cut)
    );
    // And goes on knowing when the chain has grown past it again.
    note(&app, "six").await;
    note(&app, "seven").await;
    seal(&app).await;
    assert_eq!(verify(&app, Some(noted)).await.findings, [cut]);
}

#[tokio::test]
async fn erasing_breaks_nothing_and_is_told() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (_, entry) = rows[rows.len() - 2];
    let before = head(&app).await;
    let mut tx = app.db.begin().await.unwrap();
    let now = app.clock.now();
    audit::erase(&mut tx, now, &Actor::default(), entry, &["name"])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    seal(&app).await;
    assert_eq!(verify(&app, Some(before)).await.findings, []);
    let kept: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where id = ?",
            entry
        ))
        .await;
    assert!(!kept[0].0.contains("four"), "{kept:?}");
    assert_eq!(app.noted().await.last().unwrap(), "audit.erase");
}

#[tokio::test]
async fn erasing_without_saying_so_is_found() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (seq, entry) = rows[rows.len() - 2];
    app.execute(sql!(
        r#"update audit_entries set changes = '[{"field":"name","before":null,"after":null,"erased":true}]' where id = ?"#,
        entry
    ))
    .await;
    let erased = |parts: &str| Finding::Erased {
        seq,
        entry,
        parts: parts.into(),
    };
    assert_eq!(verify(&app, None).await.findings, [erased("name")]);
    // An entry that says so, but that the product did not write, is no excuse.
    let told = app.clock.new_uuid();
    app.execute(sql!(
        r#"insert into audit_entries (id, at, action, record, record_id, changes)
           values (?, ?, 'audit.erase', 'audit', ?, '[{"field":"name","before":null,"after":"erased"}]')"#,
        told,
        app.clock.now(),
        entry
    ))
    .await;
    assert_eq!(
        verify(&app, None).await.findings,
        [erased("name"), Finding::Inserted { entry: told }]
    );
}

#[tokio::test]
async fn another_secret_key_is_named_and_not_taken_for_an_attack() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let last = i64::try_from(rows.len()).unwrap();
    let other = App::build(
        config(&[
            ("DATABASE_URL", app.database.url.as_str()),
            ("SECRET_KEY", "another-key-of-more-than-32-characters-0123"),
        ]),
        clock(),
    )
    .await
    .unwrap();
    let old = Finding::OtherKey { first: 1, last };
    assert_eq!(
        verify(&other, None).await.findings,
        std::slice::from_ref(&old)
    );
    // What is written from now on has the new key, after what the old one sealed.
    note(&other, "six").await;
    seal(&other).await;
    assert_eq!(verify(&other, None).await.findings, [old]);
    let new = Finding::OtherKey {
        first: last + 1,
        last: last + 1,
    };
    assert_eq!(
        verify(&app, None).await.findings,
        std::slice::from_ref(&new)
    );
    // Erased under the new key, an entry of the old one is as it should be under both.
    let (_, entry) = rows[rows.len() - 2];
    let mut tx = other.db.begin().await.unwrap();
    let (now, nobody) = (other.clock.now(), Actor::default());
    audit::erase(&mut tx, now, &nobody, entry, &["name"])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    seal(&other).await;
    assert_eq!(
        verify(&other, None).await.findings,
        [Finding::OtherKey { first: 1, last }]
    );
    let new = Finding::OtherKey {
        first: last + 1,
        last: last + 2,
    };
    assert_eq!(verify(&app, None).await.findings, [new]);
    other.db.close().await;
}

#[tokio::test]
async fn a_seal_under_a_key_that_is_not_here_gets_no_place_until_the_key_is_back() {
    let app = TestApp::new().await;
    sealed(&app).await;
    let other = App::build(
        config(&[
            ("DATABASE_URL", app.database.url.as_str()),
            ("SECRET_KEY", "another-key-of-more-than-32-characters-0123"),
        ]),
        clock(),
    )
    .await
    .unwrap();
    // Begun, and stopped before it was sealed.
    note(&app, "last words").await;
    // Made up, as many as the sealer takes at once, under a key that nobody has.
    let mut tx = app.db.begin().await.unwrap();
    for _ in 0..520 {
        let entry = app.clock.new_uuid();
        tx.execute(sql!(
            "insert into audit_entries (id, at, action, record, changes) values (?, ?, 'test.forged', 'test', '[]')",
            entry,
            app.clock.now()
        ))
        .await
        .unwrap();
        tx.execute(sql!(
            "insert into audit_seals (entry_id, key_id, digests, mac) values (?, ?, ?, ?)",
            entry,
            vec![9_u8; 8],
            vec![9_u8; 32],
            vec![9_u8; 32]
        ))
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    note(&other, "first words").await;
    assert_eq!(seal(&other).await, 1, "its own alone");
    assert_eq!(seal(&app).await, 1, "what the old key began");
    let forged: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from audit_entries where action = 'test.forged'"
        ))
        .await;
    let found = verify(&app, None).await.findings;
    assert!(matches!(found[0], Finding::OtherKey { first, last } if first == last));
    assert!(
        found[1..50].iter().all(|finding| {
            matches!(finding, Finding::Foreign { entry } if forged.contains(&(*entry,)))
        }),
        "{found:?}"
    );
    app.execute(sql!(
        "delete from audit_seals where key_id = ?",
        vec![9_u8; 8]
    ))
    .await;
    app.execute(sql!(
        "delete from audit_entries where action = 'test.forged'"
    ))
    .await;
    let found = verify(&app, None).await.findings;
    assert!(matches!(found[..], [Finding::OtherKey { .. }]), "{found:?}");
    other.db.close().await;
}

#[tokio::test]
async fn sealers_at_once_make_one_chain() {
    let app = TestApp::new().await;
    seal(&app).await;
    for round in 0..5 {
        for at in 0..20 {
            note(&app, &format!("{round}-{at}")).await;
        }
        let (now, db) = (app.clock.now(), &app.db);
        let all = tokio::join!(
            audit::seal(db, now),
            audit::seal(db, now),
            audit::seal(db, now),
            audit::seal(db, now)
        );
        let all: i64 = [all.0, all.1, all.2, all.3]
            .into_iter()
            .map(|sealed| sealed.unwrap_or(0))
            .sum();
        assert_eq!(all, 20);
    }
    assert!(is_whole(&chain(&app).await));
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn an_entry_that_commits_late_is_sealed_then() {
    let app = TestApp::new().await;
    sealed(&app).await;
    let early = app.clock.now() - TimeDelta::seconds(30);
    let mut late = app.db.begin().await.unwrap();
    let record = async |tx: &mut _| {
        let actor = Actor::default();
        audit::record(tx, early, &actor, "test.late", None, None, &Changes::new()).await
    };
    if app.db.is_embedded() {
        // One writer: the other commits first, with the newer id.
        drop(late);
        note(&app, "six").await;
        assert_eq!(seal(&app).await, 1);
        let mut late = app.db.begin().await.unwrap();
        record(&mut late).await.unwrap();
        late.commit().await.unwrap();
    } else {
        record(&mut late).await.unwrap();
        note(&app, "six").await;
        assert_eq!(seal(&app).await, 1, "only what is committed");
        late.commit().await.unwrap();
    }
    assert_eq!(seal(&app).await, 1);
    let report = verify(&app, None).await;
    assert_eq!((report.findings, report.waiting), (vec![], 0));
}

#[tokio::test]
async fn a_sealer_that_dies_at_work_leaves_a_chain_that_goes_on() {
    let app = TestApp::new().await;
    seal(&app).await;
    let mut cut = 0;
    for round in 0..12_u64 {
        for at in 0..70 {
            note(&app, &format!("{round}-{at}")).await;
        }
        let bound = Duration::from_micros(300 * (round + 1));
        let ended = tokio::time::timeout(bound, audit::seal(&app.db, app.clock.now())).await;
        cut += u32::from(ended.is_err());
    }
    assert!(cut > 0, "none was cut");
    // A server takes a moment to forget a transaction that nobody ends.
    let waiting = sql!("select count(*) from audit_seals where seq is null");
    let begun = Instant::now();
    while app.number(waiting.clone()).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        let _ = audit::seal(&app.db, app.clock.now()).await;
    }
    assert!(is_whole(&chain(&app).await));
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn writers_do_not_wait_for_each_other_nor_for_the_sealer() {
    let app = TestApp::new().await;
    sealed(&app).await;
    if app.db.is_embedded() {
        // SQLite has one writer in any case: all of them get their turn.
        let all = (0..8).map(|at| {
            let app = app.app.clone();
            tokio::spawn(async move { note(&app, &at.to_string()).await })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    } else {
        // Eight open transactions, each with its entry, and a sealer in the middle: whoever waited for another would
        // wait for ever.
        let mut open = Vec::new();
        for _ in 0..8 {
            let mut tx = app.db.begin().await.unwrap();
            record(&app, &mut tx).await;
            open.push(tx);
            let mut others = app.db.begin().await.unwrap();
            for _ in 0..70 {
                record(&app, &mut others).await;
            }
            others.commit().await.unwrap();
            assert_eq!(seal(&app).await, 70);
        }
        for tx in open.into_iter().rev() {
            tx.commit().await.unwrap();
        }
    }
    assert_eq!(seal(&app).await, 8);
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn the_loop_seals_within_seconds_and_logs_the_head_once_an_hour() {
    let app = TestApp::new().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(audit::run(app.db.clone(), app.clock.clone(), async {
        let _ = stopped.await;
    }));
    let begun = Instant::now();
    note(&app, "soon").await;
    let waiting = sql!(
        "select count(*) from audit_entries e left join audit_seals s on s.entry_id = e.id where s.seq is null"
    );
    while app.number(waiting.clone()).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let logged = sql!("select count(*) from audit_chain where logged_at is not null");
    while app.number(logged.clone()).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    note(&app, "at the end").await;
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(
        app.number(waiting).await,
        0,
        "the rest is sealed at the end"
    );
}

#[tokio::test]
async fn the_head_goes_to_the_log_once_an_hour_whatever_time_was_noted_last() {
    let app = TestApp::new().await;
    sealed(&app).await;
    let (logs, logging) = Lines::begin();
    let turn = async || {
        audit::run(app.db.clone(), app.clock.clone(), async {}).await;
        logs.about("audit_head")
    };
    let first = turn().await;
    let wanted = head(&app).await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].contains(&format!("head={wanted}")), "{first:?}");
    assert!(
        first[0].contains(&format!("count={}", wanted.seq)),
        "{first:?}"
    );
    app.clock.shift(TimeDelta::minutes(59));
    assert_eq!(turn().await.len(), 1);
    app.clock.shift(TimeDelta::minutes(2));
    assert_eq!(turn().await.len(), 2);
    assert_eq!(turn().await.len(), 2);
    // Somebody sets the time so that it is never due again.
    app.execute(sql!(
        "update audit_chain set logged_at = ?",
        app.clock.now() + TimeDelta::days(3650)
    ))
    .await;
    assert_eq!(turn().await.len(), 3);
    assert_eq!(turn().await.len(), 3);
    drop(logging);
}

#[tokio::test]
async fn a_change_that_is_rolled_back_leaves_neither_entry_nor_seal() {
    let app = TestApp::new().await;
    let count =
        sql!("select (select count(*) from audit_entries) + (select count(*) from audit_seals)");
    let before = app.number(count.clone()).await;
    let mut tx = app.db.begin().await.unwrap();
    let (now, actor) = (app.clock.now(), Actor::default());
    audit::record(
        &mut tx,
        now,
        &actor,
        "test.note",
        None,
        None,
        &Changes::new(),
    )
    .await
    .unwrap();
    drop(tx);
    assert_eq!(app.number(count).await, before);
}

// ---- the page

async fn rename(ofis: &Client, company: Uuid, name: &str) {
    edit(ofis, company, &[("name", name)]).await;
}

/// Sends the edit form with some fields typed anew.
async fn edit(ofis: &Client, company: Uuid, fields: &[(&str, &str)]) {
    let page = ofis.get(&format!("/companies/{company}/edit")).await;
    let mut form = page.form(&format!("form[action='/companies/{company}']"));
    for (name, value) in fields.iter().chain([&("confirm", "true")]) {
        form = form.set(name, value);
    }
    let reply = ofis.submit(&form).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
}

async fn latest(app: &TestApp, action: &'static str) -> Uuid {
    let rows: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from audit_entries where action = ? order by at desc, id desc limit 1",
            action
        ))
        .await;
    rows[0].0
}

#[tokio::test]
async fn the_page_shows_who_changed_what_and_how_far_it_is_sealed() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    rename(&ofis, acme, "Yepyeni A.Ş.").await;
    seal(&app).await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/audit").await.text().to_owned();
    assert!(page.contains("companies.update"));
    assert!(page.contains("Yepyeni A.Ş."));
    assert!(page.contains(&head(&app).await.to_string()));
    assert!(page.contains("Waits for its seal"), "the sign-in just now");
    assert!(page.contains("Sealed"));
    let entry = latest(&app, "companies.update").await;
    let one = ada.get(&format!("/audit/{entry}")).await;
    assert!(one.has("td del") && one.has("td ins"));
    assert!(one.has(&format!("main a[href='/companies/{acme}']")));
    let fragment = ada
        .htmx_get("/audit?what=companies")
        .await
        .text()
        .to_owned();
    assert!(!fragment.contains("<html") && fragment.contains("id=\"list\""));
    assert_eq!(ofis.get("/audit").await.status, 403);
    assert_eq!(ofis.get(&format!("/audit/{entry}")).await.status, 403);
    assert_eq!(ada.get(&format!("/audit/{acme}")).await.status, 404);
}

#[tokio::test]
async fn filters_narrow_the_page_alone_and_together() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let reply = ofis
        .call("GET", "/companies")
        .header("x-request-id", "never-writes")
        .send()
        .await;
    assert_eq!(reply.status, 200);
    rename(&ofis, acme, "Yepyeni A.Ş.").await;
    let ada = app.sign_in(ADA).await;
    let (user, entry) = (
        app.rows::<(Uuid,)>(sql!("select id from users where email = ?", OFIS))
            .await[0]
            .0,
        latest(&app, "companies.update").await,
    );
    let request: Vec<(String,)> = app
        .rows(sql!(
            "select request_id from audit_entries where id = ?",
            entry
        ))
        .await;
    let request = &request[0].0;
    let has = async |query: &str| {
        let page = ada.get(&format!("/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.text());
        page.text().contains(&format!("entry-{entry}"))
    };
    for query in [
        "what=companies".to_owned(),
        "what=companies.update".into(),
        format!("actor={user}"),
        format!("company={acme}"),
        format!("record={acme}"),
        format!("what=companies&record={acme}"),
        "from=2026-11-24&to=2026-11-24".into(),
        format!("request={request}"),
        format!(
            "what=companies.update&actor={user}&company={acme}&from=2026-11-24&request={request}"
        ),
        format!("actor={user}&record={acme}"),
    ] {
        assert!(has(&query).await, "{query}");
    }
    for query in [
        "what=notes".to_owned(),
        "what=companies.trash".into(),
        "from=2026-11-25".into(),
        "to=2026-11-23".into(),
        format!("company={user}"),
        format!("actor={acme}"),
        format!("what=notes&record={acme}"),
        "request=never-writes".into(),
        "ip=192.0.2.9".into(),
        format!("what=companies.update&actor={user}&ip=192.0.2.9"),
    ] {
        assert!(!has(&query).await, "{query}");
    }
    for query in ["actor=ada", "from=x", "ip=1", "what=a%20b", "after=zz"] {
        assert_eq!(ada.get(&format!("/audit?{query}")).await.status, 400);
    }
}

#[tokio::test]
async fn pages_go_on_to_the_end_and_a_rare_entry_is_found_a_window_at_a_time() {
    let app = TestApp::new().await;
    note(&app, "the rare one").await;
    let rare = latest(&app, "test.note").await;
    app.clock.shift(TimeDelta::seconds(1));
    let mut tx = app.db.begin().await.unwrap();
    for _ in 0..5100 {
        let (now, actor) = (app.clock.now(), Actor::default());
        audit::record(
            &mut tx,
            now,
            &actor,
            "test.often",
            None,
            None,
            &Changes::new(),
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let ada = app.sign_in(ADA).await;
    let next = |page: &Reply| page.attr("#list-next", "href");
    let first = ada.get("/audit?what=test.note").await;
    assert!(!first.text().contains(&format!("entry-{rare}")));
    assert!(first.text().contains("further back"));
    let second = ada.get(&next(&first).unwrap()).await;
    assert!(second.text().contains(&format!("entry-{rare}")));
    // Every entry is on exactly one page.
    let mut seen = Vec::new();
    let mut href = Some("/audit?to=2026-11-23".to_owned());
    let entry = regex::Regex::new("id=\"entry-([0-9a-f-]{36})\"").unwrap();
    while let Some(at) = href {
        let page = ada.get(&at).await;
        seen.extend(
            entry
                .captures_iter(page.text())
                .map(|found| found[1].to_owned()),
        );
        href = next(&page);
    }
    let day = "2026-11-23T21:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    let wanted: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from audit_entries where at < ? order by id desc",
            day
        ))
        .await;
    let wanted: Vec<String> = wanted.iter().map(|(id,)| id.to_string()).collect();
    assert!(wanted.len() > 25, "{}", wanted.len());
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn the_file_holds_the_rows_of_the_list_as_text_and_is_noted_itself() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    rename(&ofis, acme, "=HYPERLINK(\"http://evil.test\")").await;
    let ada = app.sign_in(ADA).await;
    let reply = ada
        .post_form("/audit/export?what=companies.update", &[])
        .await;
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://evil.test\"\")\""),
        "{text}"
    );
    assert!(!text.contains(",=HYPERLINK") && !text.contains(",\"=HYPERLINK"));
    assert!(text.starts_with("Time,Who,Action"), "{text}");
    assert!(!text.contains("session.login-ok"));
    assert_eq!(app.noted().await.last().unwrap(), "audit.export");
    assert_eq!(ofis.post_form("/audit/export", &[]).await.status, 403);
}

// ---- the way back

#[tokio::test]
async fn a_persons_number_is_masked_and_cannot_be_brought_back() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    edit(&ofis, acme, &[("tax_id", "10000000146")]).await;
    app.clock.shift(TimeDelta::seconds(1));
    edit(&ofis, acme, &[("tax_id", "")]).await;
    let ada = app.sign_in(ADA).await;
    let entry = latest(&app, "companies.update").await;
    let page = ada.get(&format!("/audit/{entry}")).await.text().to_owned();
    assert!(page.contains("*********46"), "{page}");
    assert!(page.contains("keeps only the last digits"));
    assert!(!page.contains("10000000146"));
    assert!(!ada.get("/audit").await.text().contains("10000000146"));
    let file = ada.post_form("/audit/export", &[]).await.text().to_owned();
    assert!(!file.contains("10000000146"));
    let reply = ada
        .post_form(&format!("/audit/{entry}/restore"), &[("field", "tax_id")])
        .await;
    assert_eq!(reply.status, 422);
    assert!(reply.text().contains("keeps only the last digits"));
}

#[tokio::test]
async fn an_old_value_comes_back_as_a_change_of_its_own() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let name = async || -> String {
        app.rows::<(String,)>(sql!("select name from companies where id = ?", acme))
            .await
            .remove(0)
            .0
    };
    let before = name().await;
    rename(&ofis, acme, "Yepyeni A.Ş.").await;
    let entry = latest(&app, "companies.update").await;
    let version = app.version(acme).await;
    app.clock.shift(TimeDelta::seconds(1));
    let ada = app.sign_in(ADA).await;
    let reply = ada
        .post_form(&format!("/audit/{entry}/restore"), &[("field", "name")])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    assert_eq!(name().await, before);
    assert_eq!(app.version(acme).await, version + 1);
    let again = latest(&app, "companies.update").await;
    assert_ne!(again, entry);
    let page = ada.get(&format!("/audit/{again}")).await;
    assert!(page.has(&format!("dl.facts a[href='/audit/{entry}']")));
    assert!(page.text().contains("Brings back"));
    // The company's own history tells the change, without the audit's note.
    let history = ofis.get(&format!("/companies/{acme}/history")).await;
    assert_eq!(history.status, 200);
    assert!(!history.text().contains(&entry.to_string()));
    let fields: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where id = ?",
            again
        ))
        .await;
    assert!(fields[0].0.contains("restored_from"));
}

#[tokio::test]
async fn a_value_that_changed_since_is_shown_beside_the_old_one_first() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let old: Vec<(String,)> = app
        .rows(sql!("select name from companies where id = ?", acme))
        .await;
    rename(&ofis, acme, "Birinci A.Ş.").await;
    let entry = latest(&app, "companies.update").await;
    app.clock.shift(TimeDelta::seconds(1));
    rename(&ofis, acme, "İkinci A.Ş.").await;
    let ada = app.sign_in(ADA).await;
    let url = format!("/audit/{entry}/restore");
    let reply = ada.post_form(&url, &[("field", "name")]).await;
    assert_eq!(reply.status, 409);
    let text = reply.text();
    assert!(text.contains("İkinci A.Ş.") && text.contains(&old[0].0));
    let version = app.version(acme).await;
    // Seen once, and changed again meanwhile: asked again.
    rename(&ofis, acme, "Üçüncü A.Ş.").await;
    let seen = version.to_string();
    let reply = ada
        .post_form(&url, &[("field", "name"), ("version", &seen)])
        .await;
    assert_eq!(reply.status, 409);
    assert!(reply.text().contains("Üçüncü A.Ş."));
    let seen = app.version(acme).await.to_string();
    let reply = ada
        .post_form(&url, &[("field", "name"), ("version", &seen)])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let now: Vec<(String,)> = app
        .rows(sql!("select name from companies where id = ?", acme))
        .await;
    assert_eq!(now[0].0, old[0].0);
}

#[tokio::test]
async fn fields_of_every_kind_of_record_come_back_and_others_do_not() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    for (table, action, field) in [
        ("contacts", "contacts.update", "name"),
        ("notes", "notes.update", "body"),
        ("activities", "activities.update", "title"),
        ("services", "services.update", "name"),
    ] {
        let (child, _) = app.children(table, acme).await[0];
        let (edit, action_url) = if table == "services" {
            (
                format!("/services/{child}/edit"),
                format!("/services/{child}"),
            )
        } else {
            let at = format!("/companies/{acme}/{table}/{child}");
            (format!("{at}/edit"), at)
        };
        let selector = format!("form[action='{action_url}']");
        let form = ada.get(&edit).await.form(&selector);
        let was = form.value(field).unwrap().to_owned();
        let form = form.set(field, "Anew and different");
        assert_eq!(ada.submit(&form).await.status, 303, "{table}");
        let entry = latest(&app, action).await;
        app.clock.shift(TimeDelta::seconds(1));
        let reply = ada
            .post_form(&format!("/audit/{entry}/restore"), &[("field", field)])
            .await;
        assert_eq!(reply.status, 303, "{table}: {}", reply.text());
        let now = ada.get(&edit).await.form(&selector);
        assert_eq!(now.value(field), Some(was.as_str()), "{table}");
    }
    let entry = latest(&app, "session.login-ok").await;
    let url = format!("/audit/{entry}/restore");
    let reply = ada.post_form(&url, &[("field", "password_hash")]).await;
    assert_eq!(reply.status, 422);
    let created = latest(&app, "companies.create").await;
    let url = format!("/audit/{created}/restore");
    let reply = ada.post_form(&url, &[("field", "name")]).await;
    assert_eq!(reply.status, 422);
}

#[tokio::test]
async fn a_number_that_ends_like_the_one_before_is_not_taken_for_it() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    edit(&ofis, acme, &[("tax_id", "10000000146")]).await;
    let entry = latest(&app, "companies.update").await;
    let (one, other) = ("10000000146", "20000000046");
    app.execute(sql!(
        "update companies set tax_id = ? where tax_id = ?",
        other,
        one
    ))
    .await;
    let ada = app.sign_in(ADA).await;
    let reply = ada
        .post_form(&format!("/audit/{entry}/restore"), &[("field", "tax_id")])
        .await;
    assert_eq!(reply.status, 409);
    assert!(reply.text().contains("*********46"));
}

#[tokio::test]
async fn a_refused_old_value_is_told_with_the_name_of_its_field() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    edit(&ofis, acme, &[("email", "first@acme.example")]).await;
    app.clock.shift(TimeDelta::seconds(1));
    edit(&ofis, acme, &[("email", "second@acme.example")]).await;
    let entry = latest(&app, "companies.update").await;
    // As if the rules had been others then.
    app.execute(sql!(
        "update audit_entries set changes = replace(changes, 'first@acme.example', 'none') where id = ?",
        entry
    ))
    .await;
    app.execute(sql!(
        "update companies set nace_code = 'x' where id = ?",
        acme
    ))
    .await;
    let ada = app.sign_in(ADA).await;
    let reply = ada
        .post_form(&format!("/audit/{entry}/restore"), &[("field", "email")])
        .await;
    assert_eq!(reply.status, 422);
    let told = reply.texts(".error-summary li");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("Email: "), "{told:?}");
    assert!(told[1].starts_with("NACE"), "{told:?}");
}

#[tokio::test]
async fn what_was_erased_is_called_so_on_the_page_and_in_the_file() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    edit(&ofis, acme, &[("phone", "+90 212 555 00 99")]).await;
    let entry = latest(&app, "companies.update").await;
    let mut tx = app.db.begin().await.unwrap();
    tx.execute(sql!(
        "update audit_entries set ip = '192.0.2.7' where id = ?",
        entry
    ))
    .await
    .unwrap();
    let (now, nobody) = (app.clock.now(), Actor::default());
    audit::erase(&mut tx, now, &nobody, entry, &["ip", "phone"])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/audit?what=companies.update").await;
    assert!(page.text().contains("IP address erased"));
    let file = ada
        .post_form("/audit/export?what=companies.update", &[])
        .await;
    let text = file.text();
    assert!(text.contains("phone,erased,erased,erased,"), "{text}");
}

#[tokio::test]
async fn a_persons_number_that_was_looked_for_is_masked_where_the_export_is_noted() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    for list in ["companies", "services"] {
        let url = format!("/{list}/export?q=Ada+10000000146");
        assert_eq!(ofis.post_form(&url, &[]).await.status, 200, "{list}");
    }
    let noted: Vec<(String,)> = app
        .rows(sql!(
            "select changes from audit_entries where action in ('companies.export', 'services.export')"
        ))
        .await;
    assert_eq!(noted.len(), 2);
    for (changes,) in noted {
        assert!(!changes.contains("100000001"), "{changes}");
        assert!(
            changes.contains("46") && changes.contains("Ada"),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn who_is_chosen_can_be_chosen_and_all_are_in_the_order_of_the_alphabet() {
    let app = TestApp::new().await;
    let mut people = Sql::new(
        "insert into users (id, name, email, role, theme, active, version, created_at, updated_at) values ",
    );
    let now = app.clock.now();
    let chosen = app.clock.new_uuid();
    for at in 0..500 {
        let name = ["Irmak", "İpek", "Zeki"][at % 3];
        people
            .push("(?, ?, ?, 'office', 'auto', ?, 1, ?, ?), ")
            .bind(app.clock.new_uuid())
            .bind(name)
            .bind(format!("p{at}@ornek.test"))
            .bind(true)
            .bind(now)
            .bind(now);
    }
    people
        .push("(?, 'Ööö Sonuncu', 'last@ornek.test', 'office', 'auto', ?, 1, ?, ?)")
        .bind(chosen)
        .bind(true)
        .bind(now)
        .bind(now);
    app.execute(people).await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get(&format!("/audit?actor={chosen}")).await;
    assert_eq!(
        page.attr("#f-actor option[selected]", "value"),
        Some(chosen.to_string())
    );
    let names = page.texts("#f-actor option");
    let last = |name: &str| names.iter().rposition(|shown| shown == name).unwrap();
    assert!(last("Irmak") < last("İpek") && last("İpek") < last("Ööö Sonuncu"));
    assert!(last("Ööö Sonuncu") < last("Zeki"));
}

#[tokio::test]
async fn a_request_is_found_by_an_id_that_somebody_else_made_at_another_time() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    rename(&ofis, acme, "Yepyeni A.Ş.").await;
    let entry = latest(&app, "companies.update").await;
    let early = app.clock.now() - TimeDelta::days(300);
    let request = Id::<()>::new_v7(early, [7; 10]).to_string();
    app.execute(sql!(
        "update audit_entries set request_id = ? where id = ?",
        request.as_str(),
        entry
    ))
    .await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get(&format!("/audit?request={request}")).await;
    assert!(page.has(&format!("#entry-{entry}")), "{}", page.text());
    assert_eq!(page.count("#list .timeline > li"), 1);
}

#[tokio::test]
async fn one_sealed_entry_is_not_spoken_of_as_many() {
    let app = TestApp::new().await;
    let say = |count: i64| {
        let message = Message::new("audit-head").arg("count", count);
        app.translations.message(Lang::En, &message).unwrap()
    };
    assert!(say(1).starts_with("1 entry is sealed"), "{}", say(1));
    assert!(say(1234).starts_with("1,234 entries are"), "{}", say(1234));
    seal(&app).await;
    let ada = app.sign_in(ADA).await;
    let page = ada.get("/audit").await;
    assert!(page.one(".audit-head").contains("entries are sealed"));
}

// ---- every change

/// The database without what is about the requests themselves.
async fn records(app: &TestApp) -> String {
    let mut text = app.database_text().await;
    let audit: Vec<(Uuid, String, String)> = app
        .rows(sql!(
            "select id, action, changes from audit_entries order by id"
        ))
        .await;
    let forms: Vec<(Uuid, String)> = app
        .rows(sql!(
            "select form_key, location from submissions order by form_key"
        ))
        .await;
    let sessions: Vec<(Vec<u8>, String)> = app
        .rows(sql!(
            "select token_hash, data from sessions order by token_hash"
        ))
        .await;
    for line in audit
        .iter()
        .map(|row| format!("{row:?}\n"))
        .chain(forms.iter().map(|row| format!("{row:?}\n")))
        .chain(sessions.iter().map(|row| format!("{row:?}\n")))
    {
        text = text.replace(&line, "");
    }
    text
}

/// Every URL of records that takes a form: what trashes them comes after all else, and what brings them back last. A
/// company that is in the trash hides its things, so that it goes after them.
fn forms() -> Vec<String> {
    let places = ["/companies", "/services/{id}", "/preferences"];
    let mut posts: Vec<String> = routes::table()
        .lines()
        .into_iter()
        .filter(|line| line.method == "POST")
        .map(|line| line.path)
        .filter(|path| places.iter().any(|place| path.starts_with(place)))
        // Nothing is changed by it, and nothing else can be changed after it.
        .filter(|path| path != "/companies/{id}/view")
        // The demo has no mails.
        .filter(|path| !path.contains("/mails/"))
        .collect();
    posts.sort_by_key(|path| {
        let turn = match path.rsplit_once('/') {
            Some(("/companies/{id}", "restore")) => 5,
            Some(("/companies/{id}", "trash")) => 4,
            Some((_, "restore")) => 3,
            Some((_, "trash")) => 2,
            _ => 1,
        };
        (turn, path.clone())
    });
    posts
}

/// The columns that an entry names as they are named.
const COLUMNS: &[(&str, &[&str])] = &[
    (
        "companies",
        &[
            "name",
            "tax_id",
            "tax_office",
            "email",
            "phone",
            "address",
            "nace_code",
            "danger_class",
            "source",
            "status",
        ],
    ),
    (
        "contacts",
        &["name", "title", "phone", "email", "is_primary"],
    ),
    ("notes", &["body", "pinned"]),
    ("activities", &["kind", "title", "body", "due_on"]),
    (
        "services",
        &["name", "type", "cycle", "starts_on", "status", "notes"],
    ),
];

/// What each of those holds, by column and record.
async fn columns(app: &TestApp) -> BTreeMap<(&'static str, Uuid), Option<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in COLUMNS {
        for column in *columns {
            let mut select = Sql::new("select id, cast(");
            select
                .push(column)
                .push(" as char(2000)) from ")
                .push(table);
            for (id, value) in app.rows::<(Uuid, Option<String>)>(select).await {
                all.insert((*column, id), value);
            }
        }
    }
    all
}

/// Fits every form.
const FIELDS: &[(&str, &str)] = &[
    ("name", "Something else"),
    ("body", "Something else"),
    ("title", "Something else"),
    ("status", "prospect"),
    ("kind", "call"),
    ("type", "hosting"),
    ("price", "12"),
    ("currency", "TRY"),
    ("cycle", "yearly"),
    ("starts_on", "2026-01-01"),
    ("pinned", "true"),
    ("done", "true"),
    ("is_primary", "true"),
    ("confirm", "true"),
    ("theme", "dark"),
];

/// Sends a form to a record that is there, under this request's id.
async fn send(app: &TestApp, ada: &Client, path: &str, company: Uuid, request: &str) -> Reply {
    let table = ["contacts", "notes", "activities", "services"]
        .into_iter()
        .find(|table| path.contains(&format!("/{table}")));
    let child = match table {
        Some(table) => Some(app.children(table, company).await[0]),
        None => None,
    };
    let is_service = path.starts_with("/services");
    let id = child.map_or(company, |(id, _)| if is_service { id } else { company });
    let version = match child {
        Some((_, version)) if path.contains("{child}") || is_service => version,
        _ => app.version(company).await,
    };
    let child = child.map(|(id, _)| id.to_string()).unwrap_or_default();
    let url = path
        .replace("{id}", &id.to_string())
        .replace("{child}", &child);
    let version = version.to_string();
    let fields = [&[("version", version.as_str())], FIELDS].concat();
    ada.call("POST", &url)
        .header("x-request-id", request)
        .form(&fields)
        .send()
        .await
}

#[tokio::test]
async fn every_form_that_changes_a_record_leaves_an_entry_of_its_request() {
    let app = TestApp::new().await;
    let ada = app.sign_in(ADA).await;
    let acme = app.company("Acme").await;
    let (mut asked, mut changed, mut compared) = (0, 0, 0);
    for path in forms() {
        let (before, held) = (records(&app).await, columns(&app).await);
        let request = app.clock.new_uuid().to_string();
        let reply = send(&app, &ada, &path, acme, &request).await;
        let (status, text) = (reply.status, reply.text());
        assert!([200, 303].contains(&status), "{path}: {status} {text}");
        let entries = app
            .number(sql!(
                "select count(*) from audit_entries where request_id = ?",
                request.as_str()
            ))
            .await;
        let is_changed = records(&app).await != before;
        assert!(
            entries > 0 || !is_changed,
            "{path} changed something unseen"
        );
        let noted: Vec<(Option<Uuid>, String)> = app
            .rows(sql!(
                "select record_id, changes from audit_entries where request_id = ?",
                request
            ))
            .await;
        for ((column, id), value) in columns(&app).await {
            let was = held.get(&(column, id));
            let is_told = || {
                let field = format!("\"field\":\"{column}\"");
                noted
                    .iter()
                    .any(|(record, changes)| *record == Some(id) && changes.contains(&field))
            };
            if was.is_some_and(|was| *was != value) {
                assert!(is_told(), "{path} changed {column} unseen: {noted:?}");
                compared += 1;
            }
        }
        changed += u32::from(is_changed);
        asked += 1;
        app.clock.shift(TimeDelta::seconds(1));
    }
    assert!(asked >= 20 && changed >= 20, "{changed} of {asked}");
    assert!(compared >= 10, "{compared}");
    seal(&app).await;
    assert_eq!(verify(&app, None).await.findings, []);
}

/// A request of its own to a form that is not about a company's records, and whether the audit has heard of it.
struct Walk<'a> {
    app: &'a TestApp,
    /// The forms that were sent.
    sent: BTreeSet<&'static str>,
}

impl Walk<'_> {
    async fn send(
        &mut self,
        by: &Client,
        path: &'static str,
        url: &str,
        fields: &[(&str, &str)],
    ) -> Reply {
        let request = self.app.clock.new_uuid().to_string();
        let reply = by
            .call("POST", url)
            .header("x-request-id", &request)
            .form(fields)
            .send()
            .await;
        let (status, text) = (reply.status, reply.text());
        assert!([200, 303].contains(&status), "{path}: {status} {text}");
        // The answer takes as long for everyone: what is to be done is done by a job.
        if path == "/forgot" {
            self.app.run_jobs().await;
        }
        let entries = sql!(
            "select count(*) from audit_entries where request_id = ?",
            request
        );
        assert!(self.app.number(entries).await > 0, "{path} is not noted");
        self.sent.insert(path);
        self.app.clock.shift(TimeDelta::seconds(1));
        reply
    }

    /// To a user, with the version that they have now.
    async fn user(&mut self, by: &Client, path: &'static str, user: Uuid) {
        let version = sql!("select version from users where id = ?", user);
        let version = self.app.number(version).await.to_string();
        let url = path.replace("{id}", &user.to_string());
        self.send(
            by,
            path,
            &url,
            &[("version", &version), ("confirm", "true")],
        )
        .await;
    }
}

async fn user(app: &TestApp, email: &str) -> Uuid {
    let found: Vec<(Uuid,)> = app
        .rows(sql!("select id from users where email = ?", email))
        .await;
    found[0].0
}

/// What administrators do with people and rules.
async fn walk_people(walk: &mut Walk<'_>, ada: &Client) {
    let app = walk.app;
    let fields = [
        ("name", "Deniz Ak"),
        ("email", "deniz@ornek.test"),
        ("role", "doctor"),
        ("locale", "tr"),
    ];
    walk.send(ada, "/users", "/users", &fields).await;
    let (deniz, ofis) = (user(app, "deniz@ornek.test").await, user(app, OFIS).await);
    walk.user(ada, "/users/{id}/invite", deniz).await;
    let fields = [
        ("name", "Deniz Su"),
        ("email", "deniz@ornek.test"),
        ("role", "expert"),
        ("locale", "tr"),
        ("version", "1"),
    ];
    walk.send(ada, "/users/{id}", &format!("/users/{deniz}"), &fields)
        .await;
    app.sign_in(OFIS).await;
    walk.user(ada, "/users/{id}/sessions/end", ofis).await;
    walk.user(ada, "/users/{id}/deactivate", ofis).await;
    walk.user(ada, "/users/{id}/reactivate", ofis).await;
    walk.user(ada, "/users/{id}/deactivate", deniz).await;
    walk.user(ada, "/users/{id}/erase", deniz).await;
    let rules = ada.get("/second-factor").await;
    let version = rules.attr("input[name='version']", "value").unwrap();
    let fields = [("role", "doctor"), ("version", version.as_str())];
    walk.send(ada, "/second-factor", "/second-factor", &fields)
        .await;
}

/// What everybody has of their own. Whose address and password it is afterwards, with a second factor.
async fn walk_own(walk: &mut Walk<'_>) -> (&'static str, &'static str) {
    let app = walk.app;
    let (password, new) = (seed::PASSWORD, "kırmızı 9 kapı ve tekne");
    let ofis = user(app, OFIS).await;
    let own = app.sign_in(OFIS).await;
    let version = sql!("select version from users where id = ?", ofis);
    let version = app.number(version).await.to_string();
    let fields = [
        ("name", "Başka Ad"),
        ("locale", "tr"),
        ("theme", "dark"),
        ("version", version.as_str()),
    ];
    walk.send(&own, "/account", "/account", &fields).await;
    let fields = [("email", "baska@demo.test"), ("current_password", password)];
    walk.send(&own, "/account/email", "/account/email", &fields)
        .await;
    let url = crate::resets::path_of(app, Kind::Address, OFIS).await;
    walk.send(&own, "/account/address/:token", &url, &[]).await;
    let email = "baska@demo.test";
    walk.send(&app.client(), "/forgot", "/forgot", &[("email", email)])
        .await;
    let url = crate::resets::path_of(app, Kind::Reset, email).await;
    walk.send(&app.client(), "/reset/:token", &url, &[("password", new)])
        .await;
    let fields = [("email", email), ("password", new)];
    let own = app.client();
    walk.send(&own, "/login", "/login", &fields).await;
    let newer = "sarı 4 pencere ve yelken";
    let fields = [("current_password", new), ("password", newer)];
    walk.send(&own, "/account/password", "/account/password", &fields)
        .await;
    app.client().sign_in(email, newer).await;
    let page = own.get("/account/sessions").await;
    let session = page.attr("input[name='session']", "value").unwrap();
    let end = "/account/sessions/end";
    walk.send(&own, end, end, &[("session", &session)]).await;
    walk_second_factor(walk, &own, newer).await;
    (email, newer)
}

/// On, off, and on again.
async fn walk_second_factor(walk: &mut Walk<'_>, own: &Client, password: &str) {
    let app = walk.app;
    let (begin, confirm, recovery, remove) = (
        "/account/second-factor",
        "/account/second-factor/confirm",
        "/account/second-factor/recovery",
        "/account/second-factor/remove",
    );
    for at in 0..2 {
        second_factor::to_next_step(app);
        let page = own.post_form(begin, &[("password", password)]).await;
        let totp = second_factor::totp_of(&page.one("code.secret"));
        let setup = page
            .form("#confirm-form")
            .value("setup")
            .unwrap()
            .to_owned();
        let code = second_factor::code_at(&totp, app.clock.now());
        let fields = [("code", code.as_str()), ("setup", setup.as_str())];
        walk.send(own, confirm, confirm, &fields).await;
        if at == 1 {
            break;
        }
        walk.send(own, recovery, recovery, &[("codes_password", password)])
            .await;
        second_factor::to_next_step(app);
        let code = second_factor::code_at(&totp, app.clock.now());
        let fields = [("password", password), ("code", code.as_str())];
        walk.send(own, remove, remove, &fields).await;
    }
}

async fn walk_queue(walk: &mut Walk<'_>, ada: &Client, acme: Uuid) {
    let app = walk.app;
    let mail = crate::mails::write(app, acme).await;
    let url = format!("/companies/{acme}/mails/{mail}/resend");
    let path = "/companies/{id}/mails/{child}/resend";
    walk.send(ada, path, &url, &[]).await;
    let (job,) = app
        .rows::<(Uuid,)>(sql!(
            "select id from jobs where kind = 'mails.deliver' order by id desc"
        ))
        .await[0];
    for (path, state) in [
        ("/jobs/{id}/discard", "waiting"),
        ("/jobs/{id}/retry", "discarded"),
        ("/jobs/{id}/run", "delayed"),
    ] {
        app.execute(sql!("update jobs set state = ? where id = ?", state, job))
            .await;
        let url = path.replace("{id}", &job.to_string());
        walk.send(ada, path, &url, &[]).await;
    }
    walk.send(
        ada,
        "/jobs/schedules",
        "/jobs/schedules",
        &[("kind", "links.sweep")],
    )
    .await;
}

/// Categories and tags: made, renamed, merged, deleted.
async fn walk_shelves(walk: &mut Walk<'_>, ada: &Client) {
    let shelves = [
        (
            [
                "/posts/categories",
                "/posts/categories/{id}",
                "/posts/categories/{id}/merge",
                "/posts/categories/{id}/delete",
            ],
            sql!("select id from categories where name in ('Yeni Bir', 'Yeni İki') order by name"),
        ),
        (
            [
                "/posts/tags",
                "/posts/tags/{id}",
                "/posts/tags/{id}/merge",
                "/posts/tags/{id}/delete",
            ],
            sql!("select id from tags where name in ('Yeni Bir', 'Yeni İki') order by name"),
        ),
    ];
    for ([create, update, merge, delete], ids) in shelves {
        for name in ["Yeni Bir", "Yeni İki"] {
            let fields = [("name", name), ("lang", "tr")];
            walk.send(ada, create, create, &fields).await;
        }
        let ids = walk.app.rows::<(Uuid,)>(ids).await;
        let [one, other] = [ids[0].0.to_string(), ids[1].0.to_string()];
        let fields = [("name", "Başka Ad"), ("version", "1")];
        walk.send(ada, update, &update.replace("{id}", &one), &fields)
            .await;
        let fields = [("into", other.as_str()), ("version", "2")];
        walk.send(ada, merge, &merge.replace("{id}", &one), &fields)
            .await;
        let fields = [("version", "1")];
        walk.send(ada, delete, &delete.replace("{id}", &other), &fields)
            .await;
    }
}

/// What is done to a post beside its editor, and to all of them by files.
async fn walk_posts(walk: &mut Walk<'_>, ada: &Client) {
    let app = walk.app;
    let (post, version, number): (Uuid, i64, i64) = app
        .rows(sql!(
            "select p.id, p.version, r.number from posts p join post_revisions r on r.post_id = p.id where p.live = 1 order by p.id limit 1"
        ))
        .await[0];
    let (version, number) = (version.to_string(), number.to_string());
    let fields = [("version", version.as_str()), ("number", number.as_str())];
    for path in [
        "/posts/{id}/preview-link",
        "/posts/{id}/preview-link/void",
        "/posts/{id}/revisions/restore",
    ] {
        let url = path.replace("{id}", &post.to_string());
        walk.send(ada, path, &url, &fields).await;
    }
    walk.send(ada, "/posts/export", "/posts/export", &[]).await;
    let items = r#"[{"title": "Gelen", "markdown": "Merhaba."}]"#;
    crate::imports::send(ada, "gelen.json", items).await;
    let form = ada.get("/posts/import").await;
    let form = form.form("form[action$='/run']");
    let fields = [("import", form.value("import").unwrap())];
    walk.send(ada, "/posts/import/run", "/posts/import/run", &fields)
        .await;
}

/// From the contact form to the end of what it brought.
async fn walk_messages(walk: &mut Walk<'_>, ada: &Client) {
    for path in ["/contact", "/tr/contact"] {
        let fields = crate::contact::FIELDS;
        walk.send(&walk.app.client(), path, path, &fields).await;
        walk.app.clock.shift(TimeDelta::minutes(11));
    }
    walk.send(ada, "/messages/export", "/messages/export", &[])
        .await;
    let (id,) = walk
        .app
        .rows::<(Uuid,)>(sql!("select id from contact_messages order by id"))
        .await[0];
    for (at, (path, fields)) in [
        ("/messages/{id}/state", ("state", "read")),
        ("/messages/{id}/reply", ("body", "Arayacağız.")),
        ("/messages/{id}/erase", ("confirm", "true")),
    ]
    .into_iter()
    .enumerate()
    {
        let url = path.replace("{id}", &id.to_string());
        let version = (at + 1).to_string();
        walk.send(ada, path, &url, &[("version", &version), fields])
            .await;
    }
}

#[tokio::test]
async fn every_form_about_people_rules_jobs_and_mails_leaves_an_entry_of_its_request() {
    let app = TestApp::with(&[
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("MAIL_FROM", "ofis@prosektor.test"),
    ])
    .await;
    let mut walk = Walk {
        app: &app,
        sent: BTreeSet::new(),
    };
    let ada = app.sign_in(ADA).await;
    walk_people(&mut walk, &ada).await;
    let (email, password) = walk_own(&mut walk).await;
    let ofis = user(&app, email).await;
    walk.user(&ada, "/users/{id}/second-factor/remove", ofis)
        .await;
    let own = app.client();
    own.sign_in(email, password).await;
    let end = "/account/sessions/end-all";
    walk.send(&own, end, end, &[("scope", "all")]).await;
    let acme = app.company("Acme").await;
    walk_queue(&mut walk, &ada, acme).await;
    walk_shelves(&mut walk, &ada).await;
    walk_posts(&mut walk, &ada).await;
    walk_messages(&mut walk, &ada).await;

    // Seen as a client, and out.
    let url = format!("/companies/{acme}/view");
    walk.send(&ada, "/companies/{id}/view", &url, &[]).await;
    walk.send(&ada, "/view/end", "/view/end", &[]).await;
    walk.send(&ada, "/logout", "/logout", &[]).await;

    // No form is in neither walk. Some are walked where they are at home, or change nothing.
    let elsewhere = [
        "/account/second-factor",
        "/audit/export",
        "/audit/{id}/restore",
        "/invite/:token",
        "/login/code",
        "/services/export",
        // A file that waits changes nothing that others see.
        "/posts/import",
        "/posts/import/forget",
        // What is typed and not saved yet changes nothing either.
        "/posts/autosave",
        "/posts/discard",
        "/posts/preview",
        "/posts/language",
        "/posts/{id}/autosave",
        "/posts/{id}/discard",
        "/posts/{id}/preview",
        // Their entries: tests/posts.rs.
        "/posts",
        "/posts/bulk",
        "/posts/{id}",
        "/posts/{id}/duplicate",
        "/posts/{id}/publish",
        "/posts/{id}/restore",
        "/posts/{id}/schedule",
        "/posts/{id}/translation",
        "/posts/{id}/trash",
        "/posts/{id}/unpublish",
        // tests/cache_office.rs
        "/cache/purge",
        // tests/site_pages.rs
        "/site-pages/:page",
        "/site-pages/:page/preview",
        "/site-pages/:page/restore",
        // tests/images.rs
        "/images",
        "/images/{id}",
        "/images/{id}/encode",
        "/images/{id}/restore",
        "/images/{id}/trash",
    ];
    let walked: BTreeSet<String> = forms()
        .into_iter()
        .chain(
            walk.sent
                .iter()
                .chain(&elsewhere)
                .map(|path| (*path).into()),
        )
        .collect();
    let all: BTreeSet<String> = routes::table()
        .lines()
        .into_iter()
        .filter(|line| line.method == "POST")
        .map(|line| line.path)
        .collect();
    let left: Vec<&String> = all.difference(&walked).collect();
    assert!(left.is_empty(), "{left:?}");
    seal(&app).await;
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn the_contact_that_is_primary_no_more_is_noted_too() {
    let app = TestApp::new().await;
    let ofis = app.sign_in(OFIS).await;
    let acme = app.company("Acme").await;
    let first: Vec<(Uuid,)> = app
        .rows(sql!(
            "select id from contacts where company_id = ? and is_primary and live = 1",
            acme
        ))
        .await;
    let url = format!("/companies/{acme}/contacts");
    let reply = ofis
        .post_form(&url, &[("name", "Someone New"), ("is_primary", "true")])
        .await;
    assert_eq!(reply.status, 303);
    let told = app
        .number(sql!(
            "select count(*) from audit_entries where action = 'contacts.update' and record_id = ?",
            first[0].0
        ))
        .await;
    assert_eq!(told, 1);
}

#[test]
fn an_id_of_the_audit_is_in_the_order_of_time() {
    let now = clock().now();
    let (early, late) = (
        Id::<()>::new_v7(now, [255; 10]),
        Id::<()>::new_v7(now + TimeDelta::milliseconds(1), [0; 10]),
    );
    assert!(early.uuid() < late.uuid());
}

// ---- the end

/// The product in a process of its own.
struct Server(Child);

impl Server {
    /// Answers at the address by the time this returns.
    fn start(app: &TestApp, address: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
            .env_clear()
            .env("DATABASE_URL", &app.database.url)
            .env("DATA_DIR", app.folder.path())
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("JOBS_AT_ONCE", "0")
            .env("LOG_LEVEL", "error")
            .current_dir(app.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self(child);
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn what_is_changed_while_the_product_stops_is_sealed_before_it_ends() {
    let app = TestApp::new().await;
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap();
    let mut server = Server::start(&app, address);
    let failed = sql!(
        "select count(*) from audit_seals s join audit_entries e on e.id = s.entry_id
         where e.action = 'session.login-failed' and s.seq is not null"
    );
    let body = "email=nobody%40demo.test&password=wrong-in-any-case";
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /login HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        body.len(),
        &body[..10]
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let pid = server.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    // Long enough for a sealer that stops at the signal to be gone.
    std::thread::sleep(Duration::from_secs(1));
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    assert!(server.0.wait().unwrap().success());
    assert_eq!(app.number(failed).await, 1);
}

// ---- the command line

/// How the product's own command ended, and what it said.
fn command(app: &TestApp, args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
        .args(args)
        .env_clear()
        .env("DATABASE_URL", &app.database.url)
        .env("DATA_DIR", app.folder.path())
        .current_dir(app.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said)
}

#[tokio::test]
async fn the_command_says_that_all_is_well_or_names_the_row() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let noted = head(&app).await.to_string();
    let (fits, said) = command(&app, &["audit", "verify", "--head", &noted]);
    assert!(fits, "{said}");
    assert!(said.contains(&format!("{} entries", rows.len())), "{said}");
    assert!(said.contains(&noted), "{said}");
    let wrong = format!("{}:{}", rows.len(), "0".repeat(64));
    let (fits, said) = command(&app, &["audit", "verify", "--head", &wrong]);
    assert!(!fits && said.contains("cut off"), "{said}");
    // Erasing by the command is told, editing by hand is found.
    let (_, entry) = rows[rows.len() - 2];
    let (done, said) = command(&app, &["audit", "erase", &entry.to_string(), "name"]);
    assert!(done, "{said}");
    let (done, _) = command(&app, &["audit", "erase", &entry.to_string(), "phone"]);
    assert!(!done, "there is no such field");
    seal(&app).await;
    let (fits, said) = command(&app, &["audit", "verify", "--head", &noted]);
    assert!(fits, "{said}");
    app.execute(sql!(
        "update audit_entries set request_id = 'x' where id = ?",
        entry
    ))
    .await;
    let (fits, said) = command(&app, &["audit", "verify"]);
    assert!(!fits && said.contains(&entry.to_string()), "{said}");
}
