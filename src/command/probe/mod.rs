//! `probe`: tests what a broker supports.
//!
//! Each row is a check with its own connections. All topics are below a random level, and whatever could outlast the
//! probe is removed at the end.

mod checks;
mod finding;
mod lab;
mod peer;

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use finding::{Checked, Finding, Why};
use lab::Lab;
use peer::{Failure, Peer};

use super::interrupt::Interrupt;
use crate::error::{Error, ExitStatus};
use crate::mqtt::{QoS, Version};
use crate::output::{ProbeReport, ProbeRow, Stdout, Stream, Talk, Terminal, WriteError};
use crate::settings::{Feature, ProbeSettings};

/// Probes the broker.
pub(crate) async fn run(settings: &ProbeSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut interrupt = Interrupt::listen()?;
    let mut stdout = Stdout::new(terminal.stdout);
    let mut print = |text: &str| stdout.text(text);
    run_with(settings, terminal.stdout, talk, interrupt.received(), &mut print).await
}

/// Probes the broker, and prints where it is told to, until that is interrupted by a signal of this number.
pub(crate) async fn run_with(
    settings: &ProbeSettings,
    stream: Stream,
    talk: Talk,
    interrupted: impl Future<Output = u8>,
    print: &mut dyn FnMut(&str) -> Result<(), WriteError>,
) -> Result<ExitStatus, Error> {
    let mut interrupted = pin!(interrupted);
    let (version, maximum_qos) = tokio::select! {
        biased;
        signal = &mut interrupted => return Ok(ExitStatus::Interrupted(signal)),
        version = Box::pin(version(settings, talk)) => version?,
    };
    let endpoint = settings.connect.client.endpoint.to_string();
    talk.progress(format_args!("Probing {endpoint} with MQTT {version}"));
    let lab = Lab::new(settings, version, talk);
    if maximum_qos == QoS::AtMostOnce {
        lab.do_without_acknowledgements();
    }
    let mut report = ProbeReport::new(endpoint, version.to_string(), settings.json, stream);
    let probed = tokio::select! {
        biased;
        signal = &mut interrupted => Err(End::Signal(signal)),
        probed = Box::pin(probe(&lab, &mut report, print)) => probed,
    };
    lab.clean_up().await;
    match probed {
        Err(End::Signal(signal)) => return Ok(ExitStatus::Interrupted(signal)),
        Err(End::Unwritable(error)) => return Err(error),
        Ok(()) => {}
    }
    let missing: Vec<_> = settings.require.iter().map(|feature| feature.name()).collect();
    let missing: Vec<_> = missing.into_iter().filter(|name| !report.has(name)).collect();
    match print(&report.finish(&missing)) {
        Ok(()) | Err(WriteError::Closed) => {}
        Err(WriteError::Failed(error)) => return Err(error),
    }
    if missing.is_empty() {
        return Ok(ExitStatus::Done);
    }
    Err(Error::local(format!("the broker does not support {}", missing.join(", "))))
}

enum End {
    Signal(u8),
    Unwritable(Error),
}

/// Runs the checks, row by row.
async fn probe(
    lab: &Lab<'_>,
    report: &mut ProbeReport,
    print: &mut dyn FnMut(&str) -> Result<(), WriteError>,
) -> Result<(), End> {
    for &feature in &lab.settings.features {
        let began = Instant::now();
        let limit = lab.settings.limit;
        let checked = timeout(limit, Box::pin(checks::check(lab, feature))).await;
        let checked = checked.unwrap_or_else(|_| Err(silent(limit)));
        if feature == Feature::QoS1 && checked.is_err() {
            lab.do_without_acknowledgements();
        }
        match print(&report.add(row(feature, began.elapsed(), checked))) {
            // A closed stdout does not change the exit code.
            Ok(()) | Err(WriteError::Closed) => {}
            Err(WriteError::Failed(error)) => return Err(End::Unwritable(error)),
        }
    }
    Ok(())
}

fn silent(limit: Duration) -> Why {
    Why(format!("no answer within {} s", limit.as_secs_f64()))
}

fn row(feature: Feature, time: Duration, checked: Checked) -> ProbeRow {
    match checked {
        Ok(Finding { detail, value }) => ProbeRow { name: feature.name(), ok: true, time, detail, value },
        Err(Why(detail)) => ProbeRow { name: feature.name(), ok: false, time, detail, value: None },
    }
}

/// The version to use, which is the requested one or the newest that the broker accepts, and the highest QoS. Fails if the
/// broker accepts none.
async fn version(settings: &ProbeSettings, talk: Talk) -> Result<(Version, QoS), Error> {
    let versions = match settings.version {
        Some(version) => vec![version],
        None => vec![Version::V5, Version::V3_1_1, Version::V3_1],
    };
    let mut first = None;
    for version in versions {
        // With the client id, credentials and will of the options; later connections have their own.
        let mut connection = settings.connect.clone();
        connection.client.connect.version = version;
        match Peer::connect(&connection, talk).await {
            Ok(peer) => {
                let maximum_qos = peer.connected.ack.properties.maximum_qos.unwrap_or(QoS::ExactlyOnce);
                peer.close().await;
                return Ok((version, maximum_qos));
            }
            Err(Failure::Client(error)) => {
                let is_final = matches!(error.cause, crate::client::Cause::Dial(_)) || error.was_connected;
                let error = Error::from(*error);
                if is_final {
                    return Err(error);
                }
                first.get_or_insert(error);
            }
            Err(Failure::Options(message)) => {
                first.get_or_insert(Error::usage(message));
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::usage("there is no MQTT version to try")))
}
