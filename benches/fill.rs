//! Databases with as many companies as asked for, made through the product's own insert and kept for the next run.

use std::{fs, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use prosektorweb::{
    features::companies::{
        model::{DangerClass, Draft, Source, Status},
        queries,
    },
    platform::{
        db::{self, Db, Tx, WAIT_OFFLINE},
        embedded,
    },
    sql,
    types::Id,
};
use sha2::{Digest, Sha256};

use crate::{Result, process};

/// Ends every generated name but the few that go without.
pub const FREQUENT: &str = "osgb";
/// In one name of 5,000.
pub const RARE: &str = "kizilagaclik";
/// In one name of 111, so a little under the list's cap of 1,000 at 100,000 rows.
pub const UNDER_THE_CAP: &str = "zeytinburnu";
/// Begins one name of fifty, all at the end of the alphabet; its first three letters are in every eighth name.
pub const CLUSTERED: &str = "zirvekent";
/// Found by no more than these letters in every eighth name.
pub const SHARED_BEGINNING: &str = "zir";

const BATCH: usize = 2000;

const BRANDS: &str = "Yıldız Güneş Anadolu Marmara Çınar Şahin Kartal Doğan Işık Umut Bereket Emek Öncü Güven Akdeniz Ege \
    Karadeniz Toros Erciyes Uludağ Ağrı Fırat Dicle Sakarya Kızılırmak Gediz Menderes Ceyhan Seyhan \
    Meriç Çoruh Aras Boğaziçi Haliç Galata Üsküdar Beyoğlu Çankaya Bornova Karşıyaka Nilüfer Osmangazi \
    Şehitkamil Meram Selçuk İpekyolu Barış Huzur Deniz Toprak Çelik Demir Altın Gümüş Bakır Kaya Taş \
    Orman Çiçek Lale Gül Nar Zeytin İncir";

const FAMILIES: &str = "Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin \
    Kara Koç Kurt Özkan Şimşek Polat Korkmaz Çakır Erdoğan Acar Ünal Güler Yalçın Güneş Bulut Taş Turan \
    Bozkurt Keskin Avcı Işık Ateş Uçar Gül Tekin Sarı Duman Ergin İnce Özer Uysal Ceylan Sönmez";

const CITIES: &str = "İstanbul Ankara İzmir Bursa Antalya Adana Konya Gaziantep Şanlıurfa Kocaeli Mersin Diyarbakır Hatay \
    Manisa Kayseri Samsun Balıkesir Kahramanmaraş Van Aydın Denizli Sakarya Tekirdağ Muğla Eskişehir \
    Mardin Trabzon Malatya Ordu Erzurum Çorum Iğdır";

const TRADES: &str = "İnşaat Gıda Tekstil Lojistik Mühendislik Otomotiv Turizm Enerji Mobilya Makine Kimya Ambalaj Plastik \
    Madencilik Tarım Danışmanlık";

const LEGAL_FORMS: [&str; 3] = ["Ltd. Şti.", "A.Ş.", "San. ve Tic. Ltd. Şti."];

/// The file, with that many companies; made if it is not there or was made otherwise.
pub async fn sqlite(path: &Path, rows: usize) -> Result<String> {
    let url = format!("sqlite:{}", path.display());
    let source = db::Source::Sqlite(path.to_owned());
    if path.exists() && is_filled(&source).await {
        return Ok(url);
    }
    for ending in ["db", "db-wal", "db-shm", "migrate.lock"] {
        let file = path.with_extension(ending);
        if file.exists() {
            fs::remove_file(file)?;
        }
    }
    fill(&url, &source, Some(path), rows).await?;
    Ok(url)
}

/// The same on the server that `server` names, in a database of ours.
pub async fn mysql(server: &str, rows: usize) -> Result<String> {
    let name = format!("prosektorweb_bench_{rows}");
    let server = server.trim_end_matches('/');
    let url = format!("{server}/{name}");
    let source = db::Source::parse(&url)?;
    if is_filled(&source).await {
        return Ok(url);
    }
    process::fresh_database(server, &name).await?;
    fill(&url, &source, None, rows).await?;
    Ok(url)
}

/// What the rows depend on: a database that was made from anything else is made again.
fn recipe() -> String {
    let mut hash = Sha256::new();
    hash.update(include_str!("fill.rs"));
    hash.update(include_str!("../src/features/companies/model.rs"));
    for (_, text) in embedded::SQLITE_MIGRATIONS
        .iter()
        .chain(embedded::MYSQL_MIGRATIONS)
    {
        hash.update(text);
    }
    let digest = hash.finalize();
    URL_SAFE_NO_PAD.encode(&digest[..15])
}

async fn is_filled(source: &db::Source) -> bool {
    let Ok(db) = Db::open(source).await else {
        return false;
    };
    let found = match db.read().await {
        Ok(mut conn) => {
            conn.number(sql!(
                "select count(*) from bench_fill where recipe = ?",
                recipe()
            ))
            .await
        }
        Err(error) => Err(error),
    };
    db.close().await;
    found.is_ok_and(|found| found == 1)
}

async fn fill(url: &str, source: &db::Source, file: Option<&Path>, rows: usize) -> Result<()> {
    println!(
        "  filling {rows} companies into {}",
        url.rsplit('/').next().unwrap_or_default()
    );
    let db = Db::open(source).await?;
    db.migrate(file).await?;
    let start: DateTime<Utc> = "2025-01-01T05:00:00Z".parse()?;
    let step = TimeDelta::days(364) / i32::try_from(rows)?;
    let mut dice = Dice(0x5eed);
    let mut now = start;
    for batch in (0..rows).step_by(BATCH) {
        let mut tx = begin(&db).await?;
        if db.is_embedded() {
            // The small cache of a server would read each index page again and again.
            tx.execute(sql!("pragma cache_size = -400000")).await?;
        }
        for at in batch..rows.min(batch + BATCH) {
            company(&mut tx, at, now, &mut dice).await?;
            now += step;
        }
        tx.commit().await?;
    }
    let mut tx = begin(&db).await?;
    tx.execute(sql!(
        "create table bench_fill (recipe varchar(40) not null primary key)"
    ))
    .await?;
    tx.execute(sql!("insert into bench_fill (recipe) values (?)", recipe()))
        .await?;
    tx.commit().await?;
    db.close().await;
    // Someone of the cast is there already, so a start does not tell the demo's story on top.
    process::make_user(url)
}

/// A server that is still busy with the batch before gets the time that it needs.
async fn begin(db: &Db) -> Result<Tx> {
    for _ in 0..60 {
        if let Ok(mut tx) = db.begin().await {
            tx.set_wait(WAIT_OFFLINE);
            return Ok(tx);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err("the database takes no transaction".into())
}

async fn company(tx: &mut Tx, at: usize, now: DateTime<Utc>, dice: &mut Dice) -> Result<()> {
    let id = Id::new_v7(now, dice.bytes());
    let status = match dice.number(20) {
        0..6 => Status::Customer,
        6..12 => Status::Lead,
        12..16 => Status::Prospect,
        16..19 => Status::Negotiation,
        _ => Status::Churned,
    };
    let draft = draft(at, status, dice);
    queries::insert(tx, id, &draft, now).await?;
    if at % 8 == 5 {
        let later = now + TimeDelta::days(dice.number(200).cast_signed());
        queries::set_status(tx, id, 1, status, later).await?;
    }
    Ok(())
}

fn draft(at: usize, status: Status, dice: &mut Dice) -> Draft {
    let brand = dice.word(BRANDS);
    let family = dice.word(FAMILIES);
    let city = dice.word(CITIES);
    let mut name = match at {
        _ if at % 50 == 7 => format!("Zirvekent {brand} {family}"),
        _ if at % 5000 == 3 => format!("{brand} Kızılağaçlık {city}"),
        _ if at % 111 == 5 => format!("{family} Zeytinburnu {brand}"),
        _ if at.is_multiple_of(3) => format!("{brand} {city} {}", dice.word(TRADES)),
        _ if at % 3 == 1 => format!("{family} Kardeşler {city}"),
        _ => format!("{city} {brand} {family}"),
    };
    if at % 8 == 2 {
        name.push_str(" Ziraat");
    }
    if at % 40 != 1 {
        name.push_str(" OSGB");
    }
    name.push(' ');
    name.push_str(dice.pick::<&str>(&LEGAL_FORMS));
    let host = prosektorweb::types::text::slug(&format!("{brand} {family} {at}"));
    Draft {
        name,
        tax_id: (dice.number(10) < 8).then(|| format!("{:010}", dice.number(10_000_000_000))),
        tax_office: Some(city.to_owned()),
        email: (dice.number(10) < 9).then(|| format!("info@{host}.test")),
        phone: Some(format!("+90212{:07}", dice.number(10_000_000))),
        address: Some(format!(
            "{family} Mah. {brand} Sok. No: {}, {city}",
            dice.number(200) + 1
        )),
        nace_code: Some("86.90.90".into()),
        danger_class: match dice.number(5) {
            0..2 => Some(DangerClass::LessDangerous),
            2 => Some(DangerClass::Dangerous),
            3 => Some(DangerClass::VeryDangerous),
            _ => None,
        },
        source: match dice.number(11) {
            0..3 => Some(Source::Referral),
            3..5 => Some(Source::Website),
            5 => Some(Source::Phone),
            6 => Some(Source::Fair),
            7 => Some(Source::SocialMedia),
            8 => Some(Source::Advertisement),
            9 => Some(Source::Other),
            _ => None,
        },
        status,
    }
}

/// Always the same numbers (`SplitMix64`), so that two runs and two machines compare the same rows.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn number(&mut self, below: u64) -> u64 {
        self.next() % below
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.number(from.len() as u64)).unwrap_or_default();
        &from[at]
    }

    fn word(&mut self, from: &'static str) -> &'static str {
        let words: Vec<&str> = from.split_whitespace().collect();
        self.pick::<&str>(&words)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}
