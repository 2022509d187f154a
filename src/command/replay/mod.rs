//! `replay`: publishes a recording with its original timing.

mod reader;
mod schedule;

use std::cell::RefCell;
use std::pin::pin;

use reader::{Next, Reader};
use schedule::Schedule;

use super::deadline::Deadline;
use super::delivery::{Delivery, Handed, hand_over};
use super::interrupt::Interrupt;
use super::tally::Tally;
use crate::client::{Client, Pending};
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
    let delivered = {
        let mut producing = pin!(produce(&mut reader, Schedule::new(settings.speed), &client, &tally));
        let (deadline, is_endless) = (Deadline::after(None), settings.rounds.is_none());
        let delivery = Delivery { client: &client, connect: &settings.connect, talk, deadline, is_endless };
        let finish = || client.disconnect(Pending::Finish);
        let take = |event| tally.borrow_mut().take(event);
        delivery.run(&mut interrupt, &mut events, producing.as_mut(), take, finish).await
    };
    reader.report();
    delivered.conclude(&tally.borrow(), None, talk)
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
                if hand_over(client, message, tally).await == Handed::Closed {
                    return Ok(());
                }
            }
            Next::Bad(error) => tally.borrow_mut().bad(&error),
            Next::End => return Ok(()),
        }
    }
}
