//! The witness: a client beside the program, connected to the broker itself.

use std::collections::BTreeSet;
use std::thread::JoinHandle;

use crate::account::Account;
use crate::broker::Broker;
use crate::support::RawClient;
use crate::support::wire::{self, AckKind, Packet};

/// Ends what is received.
const END: &str = "the end of the account";

/// Receives what arrives on a topic until [`Receiver::finish`].
#[derive(Debug)]
pub(crate) struct Receiver {
    topic: String,
    qos: u8,
    client_id: String,
    thread: JoinHandle<Vec<String>>,
}

impl Receiver {
    /// Subscribes; what is published from then on is received.
    pub(crate) fn start(broker: &Broker, topic: &str, qos: u8) -> Self {
        let client_id = format!("receiver-{}", topic.replace('/', "-"));
        let mut client = broker.client(&client_id);
        client.subscribe(topic, qos);
        let thread = std::thread::spawn(move || receive(client));
        Self { topic: topic.to_owned(), qos, client_id, thread }
    }

    /// Everything that has arrived by now.
    #[track_caller]
    pub(crate) fn finish(self, broker: &Broker) -> Account {
        broker.client(&format!("{}-end", self.client_id)).publish(&self.topic, END, self.qos);
        let payloads = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Account::new(payloads)
    }
}

/// Receives until the end is announced, and what may be queued behind that.
fn receive(mut client: RawClient) -> Vec<String> {
    let mut received = Vec::new();
    // Received at QoS 2 and not yet released: sent once more they would be the same messages.
    let mut unreleased = BTreeSet::new();
    loop {
        match client.link.receive() {
            Packet::Publish(publish) => {
                let is_new = publish.qos < 2 || unreleased.insert(publish.id);
                match publish.qos {
                    1 => client.link.send(wire::puback(publish.id)),
                    2 => client.link.send(wire::pubrec(publish.id)),
                    _ => {}
                }
                if is_new && publish.text() == END {
                    client.link.send(Packet::Pingreq);
                } else if is_new {
                    received.push(publish.text().to_owned());
                }
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => {
                unreleased.remove(&ack.id);
                client.link.send(wire::pubcomp(ack.id));
            }
            Packet::Pingresp => return received,
            other => panic!("the receiver got {other:?}"),
        }
    }
}
