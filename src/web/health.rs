//! For the machines that watch: `/healthz` says that the process lives, `/readyz` that it can serve.

use std::time::Duration;

use poem::{IntoResponse, Response, handler, http::StatusCode, web::Data};

use crate::{app::App, error::Result, sql};

/// For each of the two questions to the database, so that the answer takes less than a second.
const WAIT: Duration = Duration::from_millis(450);

#[handler]
pub fn alive() -> Response {
    answer(StatusCode::OK, "ok\n")
}

/// 503 while starting and while draining. Once ready, a dead database leaves it 200: every page answers for itself,
/// and taking all instances out of the rotation would help nobody.
#[handler]
pub async fn ready(app: Data<&App>) -> Response {
    if app.state.is_draining() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "draining\n");
    }
    let answers = matches!(
        tokio::time::timeout(WAIT, database_answers(&app)).await,
        Ok(Ok(()))
    );
    match (app.state.is_ready(), answers) {
        (true, true) => answer(StatusCode::OK, "ready\n"),
        (true, false) => answer(StatusCode::OK, "ready\ndegraded: db\n"),
        (false, true) if is_migrated(&app).await => {
            app.state.set_ready();
            answer(StatusCode::OK, "ready\n")
        }
        (false, _) => answer(StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
    }
}

async fn database_answers(app: &App) -> Result<()> {
    let mut conn = app.db.read().await?;
    conn.number(sql!("select 1")).await.map(drop)
}

async fn is_migrated(app: &App) -> bool {
    matches!(
        tokio::time::timeout(WAIT, app.db.is_migrated()).await,
        Ok(Ok(true))
    )
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    text.with_status(status)
        .with_header("cache-control", "no-store")
        .into_response()
}
