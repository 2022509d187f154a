//! Ports of other protocols.

use bytes::Bytes;

use super::super::finding::{Checked, Finding, Why, no, yes};
use super::super::lab::Lab;
use super::super::peer::Failure;
use crate::client::Cause;
use crate::settings::ConnectSettings;
use crate::transport::{Address, Endpoint, Protocol, Tls, TlsOptions};

/// The broker answers on the port of a protocol.
pub(super) async fn spoken(lab: &Lab<'_>, protocol: Protocol) -> Checked {
    let mut settings = lab.connection("port");
    let client = &mut settings.client;
    if client.endpoint.protocol == protocol {
        return answer(lab, &settings).await.map(|()| yes("this connection uses it"));
    }
    let Address::Host { host, .. } = &client.endpoint.address else {
        return no("the connection uses a Unix socket");
    };
    let ports = &lab.settings.ports;
    let port = ports.iter().find(|(other, _)| *other == protocol).map_or(protocol.default_port(), |(_, port)| *port);
    let is_as_safe = protocol.is_secure() && client.endpoint.protocol.is_secure();
    client.endpoint = Endpoint::new(protocol, host.clone(), port);
    // Never send the user's credentials to whatever listens on another port.
    if !is_as_safe {
        without_credentials(&mut settings);
    }
    let found = |more: &str| yes(format!("port {port}{more}")).with(port);
    let refused = match answer(lab, &settings).await {
        Ok(()) => return Ok(found("")),
        Err(why) => why,
    };
    if !protocol.is_secure() {
        return no(format!("port {port}: {}", refused.0));
    }
    // The protocol may work although its certificate is not trusted.
    without_credentials(&mut settings);
    let unchecked = TlsOptions { insecure: true, ..TlsOptions::default() };
    settings.client.dialer.tls = Tls::new(&unchecked).map_err(|error| Why(error.to_string()))?;
    match answer(lab, &settings).await {
        Ok(()) => Ok(untrusted(found(""), &refused)),
        Err(_) => no(format!("port {port}: {}", refused.0)),
    }
}

fn untrusted(found: Finding, why: &Why) -> Finding {
    Finding { detail: format!("{}; not trusted: {}", found.detail, why.0), ..found }
}

fn without_credentials(settings: &mut ConnectSettings) {
    settings.scram = None;
    let connect = &mut settings.client.connect;
    connect.user_name = None;
    connect.password = None::<Bytes>;
    connect.properties.authentication_method = None;
    connect.properties.user_properties = Vec::new();
}

/// A broker answers there, even if it refuses the connection.
async fn answer(lab: &Lab<'_>, settings: &ConnectSettings) -> Result<(), Why> {
    match lab.open(settings).await {
        Ok(peer) => {
            peer.close().await;
            Ok(())
        }
        Err(Failure::Client(error)) if matches!(error.cause, Cause::Refused(_)) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}
