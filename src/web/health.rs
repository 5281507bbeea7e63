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

/// 503 while starting and while draining. Once ready, a dead database or Redis leaves it 200: every page answers for
/// itself, and taking all instances out of the rotation would help nobody.
#[handler]
pub async fn ready(app: Data<&App>) -> Response {
    if app.state.is_draining() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "draining\n");
    }
    let (database, redis) = tokio::join!(
        tokio::time::timeout(WAIT, database_answers(&app)),
        redis_answers(&app)
    );
    let database = matches!(database, Ok(Ok(())));
    if !app.state.is_ready() {
        if !database || !is_migrated(&app).await {
            return answer(StatusCode::SERVICE_UNAVAILABLE, "starting\n");
        }
        app.state.set_ready();
    }
    let text = match (database, redis) {
        (true, true) => "ready\n",
        (false, true) => "ready\ndegraded: db\n",
        (true, false) => "ready\ndegraded: redis\n",
        (false, false) => "ready\ndegraded: db, redis\n",
    };
    answer(StatusCode::OK, text)
}

async fn database_answers(app: &App) -> Result<()> {
    let mut conn = app.db.read().await?;
    conn.number(sql!("select 1")).await.map(drop)
}

/// Without a Redis none is missing.
async fn redis_answers(app: &App) -> bool {
    match &app.redis {
        Some(redis) => redis.ping().await,
        None => true,
    }
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
