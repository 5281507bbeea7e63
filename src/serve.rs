//! From a built product to one that answers, and back to nothing without losing a request.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    app::App,
    error::{Error, Result},
    features::services,
    jobs,
    platform::{
        audit,
        jobs::{Options, Worker},
    },
    routes, seed,
    web::{
        front::Front,
        metrics,
        server::{self, Limits},
    },
};

pub async fn run(app: App) -> Result<()> {
    let config = &app.config;
    if config.migrate_on_start {
        app.db.migrate(config.database_file()).await?;
        app.state.set_ready();
    }
    if config.demo && seed::run(&app).await? {
        seed::tell_covers(&app).await?;
        seed::tell_messages(&app).await?;
        // As if it were nine in the morning, so that the first page has mails to show.
        let mut tx = app.db.begin().await?;
        let daily = services::jobs::Daily::default();
        app.jobs.enqueue(&mut tx, &daily).await?;
        tx.commit().await?;
    }
    if config.is_production() && seed::is_told(&app).await {
        return Err(Error::unavailable(
            "the database holds the demo users (@demo.test), whose password everybody knows: remove them, or use another database",
        ));
    }
    let listener = listen(config.listen).await?;
    if !config.is_production() {
        greet(&app);
    }
    let mut signals = Signals::new()?;
    let front = routes::table().into_front(&app);
    let (stop, stopped) = watch::channel(false);
    let metrics = metrics_served(&app, stopped.clone()).await?;
    let jobs = (config.jobs_at_once > 0)
        .then(|| worker(&app, config.jobs_at_once))
        .transpose()?
        .map(|worker| tokio::spawn(worker.run(told(stopped))));
    // What is changed during the drain is sealed, too.
    let (rest, rested) = watch::channel(false);
    let sealer = sealer(&app, rested);
    let draining = app.clone();
    let first = async move {
        signals.next().await;
        draining.state.set_draining();
        let _ = stop.send(true);
        signals
    };
    let done = served(listener, front, config.is_https(), first, jobs).await;
    let _ = rest.send(true);
    ended(Some(sealer)).await;
    done?;
    ended(metrics).await;
    app.cache.leave().await;
    // A connection that hangs must not keep the process.
    let _ = tokio::time::timeout(Duration::from_secs(3), app.db.close()).await;
    tracing::info!("stopped");
    Ok(())
}

/// Runs jobs and nothing else, until the first signal; the second one cuts what still runs.
pub async fn work(app: App) -> Result<()> {
    let config = &app.config;
    if config.migrate_on_start {
        app.db.migrate(config.database_file()).await?;
    }
    let mut signals = Signals::new()?;
    let (stop, stopped) = watch::channel(false);
    let (rest, rested) = watch::channel(false);
    let metrics = metrics_served(&app, stopped.clone()).await?;
    let at_once = match config.jobs_at_once {
        0 => Options::default().at_once,
        some => some,
    };
    let sealer = sealer(&app, rested);
    let working = worker(&app, at_once)?.run(told(stopped));
    let stopping = async {
        signals.next().await;
        let _ = stop.send(true);
        signals.next().await;
    };
    tokio::select! {
        () = working => {}
        () = stopping => tracing::warn!("stopping at once"),
    }
    let _ = rest.send(true);
    ended(Some(sealer)).await;
    ended(metrics).await;
    app.cache.leave().await;
    let _ = tokio::time::timeout(Duration::from_secs(3), app.db.close()).await;
    tracing::info!("stopped");
    Ok(())
}

fn worker(app: &App, at_once: usize) -> Result<Worker<App>> {
    Ok(Worker {
        app: app.clone(),
        db: app.db.clone(),
        queue: app.jobs.clone(),
        kinds: Arc::new(jobs::kinds()?),
        metrics: app.metrics.clone(),
        options: Options {
            at_once,
            lease: app.config.jobs_lease,
            ..Options::default()
        },
    })
}

/// Every process has one; whoever comes first seals.
fn sealer(app: &App, stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(audit::run(app.db.clone(), app.clock.clone(), told(stopped)))
}

async fn told(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Serves `/metrics` on an address of its own, where one is set.
async fn metrics_served(
    app: &App,
    stopped: watch::Receiver<bool>,
) -> Result<Option<JoinHandle<()>>> {
    let Some(address) = app.config.metrics_addr else {
        return Ok(None);
    };
    let listener = listen(address).await?;
    let endpoint = metrics::endpoint(app);
    let limits = Limits::default();
    Ok(Some(tokio::spawn(async move {
        let _ = server::serve(listener, endpoint, limits, false, told(stopped)).await;
    })))
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::unavailable(format!("{address} cannot be listened on: {error}")))
}

async fn ended(task: Option<JoinHandle<()>>) {
    if let Some(task) = task
        && let Err(error) = task.await
    {
        tracing::error!(%error, "a part of the product failed");
    }
}

/// Serves until the first signal, drains, and cuts everything at the second.
async fn served(
    listener: TcpListener,
    front: Front,
    https: bool,
    first: impl Future<Output = Signals> + Send + 'static,
    jobs: Option<JoinHandle<()>>,
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
    let serving = async {
        let done = server::serve(listener, front, Limits::default(), https, until).await;
        ended(jobs).await;
        done
    };
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
