use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::observer::Telling;
use super::race::{self, Attempt};
use super::resolve::{AddressFamily, Resolved, resolve};
use super::{
    Address, DialCause, DialError, DialObserver, DialStep, DialTimings, Endpoint, Protocol, Proxy, Stream, Tls,
    WebSocketOptions, websocket,
};

/// Opens streams: the same for one connection of `pub` and for 50,000 of a benchmark.
#[derive(Debug, Clone)]
pub struct Dialer {
    /// Which addresses of the host are tried.
    pub family: AddressFamily,
    /// The local address to connect from.
    pub bind_address: Option<IpAddr>,
    /// Time limit for the whole dial.
    pub timeout: Duration,
    /// The proxy.
    pub proxy: Option<Proxy>,
    /// Used by the protocols that need it.
    pub tls: Tls,
    /// Used by the protocols that need it.
    pub websocket: WebSocketOptions,
    /// Receives a report of each step; set by [`Dialer::observed`].
    pub observer: Option<Arc<dyn DialObserver>>,
}

/// An open stream, and how it was opened.
#[derive(Debug)]
pub struct Dialed {
    /// Ready for CONNECT.
    pub stream: Stream,
    /// The address that answered, the proxy's if there is one; `None` for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// How long each step took.
    pub timings: DialTimings,
}

/// A TCP connection that is being opened, without a task or a timer of its own: of these there may be thousands.
pub(crate) struct Opening {
    attempt: Pin<Box<dyn Future<Output = std::io::Result<tokio::net::TcpStream>> + Send>>,
    address: SocketAddr,
    begin: Instant,
}

/// The progress of a dial: a timeout drops the steps, but this stays.
#[derive(Default)]
struct Progress {
    step: DialStep,
    timings: DialTimings,
    failed: Vec<Attempt>,
}

impl Default for Dialer {
    fn default() -> Self {
        Self {
            family: AddressFamily::Any,
            bind_address: None,
            timeout: Duration::from_secs(10),
            proxy: None,
            tls: Tls::default(),
            websocket: WebSocketOptions::default(),
            observer: None,
        }
    }
}

impl Dialer {
    /// The same, with an observer of each step.
    #[must_use]
    pub fn observed(self, observer: Arc<dyn DialObserver>) -> Self {
        Self { tls: self.tls.observed(observer.clone()), observer: Some(observer), ..self }
    }

    /// Opens a stream to an endpoint.
    pub async fn dial(&self, endpoint: &Endpoint) -> Result<Dialed, DialError> {
        self.run(endpoint, None).await
    }

    /// Resolves an endpoint, or its proxy, once for many dials.
    pub async fn resolve(&self, endpoint: &Endpoint) -> Result<Resolved, DialError> {
        let mut progress = Progress::default();
        let proxy = self.proxy_for(endpoint);
        match tokio::time::timeout(self.timeout, self.look_up(endpoint, proxy)).await {
            Ok(resolved) => resolved.map_err(|cause| progress.fail(endpoint, proxy, cause)),
            Err(_) => Err(progress.fail(endpoint, proxy, DialCause::TimedOut(self.timeout))),
        }
    }

    /// Opens a stream to a resolved endpoint.
    pub async fn dial_resolved(&self, endpoint: &Endpoint, resolved: &Resolved) -> Result<Dialed, DialError> {
        self.run(endpoint, Some(resolved)).await
    }

    /// Begins to open a stream to a resolved endpoint that takes no more than one TCP connection; `None`: it takes more, and
    /// [`Self::dial_resolved`] does it.
    pub(crate) fn open(&self, endpoint: &Endpoint, resolved: &Resolved) -> Option<Opening> {
        let Resolved::Tcp(addresses) = resolved else { return None };
        let [address] = addresses[..] else { return None };
        let is_plain = endpoint.protocol == Protocol::Mqtt && self.observer.is_none();
        (is_plain && self.proxy_for(endpoint).is_none()).then(|| Opening {
            attempt: Box::pin(race::attempt(address, self.bind_address)),
            address,
            begin: Instant::now(),
        })
    }

    /// How it goes on. The caller's waker is woken when there is something to do, but not when the time limit is over: it
    /// asks again then.
    pub(crate) fn poll_open(
        &self,
        endpoint: &Endpoint,
        opening: &mut Opening,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Dialed, DialError>> {
        let mut progress = Progress { step: DialStep::Connect, ..Progress::default() };
        let cause = match opening.attempt.as_mut().poll(cx) {
            Poll::Ready(Ok(stream)) => {
                let timings = DialTimings { connect: Some(opening.begin.elapsed()), ..DialTimings::default() };
                return Poll::Ready(Ok(Dialed { stream: Stream::Tcp(stream), peer: Some(opening.address), timings }));
            }
            Poll::Ready(Err(error)) => {
                progress.failed.push((opening.address, error));
                DialCause::most_telling(&progress.failed)
            }
            Poll::Pending if opening.begin.elapsed() >= self.timeout => DialCause::TimedOut(self.timeout),
            Poll::Pending => return Poll::Pending,
        };
        Poll::Ready(Err(progress.fail(endpoint, None, cause)))
    }

    async fn run(&self, endpoint: &Endpoint, resolved: Option<&Resolved>) -> Result<Dialed, DialError> {
        let mut progress = Progress::default();
        let proxy = self.proxy_for(endpoint);
        match tokio::time::timeout(self.timeout, self.steps(endpoint, proxy, resolved, &mut progress)).await {
            Ok(Ok((stream, peer))) => Ok(Dialed { stream, peer, timings: progress.timings }),
            Ok(Err(cause)) => Err(progress.fail(endpoint, proxy, cause)),
            Err(_) => Err(progress.fail(endpoint, proxy, DialCause::TimedOut(self.timeout))),
        }
    }

    /// The steps in their order.
    async fn steps(
        &self,
        endpoint: &Endpoint,
        proxy: Option<&Proxy>,
        resolved: Option<&Resolved>,
        progress: &mut Progress,
    ) -> Result<(Stream, Option<SocketAddr>), DialCause> {
        let observer = Telling(self.observer.clone());
        if let Some(proxy) = proxy {
            observer.tell(|| format!("through the proxy {}", proxy.address()));
        }
        let mut begin = Instant::now();
        let looked_up;
        let resolved = if let Some(resolved) = resolved {
            resolved
        } else {
            looked_up = self.look_up(endpoint, proxy).await?;
            if matches!(looked_up, Resolved::Tcp(_)) {
                progress.timings.resolve = Some(lap(&mut begin));
            }
            observer.tell(|| told_look_up(proxy.map_or(endpoint.address.host(), |proxy| &proxy.host), &looked_up));
            &looked_up
        };
        if endpoint.protocol == Protocol::Quic {
            progress.step = DialStep::Quic;
            let (stream, peer) = self.quic(endpoint, proxy, resolved).await?;
            progress.timings.connect = Some(lap(&mut begin));
            return Ok((stream, Some(peer)));
        }
        progress.step = DialStep::Connect;
        let (mut stream, peer) = match resolved {
            Resolved::Tcp(addresses) => {
                let first = race::connect(addresses, self.bind_address, &mut progress.failed).await;
                for (address, error) in &progress.failed {
                    observer.tell(|| format!("no connection to {address}: {}", DialCause::from_connect(error)));
                }
                match first {
                    Some((stream, peer)) => {
                        observer.tell(|| match stream.local_addr() {
                            Ok(local) => format!("TCP connected {local} -> {peer}"),
                            Err(_) => format!("TCP connected to {peer}"),
                        });
                        (Stream::Tcp(stream), Some(peer))
                    }
                    None => return Err(DialCause::most_telling(&progress.failed)),
                }
            }
            Resolved::Unix(path) => (open_unix(path).await?, None),
        };
        progress.timings.connect = Some(lap(&mut begin));
        if let Some(proxy) = proxy {
            progress.step = DialStep::Proxy;
            stream = proxy.connect(stream, &endpoint.address, self.family).await.map_err(DialCause::Proxy)?;
            progress.timings.proxy = Some(lap(&mut begin));
            observer.tell(|| format!("proxy tunnel to {} is open", endpoint.address));
        }
        if endpoint.protocol.is_secure() {
            progress.step = DialStep::Tls;
            let secured = self.tls.connect(stream, endpoint.address.host()).await.map_err(DialCause::Tls)?;
            stream = Stream::Tls(Box::new(secured));
            progress.timings.tls = Some(lap(&mut begin));
        }
        if endpoint.protocol.is_websocket() {
            progress.step = DialStep::WebSocket;
            let opened = websocket::connect(stream, endpoint, &self.websocket).await.map_err(DialCause::WebSocket)?;
            stream = Stream::WebSocket(Box::new(opened));
            progress.timings.websocket = Some(lap(&mut begin));
            observer.tell(|| "the server switched to WebSocket".to_owned());
        }
        Ok((stream, peer))
    }

    #[cfg(feature = "quic")]
    async fn quic(
        &self,
        endpoint: &Endpoint,
        proxy: Option<&Proxy>,
        resolved: &Resolved,
    ) -> Result<(Stream, SocketAddr), DialCause> {
        match (resolved, proxy) {
            (_, Some(_)) => Err(DialCause::Proxy(super::ProxyCause::NoUdp)),
            (Resolved::Unix(_), None) => Err(DialCause::Other("QUIC cannot use Unix sockets".into())),
            (Resolved::Tcp(addresses), None) => {
                let host = endpoint.address.host();
                let (stream, peer) = super::quic::connect(addresses, self.bind_address, &self.tls, host).await?;
                Ok((Stream::Quic(Box::new(stream)), peer))
            }
        }
    }

    #[cfg(not(feature = "quic"))]
    #[expect(clippy::unused_async, reason = "as with the feature")]
    async fn quic(
        &self,
        _endpoint: &Endpoint,
        _proxy: Option<&Proxy>,
        _resolved: &Resolved,
    ) -> Result<(Stream, SocketAddr), DialCause> {
        Err(DialCause::Other("this program was built without QUIC (the cargo feature `quic`)".into()))
    }

    fn proxy_for(&self, endpoint: &Endpoint) -> Option<&Proxy> {
        match &endpoint.address {
            Address::Host { host, .. } => self.proxy.as_ref().filter(|proxy| !proxy.bypass.matches(host)),
            Address::Unix(_) => None,
        }
    }

    async fn look_up(&self, endpoint: &Endpoint, proxy: Option<&Proxy>) -> Result<Resolved, DialCause> {
        match proxy {
            // The family applies to the addresses of the broker, not of the proxy.
            Some(proxy) => resolve(&proxy.address(), AddressFamily::Any, self.bind_address).await,
            None => resolve(&endpoint.address, self.family, self.bind_address).await,
        }
    }
}

fn told_look_up(host: &str, resolved: &Resolved) -> String {
    match resolved {
        Resolved::Tcp(addresses) => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            format!("{host} is {}", addresses.join(", "))
        }
        Resolved::Unix(path) => format!("the Unix socket {}", path.display()),
    }
}

/// The time since `begin`, which becomes now.
fn lap(begin: &mut Instant) -> Duration {
    let now = Instant::now();
    now - std::mem::replace(begin, now)
}

#[cfg(unix)]
async fn open_unix(path: &std::path::Path) -> Result<Stream, DialCause> {
    match tokio::net::UnixStream::connect(path).await {
        Ok(stream) => Ok(Stream::Unix(stream)),
        Err(error) => Err(DialCause::from_unix_connect(&error)),
    }
}

#[cfg(not(unix))]
async fn open_unix(_path: &std::path::Path) -> Result<Stream, DialCause> {
    Err(DialCause::Other("this system does not support Unix sockets".into()))
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("address", &self.address).field("begin", &self.begin).finish_non_exhaustive()
    }
}

impl Progress {
    fn fail(&mut self, endpoint: &Endpoint, proxy: Option<&Proxy>, cause: DialCause) -> DialError {
        let attempts = self.failed.drain(..);
        DialError {
            step: self.step,
            address: endpoint.address.clone(),
            proxy: proxy.map(Proxy::address),
            cause,
            attempts: attempts.map(|(address, error)| (address, DialCause::from_connect(&error))).collect(),
            timings: self.timings,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_tcp_dial_says_who_answered_and_how_long_it_took() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dialed = Dialer::default().dial(&Endpoint::tcp("127.0.0.1", address.port())).await.unwrap();
        assert_eq!(dialed.peer, Some(address));
        assert!(dialed.timings.connect.is_some());

        let (mut ours, (mut theirs, _)) = (dialed.stream, listener.accept().await.unwrap());
        theirs.write_all(b"hello").await.unwrap();
        let mut received = [0; 5];
        ours.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"hello");
    }

    #[tokio::test]
    async fn an_endpoint_is_looked_up_once_for_many_dials() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::tcp("127.0.0.1", listener.local_addr().unwrap().port());
        let dialer = Dialer::default();
        let resolved = dialer.resolve(&endpoint).await.unwrap();
        for _ in 0..3 {
            let opened = dialer.dial_resolved(&endpoint, &resolved).await.unwrap();
            assert_eq!(opened.timings.resolve, None);
        }
    }

    /// Opens one as the bench does, which looks at the time itself.
    async fn opened(dialer: &Dialer, endpoint: &Endpoint) -> Result<Dialed, DialError> {
        let resolved = dialer.resolve(endpoint).await.unwrap();
        let mut opening = dialer.open(endpoint, &resolved).expect("one address, and nothing above TCP");
        let mut look = tokio::time::interval(Duration::from_millis(20));
        std::future::poll_fn(|cx| {
            while look.poll_tick(cx).is_ready() {}
            dialer.poll_open(endpoint, &mut opening, cx)
        })
        .await
    }

    #[tokio::test]
    async fn a_plain_connection_is_opened_without_a_task() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint::tcp("127.0.0.1", address.port());
        let dialed = opened(&Dialer::default(), &endpoint).await.unwrap();
        assert_eq!((dialed.peer, dialed.timings.connect.is_some()), (Some(address), true));
        let Stream::Tcp(stream) = dialed.stream else { panic!("{:?}", dialed.stream) };
        assert!(stream.nodelay().unwrap());
        drop((listener, stream));

        let error = opened(&Dialer::default(), &endpoint).await.unwrap_err();
        let dialed = Dialer::default().dial(&endpoint).await.unwrap_err();
        assert_eq!((error.to_string(), error.step, error.attempts), (dialed.to_string(), dialed.step, dialed.attempts));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_plain_connection_has_the_same_time_limit() {
        let (silent, _queued, _hole) = race::tests::black_hole().await;
        let dialer = Dialer { timeout: Duration::from_secs(1), ..Dialer::default() };
        let error = opened(&dialer, &Endpoint::tcp("127.0.0.1", silent.port())).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to {silent}: timed out after 1 s"));
    }

    #[test]
    fn what_takes_more_than_one_tcp_connection_is_dialled() {
        let (first, second): (SocketAddr, SocketAddr) =
            ("127.0.0.1:1883".parse().unwrap(), "127.0.0.2:1883".parse().unwrap());
        let (one, two) = (Resolved::Tcp(vec![first]), Resolved::Tcp(vec![first, second]));
        let plain = Endpoint::tcp("127.0.0.1", 1883);
        let secure = Endpoint { protocol: Protocol::Mqtts, ..plain.clone() };
        assert!(Dialer::default().open(&plain, &one).is_some());
        assert!(Dialer::default().open(&plain, &two).is_none());
        assert!(Dialer::default().open(&secure, &one).is_none());
    }

    #[tokio::test]
    async fn a_refusal_names_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = Dialer::default().dial(&Endpoint::tcp("127.0.0.1", address.port())).await.unwrap_err();
        assert_eq!((error.step, &error.cause), (DialStep::Connect, &DialCause::Refused));
        assert_eq!(error.attempts, [(address, DialCause::Refused)]);
        assert_eq!(error.to_string(), format!("cannot connect to {address}: connection refused"));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_deadline_is_over_the_whole_dial() {
        let (silent, _queued, _hole) = race::tests::black_hole().await;
        let dialer = Dialer { timeout: Duration::from_secs(1), ..Dialer::default() };
        let error = dialer.dial(&Endpoint::tcp("127.0.0.1", silent.port())).await.unwrap_err();
        assert_eq!((error.step, &error.cause), (DialStep::Connect, &DialCause::TimedOut(Duration::from_secs(1))));
        assert_eq!(error.to_string(), format!("cannot connect to {silent}: timed out after 1 s"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_unix_socket_carries_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broker.sock");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let mut dialed = Dialer::default().dial(&Endpoint::unix(&path)).await.unwrap();
        dialed.stream.write_all(b"hello").await.unwrap();
        dialed.stream.shutdown().await.unwrap();
        let mut received = String::new();
        listener.accept().await.unwrap().0.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "hello");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_unix_socket_that_is_not_there_or_not_served_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broker.sock");
        let error = Dialer::default().dial(&Endpoint::unix(&path)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to {}: socket file not found", path.display()));
        drop(tokio::net::UnixListener::bind(&path).unwrap());
        let error = Dialer::default().dial(&Endpoint::unix(&path)).await.unwrap_err();
        assert_eq!(error.cause, DialCause::Refused);
    }
}
