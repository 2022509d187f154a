//! A server on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// A server on a free port of 127.0.0.1, on a thread and a runtime of its own, until it is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Starts to listen; each connection is served by a future of its own, all of them cut off at the drop.
    pub fn start<Serve, Future>(serve: Serve) -> Self
    where
        Serve: Fn(TcpStream) -> Future + Send + 'static,
        Future: std::future::Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        listener.set_nonblocking(true).expect("the socket takes options");
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let tasks = LocalSet::new();
            tasks.spawn_local(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    stream.set_nodelay(true).expect("the socket takes options");
                    tokio::task::spawn_local(serve(stream));
                }
            });
            runtime.block_on(tasks.run_until(async {
                _ = stopped.await;
            }));
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}
