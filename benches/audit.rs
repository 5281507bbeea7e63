//! What it costs that every change leaves an entry with its seal: eight writers with and without it, the sealer running.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use prosektorweb::{
    features::companies::{
        model::{Company, Draft},
        queries,
    },
    platform::{
        audit::{self, Actor, Changes},
        clock::Clock,
        db::{self, Db, Tx, WAIT_OFFLINE},
        keys::Keys,
    },
    sql,
    types::Id,
    web::access::Scope,
};
use tokio::task::JoinSet;

use crate::{
    Result,
    process::{self, Folder},
    report::{Spread, verdict},
};

const RUNS: usize = 9;
const WRITERS: usize = 8;
/// Changes of each writer in a run.
const CHANGES: usize = 150;

pub async fn run(mysql: Option<&str>) -> Result<()> {
    let folder = Folder::new()?;
    println!("\naudit on SQLite");
    let url = format!("sqlite:{}", folder.path().join("audit.db").display());
    measure(&url).await?;
    println!("\naudit on MariaDB");
    if let Some(server) = mysql {
        let url = process::fresh_database(server, "prosektorweb_bench_audit").await?;
        measure(&url).await
    } else {
        println!("  left out: BENCH_DATABASE_URL names no server");
        Ok(())
    }
}

async fn measure(url: &str) -> Result<()> {
    let source = db::Source::parse(url)?;
    let keys = Keys::new("a key of the runner alone, of 32 letters");
    let db = Db::open(&source).await?.signing_with(&keys);
    let file = match &source {
        db::Source::Sqlite(path) => Some(path.as_path()),
        db::Source::MySql(_) => None,
    };
    db.migrate(file).await?;
    let clock = Clock::default();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sealer = tokio::spawn(audit::run(db.clone(), clock.clone(), async {
        let _ = stopped.await;
    }));
    for what in [What::Edit, What::Smallest] {
        changes(&db, &clock, what, true).await?;
        let (mut bare, mut audited, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for run in 0..RUNS {
            // In turns, so that neither always comes first.
            let (without, with) = if run % 2 == 0 {
                let without = changes(&db, &clock, what, false).await?;
                (without, changes(&db, &clock, what, true).await?)
            } else {
                let with = changes(&db, &clock, what, true).await?;
                (changes(&db, &clock, what, false).await?, with)
            };
            bare.push(each(without));
            audited.push(each(with));
            ratios.push(with.as_secs_f64() / without.as_secs_f64());
        }
        let ratio = Spread::of(&mut ratios);
        println!(
            "  {WRITERS} writers, {}, with the audit / without: {ratio}  target ≤ 1.3: {}",
            what.name(),
            verdict(ratio.median <= 1.3)
        );
        println!(
            "  ms a change: with {}, without {}",
            Spread::of(&mut audited),
            Spread::of(&mut bare)
        );
    }
    let _ = stop.send(());
    sealer.await?;
    verified(&db, &keys, &clock).await?;
    db.close().await;
    Ok(())
}

fn each(took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let changes = (WRITERS * CHANGES) as f64;
    took.as_secs_f64() * 1000.0 / changes
}

/// Walks the whole chain.
async fn verified(db: &Db, keys: &Keys, clock: &Clock) -> Result<()> {
    audit::seal(db, clock.now()).await?;
    let begun = Instant::now();
    let report = audit::verify(db, keys, clock.now(), None).await?;
    let rows = report.head.map_or(0, |head| head.seq);
    println!(
        "  {rows} entries verified in {:.0} ms, {} findings",
        begun.elapsed().as_secs_f64() * 1000.0,
        report.findings.len()
    );
    Ok(())
}

/// A change that is measured.
#[derive(Clone, Copy)]
enum What {
    /// What the product's edit form of a company does, its words included.
    Edit,
    /// One row by its id: the least that any change is.
    Smallest,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Edit => "a company's edit",
            Self::Smallest => "the smallest change",
        }
    }
}

/// Every writer changes a company of its own, one transaction each.
async fn changes(db: &Db, clock: &Clock, what: What, audited: bool) -> Result<Duration> {
    let mut companies = Vec::new();
    for _ in 0..WRITERS {
        let id = clock.new_uuid();
        let now = clock.now();
        let mut tx = db.begin().await?;
        tx.set_wait(WAIT_OFFLINE);
        tx.execute(sql!(
            "insert into companies (id, name, name_key, name_folded, status, version, created_at, created_month, updated_at)
             values (?, 'Bench', x'00', 'bench', 'lead', 1, ?, ?, ?)",
            id,
            now,
            clock.today(),
            now
        ))
        .await?;
        tx.commit().await?;
        companies.push(id);
    }
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for id in companies {
        let (db, clock) = (db.clone(), clock.clone());
        writers.spawn(async move {
            for _ in 0..CHANGES {
                let now = clock.now();
                let mut tx = db.begin().await?;
                tx.set_wait(WAIT_OFFLINE);
                match what {
                    What::Edit => edit(&mut tx, Id::from_uuid(id), now).await?,
                    What::Smallest => {
                        tx.execute(sql!(
                            "update companies set phone = '+902125550000', version = version + 1, updated_at = ? where id = ?",
                            now,
                            id
                        ))
                        .await?;
                    }
                }
                if audited {
                    let changes = Changes::new()
                        .field("phone", Some("+902125550001"), Some("+902125550000"))
                        .field("email", Some("post@bench.test"), Some("info@bench.test"));
                    let actor = Actor::default();
                    let (record, company) = (Some(id), Some(id));
                    audit::record(&mut tx, now, &actor, "companies.update", record, company, &changes).await?;
                }
                tx.commit().await?;
            }
            Ok::<_, prosektorweb::error::Error>(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(begun.elapsed())
}

async fn edit(tx: &mut Tx, id: Id<Company>, now: DateTime<Utc>) -> prosektorweb::error::Result<()> {
    let company = queries::find_to_change(tx, Scope::All, id).await?;
    let draft = Draft {
        name: "Deneme İş Sağlığı ve Güvenliği Ltd. Şti.".into(),
        tax_id: None,
        tax_office: Some("Ümraniye".into()),
        email: Some("info@bench.test".into()),
        phone: Some("+902125550000".into()),
        address: Some("Şerifali Mah. Söyleşi Sok. No: 24, Ümraniye/İstanbul".into()),
        nace_code: None,
        danger_class: None,
        source: None,
        status: company.status,
    };
    queries::update(tx, &company, company.version, &draft, now).await
}
