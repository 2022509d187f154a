use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use crate::broker::{BrokerError, BrokerOptions};
use crate::transport::{ServerCertificate, server_config};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 4096;

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// For MQTT over TCP.
    pub mqtt: SocketAddr,
    /// For MQTT over TLS.
    pub mqtts: Option<SocketAddr>,
    /// For MQTT over WebSocket.
    pub websocket: Option<SocketAddr>,
    /// For MQTT over secure WebSocket.
    pub secure_websocket: Option<SocketAddr>,
    /// The path of a WebSocket.
    pub websocket_path: String,
    /// The Unix socket.
    pub unix: Option<PathBuf>,
    /// The certificate of the authority created for this run.
    pub authority: Option<PathBuf>,
}

/// A socket that is listened on, and what is spoken there.
pub(in crate::broker) struct Listener {
    pub(super) name: &'static str,
    pub(super) socket: Socket,
    pub(super) tls: Option<TlsAcceptor>,
    /// That of WebSocket, if it is spoken.
    pub(super) path: Option<Rc<str>>,
}

pub(super) enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

/// Everything that a broker listens on. Dropping it removes the files that it created.
pub(in crate::broker) struct Listeners {
    pub(in crate::broker) sockets: Vec<Listener>,
    pub(in crate::broker) addresses: Addresses,
    _authority: Option<Authority>,
    _unix: Option<UnixFile>,
}

/// The file of a Unix socket.
struct UnixFile(PathBuf);

impl Listeners {
    /// Listens as the options say.
    pub(in crate::broker) fn bind(options: &BrokerOptions) -> Result<Self, BrokerError> {
        let mut authority = None;
        let tls = match options.tls_port.or(options.secure_websocket_port) {
            Some(_) => Some(acceptor(options, &mut authority)?),
            None => None,
        };
        let path: Rc<str> = options.websocket_path.as_str().into();
        let mut sockets = Vec::new();
        let mut tcp = |name, flag, port: Option<u16>, tls: Option<&TlsAcceptor>, path: Option<&Rc<str>>| {
            let Some(port) = port else { return Ok(None) };
            let address = SocketAddr::new(options.bind, port);
            let (socket, bound) =
                listen(address).map_err(|error| BrokerError::listen(flag, address.to_string(), error))?;
            sockets.push(Listener { name, socket: Socket::Tcp(socket), tls: tls.cloned(), path: path.cloned() });
            Ok::<_, BrokerError>(Some(bound))
        };
        let mqtt = tcp("mqtt", "--port", Some(options.port), None, None)?;
        let mqtts = tcp("mqtts", "--tls-port", options.tls_port, tls.as_ref(), None)?;
        let websocket = tcp("ws", "--ws-port", options.websocket_port, None, Some(&path))?;
        let secure_websocket = tcp("wss", "--wss-port", options.secure_websocket_port, tls.as_ref(), Some(&path))?;
        let unix_file = match &options.unix {
            None => None,
            Some(path) => {
                let failed = |error| BrokerError::listen("--unix", path.display().to_string(), error);
                sockets.push(unix(path).map_err(failed)?);
                Some(UnixFile(path.clone()))
            }
        };
        let addresses = Addresses {
            mqtt: mqtt.unwrap_or_else(|| SocketAddr::new(options.bind, options.port)),
            mqtts,
            websocket,
            secure_websocket,
            websocket_path: options.websocket_path.clone(),
            unix: options.unix.clone(),
            authority: authority.as_ref().map(|authority| authority.certificate().to_owned()),
        };
        Ok(Self { sockets, addresses, _authority: authority, _unix: unix_file })
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Elsewhere than on Unix it would let two brokers share a port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

#[cfg(unix)]
fn unix(path: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;

    // Left behind by a broker that was killed; never a file of another kind.
    let is_socket = path.symlink_metadata().is_ok_and(|file| file.file_type().is_socket());
    let is_left_behind =
        is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if is_left_behind {
        std::fs::remove_file(path)?;
    }
    let socket = Socket::Unix(UnixListener::bind(path)?);
    Ok(Listener { name: "unix", socket, tls: None, path: None })
}

#[cfg(not(unix))]
fn unix(_: &Path) -> io::Result<Listener> {
    Err(io::Error::other("this system has no Unix sockets"))
}

/// The certificate from the options, or one signed by an authority of this run.
fn acceptor(options: &BrokerOptions, authority: &mut Option<Authority>) -> Result<TlsAcceptor, BrokerError> {
    let certificate = if let Some(identity) = &options.certificate {
        ServerCertificate::read(identity)?
    } else {
        let (made, certificate) = Authority::new(options.bind).map_err(BrokerError::Authority)?;
        *authority = Some(made);
        certificate
    };
    let config = server_config(certificate, options.client_ca.as_deref())?;
    Ok(Arc::new(config).into())
}

impl fmt::Display for Addresses {
    /// One URL a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}", self.mqtt)?;
        if let Some(address) = self.mqtts {
            write!(f, "\nmqtts://{address}")?;
        }
        if let Some(address) = self.websocket {
            write!(f, "\nws://{address}{}", self.websocket_path)?;
        }
        if let Some(address) = self.secure_websocket {
            write!(f, "\nwss://{address}{}", self.websocket_path)?;
        }
        if let Some(path) = &self.unix {
            write!(f, "\nunix:{}", path.display())?;
        }
        Ok(())
    }
}

impl Drop for UnixFile {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}
