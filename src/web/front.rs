//! The whole product as the server meets it: a public page that is kept goes out at once, and everything else goes its
//! long way through poem.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use poem::{
    Endpoint as _, Request, Response,
    endpoint::DynEndpoint,
    http::{self, request::Parts},
};

use super::{
    cx::Head,
    encoding::Encoding,
    fresh,
    public::{Kept, for_poem},
    request_id::RequestId,
    request_log::milliseconds,
    server::Respond,
};
use crate::{
    app::App,
    platform::limits::{Subject, Tier},
};

#[derive(Clone)]
pub struct Front {
    app: App,
    rest: Arc<dyn DynEndpoint<Output = Response>>,
}

impl Front {
    pub(super) fn new(app: App, rest: Arc<dyn DynEndpoint<Output = Response>>) -> Self {
        Self { app, rest }
    }

    /// As the server asks, for whoever has a request and no socket. An error is one that nobody made an answer of.
    pub async fn call(&self, request: Request) -> poem::Result<Response> {
        match self.ready(Head::of(&request)) {
            Some(response) => Ok(for_poem(response)),
            None => self.rest.call(request).await,
        }
    }

    /// What of a kept page is sent, and its line in the log.
    fn ready(&self, head: Head<'_>) -> Option<http::Response<Bytes>> {
        let started = Instant::now();
        let (kept, encoding) = self.kept(head, started)?;
        let mut response = kept.answer(encoding, head.headers, || self.app.clock.now());
        let id = RequestId::new(&self.app, head);
        id.tell(response.headers_mut());
        let (method, path) = (head.method.as_str(), head.uri.path());
        let status = response.status().as_u16();
        let duration_ms = milliseconds(started);
        let request_id = id.as_str();
        // It is in no span: nobody has to look for one.
        tracing::info!(parent: None, method, path, status, duration_ms, request_id, "request");
        Some(response)
    }

    /// The public page that was asked for, if it can be sent without asking anybody. Everything else goes its long way:
    /// a query may name another page, and whoever has no room left is told so in a page.
    fn kept(&self, head: Head<'_>, began: Instant) -> Option<(Arc<Kept>, Encoding)> {
        if !head.is_read() || head.uri.query().is_some() || fresh::is_asked(&self.app, head) {
            return None;
        }
        // Asked first: whatever is found after that was right when the request began.
        if !self.app.cache.is_trusted() {
            return None;
        }
        let ready = self.app.pages.ready(head.uri.path(), head.headers)?;
        let limit = self.app.limits.of(Tier::Public);
        let subject = Subject::ip(head.client_ip(&self.app));
        let standing = self.app.limits.take_here(limit, subject, began);
        standing
            .is_none_or(|standing| standing.is_allowed)
            .then_some(ready)
    }
}

impl Respond for Front {
    fn at_once(&self, head: &Parts, peer: SocketAddr) -> Option<http::Response<Bytes>> {
        self.ready(Head::new(
            &head.method,
            &head.uri,
            &head.headers,
            Some(peer),
        ))
    }

    async fn respond(&self, request: Request) -> Response {
        self.rest.get_response(request).await
    }
}
