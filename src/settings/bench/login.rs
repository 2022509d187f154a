//! What clients say of themselves when they connect, each its own.

use std::path::PathBuf;
use std::sync::Arc;

use super::words::Words;
use crate::bench::{Authentication, Login, Text, WillTexts};
use crate::cli::group::ConnectArgs;
use crate::client::{Scram, ScramCredentials, ScramMethod};
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::payload::placeholder::{Name, Place};
use crate::settings::ConnectSettings;

/// Takes the files of a certificate out of the options where each client has its own.
pub(super) fn take_certificate(arguments: &mut ConnectArgs, words: &Words) -> Option<(String, String)> {
    let text = |path: &Option<PathBuf>, column: &str| match path {
        Some(path) => Some(path.to_string_lossy().into_owned()),
        None => words.has(column).then(|| format!("{{{column}}}")),
    };
    let (cert, key) = (text(&arguments.tls.cert, "cert")?, text(&arguments.tls.key, "key")?);
    let differs = |text: &str| words.read_leniently(text, Place::FILTER).has_number();
    if !differs(&cert) && !differs(&key) {
        return None;
    }
    (arguments.tls.cert, arguments.tls.key) = (None, None);
    Some((cert, key))
}

/// What clients say of themselves.
pub(super) fn login(
    connect: &ConnectSettings,
    words: &Words,
    certificate: Option<(String, String)>,
    origins: &Origins,
) -> Result<Login, Error> {
    let session = &connect.client.connect;
    let user_name = session.user_name.as_ref();
    let user_name = user_name.map(|name| words.read(&origins.name("username"), name, Place::USERNAME)).transpose()?;
    let proven = connect.scram.as_ref().map(|scram| scram.password.as_bytes());
    // One from a file or a profile is used literally.
    let password = match session.password.as_deref().or(proven).map(std::str::from_utf8) {
        Some(Ok(text)) if text == "{password}" && words.has("password") => {
            Some(words.read_leniently(text, Place::FILTER))
        }
        Some(Ok(text)) if proven.is_some() && origins.of("password") != Origin::Flag => Some(Text::plain(text)),
        Some(Ok(text)) if origins.of("password") == Origin::Flag => Some(words.read_leniently(text, Place::FILTER)),
        None if words.has("password") => Some(words.read_leniently("{password}", Place::FILTER)),
        _ => None,
    };
    let will = session.will.as_ref().map(|will| {
        let payload = std::str::from_utf8(&will.payload).ok();
        let option = origins.name("will_message");
        Ok::<_, Error>(WillTexts {
            topic: words.read(&origins.name("will_topic"), will.topic.as_str(), Place::FILTER)?,
            payload: payload.map(|text| words.read(&option, text, Place::FILTER)).transpose()?,
            user_properties: words.pairs(&origins.name("will_user_properties"), &will.properties.user_properties)?,
        })
    });
    let user_properties = words.pairs(&origins.name("conn_user_properties"), &session.properties.user_properties)?;
    let certificate = certificate.map(|(cert, key)| {
        let read = |text: &str| words.read_leniently(text, Place::FILTER);
        (read(&cert), read(&key), None)
    });
    let authentication = connect.scram.as_ref().map(|scram| authentication(scram.method));
    let (will, rows) = (will.transpose()?, words.rows());
    let headers = headers(connect, words);
    Ok(Login { user_name, password, certificate, will, user_properties, headers, rows, authentication })
}

/// The headers of the WebSocket handshake, if any differs from client to client. Only one with a brace has placeholders: `%c3` is an
/// escape of HTTP.
fn headers(connect: &ConnectSettings, words: &Words) -> Vec<(String, Text)> {
    let read = |(name, value): &(String, String)| {
        let has_braces = value.contains('{');
        let text = if has_braces { words.read_leniently(value, Place::FILTER) } else { Text::plain(value) };
        (name.clone(), text)
    };
    let headers: Vec<_> = connect.client.dialer.websocket.headers().iter().map(read).collect();
    let differs = |(_, text): &(String, Text)| {
        text.has_number() || text.asks_for(Name::ClientId) || text.asks_for(Name::Username)
    };
    if headers.iter().any(differs) { headers } else { Vec::new() }
}

/// The hashing is work of this program, and part of the time to CONNACK.
fn authentication(method: ScramMethod) -> Authentication {
    Arc::new(move |user_name, password| {
        let (user_name, password) = (user_name.to_owned(), password.to_owned());
        Box::new(Scram::new(ScramCredentials { method, user_name, password }))
    })
}
