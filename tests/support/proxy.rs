//! A TCP proxy of a test's own, which can stop forwarding: everything, or what follows a stream.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

const OPEN: u8 = 0;
const NO_STREAMS: u8 = 1;
const CUT: u8 = 2;
const NOISE: u8 = 3;

pub struct Proxy {
    pub address: SocketAddr,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = Arc::new(AtomicU8::new(OPEN));
        let shared = Arc::clone(&mode);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else {
                    continue;
                };
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                // What is begun while streams are stopped may be about to follow one.
                let is_held = shared.load(Ordering::Acquire) == NO_STREAMS;
                let is_stream = Arc::new(AtomicBool::new(is_held));
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                for (from, to) in [(near_read, far_write), (far_read, near_write)] {
                    tokio::spawn(pump(from, to, Arc::clone(&shared), Arc::clone(&is_stream)));
                }
            }
        });
        Self { address, mode }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn cut(&self) {
        self.mode.store(CUT, Ordering::Release);
    }

    /// Holds the connections that follow a stream, and those that begin from now on.
    pub fn stop_streams(&self) {
        self.mode.store(NO_STREAMS, Ordering::Release);
    }

    /// Something else goes over the lines, both ways.
    pub fn garble(&self) {
        self.mode.store(NOISE, Ordering::Release);
    }

    pub fn let_go(&self) {
        self.mode.store(OPEN, Ordering::Release);
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mode: Arc<AtomicU8>,
    is_stream: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = &mut buffer[..count];
        if bytes.windows(5).any(|word| word == b"XREAD") {
            is_stream.store(true, Ordering::Release);
        }
        loop {
            match mode.load(Ordering::Acquire) {
                OPEN => break,
                NOISE => {
                    bytes.fill(0xfe);
                    break;
                }
                NO_STREAMS if !is_stream.load(Ordering::Acquire) => break,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
