//! Speaking to the mail server: a few connections, each used again while it is fresh.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use mail_send::{Error as SmtpError, SmtpClient, SmtpClientBuilder, smtp::message::Parameters};
use rustls_platform_verifier::Verifier;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    time,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};

use super::{Cause, Refused, Server, Tls, Trouble};
use crate::{
    error::{Error, Result},
    types::Email,
};

/// Connections at once: what servers commonly allow one client.
const AT_ONCE: usize = 4;
/// Shorter than any server waits for the next mail.
const FRESH: Duration = Duration::from_secs(30);
/// Characters of a server's words that are kept.
const WORDS_MAX: usize = 500;

/// In clear or not: what is said is the same.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

type Client = SmtpClient<Box<dyn Stream>>;
type Idle = Arc<Mutex<Vec<(Instant, Client)>>>;

pub(super) struct Smtp {
    builder: SmtpClientBuilder<String>,
    tls: Tls,
    timeout: Duration,
    places: Semaphore,
    idle: Idle,
}

impl Smtp {
    pub(super) fn new(server: Server, our_host: &str) -> Result<Self> {
        let connector = TlsConnector::from(Arc::new(tls_config(&server)?));
        let mut builder =
            SmtpClientBuilder::new_with_tls_connector(server.host.clone(), server.port, connector)
                .implicit_tls(server.tls == Tls::Implicit)
                .helo_host(our_host)
                .timeout(server.timeout);
        builder.addr = server.address();
        if let Some(login) = server.login {
            builder = builder.credentials((login.user, login.password));
        }
        Ok(Self {
            builder,
            tls: server.tls,
            timeout: server.timeout,
            places: Semaphore::new(AT_ONCE),
            idle: Idle::default(),
        })
    }

    pub(super) async fn send(
        &self,
        from: &Email,
        to: &Email,
        message: &[u8],
    ) -> std::result::Result<String, Refused> {
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|error| Refused::passing(Trouble::Connection, error))?;
        // Whatever is cut here takes its connection with it.
        time::timeout(self.timeout, self.attempt(from, to, message))
            .await
            .unwrap_or_else(|_| Err(timed_out()))
    }

    async fn attempt(
        &self,
        from: &Email,
        to: &Email,
        message: &[u8],
    ) -> std::result::Result<String, Refused> {
        if let Some(mut client) = self.rested() {
            match address(&mut client, from, to).await {
                Ok(()) => return self.deliver(client, message).await,
                Err(error) if is_answer(&error) => {
                    self.keep(client);
                    return Err(refused(error));
                }
                // It died while it rested, and nothing of the mail has been sent.
                Err(_) => {}
            }
        }
        let mut client = self.connect().await.map_err(not_connected)?;
        match address(&mut client, from, to).await {
            Ok(()) => self.deliver(client, message).await,
            Err(error) => {
                if is_answer(&error) {
                    self.keep(client);
                }
                Err(refused(error))
            }
        }
    }

    /// From here on the server may have the mail, so that no other connection tries it in this attempt.
    async fn deliver(
        &self,
        mut client: Client,
        message: &[u8],
    ) -> std::result::Result<String, Refused> {
        match client.data(message).await {
            Ok(reply) => {
                self.keep(client);
                Ok(words(reply.code, reply.esc, &reply.message))
            }
            Err(error) => {
                if is_answer(&error) {
                    self.keep(client);
                }
                Err(refused(error))
            }
        }
    }

    async fn connect(&self) -> std::result::Result<Client, SmtpError> {
        let stream: Box<dyn Stream> = if self.tls == Tls::Off {
            Box::new(self.builder.connect_plain().await?.stream)
        } else {
            Box::new(self.builder.connect().await?.stream)
        };
        Ok(SmtpClient {
            stream,
            timeout: self.timeout,
        })
    }

    /// A connection that was used a moment ago.
    fn rested(&self) -> Option<Client> {
        let (since, client) = locked(&self.idle).pop()?;
        (since.elapsed() < FRESH).then_some(client)
    }

    /// Keeps a connection for the next mail, and ends it when none has come.
    fn keep(&self, client: Client) {
        locked(&self.idle).push((Instant::now(), client));
        let idle = Arc::downgrade(&self.idle);
        tokio::spawn(async move {
            time::sleep(FRESH).await;
            let Some(idle) = idle.upgrade() else { return };
            let old: Vec<(Instant, Client)> = locked(&idle)
                .extract_if(.., |(since, _)| since.elapsed() >= FRESH)
                .collect();
            for (_, client) in old {
                let _ = time::timeout(Duration::from_secs(1), client.quit()).await;
            }
        });
    }
}

fn locked(idle: &Idle) -> MutexGuard<'_, Vec<(Instant, Client)>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says from whom and to whom. What came before on this connection is forgotten.
async fn address(
    client: &mut Client,
    from: &Email,
    to: &Email,
) -> std::result::Result<(), SmtpError> {
    client
        .rset()
        .await
        .map_err(|_| SmtpError::UnparseableReply)?;
    let parameters = Parameters::new();
    client.mail_from(from.as_str(), &parameters).await?;
    client.rcpt_to(to.as_str(), &parameters).await
}

fn tls_config(server: &Server) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?;
    if server.tls == Tls::Off {
        return Ok(config
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth());
    }
    let verifier = Verifier::new_with_extra_roots(server.roots.iter().cloned(), provider)
        .map_err(|error| Error::unavailable(format!("mail over TLS is not possible: {error}")))?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// The server said no and stays; 421 is a farewell (RFC 5321 §3.8).
fn is_answer(error: &SmtpError) -> bool {
    matches!(error, SmtpError::UnexpectedReply(reply) if reply.code != 421)
}

/// What a server says of a mail: 5xx is its last word.
fn refused(error: SmtpError) -> Refused {
    match error {
        SmtpError::UnexpectedReply(reply) if (500..600).contains(&reply.code) => {
            Refused::Final(Cause::Reply {
                code: reply.code,
                words: words(reply.code, reply.esc, &reply.message),
            })
        }
        other => not_connected(other),
    }
}

/// What it says before it hears of a mail is not about the mail: that passes when somebody mends it.
fn not_connected(error: SmtpError) -> Refused {
    match error {
        SmtpError::UnexpectedReply(reply) | SmtpError::AuthenticationFailed(reply) => {
            Refused::Passing(Cause::Reply {
                code: reply.code,
                words: words(reply.code, reply.esc, &reply.message),
            })
        }
        SmtpError::Timeout => timed_out(),
        SmtpError::Io(error) => Refused::passing(Trouble::Connection, error),
        SmtpError::UnparseableReply => {
            Refused::passing(Trouble::Connection, "it ended before the server's answer")
        }
        SmtpError::Tls(error) => Refused::passing(Trouble::Tls, error),
        SmtpError::MissingStartTls => {
            Refused::passing(Trouble::Tls, "the server offers no STARTTLS")
        }
        SmtpError::InvalidTLSName => Refused::passing(Trouble::Tls, "the server's name is none"),
        other => Refused::passing(Trouble::Protocol, other),
    }
}

fn timed_out() -> Refused {
    Refused::passing(Trouble::TimedOut, "the server did not answer in time")
}

/// `550 5.1.1 no such mailbox`, in one line.
fn words(code: u16, enhanced: [u8; 3], message: &str) -> String {
    let mut words = code.to_string();
    if enhanced[0] != 0 {
        let [class, subject, detail] = enhanced;
        let _ = write!(words, " {class}.{subject}.{detail}");
    }
    for word in message.split(|c: char| c.is_control() || c.is_whitespace()) {
        if !word.is_empty() {
            words.push(' ');
            words.push_str(word);
        }
    }
    words.chars().take(WORDS_MAX).collect()
}
