//! Who did what: the chain that tells when somebody changed it, the page, and the way back.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use prosektorweb::{
    app::App,
    platform::{
        audit::{self, Actor, Changes, Finding, Head, Report},
        db::Tx,
    },
    routes, sql,
    types::Id,
};
use uuid::Uuid;

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
    // As after an upgrade: entries of a time without seals.
    app.execute(sql!("delete from audit_seals")).await;
    let old = app.number(sql!("select count(*) from audit_entries")).await;
    assert!(old > 20, "{old}");
    let rows = sealed(&app).await;
    assert_eq!(i64::try_from(rows.len()).unwrap(), old + 5);
    assert!(is_whole(&rows));
    let report = verify(&app, Some(head(&app).await)).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.head.unwrap().seq, old + 5);
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

#[tokio::test]
async fn an_entry_that_was_edited_together_with_its_seal_is_found() {
    let app = TestApp::new().await;
    let rows = sealed(&app).await;
    let (at, other) = (rows[rows.len() - 3], rows[rows.len() - 2]);
    // The digests of another entry, with its words: all that is in the database can be copied.
    app.execute(sql!(
        "update audit_seals set digests = x'00112233445566778899aabbccddeeff' where entry_id = ?",
        at.1
    ))
    .await;
    let found = verify(&app, None).await.findings;
    assert!(
        matches!(&found[..], [Finding::Edited { seq, .. }] if *seq == at.0),
        "{found:?}, {other:?}"
    );
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
    assert_eq!(verify(&app, None).await.findings, [new]);
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
    let begun = std::time::Instant::now();
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
    let begun = std::time::Instant::now();
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
    let (mut asked, mut changed) = (0, 0);
    for path in forms() {
        let before = records(&app).await;
        let request = app.clock.new_uuid().to_string();
        let reply = send(&app, &ada, &path, acme, &request).await;
        let (status, text) = (reply.status, reply.text());
        assert!([200, 303].contains(&status), "{path}: {status} {text}");
        let entries = app
            .number(sql!(
                "select count(*) from audit_entries where request_id = ?",
                request
            ))
            .await;
        let is_changed = records(&app).await != before;
        assert!(
            entries > 0 || !is_changed,
            "{path} changed something unseen"
        );
        changed += u32::from(is_changed);
        asked += 1;
        app.clock.shift(TimeDelta::seconds(1));
    }
    assert!(asked >= 20 && changed >= 20, "{changed} of {asked}");
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

// ---- the command line

/// How the product's own command ended, and what it said.
fn command(app: &TestApp, args: &[&str]) -> (bool, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_prosektorweb"))
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
