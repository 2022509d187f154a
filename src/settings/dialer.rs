//! How the broker is reached: TLS, WebSocket, proxy, addresses.

use std::time::Duration;

use super::Secret;
use super::endpoint::Target;
use super::secret;
use crate::cli::group::{ConnectArgs, NetworkArgs, TlsArgs};
use crate::config::origin::Origins;
use crate::error::{Error, ErrorKind};
use crate::transport::{
    AddressFamily, Dialer, NoProxy, Proxy, Tls, TlsFile, TlsFileProblem, TlsIdentity, TlsOptions, TlsSetupError,
    UrlError, WebSocketOptions,
};

/// A timeout that never expires: 0 is off, as in other options.
const NEVER: Duration = Duration::from_hours(100 * 365 * 24);

/// The dialer for a target. Options that its protocol does not use have been refused or ignored with a warning before.
pub(super) fn resolve(arguments: &ConnectArgs, target: &Target, origins: &Origins) -> Result<Dialer, Error> {
    let protocol = target.endpoint.protocol;
    Ok(Dialer {
        family: match (arguments.network.ipv4, arguments.network.ipv6) {
            (true, false) => AddressFamily::Ipv4,
            (false, true) => AddressFamily::Ipv6,
            _ => AddressFamily::Any,
        },
        bind_address: arguments.network.bind,
        timeout: match arguments.connection.connect_timeout {
            Duration::ZERO => NEVER,
            time => time,
        },
        // The loopback of a proxy is not the one of the embedded broker.
        proxy: if arguments.connection.embedded { None } else { proxy(&arguments.network, origins)? },
        tls: if protocol.is_secure() { tls(&arguments.tls, origins)? } else { Tls::default() },
        websocket: if protocol.is_websocket() {
            let given = &arguments.websocket;
            let path = target.unless_in_url(Some(&given.path), origins.of("path"), target.websocket_path.as_ref());
            let path = path.map(String::as_str).unwrap_or_default();
            let headers = given.ws_headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
            WebSocketOptions::new(path, headers.collect())
                .map_err(|error| Error::usage(format!("{}: {error}", origins.name("ws_headers"))))?
        } else {
            WebSocketOptions::default()
        },
        observer: None,
    })
}

/// Warnings about how the broker is reached.
pub(super) fn warning(arguments: &ConnectArgs, target: &Target, origins: &Origins) -> Option<String> {
    let TlsArgs { insecure, pin_sha256, .. } = &arguments.tls;
    let is_unchecked = target.endpoint.protocol.is_secure() && *insecure && pin_sha256.is_empty();
    is_unchecked.then(|| format!("{}: the broker's certificate is not checked", origins.name("insecure")))
}

fn proxy(options: &NetworkArgs, origins: &Origins) -> Result<Option<Proxy>, Error> {
    // As in curl, `--proxy ''` ignores the one of the environment.
    let Some(text) = options.proxy.as_ref().map(Secret::expose).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let refused = |error: UrlError| Error::usage(format!("{}: {error}", origins.name("proxy")));
    let proxy = Proxy::parse(text).map_err(refused)?;
    let bypass = options.no_proxy.as_deref().map(NoProxy::parse).unwrap_or_default();
    Ok(Some(proxy.with_bypass(bypass)))
}

fn tls(options: &TlsArgs, origins: &Origins) -> Result<Tls, Error> {
    let key_password = secret::key_password(options, origins)?;
    let identity = match (&options.cert, &options.key) {
        (Some(certificate), Some(key)) => Some(TlsIdentity {
            certificate: certificate.clone(),
            key: key.clone(),
            key_password: key_password.as_ref().map(Secret::expose).map(ToOwned::to_owned),
        }),
        _ => None,
    };
    // Several separated by semicolons, as in curl.
    let pins = options.pin_sha256.iter().flat_map(|texts| texts.split(';')).map(str::parse);
    let options = TlsOptions {
        ca: options.ca.clone(),
        identity,
        insecure: options.insecure,
        server_name: options.sni.clone(),
        alpn: options.alpn.clone(),
        minimum_version: options.tls_min_version,
        pins: pins
            .collect::<Result<_, _>>()
            .map_err(|error| Error::usage(format!("{}: {error}", origins.name("pin_sha256"))))?,
    };
    Tls::new(&options).map_err(|error| refused_tls(&error, origins))
}

/// The option at fault: a file is a local failure, a name is a matter of usage.
fn refused_tls(error: &TlsSetupError, origins: &Origins) -> Error {
    let (option, kind) = match error {
        TlsSetupError::File { file: TlsFile::Ca, .. } => ("ca", ErrorKind::Local),
        TlsSetupError::File { file: TlsFile::Certificate, .. } => ("cert", ErrorKind::Local),
        TlsSetupError::File { file: TlsFile::Key, .. } | TlsSetupError::KeyMismatch => ("key", ErrorKind::Local),
        TlsSetupError::ServerName(_) => ("sni", ErrorKind::Usage),
        TlsSetupError::Alpn(_) => ("alpn", ErrorKind::Usage),
    };
    let refused = Error::new(kind, format!("{}: {error}", origins.name(option)));
    match error {
        TlsSetupError::File { problem: TlsFileProblem::PasswordMissing, .. } => {
            refused.with_hint("--key-password-file names a file whose first line is the password")
        }
        TlsSetupError::File { problem: TlsFileProblem::Pkcs12, .. } => refused
            .with_hint("`openssl pkcs12 -in FILE -out NEW.pem` converts it; --cert and --key may both name NEW.pem"),
        TlsSetupError::File { problem: TlsFileProblem::UnsupportedEncryption, .. } => {
            refused.with_hint("`openssl pkcs8 -topk8 -v2 aes256 -in KEY -out NEW` encrypts it in a supported way")
        }
        _ => refused,
    }
}
