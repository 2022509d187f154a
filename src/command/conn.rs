//! `conn`: opens a connection and stays, or reports what the broker announced and ends.

use std::pin::pin;
use std::sync::Arc;

use super::interrupt::Interrupt;
use super::{DialWatch, status};
use crate::client::{Client, Connected, Event, Pending};
use crate::error::{Error, ExitStatus};
use crate::output::{ConnectionReport, ReportedCertificate, Stdout, Talk, Terminal, WriteError, stdout_unreadable};
use crate::session::Acknowledge;
use crate::settings::{ConnMode, ConnSettings};
use crate::transport::Certificate;

/// Connects.
pub(crate) async fn run(settings: &ConnSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut stdout = Stdout::new(terminal.stdout);
    let mut interrupt = Interrupt::listen()?;
    // Never acknowledged, so that a session resumed here keeps its messages for a subscriber.
    let watch = Arc::new(DialWatch::new(talk));
    let (client, mut events) = super::connect_watched(&settings.connect, Acknowledge::Manual, talk, watch.clone())?;
    let is_check = settings.mode == ConnMode::Check;
    let mut signal = None;
    let mut is_checked = false;
    let mut is_reported = false;
    let mut unwritten = None;
    let mut unreadable = pin!(stdout_unreadable());
    loop {
        let event = tokio::select! {
            biased;
            number = interrupt.received(), if signal.is_none() => {
                signal = Some(number);
                client.disconnect(Pending::Abandon);
                continue;
            }
            event = events.next() => event,
            // A reader wants to know about reconnects too.
            () = &mut unreadable, if is_reported && !is_check && unwritten.is_none() => {
                unwritten = Some(WriteError::Closed);
                client.disconnect(Pending::Finish);
                continue;
            }
        };
        match event {
            Some(Event::Connected(connected)) => {
                if !is_check {
                    status::connected(talk, &settings.connect, &connected);
                }
                if is_check || settings.json {
                    is_reported = true;
                    let report = report(settings, &client, &connected, &watch);
                    let written = if settings.json { report.json(&mut stdout) } else { report.text(&mut stdout) };
                    if let Err(error) = written {
                        unwritten.get_or_insert(error);
                        client.disconnect(Pending::Finish);
                    }
                }
                if is_check {
                    is_checked = true;
                    client.disconnect(Pending::Finish);
                }
            }
            Some(Event::Auth(auth)) => status::authenticated(talk, &auth),
            Some(Event::Redirected(redirected)) => status::redirected(talk, &redirected),
            Some(Event::Reconnecting(reconnecting)) => status::reconnecting(talk, &settings.connect, &reconnecting),
            Some(Event::Closed(Err(error))) => return Err(Error::from(*error)),
            // Nothing is published or subscribed to; messages of an old session stay unacknowledged.
            Some(Event::Closed(Ok(()))) | None => break,
            Some(_) => {}
        }
    }
    match (unwritten, signal) {
        (Some(WriteError::Failed(error)), _) => Err(error),
        (None, Some(signal)) if is_check && !is_checked => Ok(ExitStatus::Interrupted(signal)),
        (Some(WriteError::Closed) | None, _) => Ok(ExitStatus::Done),
    }
}

fn report(settings: &ConnSettings, client: &Client, connected: &Connected, watch: &DialWatch) -> ConnectionReport {
    let options = &settings.connect.client;
    let (timings, connack) = (&connected.timings, Some(connected.handshake));
    ConnectionReport {
        broker: options.endpoint.to_string(),
        peer: connected.peer,
        version: options.connect.version,
        client_id: client.client_id(),
        session_present: connected.ack.session_present,
        keep_alive: options.connect.keep_alive,
        session_expiry_interval: options.connect.properties.session_expiry_interval.unwrap_or(0),
        announced: connected.ack.properties.clone(),
        certificates: watch
            .certificates()
            .into_iter()
            .map(|Certificate { subject, issuer, not_before, not_after, pin }| ReportedCertificate {
                subject,
                issuer,
                not_before: not_before.map(|date| date.to_string()),
                not_after: not_after.map(|date| date.to_string()),
                pin_sha256: pin.to_string(),
            })
            .collect(),
        steps: [
            ("DNS", timings.resolve),
            (if connected.peer.is_some() { "TCP" } else { "socket" }, timings.connect),
            ("proxy", timings.proxy),
            ("TLS", timings.tls),
            ("WebSocket", timings.websocket),
            ("CONNACK", connack),
        ]
        .into_iter()
        .filter_map(|(step, time)| Some((step, time?)))
        .collect(),
    }
}
