//! The files of images, for everybody and for ever: their names are the hashes of their bytes.

use poem::{
    Body, IntoResponse as _, Request, Response, handler,
    http::{Method, StatusCode, header},
    web::{Data, Path},
};

use super::{model::Variant, queries};
use crate::{
    app::App,
    error::{Error, Result},
    platform::blobs::{self, BlobHash},
};

/// `{hash}.{ending}`, both as the picture's URL has them.
#[handler]
pub async fn show(
    Path(file): Path<String>,
    request: &Request,
    Data(app): Data<&App>,
) -> Result<Response> {
    let (hash, ending) = file.split_once('.').ok_or(Error::NotFound)?;
    let hash = BlobHash::parse(hash).ok_or(Error::NotFound)?;
    let mut conn = app.db.read().await?;
    let variant = queries::served(&mut conn, &hash).await?;
    if variant.format.extension() != ending {
        return Err(Error::NotFound);
    }
    if is_known(request, &variant) {
        return Ok(head(&variant, StatusCode::NOT_MODIFIED));
    }
    let mut response = head(&variant, StatusCode::OK);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, variant.size.into());
    if request.method() == Method::HEAD {
        return Ok(response);
    }
    let first = blobs::chunk(&mut conn, &hash, 0).await?;
    drop(conn);
    let first = first.ok_or(Error::NotFound)?;
    let size = usize::try_from(variant.size).map_err(Error::internal)?;
    if first.len() == size {
        response.set_body(first);
    } else {
        let rest = blobs::stream(app.db.clone(), hash, first, size);
        response.set_body(Body::from_bytes_stream(rest));
    }
    Ok(response)
}

fn etag(variant: &Variant) -> String {
    format!("\"{}\"", variant.hash)
}

fn is_known(request: &Request, variant: &Variant) -> bool {
    let etag = etag(variant);
    let known = request.headers().get_all(header::IF_NONE_MATCH);
    known
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == etag)
}

/// Readers of feeds and other sites may show it; opened by itself it can do nothing.
fn head(variant: &Variant, status: StatusCode) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, variant.format.mime())
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::ETAG, etag(variant))
        .header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox; frame-ancestors 'none'",
        )
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header("cross-origin-resource-policy", "cross-origin")
        .finish()
        .into_response()
}
