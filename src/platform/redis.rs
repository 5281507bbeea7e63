//! Redis as a help that may go away: nobody waits for it longer than a tenth of a second, and nothing is lost with it.
//!
//! Requests never connect. A few connections are made in the background, and each carries many commands at a time.
//! The first failure opens the breaker: from then on every caller is told at once, and one probe looks for the server.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult, TlsCertificates,
    aio::MultiplexedConnection, cmd,
};
use bb8_redis::bb8::{ManageConnection, Pool};
use tokio::time;
use tokio_rustls::rustls::crypto::ring;

use crate::error::{Error, Result};

/// For a connection out of the pool, and again for the command.
const PATIENCE: Duration = Duration::from_millis(50);
/// `PATIENCE` is spent in so many turns: when it is this process that is late, the answer that has come meanwhile is seen.
const TURNS: u32 = 5;
/// For connecting, TLS included; only ever in the background.
const CONNECTING: Duration = Duration::from_secs(2);
/// Between two looks for a server that is away.
const PROBE_EVERY: Duration = Duration::from_millis(500);
const CONNECTIONS: u32 = 4;

/// Cheap to clone: one pointer.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    pool: Pool<Manager>,
    /// Whether the breaker is open: nobody asks the server but the probe.
    open: AtomicBool,
    /// Connections of an earlier generation are not used again.
    generation: Arc<AtomicU64>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis")
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The breaker is open, or the connection broke.
    #[error("Redis is away")]
    Away,
    #[error("Redis took too long")]
    Late,
    /// The server lives and says no, as when its memory is full.
    #[error("Redis refused: {0}")]
    Refused(RedisError),
}

/// A server that can be connected to, or what is wrong with its URL.
pub fn parse(url: &str) -> Result<ConnectionInfo, &'static str> {
    let info = url
        .into_connection_info()
        .map_err(|_| "it is not such a URL")?;
    match info.addr() {
        ConnectionAddr::Tcp(host, _) if !host.is_empty() => Ok(info),
        ConnectionAddr::TcpTls { insecure: true, .. } => Err("it turns certificates off"),
        ConnectionAddr::TcpTls { host, .. } if !host.is_empty() => Ok(info),
        _ => Err("it names no host"),
    }
}

impl Redis {
    /// Connects in the background; until that is done the breaker is open. `roots` (PEM) are believed instead of the
    /// system's authorities.
    pub fn open(url: &str, roots: Option<Vec<u8>>) -> Result<Self> {
        let info = parse(url).map_err(Error::internal)?;
        let tcp = info.tcp_settings().clone().set_nodelay(true);
        // The third protocol tells that a connection has ended, before anybody uses it.
        let third = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let info = info.set_tcp_settings(tcp).set_redis_settings(third);
        let client = if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            // The client asks rustls for the process's provider. Somebody may have installed it already.
            let _ = ring::default_provider().install_default();
            let certificates = TlsCertificates {
                client_tls: None,
                root_cert: roots,
            };
            Client::build_with_tls(info, certificates)
        } else {
            Client::open(info)
        };
        let generation = Arc::new(AtomicU64::new(0));
        let manager = Manager {
            client: client.map_err(Error::internal)?,
            generation: Arc::clone(&generation),
        };
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(CONNECTIONS)
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .retry_connection(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .build_unchecked(manager);
        let redis = Self(Arc::new(Shared {
            pool,
            open: AtomicBool::new(true),
            generation,
        }));
        tokio::spawn(probe(Arc::downgrade(&redis.0), false));
        Ok(redis)
    }

    /// Whether the last command that was tried reached the server.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !self.0.open.load(Ordering::Acquire)
    }

    /// Asks the server, within twice `PATIENCE`.
    pub async fn run<T, F>(
        &self,
        work: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = RedisResult<T>>,
    {
        if !self.is_up() {
            return Err(Trouble::Away);
        }
        // The connection goes back at once: it carries other callers' commands beside this one.
        let Some(line) = self.line().await else {
            return Err(self.failed(Trouble::Away));
        };
        match patiently(work(line)).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) if is_answer(&error) => Err(Trouble::Refused(error)),
            Some(Err(_)) => Err(self.failed(Trouble::Away)),
            None => Err(self.failed(Trouble::Late)),
        }
    }

    /// A connection that has not ended; those that the server has closed meanwhile make room for others.
    async fn line(&self) -> Option<MultiplexedConnection> {
        let taken = async {
            loop {
                let line = self.0.pool.get().await.ok()?;
                if !line.has_ended() {
                    return Some(line.connection.clone());
                }
            }
        };
        time::timeout(PATIENCE, taken).await.ok()?
    }

    /// A connection of the caller's own, for commands that wait at the server. Only ever in the background: connecting
    /// may take two seconds.
    pub async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let line = self.0.pool.dedicated_connection().await?;
        Ok(line.connection)
    }

    /// Whether the server answers now.
    pub async fn ping(&self) -> bool {
        let asked = self.run(async |mut line: MultiplexedConnection| {
            cmd("PING").query_async::<String>(&mut line).await
        });
        asked.await.is_ok()
    }

    /// Opens the breaker; whoever opens it starts the one probe.
    fn failed(&self, trouble: Trouble) -> Trouble {
        if !self.0.open.swap(true, Ordering::AcqRel) {
            self.0.generation.fetch_add(1, Ordering::AcqRel);
            tracing::warn!(%trouble, "redis_down");
            let shared = Arc::downgrade(&self.0);
            tokio::spawn(async {
                // A server that answers the probe and nothing else costs two callers a second, not all of them.
                time::sleep(PROBE_EVERY).await;
                probe(shared, true).await;
            });
        }
        trouble
    }
}

/// The server itself has answered, so that the connection is sound.
pub(super) fn is_answer(error: &RedisError) -> bool {
    !(error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error())
}

async fn patiently<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    for _ in 0..TURNS {
        if let Ok(done) = time::timeout(PATIENCE / TURNS, &mut work).await {
            return Some(done);
        }
    }
    None
}

/// Looks for the server until it answers or nobody needs it any more, then closes the breaker. Unless it `is_told`
/// already that the server is away, the log hears why.
async fn probe(shared: Weak<Shared>, mut is_told: bool) {
    while let Some(shared) = shared.upgrade() {
        match sound_line(&shared.pool).await {
            Ok(line) => {
                // What was made before the failure goes, so that nobody meets it.
                for _ in 0..shared.pool.state().idle_connections {
                    drop(shared.pool.get().await);
                }
                // A full pool needs no other.
                let _ = shared.pool.add(line);
                shared.open.store(false, Ordering::Release);
                tracing::info!("redis_up");
                return;
            }
            Err(error) if !is_told => {
                tracing::warn!(kind = ?error.kind(), trouble = %error, "redis_down");
                is_told = true;
            }
            Err(_) => {}
        }
        drop(shared);
        time::sleep(PROBE_EVERY).await;
    }
}

async fn sound_line(pool: &Pool<Manager>) -> RedisResult<Line> {
    let mut line = pool.dedicated_connection().await?;
    time::timeout(PATIENCE, ping(&mut line))
        .await
        .map_err(|_| late())??;
    Ok(line)
}

fn late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

async fn ping(line: &mut Line) -> RedisResult<()> {
    cmd("PING").query_async(&mut line.connection).await
}

struct Manager {
    client: Client,
    generation: Arc<AtomicU64>,
}

struct Line {
    connection: MultiplexedConnection,
    generation: u64,
    ended: Arc<AtomicBool>,
}

impl Line {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

impl ManageConnection for Manager {
    type Connection = Line;
    type Error = RedisError;

    async fn connect(&self) -> RedisResult<Line> {
        let generation = self.generation.load(Ordering::Acquire);
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        // Time-outs of commands are `patiently`'s.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    told.store(true, Ordering::Release);
                }
                Ok::<_, Infallible>(())
            });
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        let connection = time::timeout(CONNECTING, connecting)
            .await
            .map_err(|_| late())??;
        Ok(Line {
            connection,
            generation,
            ended,
        })
    }

    async fn is_valid(&self, line: &mut Line) -> RedisResult<()> {
        ping(line).await
    }

    fn has_broken(&self, line: &mut Line) -> bool {
        line.has_ended() || line.generation != self.generation.load(Ordering::Acquire)
    }
}
