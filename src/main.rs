//! The command line: one subcommand for each thing that ops do.

use std::{
    io::{BufRead as _, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use prosektorweb::{
    app::App,
    config::Config,
    error::{Error, Result},
    features::{links, mails, posts, second_factor, transfer, users},
    platform::{
        audit::{self, Actor, Changes},
        clock::Clock,
        i18n::Message,
        passwords, telemetry,
    },
    seed, serve,
    types::{Email, Lang, text},
    web::access::Role,
};
use tikv_jemallocator::Jemalloc;
use uuid::Uuid;

/// Set up in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the product (the default)
    Serve,
    /// Run jobs and nothing else
    Work,
    /// Bring the database's schema up to date
    Migrate,
    /// Fill an empty database with demo data; development only
    Seed,
    /// Make people who can sign in
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Look after the record of who did what
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Bring in what was written elsewhere
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Take away what was written here
    Export {
        #[command(subcommand)]
        command: ExportCommand,
    },
    /// Write a test mail to somebody; whatever runs jobs delivers it
    TestMail {
        email: String,
        /// tr or en
        #[arg(long, default_value = "tr")]
        lang: String,
    },
    /// Check the configuration, and nothing else
    CheckConfig,
    /// Ask the running product whether it is alive, for container health checks
    Healthcheck,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make a member of staff; the password is read from the standard input
    Create {
        email: String,
        #[arg(long, required_unless_present = "admin")]
        name: Option<String>,
        /// admin, office, expert or doctor
        #[arg(long, required_unless_present = "admin")]
        role: Option<String>,
        /// Make an administrator without a password, and print the link that works once to choose one
        #[arg(long, conflicts_with = "role")]
        admin: bool,
    },
    /// Take somebody's second factor away who has lost it; their sessions end
    ResetSecondFactor { email: String },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Find entries that were edited, removed, reordered, inserted or cut off
    Verify {
        /// A head from the log or the page, as `NUMBER:HEX`: rows after it may not have been cut off
        #[arg(long)]
        head: Option<audit::Head>,
    },
    /// Remove what an entry says of a person; that it was done becomes an entry of its own
    Erase {
        entry: Uuid,
        /// `ip`, or the name of a changed field
        #[arg(required = true)]
        fields: Vec<String>,
    },
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Posts out of a file of JSON or Markdown, or a folder of Markdown with front matter, with the images that they name
    ///
    /// A cover (`cover`) and the images of a text are files beside the post's file or within the folder, by relative path,
    /// or images that are here already, by their `/media/…` address. Nothing outside of the folder is read, and nothing is
    /// fetched. What is not taken is told with its post.
    Posts {
        path: PathBuf,
        /// Only tell what would become of each post
        #[arg(long)]
        dry_run: bool,
        /// tr or en, of posts that do not tell theirs
        #[arg(long)]
        lang: Option<String>,
        /// Of posts whose author is nobody here; the first administrator by default
        #[arg(long)]
        author: Option<String>,
    },
}

#[derive(Subcommand)]
enum ExportCommand {
    /// All posts into a file that ends with .json, or into a folder of Markdown with front matter, with their images
    ///
    /// The images lie as they were uploaded in a folder beside the file (`posts.json`, `posts-media/`), or in `media/`
    /// within the folder.
    Posts { path: PathBuf },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("The configuration cannot be used:");
            for problem in problems {
                eprintln!("  {problem}");
            }
            return ExitCode::from(2);
        }
    };
    match run(cli.command.unwrap_or(Command::Serve), config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::BadRequest(what) | Error::Unavailable(what)) => {
            eprintln!("prosektorweb: {what}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("prosektorweb: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: Config) -> Result<()> {
    match command {
        Command::CheckConfig => {
            for line in config.summary() {
                println!("{line}");
            }
            Ok(())
        }
        Command::Healthcheck => healthcheck(config.listen),
        other => {
            let options = telemetry::Options {
                format: config.log_format,
                level: config.log_level.clone(),
                ..telemetry::Options::default()
            };
            let _guard = telemetry::init(&options);
            let runtime = tokio::runtime::Runtime::new().map_err(Error::internal)?;
            runtime.block_on(work(other, config))
        }
    }
}

async fn work(command: Command, config: Config) -> Result<()> {
    let production = config.is_production();
    let file = config.database_file().map(std::path::Path::to_owned);
    let app = App::build(config, Clock::default()).await?;
    match command {
        Command::Work => return serve::work(app).await,
        Command::Serve => return serve::run(app).await,
        _ => {}
    }
    let done = do_once(&app, command, production, file.as_deref()).await;
    // Otherwise the next write would wait for this process.
    app.cache.leave().await;
    app.db.close().await;
    done
}

/// What ends by itself.
async fn do_once(app: &App, command: Command, production: bool, file: Option<&Path>) -> Result<()> {
    match command {
        Command::Migrate => app.db.migrate(file).await?,
        Command::Seed if production => {
            return Err(Error::unavailable("demo data is for development only"));
        }
        Command::Seed => {
            app.db.migrate(file).await?;
            let told = seed::run(app).await?;
            if told {
                seed::tell_covers(app).await?;
                seed::tell_messages(app).await?;
            }
            println!(
                "{}",
                if told {
                    "The demo data is in."
                } else {
                    "The demo data was there already."
                }
            );
        }
        Command::User {
            command:
                UserCommand::Create {
                    email,
                    name,
                    role,
                    admin,
                },
        } => {
            if admin {
                create_admin(app, &email, name).await?;
            } else {
                let (name, role) = (name.unwrap_or_default(), role.unwrap_or_default());
                create_user(app, &email, name, &role).await?;
            }
        }
        Command::User {
            command: UserCommand::ResetSecondFactor { email },
        } => reset_second_factor(app, &email).await?,
        Command::Audit {
            command: AuditCommand::Verify { head },
        } => verify_audit(app, head).await?,
        Command::Audit {
            command: AuditCommand::Erase { entry, fields },
        } => erase_from_audit(app, entry, &fields).await?,
        Command::Import {
            command:
                ImportCommand::Posts {
                    path,
                    dry_run,
                    lang,
                    author,
                },
        } => import_posts(app, &path, dry_run, lang.as_deref(), author.as_deref()).await?,
        Command::Export {
            command: ExportCommand::Posts { path },
        } => {
            let count = transfer::export(app, &path).await?;
            println!("{count} posts are in {}", path.display());
        }
        Command::TestMail { email, lang } => test_mail(app, &email, &lang).await?,
        Command::Serve | Command::Work | Command::CheckConfig | Command::Healthcheck => {}
    }
    Ok(())
}

async fn create_admin(app: &App, email: &str, name: Option<String>) -> Result<()> {
    let email =
        Email::parse(email).map_err(|_| Error::BadRequest("that is no e-mail address".into()))?;
    let name = name
        .map(|name| text::clean_line(&name))
        .transpose()
        .map_err(|_| Error::BadRequest("the name holds control characters".into()))?
        .filter(|name| !name.is_empty());
    match users::admin_link(app, &email, name).await? {
        users::AdminLink::Made(link) => {
            println!("{}", links::url(app, &link));
            eprintln!(
                "Whoever opens this link first chooses the password of {email}. It works once, until {}.",
                link.expires_at.format("%Y-%m-%d %H:%M UTC")
            );
            Ok(())
        }
        users::AdminLink::SignsInAs(Role::Admin) => Err(Error::BadRequest(format!(
            "{email} is an administrator who can sign in: no link was made"
        ))),
        users::AdminLink::SignsInAs(role) => Err(Error::BadRequest(format!(
            "{email} signs in as {role}: an administrator can change that at /users; no link was made"
        ))),
    }
}

async fn create_user(app: &App, email: &str, name: String, role: &str) -> Result<()> {
    let email =
        Email::parse(email).map_err(|_| Error::BadRequest("that is no e-mail address".into()))?;
    let role = Role::parse(role).ok().filter(|role| role.is_staff());
    let role = role
        .ok_or_else(|| Error::BadRequest("the role is admin, office, expert or doctor".into()))?;
    eprint!("Password (at least {} characters): ", passwords::MIN_LENGTH);
    std::io::stderr().flush().map_err(Error::internal)?;
    let mut password = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut password)
        .map_err(Error::internal)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if let Err(reason) = passwords::check(&password, &[&name, email.as_str()]) {
        let reason = app.translations.message(Lang::En, &reason)?;
        return Err(Error::BadRequest(reason));
    }
    let name = text::clean_line(&name)
        .map_err(|_| Error::BadRequest("the name holds control characters".into()))?;
    let user = users::NewUser {
        name,
        email,
        password,
        role,
        company_id: None,
    };
    match users::create(app, user).await {
        Ok(id) => {
            println!("{id}");
            Ok(())
        }
        Err(Error::Taken(_)) => Err(Error::BadRequest("that address has a user already".into())),
        Err(other) => Err(other),
    }
}

async fn reset_second_factor(app: &App, email: &str) -> Result<()> {
    let email =
        Email::parse(email).map_err(|_| Error::BadRequest("that is no e-mail address".into()))?;
    match second_factor::reset_by_address(app, &email).await {
        Ok(true) => println!("The password alone signs {email} in now."),
        Ok(false) => println!("{email} has no second factor."),
        Err(Error::NotFound) => {
            return Err(Error::BadRequest("nobody has that address".into()));
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

async fn verify_audit(app: &App, noted: Option<audit::Head>) -> Result<()> {
    let report = audit::verify(&app.db, &app.keys, app.clock.now(), noted).await?;
    for finding in &report.findings {
        println!("{finding}");
    }
    if !report.findings.is_empty() {
        return Err(Error::BadRequest(
            "the audit is not as it was sealed".into(),
        ));
    }
    match report.head {
        Some(head) => println!("{} entries are as they were sealed; head {head}", head.seq),
        None => println!("nothing has been sealed yet"),
    }
    if report.waiting > 0 {
        println!("{} more wait for their seal", report.waiting);
    }
    Ok(())
}

async fn erase_from_audit(app: &App, entry: Uuid, fields: &[String]) -> Result<()> {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut tx = app.db.begin().await?;
    let erased = audit::erase(&mut tx, app.clock.now(), &Actor::default(), entry, &fields).await;
    match erased {
        Ok(()) => tx.commit().await,
        Err(Error::NotFound) => Err(Error::BadRequest(
            "there is no such entry, or it has no such field".into(),
        )),
        Err(other) => Err(other),
    }
}

/// One line for each post, and the sums last. It fails if there are posts and none can be taken.
async fn import_posts(
    app: &App,
    path: &Path,
    dry_run: bool,
    lang: Option<&str>,
    author: Option<&str>,
) -> Result<()> {
    let lang = lang
        .map(Lang::parse)
        .transpose()
        .map_err(|_| Error::BadRequest("the language is tr or en".into()))?;
    let author = posts::queries::staff(&mut app.db.read().await?, author)
        .await?
        .ok_or_else(|| {
            Error::BadRequest(
                "the author is the address of an administrator or of the office".into(),
            )
        })?;
    let import = transfer::Import {
        lang,
        author,
        dry_run,
    };
    let rows = transfer::import(app, transfer::read(path)?, &import).await?;
    let mut sums = [0_usize; 4];
    for row in &rows {
        println!("{}", row.text(&app.translations, Lang::En)?);
        sums[match row.outcome {
            transfer::Outcome::Created => 0,
            transfer::Outcome::Updated => 1,
            transfer::Outcome::Unchanged => 2,
            transfer::Outcome::Refused(_) => 3,
        }] += 1;
    }
    let [created, updated, unchanged, refused] = sums;
    let nothing = if dry_run { "; nothing was written" } else { "" };
    println!(
        "{} posts: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused{nothing}",
        rows.len()
    );
    if refused > 0 && refused == rows.len() {
        return Err(Error::BadRequest("none of the posts can be taken".into()));
    }
    Ok(())
}

async fn test_mail(app: &App, email: &str, lang: &str) -> Result<()> {
    let to =
        Email::parse(email).map_err(|_| Error::BadRequest("that is no e-mail address".into()))?;
    let lang =
        Lang::parse(lang).map_err(|_| Error::BadRequest("the language is tr or en".into()))?;
    if !mails::is_on(app) {
        return Err(Error::unavailable("mail is off: set SMTP_URL"));
    }
    let letter = mails::Letter {
        to: &to,
        to_name: None,
        lang,
        company_id: None,
        record: None,
        template: "mails/emails/test",
        link: None,
        subject: Message::new("mail-test-subject").arg("name", &to),
        view: minijinja::context! { name => to.as_str() },
    };
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let id = mails::queue(app, &mut tx, now, letter).await?;
    let changes = Changes::new().field("recipient", None, Some(to.as_str()));
    let (actor, mail) = (Actor::default(), Some(id.uuid()));
    audit::record(&mut tx, now, &actor, "mails.test", mail, None, &changes).await?;
    tx.commit().await?;
    println!("{id} waits for its delivery; the log tells mail_sent or mail_failed with this id");
    Ok(())
}

/// Plain HTTP on the listening port; the image needs no other program for it.
fn healthcheck(listen: SocketAddr) -> Result<()> {
    const WAIT: Duration = Duration::from_secs(2);
    let host = if listen.ip().is_unspecified() {
        match listen.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        }
    } else {
        listen.ip()
    };
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(host, listen.port()), WAIT)
        .map_err(Error::unavailable)?;
    stream
        .set_read_timeout(Some(WAIT))
        .map_err(Error::internal)?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .map_err(Error::unavailable)?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).map_err(Error::unavailable)?;
    if answer.ends_with(b" 200") {
        Ok(())
    } else {
        Err(Error::unavailable("the product does not answer 200"))
    }
}
