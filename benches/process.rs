//! A server as a process of its own: started on a free port, watched through `/proc`, stopped by its id.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection};

use crate::Result;

pub const EMAIL: &str = "ofis@demo.test";
pub const PASSWORD: &str = prosektorweb::seed::PASSWORD;

const PRODUCT: &str = env!("CARGO_BIN_EXE_prosektorweb");
const PATIENCE: Duration = Duration::from_secs(30);

/// Where databases are kept from run to run, and everything else while a run lasts.
pub fn bench_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench")
}

/// A folder that goes when the run is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = bench_dir().join(format!("run-{}-{number}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its first good answer.
    pub started_in: Duration,
    /// Nanoseconds on the processors, by thread.
    seen: Mutex<HashMap<OsString, u64>>,
}

impl Server {
    /// The product as it is released, with its log on, as JSON in a file.
    pub fn product(folder: &Folder, database_url: Option<&str>) -> Result<Self> {
        Self::product_with(folder, database_url, &[])
    }

    /// The same, where readers of public pages are counted as in production, by a limit that they never reach.
    pub fn counting(folder: &Folder, database_url: Option<&str>) -> Result<Self> {
        const COUNTED: [(&str, &str); 2] =
            [("RATE_LIMIT_SCALE", "1"), ("RATE_LIMIT_PUBLIC", "99999/1")];
        Self::product_with(folder, database_url, &COUNTED)
    }

    /// The same, with settings of its own.
    pub fn product_with(
        folder: &Folder,
        database_url: Option<&str>,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = product(folder.path(), database_url);
        command.envs(settings.iter().copied());
        let address = free_port()?;
        command.env("PORT", address.port().to_string());
        Self::start(command, address, &folder.path().join("log"), "/readyz")
    }

    /// This program again, as one of the bare servers.
    pub fn bare(folder: &Folder, kind: &str, answer: &Path) -> Result<Self> {
        let address = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", kind, &address.port().to_string()])
            .arg(answer);
        Self::start(
            command,
            address,
            &folder.path().join(format!("{kind}.log")),
            "/",
        )
    }

    fn start(mut command: Command, address: SocketAddr, log: &Path, ready: &str) -> Result<Self> {
        let log_file = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file);
        let begin = Instant::now();
        let mut server = Self {
            child: command.spawn()?,
            address,
            started_in: Duration::ZERO,
            seen: Mutex::default(),
        };
        while !answers_well(address, ready) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!(
                    "the server ended with {status}: {}",
                    fs::read_to_string(log)?
                )
                .into());
            }
            if begin.elapsed() > PATIENCE {
                return Err(
                    format!("the server is not ready: {}", fs::read_to_string(log)?).into(),
                );
            }
            sleep(Duration::from_micros(500));
        }
        server.started_in = begin.elapsed();
        Ok(server)
    }

    /// Time on the processors since its start, of all threads as they were seen last: one that has ended keeps what it had,
    /// and one that nobody saw has none.
    pub fn cpu(&self) -> Result<Duration> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let thread = thread?;
            // A thread may end between the listing and the reading.
            if let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) {
                let nanoseconds = text.split_whitespace().next().unwrap_or("0");
                seen.insert(thread.file_name(), nanoseconds.parse()?);
            }
        }
        Ok(Duration::from_nanos(seen.values().sum()))
    }

    /// Bytes of memory now.
    pub fn rss(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most bytes of memory since its start or `forget_peak`.
    pub fn peak_rss(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    pub fn forget_peak(&self) -> Result<()> {
        // proc(5): 5 resets the peak resident set size.
        Ok(fs::write(
            format!("/proc/{}/clear_refs", self.child.id()),
            "5",
        )?)
    }

    fn memory(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes: u64 = line
            .and_then(|line| line.split_whitespace().next())
            .ok_or("no such line in /proc")?
            .parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An empty database of this name on a server of MySQL's kind; its URL.
pub async fn fresh_database(server: &str, name: &str) -> Result<String> {
    let server = server.trim_end_matches('/');
    let mut conn = MySqlConnection::connect(server).await?;
    for text in [
        format!("drop database if exists {name}"),
        format!("create database {name}"),
    ] {
        // The name is made of literals and hexadecimal digits.
        conn.execute(AssertSqlSafe(text)).await?;
    }
    conn.close().await?;
    Ok(format!("{server}/{name}"))
}

/// Makes the one who signs in.
pub fn make_user(database_url: &str) -> Result<()> {
    let folder = Folder::new()?;
    let mut child = product(folder.path(), Some(database_url))
        .args([
            "user",
            "create",
            EMAIL,
            "--name",
            "Ofis Demir",
            "--role",
            "office",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(format!("{PASSWORD}\n").as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

/// Runs one of the product's commands to its end.
pub fn command(database_url: &str, args: &[&str]) -> Result<()> {
    let folder = Folder::new()?;
    let output = product(folder.path(), Some(database_url))
        .args(args)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

/// Nothing of the caller's settings reaches it, nor a `.env` file.
fn product(folder: &Path, database_url: Option<&str>) -> Command {
    let mut command = Command::new(PRODUCT);
    command
        .env_clear()
        .current_dir(folder)
        .env("APP_ENV", "development")
        .env("DATA_DIR", folder)
        .env("LOG_FORMAT", "json")
        .env("RATE_LIMIT_SCALE", "1000000");
    if let Some(url) = database_url {
        command.env("DATABASE_URL", url);
    }
    command
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn answers_well(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head.ends_with(b" 200") || head.ends_with(b" 304"))
    };
    ask().unwrap_or(false)
}
