//! The way in: accepts connections, bounds what each may take of time and memory, and closes in good order.

mod bare;
mod body;
mod connection;
mod door;
mod limits;
mod progress;
mod socket;
#[cfg(test)]
mod tests;
mod timer;

use std::{io, net::SocketAddr, pin::pin, sync::Arc};

use bytes::Bytes;
use poem::{
    Endpoint, Request, Response,
    http::{self, request::Parts},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

pub use self::limits::Limits;
use self::{
    bare::Bare,
    connection::Server,
    door::{Pause, TURNED_AWAY_AT_ONCE, turn_away},
    limits::{Places, affordable, open_files},
};

/// Who answers.
pub trait Respond: Send + Sync + 'static {
    /// The answer, where a request's head is enough for it and nobody has to be waited for: nothing of poem's is made then.
    fn at_once(&self, head: &Parts, peer: SocketAddr) -> Option<http::Response<Bytes>>;

    fn respond(&self, request: Request) -> impl Future<Output = Response> + Send;
}

impl<E: Endpoint + 'static> Respond for E {
    fn at_once(&self, _: &Parts, _: SocketAddr) -> Option<http::Response<Bytes>> {
        None
    }

    async fn respond(&self, request: Request) -> Response {
        self.get_response(request).await
    }
}

/// Serves until `shutdown` resolves, then until the requests in flight are done or `limits.drain` has passed.
///
/// `https` is whether clients come over HTTPS, by way of a proxy: the answers of the server itself then say so.
///
/// Dropping the future cuts every connection at once.
///
/// # Errors
///
/// The listener has no address. Nothing that a client does is an error.
pub async fn serve(
    listener: TcpListener,
    responder: impl Respond,
    limits: Limits,
    https: bool,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let cap = affordable(limits.connections, open_files());
    if cap < limits.connections {
        tracing::warn!(
            wanted = limits.connections,
            granted = cap,
            "the limit of open files allows fewer connections; raise it with `ulimit -n`"
        );
    }
    tracing::info!(listen = %address, connections = cap, "listening");

    let places = Places::new(cap);
    let waiting_room = Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let server = Arc::new(Server {
        responder,
        limits,
        bare: Arc::new(Bare::new(https)),
        places: places.clone(),
        stopping,
    });
    let mut pause = Pause::default();
    let mut shutdown = pin!(shutdown);

    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Also forgets a connection whose endpoint panicked; the others do not notice.
            Some(_) = connections.join_next() => continue,
            accepted = pause.accept(&listener) => match accepted {
                Some(stream) => stream,
                None => continue,
            },
        };
        tokio::select! {
            biased;
            Ok(place) = Arc::clone(&places.free).acquire_owned() => {
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    server.connection(stream).await;
                    drop(place);
                });
            }
            Ok(place) = Arc::clone(&waiting_room).acquire_owned() => {
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    turn_away(stream, &server.bare.too_busy).await;
                    drop(place);
                });
            }
            () = &mut shutdown => break,
        }
    }

    drop(listener);
    // Fails when no connection listens any more, which is as good.
    let _ = stop.send(true);
    tracing::info!(open = connections.len(), "draining");
    let drained = timeout(server.limits.drain, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(open = connections.len(), "cut connections that did not end");
    }
    connections.shutdown().await;
    Ok(())
}
