//! Mails: written down with the change that asked for them, delivered once, and honest about what became of them.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use minijinja::context;
use prosektorweb::{
    features::mails::{self, Letter},
    platform::{i18n::Message, mail::Mode},
    sql,
    types::{Email, Lang},
};
use uuid::Uuid;

use crate::support::{
    ADA, CEM, Client, ESRA, MALLORY, OFIS, TestApp,
    smtp::{Behaviour, Security, SmtpServer},
};

const FROM: (&str, &str) = ("MAIL_FROM", "ofis@prosektor.test");
const QUICK: (&str, &str) = ("SMTP_TIMEOUT_SECONDS", "1");

/// The product with this mail server; it waits a second for it.
async fn with_server(server: &SmtpServer) -> TestApp {
    let app = TestApp::with(&[("SMTP_URL", &server.url()), FROM, QUICK]).await;
    // Whoever moves the clock would have reminders written.
    app.execute(sql!("update services set status = 'cancelled'"))
        .await;
    app
}

async fn acme(app: &TestApp) -> Uuid {
    app.company("Acme").await
}

/// Writes a mail to Cem about a company of ours.
pub async fn write(app: &TestApp, company: Uuid) -> Uuid {
    write_to(app, company, Lang::Tr, Some("Cem Acar"), "Cem").await
}

async fn write_to(
    app: &TestApp,
    company: Uuid,
    lang: Lang,
    to_name: Option<&str>,
    name: &str,
) -> Uuid {
    let to = Email::parse("cem@acme.test").unwrap();
    let letter = Letter {
        to: &to,
        to_name,
        lang,
        company_id: Some(company),
        record: Some(("companies", company)),
        template: "mails/emails/test",
        link: None,
        subject: Message::new("mail-test-subject").arg("name", name),
        view: context! { name => name, unsubscribe => "https://office.example/stop?a=1&b=2" },
    };
    let mut tx = app.db.begin().await.unwrap();
    let id = mails::queue(app, &mut tx, app.clock.now(), letter)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id.uuid()
}

/// State, last error, attempts.
async fn state(app: &TestApp, mail: Uuid) -> (String, Option<String>, i64) {
    app.rows(sql!(
        "select state, error, attempts from mails where id = ?",
        mail
    ))
    .await
    .remove(0)
}

async fn job_state(app: &TestApp) -> String {
    let rows: Vec<(String,)> = app
        .rows(sql!(
            "select state from jobs where kind = 'mails.deliver' order by id desc"
        ))
        .await;
    rows[0].0.clone()
}

/// Lets the pause before the next attempt pass.
fn pass(app: &TestApp, seconds: i64) {
    app.clock.shift(TimeDelta::seconds(seconds));
}

// ---- by SMTP

#[tokio::test]
async fn a_mail_goes_out_in_the_readers_language_with_both_parts() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let company = acme(&app).await;
    let id = write(&app, company).await;
    assert_eq!(state(&app, id).await, ("queued".into(), None, 0));
    assert_eq!(server.connections(), 0, "nothing waits for the mail server");
    app.run_jobs().await;
    assert_eq!(state(&app, id).await, ("sent".into(), None, 1));
    let mail = server.received().remove(0);
    assert_eq!(mail.from, "ofis@prosektor.test");
    assert_eq!(mail.to, ["cem@acme.test"]);
    assert_eq!(mail.header("To").unwrap(), "\"Cem Acar\" <cem@acme.test>");
    assert_eq!(
        mail.header("Message-ID").unwrap(),
        format!("<{id}@localhost>")
    );
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
    assert_eq!(
        mail.header("List-Unsubscribe").unwrap(),
        "<https://office.example/stop?a=1&b=2>"
    );
    assert!(mail.header("Date").unwrap().starts_with("Tue, 24 Nov 2026"));
    assert!(mail.data.contains("text/plain") && mail.data.contains("text/html"));
    let words: Vec<(String, String, String)> = app
        .rows(sql!(
            "select subject, text, html from mails where id = ?",
            id
        ))
        .await;
    let (subject, text, html) = &words[0];
    assert_eq!(subject, "Cem için deneme e-postası");
    assert!(text.contains("gönderebildiğini") && !text.contains('<'));
    assert!(html.contains("<html lang=\"tr\">") && html.contains("gönderebildiğini"));
    write_to(&app, company, Lang::En, None, "Cem").await;
    app.run_jobs().await;
    let mail = server.received().remove(1);
    assert_eq!(mail.header("Subject").unwrap(), "Test mail for Cem");
    assert_eq!(mail.header("To").unwrap(), "<cem@acme.test>");
}

#[tokio::test]
async fn what_passes_is_tried_again_under_the_same_message_id() {
    for answer in [
        Behaviour::AtRcpt("451 4.3.0 try later"),
        Behaviour::AfterData("451 4.3.0 try later"),
    ] {
        let server = SmtpServer::start(Security::Plain).await;
        server.behave(answer);
        let app = with_server(&server).await;
        let id = write(&app, acme(&app).await).await;
        app.run_jobs().await;
        let words = Some("451 4.3.0 try later".to_owned());
        assert_eq!(state(&app, id).await, ("queued".into(), words, 1));
        assert_eq!(job_state(&app).await, "delayed");
        server.behave(Behaviour::Accept);
        app.run_jobs().await;
        assert_eq!(server.received().len(), 0, "not before its time");
        pass(&app, 60);
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, ("sent".into(), None, 2));
        let message_id = format!("<{id}@localhost>");
        assert_eq!(server.by_message_id(), [(message_id.clone(), 1)].into());
        assert!(server.seen().iter().all(|seen| *seen == message_id));
    }
}

#[tokio::test]
async fn the_servers_last_word_is_one_and_shown_at_the_record() {
    for answer in [
        Behaviour::AtRcpt("550 5.1.1 no <b>such</b> cem@acme.test"),
        Behaviour::AfterData("550 5.1.1 no <b>such</b> cem@acme.test"),
    ] {
        let server = SmtpServer::start(Security::Plain).await;
        server.behave(answer);
        let app = with_server(&server).await;
        let company = acme(&app).await;
        let id = write(&app, company).await;
        app.run_jobs().await;
        let words = "550 5.1.1 no <b>such</b> cem@acme.test";
        assert_eq!(
            state(&app, id).await,
            ("failed".into(), Some(words.into()), 1)
        );
        assert_eq!(job_state(&app).await, "dead");
        let told: Vec<(String,)> = app
            .rows(sql!("select error from jobs where state = 'dead'"))
            .await;
        assert_eq!(
            told[0].0, "the mail server answered 550",
            "the queue and the log get no address"
        );
        pass(&app, 100_000);
        app.run_jobs().await;
        assert_eq!(server.connections(), 1, "nobody asks again");
        let mut conn = app.db.read().await.unwrap();
        let rows = mails::of_record(&mut conn, "companies", company, 5)
            .await
            .unwrap();
        let row = serde_json::to_value(&rows[0]).unwrap();
        assert_eq!(row["state"], "failed");
        assert_eq!(row["error"]["words"], words);
        let ofis = app.sign_in(OFIS).await;
        let page = ofis.get(&format!("/companies/{company}/mails")).await;
        let row = page.one("#panel tbody tr");
        assert!(row.contains("Teslim edilemedi") || row.contains("Not delivered"));
        assert!(row.contains(words), "{row}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_drips_is_cut_and_the_mail_tried_again() {
    for behaviour in [
        Behaviour::HangAtGreeting,
        Behaviour::HangAfterData,
        Behaviour::Drip(Duration::from_millis(300)),
    ] {
        let server = SmtpServer::start(Security::Plain).await;
        server.behave(behaviour);
        let app = with_server(&server).await;
        let id = write(&app, acme(&app).await).await;
        let begun = Instant::now();
        app.run_jobs().await;
        assert!(begun.elapsed() < Duration::from_secs(4), "{behaviour:?}");
        assert_eq!(
            state(&app, id).await,
            ("queued".into(), Some("timed_out".into()), 1),
            "{behaviour:?}"
        );
        server.behave(Behaviour::Accept);
        pass(&app, 60);
        app.run_jobs().await;
        assert_eq!(state(&app, id).await.0, "sent", "{behaviour:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn who_was_taken_for_dead_says_nothing_of_a_mail_any_more() {
    let server = SmtpServer::start(Security::Plain).await;
    server.behave(Behaviour::HangAfterData);
    let app = with_server(&server).await;
    let id = write(&app, acme(&app).await).await;
    let given_up = async {
        let begun = Instant::now();
        while server.seen().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // As another worker leaves it that takes this one for dead, in the last of all runs.
        app.execute(sql!(
            "update mails set state = 'failed', error = 'interrupted' where id = ?",
            id
        ))
        .await;
        app.execute(sql!("update jobs set state = 'dead', worker_id = null"))
            .await;
    };
    // Stopping waits for the attempt that is under way.
    futures_util::future::join(app.run_jobs(), given_up).await;
    assert_eq!(
        state(&app, id).await,
        ("failed".into(), Some("interrupted".into()), 0)
    );
    assert_eq!(job_state(&app).await, "dead");
}

#[tokio::test]
async fn a_mail_whose_delivery_is_discarded_is_not_on_its_way_any_more() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let waiting = write(&app, acme(&app).await).await;
    let ada = app.sign_in(ADA).await;
    let discard = async || {
        let (job,): (Uuid,) = app
            .rows(sql!(
                "select id from jobs where state in ('waiting', 'delayed')"
            ))
            .await[0];
        let page = ada.get(&format!("/jobs/{job}")).await;
        let form = page.form(&format!("form[action='/jobs/{job}/discard']"));
        assert_eq!(ada.submit(&form).await.status, 303);
        job
    };
    let job = discard().await;
    assert_eq!(
        state(&app, waiting).await,
        ("failed".into(), Some("discarded".into()), 0)
    );

    // What the server said before stays.
    server.behave(Behaviour::AtRcpt("451 4.3.0 try later"));
    let delayed = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    discard().await;
    let words = Some("451 4.3.0 try later".to_owned());
    assert_eq!(state(&app, delayed).await, ("failed".into(), words, 1));

    // And whoever thinks better of it has it sent.
    server.behave(Behaviour::Accept);
    let page = ada.get(&format!("/jobs/{job}")).await;
    let retry = page.form(&format!("form[action='/jobs/{job}/retry']"));
    assert_eq!(ada.submit(&retry).await.status, 303);
    app.run_jobs().await;
    assert_eq!(state(&app, waiting).await, ("sent".into(), None, 1));
}

#[tokio::test]
async fn a_history_tells_of_mails_only_to_those_who_may_read_them() {
    let app = TestApp::new().await;
    let company = acme(&app).await;
    let id = write(&app, company).await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&format!("/companies/{company}/mails/{id}")).await;
    let form = page.form(&format!(
        "form[action='/companies/{company}/mails/{id}/resend']"
    ));
    assert_eq!(ofis.submit(&form).await.status, 303);
    let esra = app.sign_in(ESRA).await;
    for (path, words) in [
        (format!("/companies/{company}/history"), "deneme e-postası"),
        (format!("/companies/{company}"), "deneme e-postası"),
        ("/dashboard".to_owned(), "Mail sent again"),
    ] {
        let page = ofis.get(&path).await;
        assert!(page.text().contains(words), "{path}");
        let page = esra.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains(words), "{path}");
    }
}

#[test]
fn the_wait_for_a_server_is_ten_seconds_at_most() {
    let config = crate::support::config(&[("SMTP_URL", "smtp://mail.example"), FROM]);
    assert_eq!(config.smtp.unwrap().timeout, Duration::from_secs(10));
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_end() {
    let server = SmtpServer::start(Security::Plain).await;
    server.behave(Behaviour::DropInData);
    let app = with_server(&server).await;
    let id = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    assert_eq!(
        state(&app, id).await,
        ("queued".into(), Some("connection".into()), 1)
    );
    assert_eq!(
        server.connections(),
        1,
        "after DATA no other connection is tried in the same attempt"
    );
    server.behave(Behaviour::AcceptAndDie);
    pass(&app, 60);
    app.run_jobs().await;
    assert_eq!(state(&app, id).await, ("sent".into(), None, 2));
    // Nobody listens any more.
    drop(server);
    let id = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    let broken = ("queued".to_owned(), Some("connection".to_owned()), 1);
    assert_eq!(state(&app, id).await, broken);
}

#[tokio::test]
async fn many_mails_share_few_connections_and_a_dead_one_is_replaced() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let company = acme(&app).await;
    for _ in 0..3 {
        write(&app, company).await;
        app.run_jobs().await;
    }
    assert_eq!(server.received().len(), 3);
    assert_eq!(server.connections(), 1, "one after the other needs one");
    for _ in 0..12 {
        write(&app, company).await;
    }
    app.run_jobs().await;
    assert_eq!(server.received().len(), 15);
    assert!(server.connections() <= 4, "{}", server.connections());
    assert!(server.by_message_id().values().all(|count| *count == 1));

    // It takes the mail and ends the connection: the next mail notices and goes by another one.
    server.behave(Behaviour::AcceptAndDie);
    for _ in 0..6 {
        let id = write(&app, company).await;
        app.run_jobs().await;
        assert_eq!(state(&app, id).await, ("sent".into(), None, 1));
    }
    assert_eq!(server.received().len(), 21);
}

#[tokio::test]
async fn starttls_is_required_and_certificates_are_checked() {
    // A server without it gets nothing.
    let plain = SmtpServer::start(Security::Plain).await;
    let url = format!("smtp://{}", plain.address);
    let app = TestApp::with(&[("SMTP_URL", &url), FROM, QUICK]).await;
    let id = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    assert_eq!(
        state(&app, id).await,
        ("queued".into(), Some("tls".into()), 1)
    );
    assert!(plain.received().is_empty() && plain.seen().is_empty());

    for security in [Security::StartTls, Security::Implicit] {
        let server = SmtpServer::start(security).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        server.write_authority(&file);
        let ca = ("SMTP_CA_FILE", file.to_str().unwrap());
        let app = TestApp::with(&[("SMTP_URL", &server.url()), FROM, ca, QUICK]).await;
        let id = write(&app, acme(&app).await).await;
        app.run_jobs().await;
        assert_eq!(
            state(&app, id).await,
            ("sent".into(), None, 1),
            "{security:?}"
        );
        assert!(server.received()[0].is_tls);

        // Another authority's word counts for nothing.
        SmtpServer::start(security).await.write_authority(&file);
        let app = TestApp::with(&[("SMTP_URL", &server.url()), FROM, ca, QUICK]).await;
        let id = write(&app, acme(&app).await).await;
        app.run_jobs().await;
        assert_eq!(
            state(&app, id).await,
            ("queued".into(), Some("tls".into()), 1),
            "{security:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_the_mails_fault() {
    let server = SmtpServer::with_login(Security::Plain, "ofis", "sesame").await;
    let app = with_server(&server).await;
    let id = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    assert_eq!(state(&app, id).await.0, "sent");
    assert_eq!(server.received()[0].user.as_deref(), Some("ofis"));

    let url = server.url().replace("sesame", "simsim");
    let app = TestApp::with(&[("SMTP_URL", &url), FROM, QUICK]).await;
    let id = write(&app, acme(&app).await).await;
    app.run_jobs().await;
    let (state, error, _) = state(&app, id).await;
    assert_eq!(state, "queued");
    assert!(error.unwrap().starts_with("535 "));
}

#[tokio::test]
async fn after_the_last_attempt_it_is_shown_as_failed() {
    let server = SmtpServer::start(Security::Plain).await;
    server.behave(Behaviour::AtRcpt("451 4.3.0 try later"));
    let app = with_server(&server).await;
    let id = write(&app, acme(&app).await).await;
    for _ in 0..12 {
        app.run_jobs().await;
        pass(&app, 6 * 3600);
    }
    let words = Some("451 4.3.0 try later".to_owned());
    assert_eq!(state(&app, id).await, ("failed".into(), words, 12));
    assert_eq!(job_state(&app).await, "dead");
}

#[tokio::test]
async fn nothing_typed_becomes_a_header_another_reader_or_markup() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let company = acme(&app).await;
    let typed = [
        "x\r\nBcc: evil@evil.test",
        "a@b,c@d <evil@evil.test>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}} {%raw%} </script>",
    ];
    for name in typed {
        write_to(&app, company, Lang::En, Some(name), name).await;
    }
    app.run_jobs().await;
    let received = server.received();
    assert_eq!(received.len(), typed.len());
    for mail in received {
        assert_eq!(mail.to, ["cem@acme.test"]);
        assert_eq!(mail.header("Bcc"), None);
        assert!(mail.header("To").unwrap().ends_with("<cem@acme.test>"));
    }
    let rows: Vec<(String, String, String)> = app
        .rows(sql!("select subject, text, html from mails order by id"))
        .await;
    for (subject, _, html) in &rows {
        assert!(!subject.contains(['\r', '\n']));
        assert!(
            !html.contains("<img") && !html.contains("</script>"),
            "{html}"
        );
    }
    let all = |part: fn(&(String, String, String)) -> &String| -> String {
        rows.iter().map(part).cloned().collect()
    };
    for part in [all(|row| &row.0), all(|row| &row.1), all(|row| &row.2)] {
        assert!(part.contains("{{7*7}}") && !part.contains("49"), "{part}");
    }
    assert!(
        all(|row| &row.1).contains("\"><img src=x"),
        "plain text is not escaped"
    );
}

#[tokio::test]
async fn nothing_goes_to_a_company_in_the_trash() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let company = acme(&app).await;
    let id = write(&app, company).await;
    app.execute(sql!(
        "update companies set deleted_at = ? where id = ?",
        app.clock.now(),
        company
    ))
    .await;
    app.run_jobs().await;
    assert_eq!(state(&app, id).await, ("off".into(), None, 0));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_change_that_is_rolled_back_takes_its_mail_along() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let to = Email::parse("cem@acme.test").unwrap();
    let letter = Letter {
        to: &to,
        to_name: None,
        lang: Lang::En,
        company_id: None,
        record: None,
        template: "mails/emails/test",
        link: None,
        subject: Message::new("mail-test-subject").arg("name", "Cem"),
        view: context! { name => "Cem" },
    };
    let mut tx = app.db.begin().await.unwrap();
    mails::queue(&app, &mut tx, app.clock.now(), letter)
        .await
        .unwrap();
    drop(tx);
    app.run_jobs().await;
    assert_eq!(server.connections(), 0);
    assert_eq!(app.number(sql!("select count(*) from mails")).await, 0);
}

// ---- without a server

#[tokio::test]
async fn development_keeps_mail_in_files_with_pages_to_read_them() {
    let app = TestApp::new().await;
    assert_eq!(app.mailer.mode(), Mode::Outbox);
    let ofis = app.sign_in(OFIS).await;
    assert!(ofis.get("/outbox").await.has(".empty"));
    let company = acme(&app).await;
    let id = write_to(&app, company, Lang::Tr, Some("Cem"), "<i>Cem</i>").await;
    app.run_jobs().await;
    assert_eq!(state(&app, id).await.0, "sent");
    let folder = app.folder.path().join("outbox");
    let names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, [format!("{id}.eml")]);
    // What is no mail of ours is not listed.
    std::fs::write(folder.join("note.eml"), "x").unwrap();
    std::fs::write(app.folder.path().join("secret.eml"), "x").unwrap();

    let list = ofis.get("/outbox").await;
    assert_eq!(list.count("tbody tr"), 1);
    assert!(list.one("tbody tr").contains("<i>Cem</i>"));
    let href = list.attr("tbody a", "href").unwrap();
    assert_eq!(href, format!("/outbox/{id}"));
    let page = ofis.get(&href).await;
    assert!(page.one(".mail-text").contains("<i>Cem</i>"));
    assert!(page.one(".mail-source").contains("Auto-Submitted"));
    let html = ofis.get(&format!("{href}/html")).await;
    check_sandbox(&html);
    assert!(html.text().contains("&lt;i&gt;Cem&lt;&#x2f;i&gt;"));
    for path in [
        "/outbox/..%2Fsecret",
        "/outbox/note",
        "/outbox/%2e%2e",
        "/outbox/00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(ofis.get(path).await.status, 404, "{path}");
    }
    // A file of another database shows as what it is.
    app.execute(sql!("delete from mails")).await;
    assert_eq!(ofis.get("/outbox").await.count("tbody tr"), 1);
    assert!(
        ofis.get(&href)
            .await
            .one(".mail-source")
            .contains("Subject:")
    );
    assert_eq!(ofis.get(&format!("{href}/html")).await.status, 404);
}

fn check_sandbox(reply: &crate::support::Reply) {
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-security-policy"),
        Some(
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn production_without_a_server_says_that_mail_is_off() {
    let app = TestApp::with(&[
        ("APP_ENV", "production"),
        ("BASE_URL", "https://office.example"),
        ("SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"),
    ])
    .await;
    assert!(!mails::is_on(&app));
    let company = acme(&app).await;
    let id = write(&app, company).await;
    assert_eq!(state(&app, id).await, ("off".into(), None, 0));
    assert_eq!(app.number(sql!("select count(*) from jobs")).await, 0);
    let ofis = app.sign_in(OFIS).await;
    for path in ["", &format!("/{id}")] {
        let page = ofis.get(&format!("/companies/{company}/mails{path}")).await;
        let notice = page.one(".record-notice");
        assert!(
            notice.contains("Mail is off") || notice.contains("E-posta kapalı"),
            "{notice}"
        );
    }
    assert_eq!(ofis.get("/outbox").await.status, 404);
    assert!(!app.folder.path().join("outbox").exists());
}

// ---- the log

async fn log(client: &Client, company: Uuid) -> crate::support::Reply {
    client.get(&format!("/companies/{company}/mails")).await
}

#[tokio::test]
async fn a_company_has_a_log_in_pages_of_25_newest_first() {
    let app = TestApp::new().await;
    let company = acme(&app).await;
    let ofis = app.sign_in(OFIS).await;
    assert!(log(&ofis, company).await.has(".empty"));
    for n in 0..26 {
        pass(&app, 1);
        write_to(&app, company, Lang::En, None, &format!("number {n}")).await;
    }
    let first = log(&ofis, company).await;
    assert!(first.is_page());
    assert_eq!(first.count("#panel tbody tr"), 25);
    assert!(first.one("#panel tbody tr").contains("number 25"));
    assert!(first.one(".tabs [aria-current=page]").contains("26"));
    let next = first.attr("a[rel=next]", "href").unwrap();
    let second = ofis.htmx_get(&next).await;
    assert!(!second.is_page());
    assert_eq!(second.count("#panel tbody tr"), 1);
    assert!(second.one("#panel tbody tr").contains("number 0"));
    assert!(second.has("a[rel=prev]") && !second.has("a[rel=next]"));
    let wrong = format!("/companies/{company}/mails?after=x");
    assert_eq!(ofis.get(&wrong).await.status, 400);
}

#[tokio::test]
async fn one_mail_shows_its_text_and_its_html_in_a_sandbox() {
    let app = TestApp::new().await;
    let company = acme(&app).await;
    let id = write_to(&app, company, Lang::Tr, Some("Cem Acar"), "<b>x</b>").await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&format!("/companies/{company}/mails/{id}")).await;
    assert_eq!(page.status, 200);
    assert!(page.one(".facts").contains("cem@acme.test"));
    assert!(page.one(".mail-text").contains("<b>x</b>"));
    let href = page.attr("a[href$='/html']", "href").unwrap();
    let html = ofis.get(&href).await;
    check_sandbox(&html);
    assert!(!html.text().contains("<b>x</b>"));
}

#[tokio::test]
async fn a_mail_is_sent_again_once_for_two_clicks_and_noted() {
    let server = SmtpServer::start(Security::Plain).await;
    let app = with_server(&server).await;
    let company = acme(&app).await;
    let id = write(&app, company).await;
    app.run_jobs().await;
    let ofis = app.sign_in(OFIS).await;
    let page = ofis.get(&format!("/companies/{company}/mails/{id}")).await;
    let form = page.form("form[action$='/resend']");
    let reply = ofis.submit(&form).await;
    let again = ofis.submit(&form).await;
    assert_eq!(reply.status, 303);
    assert_eq!(reply.location(), again.location());
    let page = ofis.follow(&reply).await;
    assert_eq!(page.status, 200);
    assert!(page.has("#flash .flash"));
    assert!(page.has(&format!(".facts a[href='/companies/{company}/mails/{id}']")));
    app.run_jobs().await;
    assert_eq!(server.received().len(), 2);
    assert_eq!(server.by_message_id().len(), 2, "another mail, another id");
    let resent: Vec<(Option<Uuid>, String)> = app
        .rows(sql!(
            "select resent_of, state from mails where resent_of is not null"
        ))
        .await;
    assert_eq!(resent, [(Some(id), "sent".to_owned())]);
    let noted = app.noted().await;
    let resends = noted.iter().filter(|noted| *noted == "mails.resend");
    assert_eq!(resends.count(), 1);
    let history = ofis.get(&format!("/companies/{company}/history")).await;
    assert!(history.one(".timeline").contains("deneme e-postası"));
}

#[tokio::test]
async fn the_log_is_the_offices_and_its_own_companys() {
    let app = TestApp::new().await;
    let company = acme(&app).await;
    let id = write(&app, company).await;
    let other = app.company("Globex").await;
    let paths = [
        format!("/companies/{company}/mails"),
        format!("/companies/{company}/mails/{id}"),
        format!("/companies/{company}/mails/{id}/html"),
        "/outbox".to_owned(),
    ];
    let (esra, ofis) = (app.sign_in(ESRA).await, app.sign_in(OFIS).await);
    for path in &paths {
        let stranger = app.client().get(path).await;
        assert_eq!(stranger.status, 303, "{path}");
        assert!(stranger.location().starts_with("/login"));
        for client in [CEM, MALLORY] {
            assert_eq!(app.sign_in(client).await.get(path).await.status, 404);
        }
        assert_eq!(esra.get(path).await.status, 403, "{path}");
        assert_eq!(ofis.get(path).await.status, 200, "{path}");
    }
    assert!(
        !esra
            .get(&format!("/companies/{company}"))
            .await
            .has(&format!(".tabs a[href='{}']", paths[0]))
    );
    for rest in ["", "/html", "/resend"] {
        let path = format!("/companies/{other}/mails/{id}{rest}");
        let reply = match rest {
            "/resend" => ofis.post_form(&path, &[]).await,
            _ => ofis.get(&path).await,
        };
        assert_eq!(reply.status, 404, "{path}");
    }
    let resend = format!("/companies/{company}/mails/{id}/resend");
    assert_eq!(esra.post_form(&resend, &[]).await.status, 403);
    assert_eq!(
        app.number(sql!("select count(*) from mails")).await,
        1,
        "nobody has sent anything again"
    );
}
