//! A cache that takes orders to purge, over HTTP/1.1, and can be slow, wrong or dead.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How it answers.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Status and body.
    Answer(u16, String),
    /// As the first, after so long.
    Late(Duration),
    HangUp,
    /// A body without an end.
    Endless,
}

impl Behaviour {
    pub fn good() -> Self {
        Self::Answer(
            200,
            r#"{"success":true,"errors":[],"messages":[],"result":{"id":"z"}}"#.into(),
        )
    }
}

#[derive(Clone, Debug)]
pub struct Order {
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

impl Order {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub struct OuterCache {
    pub address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    orders: Arc<Mutex<Vec<Order>>>,
    listening: JoinHandle<()>,
}

impl OuterCache {
    pub async fn start() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// One that comes back where another was.
    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(Behaviour::good()));
        let orders = Arc::new(Mutex::new(Vec::new()));
        let (how, taken) = (Arc::clone(&behaviour), Arc::clone(&orders));
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (how, taken) = (Arc::clone(&how), Arc::clone(&taken));
                // A connection that breaks is what some of the tests are about.
                tokio::spawn(async move { serve(stream, how, taken).await.ok() });
            }
        });
        Self {
            address,
            behaviour,
            orders,
            listening,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/zones/z/purge_cache", self.address)
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub fn orders(&self) -> Vec<Order> {
        self.orders.lock().unwrap().clone()
    }
}

impl Drop for OuterCache {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    behaviour: Arc<Mutex<Behaviour>>,
    orders: Arc<Mutex<Vec<Order>>>,
) -> std::io::Result<()> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    let order = loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let order = Order {
                head: head.into(),
                body: body.into(),
            };
            let length: usize = order
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                break order;
            }
        }
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    };
    orders.lock().unwrap().push(order);
    let behaviour = behaviour.lock().unwrap().clone();
    let (status, body) = match behaviour {
        Behaviour::Answer(status, body) => (status, body),
        Behaviour::Late(wait) => {
            tokio::time::sleep(wait).await;
            (200, "late".into())
        }
        Behaviour::HangUp => return Ok(()),
        Behaviour::Endless => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&[b' '; 4096]).await?;
            }
        }
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Some\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
