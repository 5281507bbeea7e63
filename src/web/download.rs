//! Files that people take away: CSV that a spreadsheet reads as text, sent while it is being read.

use futures_util::{Stream, StreamExt as _, stream};
use poem::{Body, Response, http::header};

use crate::error::Result;

/// RFC 4180 lines. A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP).
pub fn rows(rows: impl IntoIterator<Item = Vec<String>>) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| match cell.as_bytes().first() {
            Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{cell}"),
            _ => cell.clone(),
        }))?;
    }
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()))
}

/// The head line, then what `next` makes of each state until it gives none.
pub fn file<S, F, N>(disposition: &'static str, head: Vec<String>, first: S, next: F) -> Response
where
    S: Send + 'static,
    F: Fn(S) -> N + Send + 'static,
    N: Future<Output = Result<(Vec<u8>, Option<S>)>> + Send + 'static,
{
    let head = stream::once(async move { rows([head]) });
    let body = head.chain(chunks(first, next));
    attachment("text/csv; charset=utf-8", disposition, body)
}

/// What `next` makes of each state until it gives none, as JSON.
pub fn json<S, F, N>(disposition: &'static str, first: S, next: F) -> Response
where
    S: Send + 'static,
    F: Fn(S) -> N + Send + 'static,
    N: Future<Output = Result<(Vec<u8>, Option<S>)>> + Send + 'static,
{
    attachment("application/json", disposition, chunks(first, next))
}

fn attachment(
    kind: &'static str,
    disposition: &'static str,
    body: impl Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static,
) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "private, no-store")
        .body(Body::from_bytes_stream(body))
}

fn chunks<S, F, N>(first: S, next: F) -> impl Stream<Item = std::io::Result<Vec<u8>>> + Send
where
    S: Send + 'static,
    F: Fn(S) -> N + Send + 'static,
    N: Future<Output = Result<(Vec<u8>, Option<S>)>> + Send + 'static,
{
    stream::try_unfold(Some(first), move |state| {
        let chunk = state.map(&next);
        async move {
            let Some(chunk) = chunk else { return Ok(None) };
            chunk.await.map(Some).map_err(|error| {
                tracing::error!(%error, "export_failed");
                std::io::Error::other(error)
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn a_cell_that_looks_like_a_formula_is_text() {
        let line = rows([vec![
            "=1+1".into(),
            "a \"quoted\", b".into(),
            "-5".into(),
            "Çorum".into(),
        ]])
        .unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "'=1+1,\"a \"\"quoted\"\", b\",'-5,Çorum\r\n"
        );
    }
}
