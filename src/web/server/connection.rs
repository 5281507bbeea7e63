//! One connection: its requests, one after the other, and their answers.

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::{Poll, Waker},
};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use poem::{
    Addr, Body, Request, RequestParts, Response,
    http::{self, HeaderMap, HeaderValue, Method, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{net::TcpStream, sync::watch, task::unconstrained};

use super::{
    Respond,
    bare::Bare,
    body::{Answer, Arriving, Content},
    limits::{Limits, Places},
    progress::{Busy, Progress},
    socket::Socket,
};

/// Buffer of a connection in each direction, and more than a request's head.
const BUFFER: usize = 72 * 1024;

pub(super) struct Server<R> {
    pub(super) responder: R,
    pub(super) limits: Limits,
    pub(super) bare: Arc<Bare>,
    pub(super) places: Places,
    pub(super) stopping: watch::Receiver<bool>,
}

impl<R: Respond> Server<R> {
    pub(super) async fn connection(&self, stream: TcpStream) {
        let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else {
            return;
        };
        // Costs latency where the system refuses it, nothing else.
        let _ = stream.set_nodelay(true);

        let progress = Arc::new(Progress::new());
        let socket = Socket::new(
            stream,
            &self.limits,
            self.places.clone(),
            Arc::clone(&self.bare),
            Arc::clone(&progress),
        );
        let service = service_fn(|request| {
            progress.requests.fetch_add(1, Ordering::Relaxed);
            let busy = Busy::new(Arc::clone(&progress));
            async move {
                let mut response = self.answer(request, local, remote).await;
                if self.places.are_few() {
                    close(response.headers_mut());
                }
                Ok::<_, Infallible>(response.map(|inner| Answer::new(inner, busy)))
            }
        });
        let connection = http1::Builder::new()
            // The socket times the head: hyper would take the pause between two requests for one, and says no 408.
            .header_read_timeout(None)
            .max_header_size(self.limits.head_bytes)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(socket), service);
        let mut connection = pin!(connection);

        let mut stopping = self.stopping.clone();
        // Unconstrained: a wait that a busy task puts off would never have begun.
        let mut stopped = pin!(unconstrained(stopping.wait_for(|stop| *stop)));
        let mut waiting: Option<Waker> = None;
        let ended = poll_fn(|cx| {
            if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                return Poll::Ready(Some(result));
            }
            // To wait for it takes a lock that all connections share, and each request comes by here: once is enough.
            let is_waiting = (waiting.as_ref()).is_some_and(|waker| waker.will_wake(cx.waker()));
            if is_waiting && self.stopping.has_changed().is_ok_and(|has| !has) {
                return Poll::Pending;
            }
            waiting = Some(cx.waker().clone());
            stopped.as_mut().poll(cx).map(|_| None)
        });
        if let Some(result) = ended.await {
            return log_end(result);
        }
        connection.as_mut().graceful_shutdown();
        log_end(connection.await);
    }

    async fn answer(
        &self,
        request: http::Request<Incoming>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> http::Response<Content> {
        let (parts, body) = request.into_parts();
        // CONNECT is for proxies, TRACE echoes credentials back.
        if matches!(parts.method, Method::TRACE | Method::CONNECT) {
            let mut response = self.bare.response(StatusCode::METHOD_NOT_ALLOWED);
            let allow = HeaderValue::from_static("GET, HEAD, POST");
            response.headers_mut().insert(header::ALLOW, allow);
            return of_poem(response);
        }
        if url_length(&parts.uri) > self.limits.url_bytes {
            return of_poem(self.bare.response(StatusCode::URI_TOO_LONG));
        }
        if let Some(response) = self.responder.at_once(&parts, remote) {
            return response.map(Content::whole);
        }
        // In a box, so that what is answered at once does not carry the room for all that the long way needs.
        let response = Box::pin(self.ask(parts, body, local, remote)).await;
        of_poem(response)
    }

    async fn ask(
        &self,
        parts: http::request::Parts,
        body: Incoming,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Response {
        let (body, late) = if body.is_end_stream() {
            (Body::empty(), None)
        } else {
            let (body, late) = Arriving::new(body, self.limits.body);
            (Body::from(BoxBody::new(body)), Some(late))
        };
        let local = LocalAddr(Addr::SocketAddr(local));
        let remote = RemoteAddr(Addr::SocketAddr(remote));
        let parts = RequestParts::from((parts, local, remote, Scheme::HTTP));
        let mut response = self
            .responder
            .respond(Request::from_parts(parts, body))
            .await;

        // Whoever answers only sees a body that broke off, and may think it was its own fault.
        let failed = response.status().is_client_error() || response.status().is_server_error();
        let late = late.is_some_and(|late| late.load(Ordering::Relaxed));
        if late && failed {
            response.set_status(StatusCode::REQUEST_TIMEOUT);
            close(response.headers_mut());
        }
        response
    }
}

fn of_poem(response: Response) -> http::Response<Content> {
    let response: http::Response<BoxBody<Bytes, io::Error>> = response.into();
    response.map(Content::Parts)
}

/// Says that no other request is taken on the connection.
fn close(headers: &mut HeaderMap) {
    let close = HeaderValue::from_static("close");
    headers.insert(header::CONNECTION, close);
}

fn log_end(result: hyper::Result<()>) {
    if let Err(err) = result {
        tracing::debug!(error = &err as &dyn std::error::Error, "connection broke");
    }
}

fn url_length(uri: &http::Uri) -> usize {
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    path + uri.authority().map_or(0, |host| host.as_str().len())
}
