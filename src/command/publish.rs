//! `pub`: publishes each message of its source and tracks its outcome.
//!
//! A message is done as its QoS requires: written to the socket at QoS 0, PUBACK at QoS 1, PUBCOMP at QoS 2.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use super::deadline::Deadline;
use super::delivery::{Delivery, Handed, hand_over};
use super::interrupt::Interrupt;
use super::source::{Next, Source};
use super::tally::Tally;
use crate::client::{Client, Pending};
use crate::error::{Error, ExitStatus};
use crate::output::Talk;
use crate::session::Acknowledge;
use crate::settings::PubSettings;

/// Publishes everything.
pub(crate) async fn run(settings: &PubSettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let deadline = Deadline::after(settings.publication.timeout);
    let source = Source::open(&settings.publication)?;
    // Only now: before, Ctrl-C should end a read of stdin at once.
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::OnReceipt, talk)?;

    let tally = RefCell::new(Tally::new(&settings.publication.topics, talk));
    let mut producing = pin!(produce(source, settings.publication.repeat_delay, &client, &tally));
    let delivery = Delivery { client: &client, connect: &settings.connect, talk, deadline, is_endless: false };
    let finish = || client.disconnect(Pending::Finish);
    let take = |event| tally.borrow_mut().take(event);
    let delivered = delivery.run(&mut interrupt, &mut events, producing.as_mut(), take, finish).await;
    delivered.conclude(&tally.borrow(), None, talk)
}

/// Hands message after message to the client, as fast as it accepts them. The error is from stdin.
async fn produce(
    mut source: Source<'_>,
    delay: Duration,
    client: &Client,
    tally: &RefCell<Tally>,
) -> Result<(), Error> {
    loop {
        let message = match source.next().await? {
            Next::Message(message) => message,
            Next::Bad(error) => {
                tally.borrow_mut().bad(&error);
                continue;
            }
            Next::End => return Ok(()),
        };
        if hand_over(client, message, tally).await == Handed::Closed {
            return Ok(());
        }
        if !delay.is_zero() && source.is_between_rounds() {
            sleep(delay).await;
        }
    }
}
