//! `--prometheus`: answers scrapes while a run goes on, on the main thread and never on a worker.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::bench::{Observer, Report, Snapshot};
use crate::error::Error;
use crate::output::bench_metrics;

/// How long a scrape may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many bytes of a request are read; only the first line matters.
const MAXIMUM_REQUEST: usize = 8 * 1024;
/// The content type of `OpenMetrics`.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The listener for scrapes.
#[derive(Debug)]
pub(super) struct MetricsPage {
    listener: TcpListener,
}

/// The page of a benchmark run: scrapes get the last snapshot.
#[derive(Debug)]
pub(super) struct Metrics {
    page: MetricsPage,
    latest: RefCell<Option<Snapshot>>,
}

impl Metrics {
    /// Listens; port 0 is any free one.
    pub(super) async fn listen(address: SocketAddr) -> Result<Self, Error> {
        Ok(Self { page: MetricsPage::listen(address).await?, latest: RefCell::new(None) })
    }

    /// The address it listens on.
    pub(super) fn url(&self) -> String {
        self.page.url()
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(&self) -> Infallible {
        self.page.serve(|| self.latest.borrow().as_ref().map(bench_metrics)).await
    }
}

impl MetricsPage {
    /// Listens; port 0 is any free one.
    pub(super) async fn listen(address: SocketAddr) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await;
        let listener =
            listener.map_err(|error| Error::local(format!("--prometheus: cannot listen on {address}: {error}")))?;
        Ok(Self { listener })
    }

    /// The address it listens on.
    pub(super) fn url(&self) -> String {
        self.listener.local_addr().map_or_else(|_| String::new(), |address| format!("http://{address}/metrics"))
    }

    /// Answers with the current result of `page`, if any, until it is dropped.
    pub(super) async fn serve(&self, page: impl Fn() -> Option<String>) -> Infallible {
        loop {
            match self.listener.accept().await {
                // A scraper that disconnects, or never asks, must not affect the run.
                Ok((stream, _)) => _ = timeout(PATIENCE, answer(stream, &page)).await,
                // Out of file descriptors, for example: do not retry at full speed.
                Err(_) => tokio::time::sleep(PATIENCE).await,
            }
        }
    }
}

async fn answer(mut stream: TcpStream, page: impl Fn() -> Option<String>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < MAXIMUM_REQUEST {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let mut words = request.split(|byte| *byte == b' ');
    let (status, body) = match (words.next(), words.next()) {
        (Some(b"GET"), Some(b"/metrics" | b"/")) => match page() {
            Some(page) => ("200 OK", page),
            None => ("503 Service Unavailable", String::new()),
        },
        (Some(b"GET"), _) => ("404 Not Found", "the metrics are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.shutdown().await
}

/// An observer whose snapshots scrapes get too.
pub(super) struct Scraped<'a> {
    pub(super) observer: &'a mut dyn Observer,
    pub(super) metrics: &'a Metrics,
}

impl Observer for Scraped<'_> {
    fn connected(&mut self, snapshot: &Snapshot) {
        self.observer.connected(snapshot);
    }

    fn second(&mut self, snapshot: &Snapshot) {
        self.metrics.latest.replace(Some(snapshot.clone()));
        self.observer.second(snapshot);
    }

    fn moment(&mut self, snapshot: &Snapshot) {
        self.metrics.latest.replace(Some(snapshot.clone()));
        self.observer.moment(snapshot);
    }

    fn stopping(&mut self, snapshot: &Snapshot, drain: Duration) {
        self.observer.stopping(snapshot, drain);
    }

    fn cut_short(&mut self, snapshot: &Snapshot) {
        self.observer.cut_short(snapshot);
    }

    fn interim(&mut self, report: &Report) {
        self.observer.interim(report);
    }
}
