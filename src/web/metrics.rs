//! What Prometheus asks, on an address of its own.

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, Response, Route, get, handler, web::Data,
};

use super::security_headers::security_headers;
use crate::{app::App, error::Result, platform::jobs::store};

/// The content type of the `OpenMetrics` text format, version 1.0.0.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `/metrics` and nothing else, over HTTP.
pub fn endpoint(app: &App) -> impl Endpoint<Output = Response> + use<> {
    let headers = security_headers(false, &[]);
    Route::new()
        .at("/metrics", get(show))
        .data(app.clone())
        .after(move |answer: poem::Result<Response>| {
            let mut response = answer.unwrap_or_else(poem::Error::into_response);
            response.headers_mut().extend(headers.iter().cloned());
            async { Ok(response) }
        })
}

/// A database that is away leaves the queue's figures as they were last.
#[handler]
async fn show(Data(app): Data<&App>) -> Result<Response> {
    let measured = async {
        let mut conn = app.db.read().await?;
        store::depths(&mut conn, app.clock.shift_micros()).await
    };
    match measured.await {
        Ok((depths, oldest)) => app.metrics.queue(&depths, oldest),
        Err(error) => tracing::warn!(%error, "queue_not_measured"),
    }
    Ok(app
        .metrics
        .text()?
        .with_content_type(CONTENT_TYPE)
        .into_response())
}
