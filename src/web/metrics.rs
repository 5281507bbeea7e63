//! What Prometheus asks, on an address of its own.

use poem::{IntoResponse as _, Response, handler, web::Data};

use crate::{app::App, error::Result, platform::jobs::store};

/// The content type of the `OpenMetrics` text format, version 1.0.0.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A database that is away leaves the queue's figures as they were last.
#[handler]
pub async fn show(Data(app): Data<&App>) -> Result<Response> {
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
