//! From a built product to one that answers, and back to nothing without losing a request.

use std::{future::Future, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    app::App,
    error::{Error, Result},
    routes, seed,
    web::server::{self, Limits},
};

pub async fn run(app: App) -> Result<()> {
    let config = &app.config;
    if config.migrate_on_start {
        app.db.migrate(config.database_file()).await?;
        app.state.set_ready();
    }
    if config.demo {
        seed::run(&app).await?;
    }
    if config.is_production() && seed::is_told(&app).await {
        return Err(Error::unavailable(
            "the database holds the demo users (@demo.test), whose password everybody knows: remove them, or use another database",
        ));
    }
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        Error::unavailable(format!("{} cannot be listened on: {error}", config.listen))
    })?;
    if !config.is_production() {
        greet(&app);
    }
    let mut signals = Signals::new()?;
    let endpoint = routes::table().into_endpoint(&app);
    let draining = app.clone();
    let first = async move {
        signals.next().await;
        draining.state.set_draining();
        signals
    };
    served(listener, endpoint, config.is_https(), first).await?;
    // A connection that hangs must not keep the process.
    let _ = tokio::time::timeout(Duration::from_secs(3), app.db.close()).await;
    tracing::info!("stopped");
    Ok(())
}

/// Serves until the first signal, drains, and cuts everything at the second.
async fn served(
    listener: TcpListener,
    endpoint: impl poem::Endpoint + 'static,
    https: bool,
    first: impl Future<Output = Signals> + Send + 'static,
) -> Result<()> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let second = async move {
        let mut signals = first.await;
        let _ = tell.send(());
        signals.next().await;
    };
    let until = async move {
        let _ = told.await;
    };
    let serving = server::serve(listener, endpoint, Limits::default(), https, until);
    tokio::select! {
        done = serving => done.map_err(Error::internal),
        () = second => {
            tracing::warn!("stopping at once");
            Ok(())
        }
    }
}

/// SIGTERM from machines, SIGINT from people.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(Error::internal)?,
            interrupt: signal(SignalKind::interrupt()).map_err(Error::internal)?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// For the person who has just typed `cargo run`.
fn greet(app: &App) {
    println!(
        "\n  ProSektorWeb is at {}",
        app.config.base_url.as_str().trim_end_matches('/')
    );
    if app.config.demo {
        println!(
            "  Sign in as ofis@demo.test, ada@demo.test or esra@demo.test, password {}",
            seed::PASSWORD
        );
    }
    println!();
}
