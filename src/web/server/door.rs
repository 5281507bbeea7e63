//! Where connections are taken in, or told to come back.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// Connections above the cap that are told so at the same time; more of them wait in the kernel's backlog.
pub(super) const TURNED_AWAY_AT_ONCE: usize = 256;
/// How long a client that is turned away may take to send its request and to hang up.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);

/// Waits longer each time in a row that nothing could be accepted, as when the process has no file left.
#[derive(Default)]
pub(super) struct Pause {
    failures: u32,
}

impl Pause {
    pub(super) async fn accept(&mut self, listener: &TcpListener) -> Option<TcpStream> {
        match listener.accept().await {
            Ok((stream, _)) => {
                self.failures = 0;
                Some(stream)
            }
            // The client was gone before its turn.
            Err(err)
                if matches!(
                    err.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::Interrupted
                ) =>
            {
                None
            }
            Err(err) => {
                if self.failures == 0 {
                    tracing::error!(error = %err, "cannot accept connections");
                }
                self.failures += 1;
                sleep(Duration::from_millis(50) * self.failures.min(20)).await;
                None
            }
        }
    }
}

/// Answers after the request came, since clients do not expect to be spoken to first.
pub(super) async fn turn_away(mut stream: TcpStream, answer: &[u8]) {
    let _ = timeout(TURN_AWAY_TIMEOUT, async {
        let mut buffer = [0; 4096];
        if stream.read(&mut buffer).await? > 0 {
            stream.write_all(answer).await?;
            stream.shutdown().await?;
            while stream.read(&mut buffer).await? > 0 {}
        }
        io::Result::Ok(())
    })
    .await;
}
