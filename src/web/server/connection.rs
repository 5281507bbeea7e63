//! One connection: its requests, one after the other, and their answers.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
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
    Addr, Body, Endpoint, Request, RequestParts, Response,
    http::{self, HeaderValue, Method, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{net::TcpStream, sync::watch};

use super::{
    bare::Bare,
    body::{Answer, Arriving},
    limits::{Limits, Places},
    progress::{Busy, Progress},
    socket::Socket,
};

/// Buffer of a connection in each direction, and more than a request's head.
const BUFFER: usize = 72 * 1024;

pub(super) struct Server<E> {
    pub(super) endpoint: E,
    pub(super) limits: Limits,
    pub(super) bare: Arc<Bare>,
    pub(super) places: Places,
    pub(super) stopping: watch::Receiver<bool>,
}

impl<E: Endpoint + 'static> Server<E> {
    pub(super) async fn connection(&self, stream: TcpStream) {
        let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else {
            return;
        };
        // Costs latency where the system refuses it, nothing else.
        let _ = stream.set_nodelay(true);

        let progress = Arc::new(Progress::default());
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
                    close(&mut response);
                }
                let response: hyper::Response<BoxBody<Bytes, io::Error>> = response.into();
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
        tokio::select! {
            biased;
            result = &mut connection => return log_end(result),
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        log_end(connection.await);
    }

    async fn answer(
        &self,
        request: http::Request<Incoming>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Response {
        let (parts, body) = request.into_parts();
        // CONNECT is for proxies, TRACE echoes credentials back.
        if matches!(parts.method, Method::TRACE | Method::CONNECT) {
            let mut response = self.bare.response(StatusCode::METHOD_NOT_ALLOWED);
            let allow = HeaderValue::from_static("GET, HEAD, POST");
            response.headers_mut().insert(header::ALLOW, allow);
            return response;
        }
        if url_length(&parts.uri) > self.limits.url_bytes {
            return self.bare.response(StatusCode::URI_TOO_LONG);
        }

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
            .endpoint
            .get_response(Request::from_parts(parts, body))
            .await;

        // The endpoint only sees a body that broke off, and may think it was its own fault.
        let failed = response.status().is_client_error() || response.status().is_server_error();
        let late = late.is_some_and(|late| late.load(Ordering::Relaxed));
        if late && failed {
            response.set_status(StatusCode::REQUEST_TIMEOUT);
            close(&mut response);
        }
        response
    }
}

/// Says that no other request is taken on the connection.
fn close(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
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
