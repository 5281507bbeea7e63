//! A mail server on this machine: it takes mail as servers do, or fails as they do, and tells what it was given.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// 250.
    Accept,
    /// This answer to RCPT.
    AtRcpt(&'static str),
    /// This answer after the mail's last line.
    AfterData(&'static str),
    /// Nothing is ever said.
    HangAtGreeting,
    /// The mail is taken in, and nothing is ever said.
    HangAfterData,
    /// The connection ends while the mail is on its way.
    DropInData,
    /// Every answer comes a byte at a time, with this pause before each.
    Drip(Duration),
    /// The mail is taken in, and 250 said after a while.
    Slow(Duration),
    /// 250, and the connection ends.
    AcceptAndDie,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    StartTls,
    Implicit,
}

/// A mail that was taken with 250.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Without the dots that SMTP adds.
    pub data: String,
    /// Who had signed in.
    pub user: Option<String>,
    pub is_tls: bool,
}

impl Received {
    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.data.split_once("\r\n\r\n")?;
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let prefix = format!("{}:", name.to_ascii_lowercase());
        head.split("\r\n")
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].trim().to_owned())
    }
}

pub struct SmtpServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    security: Security,
    login: Option<(&'static str, &'static str)>,
    tls: TlsAcceptor,
    authority: String,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
    /// Message-IDs of mails that were sent whole, taken or not.
    seen: Mutex<Vec<String>>,
}

impl SmtpServer {
    pub async fn start(security: Security) -> Self {
        Self::listen(0, security, None).await
    }

    /// Takes mail only from whoever signs in.
    pub async fn with_login(
        security: Security,
        user: &'static str,
        password: &'static str,
    ) -> Self {
        Self::listen(0, security, Some((user, password))).await
    }

    pub async fn listen(
        port: u16,
        security: Security,
        login: Option<(&'static str, &'static str)>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tls, authority) = certificates();
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(Behaviour::Accept),
            security,
            login,
            tls,
            authority,
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
            seen: Mutex::default(),
        });
        let server = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                server.connections.fetch_add(1, Ordering::SeqCst);
                let server = Arc::clone(&server);
                // A connection that breaks is what some of the tests are about.
                tokio::spawn(async move { server.welcome(stream).await.ok() });
            }
        });
        Self {
            address,
            shared,
            listening,
        }
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().unwrap() = behaviour;
    }

    /// `SMTP_URL` for this server.
    pub fn url(&self) -> String {
        let login = self.shared.login.map_or(String::new(), |(user, password)| {
            format!("{user}:{password}@")
        });
        let address = self.address;
        match self.shared.security {
            Security::Plain => format!("smtp://{login}{address}?tls=none"),
            Security::StartTls => format!("smtp://{login}{address}"),
            Security::Implicit => format!("smtps://{login}{address}"),
        }
    }

    /// Writes the certificate of the authority behind this server's.
    pub fn write_authority(&self, path: &Path) {
        std::fs::write(path, &self.shared.authority).unwrap();
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How often each mail was taken, by its Message-ID.
    pub fn by_message_id(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for mail in self.received() {
            let id = mail.header("Message-ID").unwrap_or_default();
            *counts.entry(id).or_default() += 1;
        }
        counts
    }

    /// The Message-IDs of all mails that were sent whole, taken or not, in order.
    pub fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A certificate for this machine, and the authority that signed it.
fn certificates() -> (TlsAcceptor, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), pem)
}

type Io<T> = std::io::Result<T>;

/// How a conversation ended.
enum End {
    Over,
    StartTls,
}

struct Talk<S> {
    stream: BufReader<S>,
    is_tls: bool,
    user: Option<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Talk<S> {
    fn new(stream: S, is_tls: bool) -> Self {
        Self {
            stream: BufReader::new(stream),
            is_tls,
            user: None,
        }
    }

    async fn say(&mut self, behaviour: Behaviour, text: &str) -> Io<()> {
        let text = format!("{text}\r\n");
        if let Behaviour::Drip(pause) = behaviour {
            for byte in text.bytes() {
                tokio::time::sleep(pause).await;
                self.stream.write_all(&[byte]).await?;
                self.stream.flush().await?;
            }
            return Ok(());
        }
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// A line without its end; `None` when the client has gone.
    async fn hear(&mut self) -> Io<Option<String>> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn hear_data(&mut self) -> Io<Option<String>> {
        let mut data = String::new();
        while let Some(line) = self.hear().await? {
            if line == "." {
                return Ok(Some(data));
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
        Ok(None)
    }
}

async fn for_ever() -> Io<()> {
    std::future::pending().await
}

fn path(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    let end = line.find('>').unwrap_or(line.len());
    line[start..end].to_owned()
}

impl Shared {
    fn now(&self) -> Behaviour {
        *self.behaviour.lock().unwrap()
    }

    async fn welcome(&self, stream: TcpStream) -> Io<()> {
        if self.now() == Behaviour::HangAtGreeting {
            let _held = stream;
            return for_ever().await;
        }
        if self.security == Security::Implicit {
            let mut talk = Talk::new(self.tls.accept(stream).await?, true);
            talk.say(self.now(), "220 mail.test ESMTP").await?;
            self.converse(&mut talk).await?;
            return Ok(());
        }
        let mut talk = Talk::new(stream, false);
        talk.say(self.now(), "220 mail.test ESMTP").await?;
        if let End::StartTls = self.converse(&mut talk).await? {
            let stream = self.tls.accept(talk.stream.into_inner()).await?;
            self.converse(&mut Talk::new(stream, true)).await?;
        }
        Ok(())
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &self,
        talk: &mut Talk<S>,
    ) -> Io<End> {
        let (mut from, mut to) = (String::new(), Vec::new());
        while let Some(line) = talk.hear().await? {
            let now = self.now();
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let mut answer = "250-mail.test\r\n250-8BITMIME".to_owned();
                    if self.security == Security::StartTls && !talk.is_tls {
                        answer.push_str("\r\n250-STARTTLS");
                    }
                    if self.login.is_some() {
                        answer.push_str("\r\n250-AUTH PLAIN LOGIN");
                    }
                    talk.say(now, &format!("{answer}\r\n250 SIZE 10485760"))
                        .await?;
                }
                "STARTTLS" if self.security == Security::StartTls => {
                    talk.say(now, "220 go ahead").await?;
                    return Ok(End::StartTls);
                }
                "AUTH" => self.sign_in(talk, &line).await?,
                "MAIL" if self.login.is_some() && talk.user.is_none() => {
                    talk.say(now, "530 5.7.0 sign in first").await?;
                }
                "MAIL" => {
                    (from, to) = (path(&line), Vec::new());
                    talk.say(now, "250 2.1.0 ok").await?;
                }
                "RCPT" => match now {
                    Behaviour::AtRcpt(answer) => talk.say(now, answer).await?,
                    _ => {
                        to.push(path(&line));
                        talk.say(now, "250 2.1.5 ok").await?;
                    }
                },
                "DATA" => {
                    talk.say(now, "354 go on").await?;
                    if now == Behaviour::DropInData {
                        talk.hear().await?;
                        return Ok(End::Over);
                    }
                    let Some(data) = talk.hear_data().await? else {
                        return Ok(End::Over);
                    };
                    let mail = Received {
                        from: from.clone(),
                        to: to.clone(),
                        data,
                        user: talk.user.clone(),
                        is_tls: talk.is_tls,
                    };
                    let id = mail.header("Message-ID").unwrap_or_default();
                    self.seen.lock().unwrap().push(id);
                    match now {
                        Behaviour::HangAfterData => for_ever().await?,
                        Behaviour::AfterData(answer) => talk.say(now, answer).await?,
                        _ => {
                            self.received.lock().unwrap().push(mail);
                            if let Behaviour::Slow(pause) = now {
                                tokio::time::sleep(pause).await;
                            }
                            talk.say(now, "250 2.0.0 queued as 4711").await?;
                        }
                    }
                    if now == Behaviour::AcceptAndDie {
                        return Ok(End::Over);
                    }
                }
                "RSET" | "NOOP" => talk.say(now, "250 2.0.0 ok").await?,
                "QUIT" => {
                    talk.say(now, "221 2.0.0 bye").await?;
                    return Ok(End::Over);
                }
                _ => talk.say(now, "500 5.5.1 what").await?,
            }
        }
        Ok(End::Over)
    }

    async fn sign_in<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &self,
        talk: &mut Talk<S>,
        line: &str,
    ) -> Io<()> {
        let now = self.now();
        let decoded = |text: &str| {
            let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let (user, password) = if words.get(1).is_some_and(|word| *word == "PLAIN") {
            let text = decoded(words.get(2).unwrap_or(&""));
            let mut parts = text.split('\0').skip(1).map(str::to_owned);
            (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            )
        } else {
            talk.say(now, "334 VXNlcm5hbWU6").await?;
            let user = decoded(&talk.hear().await?.unwrap_or_default());
            talk.say(now, "334 UGFzc3dvcmQ6").await?;
            (user, decoded(&talk.hear().await?.unwrap_or_default()))
        };
        if self.login == Some((user.as_str(), password.as_str())) {
            talk.user = Some(user);
            talk.say(now, "235 2.7.0 welcome").await
        } else {
            talk.say(now, "535 5.7.8 wrong user or password").await
        }
    }
}
