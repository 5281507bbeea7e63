//! The endpoint of a public page: whatever the request says of its visitor stays outside.

use std::sync::Arc;

use bytes::Bytes;
use poem::{
    Endpoint, IntoResponse as _, Request, Response,
    http::{self, Method, Uri},
};
use url::form_urlencoded;

use super::Page;
use crate::{
    error::{Error, Result},
    web::{cx::Cx, error_pages},
};

pub(in crate::web) struct Keeping<E> {
    handler: Arc<E>,
    /// The query parameters that make another page.
    known: &'static [&'static str],
}

impl<E> Keeping<E> {
    pub(in crate::web) fn new(known: &'static [&'static str], handler: E) -> Self {
        Self {
            handler: Arc::new(handler),
            known,
        }
    }
}

impl<E: Endpoint + 'static> Endpoint for Keeping<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let cx = Cx::of(&request)?;
        let url = canonical(request.uri(), self.known)?;
        let asked = std::mem::take(request.headers_mut());
        let handler = Arc::clone(&self.handler);
        let render = || async {
            let uri: Uri = url.parse().map_err(Error::internal)?;
            request.set_method(Method::GET);
            *request.uri_mut() = uri.clone();
            request.take_body();
            request.extensions_mut().insert(cx.for_everybody(uri));
            render(handler, request).await
        };
        let is_trusted = cx.app.cache.is_trusted();
        let kept = cx.app.pages.get_or_render(&url, is_trusted, render).await?;
        let encoding = cx.app.pages.made_for(&kept, &asked).await?;
        let answer = kept.answer(encoding, &asked, || cx.app.clock.now());
        Ok(for_poem(answer))
    }
}

/// The same answer, as poem has it.
pub(in crate::web) fn for_poem(answer: http::Response<Bytes>) -> Response {
    let (head, body) = answer.into_parts();
    let mut response = Response::from(body);
    response.set_status(head.status);
    *response.headers_mut() = head.headers;
    response
}

async fn render<E: Endpoint>(handler: Arc<E>, request: Request) -> Result<Page> {
    let answer = handler.call(request).await.map_err(error_pages::own)?;
    answer
        .into_response()
        .extensions_mut()
        .remove()
        .ok_or_else(|| Error::internal("the handler of a public page answered something else"))
}

/// The path, and of the query what the URL knows, in one order and spelling. A path that could be spelled in another way
/// is no such page: it would be kept under each of its spellings.
fn canonical(uri: &Uri, known: &[&str]) -> Result<String> {
    let path = uri.path();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !path.bytes().all(is_plain) {
        return Err(Error::NotFound);
    }
    let mut url = path.to_owned();
    let query = uri.query().unwrap_or_default();
    for name in known {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        if let Some((_, value)) = pairs.find(|(key, _)| key == name) {
            url.push(if url.len() == path.len() { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_has_one_url() {
        for (asked, url) in [
            ("/blog", "/blog"),
            ("/blog?", "/blog"),
            ("/blog?utm_source=x&fbclid=1", "/blog"),
            ("/blog?page=2", "/blog?page=2"),
            ("/blog?page=2&page=3", "/blog?page=2"),
            ("/blog?p%61ge=%32&x", "/blog?page=2"),
            ("/blog?page=2&tag=a+b", "/blog?tag=a+b&page=2"),
            ("/blog?tag=a%20b&page=2", "/blog?tag=a+b&page=2"),
            ("/blog?PAGE=2", "/blog"),
            ("/blog?page", "/blog?page="),
            ("/blog?tag=a%26page%3D3", "/blog?tag=a%26page%3D3"),
        ] {
            let uri: Uri = asked.parse().unwrap();
            assert_eq!(canonical(&uri, &["tag", "page"]).unwrap(), url, "{asked}");
        }
        for odd in [
            "/%74r",
            "/blog;x.css",
            "/a%2fb",
            "/blog/ilk%20yardim",
            "/a+b",
        ] {
            assert!(canonical(&odd.parse().unwrap(), &[]).is_err(), "{odd}");
        }
    }
}
