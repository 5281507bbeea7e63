//! A Redis of a test's own: it can be killed, held still, filled and started again empty.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use prosektorweb::platform::redis::Redis;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

pub struct Server {
    address: SocketAddr,
    folder: TempDir,
    options: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// None where there is no `redis-server`. `tests/run` sees to it that there is one.
    pub fn start(options: &[&str]) -> Option<Self> {
        let folder = TempDir::with_prefix("prosektorweb-redis-").unwrap();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self::new(folder, options, "--port")
    }

    /// Over TLS alone. The file in `folder` called `ca.pem` holds its authority.
    pub fn start_with_tls() -> Option<Self> {
        let folder = TempDir::with_prefix("prosektorweb-redis-").unwrap();
        certify(folder.path());
        let options = [
            ["--port", "0"],
            ["--tls-cert-file", "cert.pem"],
            ["--tls-key-file", "key.pem"],
            ["--tls-ca-cert-file", "ca.pem"],
            ["--tls-auth-clients", "no"],
        ];
        let options = options.concat().into_iter().map(str::to_owned).collect();
        Self::new(folder, options, "--tls-port")
    }

    fn new(folder: TempDir, mut options: Vec<String>, port: &str) -> Option<Self> {
        let address = free_address();
        options.extend([port.to_owned(), address.port().to_string()]);
        let mut server = Self {
            address,
            folder,
            options,
            child: None,
        };
        server.run().then_some(server)
    }

    /// Begins, empty, on the port that it has had all along.
    fn run(&mut self) -> bool {
        let spawned = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(&self.options)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            assert!(!is_promised(), "redis-server is not installed");
            eprintln!("skipped: redis-server is not installed");
            return false;
        };
        self.child = Some(child);
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "no Redis came up"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn tls_url(&self) -> String {
        format!("rediss://localhost:{}", self.address.port())
    }

    pub fn authority(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn restart(&mut self) {
        self.kill();
        assert!(self.run());
    }

    /// It takes connections and commands, and answers none.
    pub fn hold(&self) {
        self.signal("-STOP");
    }

    pub fn let_go(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the product has noticed; how long it took.
pub async fn until(redis: &Redis, is_up: bool) -> Duration {
    let begun = Instant::now();
    while redis.is_up() != is_up {
        assert!(begun.elapsed() < Duration::from_secs(5), "up: {}", !is_up);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

/// Whether `tests/run` has installed every server.
#[expect(
    clippy::disallowed_methods,
    reason = "the product's own settings come from config.rs; this is the tests'"
)]
pub fn is_promised() -> bool {
    std::env::var_os("TEST_REDIS_URL").is_some()
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

fn certify(folder: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    std::fs::write(folder.join("ca.pem"), pem).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}
