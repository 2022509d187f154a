use crate::cli::group::{AckTime, OnFailure, WorkArgs};
use crate::client::ClientOptions;
use crate::config::origin::Origins;
use crate::error::Error;

/// What `sub` does with each message besides, or instead of, printing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Who does it.
    pub worker: WorkerKind,
    /// How many messages are worked on at a time.
    pub jobs: u16,
    /// Acknowledge a message before the work on it begins.
    pub acknowledge_first: bool,
    /// What follows when it fails.
    pub on_failure: OnFailure,
}

/// Who works on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerKind {
    /// A command of the shell.
    Command(String),
    /// Who reads our stdout, and answers on our stdin.
    Reader,
}

impl Work {
    /// Settles what is to be done, if anything, and bounds what the broker sends ahead.
    pub(super) fn resolve(
        arguments: &WorkArgs,
        client: &mut ClientOptions,
        origins: &Origins,
    ) -> Result<Option<Self>, Error> {
        let worker = match (&arguments.exec, arguments.ack_on_read) {
            (Some(command), _) => WorkerKind::Command(command.clone()),
            (None, true) => WorkerKind::Reader,
            (None, false) => {
                if let Some(option) = ["jobs", "ack", "on_failure"].iter().find(|option| origins.given(option)) {
                    let message = format!("{} needs --exec or --ack-on-read", origins.name(option));
                    return Err(Error::usage(message).with_hint("without them `sub` only prints"));
                }
                return Ok(None);
            }
        };
        let acknowledge_first = worker != WorkerKind::Reader && arguments.ack != Some(AckTime::After);
        let on_failure = arguments.on_failure;
        let on_failure = on_failure.unwrap_or(if acknowledge_first { OnFailure::Ignore } else { OnFailure::Stop });
        if on_failure == OnFailure::Redeliver {
            if acknowledge_first {
                let message = "--on-failure redeliver needs --ack after: nothing that is acknowledged comes again";
                return Err(Error::usage(message));
            }
            check_that_it_comes_again(client, origins)?;
        }
        let jobs = arguments.jobs.unwrap_or(1);
        let connect = &mut client.connect;
        if connect.version.is_v5() {
            connect.properties.receive_maximum.get_or_insert(jobs);
        }
        connect.tolerates_excess = true;
        Ok(Some(Self { worker, jobs, acknowledge_first, on_failure }))
    }

    /// What is acknowledged too late to survive the end of this process, if anything.
    pub(super) fn doubt(&self, client: &ClientOptions) -> Option<String> {
        let connect = &client.connect;
        let outlives_us = client.is_client_id_chosen
            && !connect.clean_start
            && (!connect.version.is_v5()
                || connect.properties.session_expiry_interval.is_some_and(|expiry| expiry > 0));
        if self.acknowledge_first || outlives_us {
            return None;
        }
        let option = if self.worker == WorkerKind::Reader { "--ack-on-read" } else { "--ack after" };
        Some(format!(
            "{option}: the session ends with this process, so if it is killed, the broker does not send again what is not \
             acknowledged (-i ID --no-clean keeps the session)"
        ))
    }
}

/// A broker sends a message again to a session that outlives the connection.
fn check_that_it_comes_again(client: &ClientOptions, origins: &Origins) -> Result<(), Error> {
    let connect = &client.connect;
    let is_kept = if connect.version.is_v5() {
        match connect.properties.session_expiry_interval {
            Some(expiry) => expiry > 0,
            // The client asks for one.
            None => client.keeps_session,
        }
    } else {
        !connect.clean_start
    };
    if !is_kept {
        let message = "--on-failure redeliver needs --qos 1 or 2 and a session that outlives a connection";
        let hint = if connect.version.is_v5() { "leave out --session-expiry-interval" } else { "-i ID --no-clean" };
        return Err(Error::usage(message).with_hint(hint));
    }
    if client.reconnect.delay_before(1, 0.0).is_none() {
        let name = if client.reconnect.first_delay.is_zero() { "reconnect_period" } else { "maximum_reconnect_times" };
        let message = format!("--on-failure redeliver reconnects, which {} forbids", origins.name(name));
        return Err(Error::usage(message));
    }
    Ok(())
}
