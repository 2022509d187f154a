//! `replay`: publishes a recording with its original timing.

mod reader;
mod schedule;

use std::cell::RefCell;
use std::pin::pin;

use reader::{Next, Reader};
use schedule::Schedule;

use super::interrupt::Interrupt;
use super::status;
use super::tally::Tally;
use crate::client::{Client, Declined, Event, Pending};
use crate::error::{Error, ExitStatus};
use crate::output::Talk;
use crate::session::Acknowledge;
use crate::settings::ReplaySettings;

/// Publishes the recordings.
pub(crate) async fn run(settings: &ReplaySettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    // Fail on a file that cannot be opened before sending anything.
    let mut reader = Reader::open(settings, talk)?;
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::OnReceipt, talk)?;
    let tally = RefCell::new(Tally::new(&[], talk));
    let mut signal = None;
    let mut unread = None;
    let mut is_produced = false;
    let closed = {
        let mut producing = pin!(produce(&mut reader, Schedule::new(settings.speed), &client, &tally));
        loop {
            tokio::select! {
                biased;
                number = interrupt.received() => {
                    // An endless replay is ended by a signal, which is not a failure; a second signal does not wait.
                    let is_end = settings.rounds.is_none() && signal.is_none();
                    is_produced |= is_end;
                    signal.get_or_insert(number);
                    client.disconnect(if is_end { Pending::Finish } else { Pending::Abandon });
                }
                event = events.next() => match event {
                    Some(Event::Closed(result)) => break result,
                    Some(event) => {
                        status::tell(talk, &settings.connect, &event);
                        tally.borrow_mut().take(event);
                    }
                    None => break Ok(()),
                },
                end = &mut producing, if !is_produced => {
                    is_produced = true;
                    unread = end.err();
                    client.disconnect(Pending::Finish);
                }
            }
        }
    };
    let tally = tally.borrow();
    reader.report();
    match (closed, unread, signal) {
        (closed, None, _) if is_produced && tally.is_complete() && (closed.is_ok() || !tally.is_empty()) => {
            Ok(tally.report())
        }
        (_, Some(error), _) => tally.refused_before(error.with_detail(tally.progress())),
        (_, None, Some(signal)) => {
            talk.failure(format_args!("Interrupted: {}", tally.progress()));
            Ok(tally.failure().map_or(ExitStatus::Interrupted(signal), ExitStatus::Partly))
        }
        (Err(error), None, None) => {
            let error = Error::from(*error);
            tally.refused_before(if tally.is_about_several() { error.with_detail(tally.progress()) } else { error })
        }
        (Ok(()), None, None) => Ok(tally.report()),
    }
}

/// Hands each message to the client when it is due, or as soon as the client takes it.
async fn produce(
    reader: &mut Reader<'_>,
    mut schedule: Schedule,
    client: &Client,
    tally: &RefCell<Tally>,
) -> Result<(), Error> {
    loop {
        match reader.next().await? {
            Next::Message(message, at) => {
                schedule.wait(at).await;
                let topic = message.topic.clone();
                match client.publish(message).await {
                    Ok(_) => tally.borrow_mut().accepted(),
                    // Its last event says why.
                    Err(Declined::Closed(_)) => return Ok(()),
                    Err(Declined::Rejected(error)) => tally.borrow_mut().declined(&topic, &error),
                }
            }
            Next::Bad(error) => tally.borrow_mut().bad(&error),
            Next::End => return Ok(()),
        }
    }
}
