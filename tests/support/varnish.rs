//! Varnish in front of a product of this process.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::redis::is_promised;

pub struct Varnish {
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Varnish {
    /// None where there is no `varnishd`. `tests/run` sees to it that there is one.
    pub fn start(product: SocketAddr) -> Option<Self> {
        let folder = TempDir::with_prefix("prosektorweb-varnish-").unwrap();
        let vcl = include_str!("varnish.vcl").replace("3000", &product.port().to_string());
        let file = folder.path().join("product.vcl");
        std::fs::write(&file, vcl).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let spawned = Command::new("varnishd")
            .env("PATH", "/usr/sbin:/usr/bin:/bin")
            .args(["-F", "-j", "none", "-s", "malloc,16m", "-T", "none"])
            .args(["-a", &address.to_string()])
            .arg("-n")
            .arg(folder.path().join("work"))
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = spawned else {
            assert!(!is_promised(), "varnishd is not installed");
            eprintln!("skipped: varnishd is not installed");
            return None;
        };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > Duration::from_secs(30) {
                let _ = child.kill();
                panic!("no Varnish came up");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self {
            address,
            child,
            _folder: folder,
        })
    }
}

impl Drop for Varnish {
    fn drop(&mut self) {
        // It ends its own child.
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}
