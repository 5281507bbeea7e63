//! A client that keeps its connection open, and many of them at once; every answer is checked.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::{Error, Result};

const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub struct Client {
    stream: TcpStream,
    /// What came and was not yet read as an answer.
    buffer: Vec<u8>,
    /// Header lines of every request.
    headers: String,
}

impl Client {
    pub async fn connect(address: SocketAddr, headers: &str) -> Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(256 * 1024),
            headers: format!("host: {address}\r\n{headers}"),
        })
    }

    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.stream.peer_addr()?)
    }

    /// A client who has signed in as someone of the office.
    pub async fn signed_in(address: SocketAddr, headers: &str) -> Result<Self> {
        let mut client = Self::connect(address, headers).await?;
        client.sign_in().await?;
        Ok(client)
    }

    pub async fn sign_in(&mut self) -> Result<Answer> {
        let form = format!(
            "email={}&password={}",
            crate::process::EMAIL,
            crate::process::PASSWORD
        );
        let answer = self.post("/login", &form).await?;
        let cookies: Vec<&str> = answer
            .head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "))
            .filter_map(|cookie| cookie.split(';').next())
            .collect();
        if answer.status != 303 || cookies.is_empty() {
            return Err(format!("no sign-in: {}", answer.head).into());
        }
        for part in ["cookie: ", &cookies.join("; "), "\r\n"] {
            self.headers.push_str(part);
        }
        Ok(answer)
    }

    /// The header line that makes another client the same person.
    pub fn cookie_line(&self) -> Result<String> {
        let line = self
            .headers
            .lines()
            .find(|line| line.starts_with("cookie: "));
        let line = line.ok_or("nobody has signed in")?;
        Ok(format!("{line}\r\n"))
    }

    /// Any answer but 200 is an error.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let answer = self.get_any(path).await?;
        if answer.status == 200 {
            Ok(answer)
        } else {
            Err(format!("{path}: {}", answer.head).into())
        }
    }

    pub async fn get_any(&mut self, path: &str) -> Result<Answer> {
        let request = self.request("GET", path, "");
        self.ask(&request).await
    }

    pub async fn post(&mut self, path: &str, form: &str) -> Result<Answer> {
        let request = self.request("POST", path, form);
        self.ask(&request).await
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let about_body = if method == "POST" {
            format!(
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                body.len()
            )
        } else {
            String::new()
        };
        format!(
            "{method} {path} HTTP/1.1\r\n{}{about_body}\r\n{body}",
            self.headers
        )
        .into_bytes()
    }

    async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            self.answer().await
        })
        .await?
    }

    async fn answer(&mut self) -> Result<Answer> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            self.more().await?;
        };
        let head = std::str::from_utf8(&self.buffer[..end])?.to_owned();
        self.buffer.drain(..end + 4);
        let mut answer = Answer {
            status: head.get(9..12).unwrap_or_default().parse()?,
            head,
            body: Vec::new(),
        };
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse()?;
            answer.body = self.take(length).await?;
        } else if answer.header("transfer-encoding").is_some() {
            loop {
                let line = self.line().await?;
                let length = usize::from_str_radix(line.trim(), 16)?;
                let chunk = self.take(length + 2).await?;
                if length == 0 {
                    break;
                }
                answer.body.extend_from_slice(&chunk[..length]);
            }
        }
        Ok(answer)
    }

    /// The rest of a body that nobody wants to keep: only its length.
    pub async fn post_and_count(&mut self, path: &str) -> Result<(u16, u64)> {
        let request = self.request("POST", path, "");
        self.stream.write_all(&request).await?;
        while find(&self.buffer, b"\r\n\r\n").is_none() {
            self.more().await?;
        }
        let end = find(&self.buffer, b"\r\n\r\n").unwrap_or_default();
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end + 4);
        let mut bytes = 0;
        loop {
            let line = timeout(PATIENCE, self.line()).await??;
            let length = usize::from_str_radix(line.trim(), 16)?;
            timeout(PATIENCE, self.take(length + 2)).await??;
            if length == 0 {
                break;
            }
            bytes += length as u64;
        }
        Ok((head.get(9..12).unwrap_or_default().parse()?, bytes))
    }

    async fn line(&mut self) -> Result<String> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                break at;
            }
            self.more().await?;
        };
        let line = self.take(end + 2).await?;
        Ok(String::from_utf8_lossy(&line[..end]).into_owned())
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the connection was closed in the middle of an answer".into());
        }
        Ok(())
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

/// What stands in an attribute.
pub fn unescaped(attribute: &str) -> String {
    attribute.replace("&#x2f;", "/").replace("&amp;", "&")
}

pub struct Load {
    pub per_second: f64,
    pub median: Duration,
    pub p99: Duration,
}

/// So many requests for one path over so many connections; all answers must be as long as the first, which has `status`.
pub async fn hammer(
    address: SocketAddr,
    path: &str,
    headers: &str,
    status: u16,
    connections: usize,
    requests_each: usize,
) -> Result<Load> {
    let expected = format!("HTTP/1.1 {status}").into_bytes();
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (path, headers, expected) = (path.to_owned(), headers.to_owned(), expected.clone());
        clients.spawn(async move {
            let mut client = Client::connect(address, &headers).await?;
            let request = client.request("GET", &path, "");
            let first = client.get_any(&path).await?;
            let length = first.head.len() + 4 + first.body.len();
            let mut times = Vec::with_capacity(requests_each);
            for _ in 0..requests_each {
                let asked = Instant::now();
                client.stream.write_all(&request).await?;
                client.buffer.clear();
                while client.buffer.len() < length {
                    client.more().await?;
                }
                times.push(asked.elapsed());
                if client.buffer.len() != length || !client.buffer.starts_with(&expected) {
                    let other = String::from_utf8_lossy(&client.buffer);
                    return Err(format!("not as the first answer: {}\n{other}", first.head).into());
                }
            }
            Ok::<_, Error>(times)
        });
    }
    let mut times = Vec::new();
    timeout(PATIENCE, async {
        while let Some(done) = clients.join_next().await {
            times.append(&mut done??);
        }
        Ok::<_, Error>(())
    })
    .await??;
    let took = begin.elapsed();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let count = u32::try_from(times.len() + connections)?;
    Ok(Load {
        per_second: f64::from(count) / took.as_secs_f64(),
        median: at(50),
        p99: at(99),
    })
}
