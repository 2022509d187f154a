//! HTTP CONNECT: RFC 9110, section 9.3.6.

use crate::transport::http::{HttpError, ask};
use crate::transport::{Address, ProxyCause, Stream};

/// Asks for a tunnel to an address; afterwards the stream is that tunnel.
pub(super) async fn connect(
    stream: &mut Stream,
    credentials: Option<&(String, String)>,
    target: &Address,
) -> Result<(), ProxyCause> {
    let target = target.to_string();
    if target.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(ProxyCause::BadName);
    }
    let authorization = match credentials {
        None => String::new(),
        Some((user, password)) => {
            let encoded = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
            format!("Proxy-Authorization: Basic {encoded}\r\n")
        }
    };
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
    let answer = ask(stream, &request).await.map_err(|error| match error {
        HttpError::NotHttp(spoken) => ProxyCause::NotAProxy(spoken),
        HttpError::BadHead(fault) => ProxyCause::BadHead(fault),
        HttpError::Closed => ProxyCause::Closed,
        HttpError::Io(error) => ProxyCause::from(error),
    })?;
    match answer.status {
        // In every protocol spoken with a broker, the client speaks first.
        200..=299 if answer.rest.is_empty() => Ok(()),
        200..=299 => Err(ProxyCause::NotATunnel),
        407 if credentials.is_none() => Err(ProxyCause::CredentialsRequired),
        407 => Err(ProxyCause::CredentialsRefused),
        status => {
            let reason = answer.reason.clone();
            Err(ProxyCause::Http { status, reason, body: answer.body_start(stream).await })
        }
    }
}
