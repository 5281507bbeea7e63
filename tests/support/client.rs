//! A browser as far as these tests need one: cookies, forms, redirects, and htmx's headers.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use poem::{
    Body, Request, RequestParts,
    http::{self, HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use prosektorweb::web::front::Front;
use scraper::{ElementRef, Html, Selector};

pub struct Client {
    front: Front,
    /// The address that it comes from; by itself the one of `TestApp`'s trusted proxy.
    peer: IpAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Client {
    pub fn new(front: Front) -> Self {
        Self {
            front,
            peer: Ipv4Addr::LOCALHOST.into(),
            cookies: Mutex::default(),
        }
    }

    /// The same browser at this address.
    #[must_use]
    pub fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    /// Another browser into which the cookies of this one were copied.
    pub fn stolen(&self) -> Self {
        Self {
            front: self.front.clone(),
            peer: self.peer,
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
        }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.into(), value.into());
    }

    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call {
            client: self,
            method: method.parse().unwrap(),
            path: path.into(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send().await
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.call("POST", path).form(fields).send().await
    }

    pub async fn htmx_get(&self, path: &str) -> Reply {
        self.call("GET", path).htmx().send().await
    }

    pub async fn htmx_post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.call("POST", path).htmx().form(fields).send().await
    }

    /// Sends a form as it was found in a page.
    pub async fn submit(&self, form: &Form) -> Reply {
        self.call("POST", &form.action)
            .body(
                "application/x-www-form-urlencoded",
                encoded(&form.fields).into_bytes(),
            )
            .send()
            .await
    }

    /// As `submit`, through htmx.
    pub async fn htmx_submit(&self, form: &Form) -> Reply {
        self.call("POST", &form.action)
            .htmx()
            .body(
                "application/x-www-form-urlencoded",
                encoded(&form.fields).into_bytes(),
            )
            .send()
            .await
    }

    /// Goes where the answer sends the browser.
    pub async fn follow(&self, reply: &Reply) -> Reply {
        assert_eq!(reply.status, 303, "{}", reply.text());
        self.get(reply.header("location").unwrap()).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) {
        let reply = self
            .post_form("/login", &[("email", email), ("password", password)])
            .await;
        assert_eq!(
            reply.status,
            303,
            "{email} cannot sign in: {}",
            reply.text()
        );
    }

    async fn send(&self, mut request: Request) -> Reply {
        let cookies = {
            let cookies = self.cookies.lock().unwrap();
            let pairs: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join("; ")
        };
        if !cookies.is_empty() {
            let cookies = HeaderValue::from_str(&cookies).unwrap();
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        let path = request.uri().to_string();
        let (parts, body) = match self.front.call(request).await {
            Ok(response) => response.into_parts(),
            Err(error) => panic!("{path}: an error got out: {error}"),
        };
        let reply = Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.into_bytes().await.unwrap().to_vec(),
        };
        for set in reply.all("set-cookie") {
            self.keep(set);
        }
        reply
    }

    fn keep(&self, set: &str) {
        let mut parts = set.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let is_gone = attributes.iter().any(|attribute| attribute == "max-age=0");
        let mut cookies = self.cookies.lock().unwrap();
        if is_gone {
            cookies.remove(name);
        } else {
            cookies.insert(name.into(), value.into());
        }
    }
}

/// A request before it is sent.
pub struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call<'_> {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
        self
    }

    /// As htmx asks for a fragment.
    pub fn htmx(self) -> Self {
        self.header("hx-request", "true")
            .header("hx-request-type", "partial")
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.body(
            "application/x-www-form-urlencoded",
            encoded(fields).into_bytes(),
        )
    }

    pub fn body(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.headers
            .insert(header::CONTENT_TYPE, kind.parse().unwrap());
        self.headers
            .insert(header::CONTENT_LENGTH, body.len().into());
        self.body = body;
        self
    }

    /// As a client that does not say how long its body is.
    pub fn chunked(mut self) -> Self {
        self.headers.remove(header::CONTENT_LENGTH);
        self
    }

    pub async fn send(self) -> Reply {
        let uri: Uri = self.path.parse().unwrap();
        let mut request = http::Request::new(());
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        let peer = RemoteAddr(SocketAddr::new(self.client.peer, 50_000).into());
        let (parts, ()) = request.into_parts();
        let parts = RequestParts::from((parts, LocalAddr::default(), peer, Scheme::HTTP));
        let request = Request::from_parts(parts, Body::from_vec(self.body));
        self.client.send(request).await
    }
}

fn encoded<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(
            fields
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
        )
        .finish()
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the answer is UTF-8")
    }

    /// Its words, as far as a failed test should print them.
    fn gist(&self) -> String {
        let html = Html::parse_document(self.text());
        let words: String = html.root_element().text().collect();
        let words: Vec<&str> = words.split_whitespace().take(200).collect();
        format!("{}: {}", self.status, words.join(" "))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name);
        values.iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// Whether the body is a whole page, not a fragment of one.
    pub fn is_page(&self) -> bool {
        self.text()
            .to_ascii_lowercase()
            .starts_with("<!doctype html>")
    }

    /// The texts of all elements that the selector finds, with their white space made single blanks.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(self.text());
        html.select(&parsed(selector)).map(text_of).collect()
    }

    /// The text of the first one.
    pub fn one(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        let first = texts.into_iter().next();
        first.unwrap_or_else(|| panic!("no {selector} in {}", self.gist()))
    }

    pub fn count(&self, selector: &str) -> usize {
        Html::parse_document(self.text())
            .select(&parsed(selector))
            .count()
    }

    pub fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    /// An attribute of each element that the selector finds and that has it.
    pub fn attrs(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(self.text());
        html.select(&parsed(selector))
            .filter_map(|element| element.attr(name).map(str::to_owned))
            .collect()
    }

    pub fn attr(&self, selector: &str, name: &str) -> Option<String> {
        self.attrs(selector, name).into_iter().next()
    }

    /// The form that the selector finds, as a browser would send it.
    pub fn form(&self, selector: &str) -> Form {
        let html = Html::parse_document(self.text());
        let form = html.select(&parsed(selector)).next();
        let form = form.unwrap_or_else(|| panic!("no form {selector} in {}", self.gist()));
        Form {
            action: form.attr("action").unwrap_or_default().to_owned(),
            fields: form
                .select(&parsed("input, select, textarea"))
                .filter_map(field)
                .collect(),
        }
    }
}

/// What a form holds on its way to the server.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Types into a field.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.into()));
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str())
    }
}

fn field(element: ElementRef) -> Option<(String, String)> {
    let name = element.attr("name")?.to_owned();
    let value = match element.value().name() {
        "textarea" => element.text().collect(),
        "select" => {
            let chosen = element.select(&parsed("option[selected]")).next();
            let option = chosen.or_else(|| element.select(&parsed("option")).next())?;
            option.attr("value")?.to_owned()
        }
        _ => match element.attr("type") {
            Some("checkbox" | "radio") if element.attr("checked").is_none() => return None,
            Some("submit") => return None,
            _ => element.attr("value").unwrap_or_default().to_owned(),
        },
    };
    Some((name, value))
}

fn parsed(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

fn text_of(element: ElementRef) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
