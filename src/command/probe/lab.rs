//! What the checks share: connections, topics, and what has to be removed afterwards.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::time::timeout;

use super::finding::Why;
use super::peer::{Failure, Peer};
use crate::mqtt::{Message, QoS, TopicName, Version};
use crate::output::Talk;
use crate::settings::{ConnectSettings, ProbeSettings};

/// Time limit for removing what the probe left.
const CLEANING: Duration = Duration::from_secs(5);

/// State shared by all checks.
#[derive(Debug)]
pub(super) struct Lab<'a> {
    pub(super) settings: &'a ProbeSettings,
    talk: Talk,
    /// The MQTT version of checks that are not about the version.
    pub(super) version: Version,
    /// The first levels of all topics.
    prefix: String,
    /// Part of all client identifiers.
    run: String,
    /// The QoS of messages that must arrive.
    qos: Cell<QoS>,
    retained: RefCell<Vec<TopicName>>,
    sessions: RefCell<Vec<String>>,
}

impl<'a> Lab<'a> {
    pub(super) fn new(settings: &'a ProbeSettings, version: Version, talk: Talk) -> Self {
        let run = format!("{:08x}", fastrand::u32(..));
        Self {
            settings,
            talk,
            version,
            prefix: format!("{}/{run}", settings.prefix),
            run,
            qos: Cell::new(QoS::AtLeastOnce),
            retained: RefCell::default(),
            sessions: RefCell::default(),
        }
    }

    /// The QoS of messages that must arrive.
    pub(super) fn qos(&self) -> QoS {
        self.qos.get()
    }

    /// Uses QoS 0 only: the broker supports nothing higher.
    pub(super) fn do_without_acknowledgements(&self) {
        self.qos.set(QoS::AtMostOnce);
    }

    /// A topic of this probe.
    pub(super) fn topic(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// A message at the QoS of messages that must arrive.
    pub(super) fn message(&self, topic: &str, payload: impl Into<bytes::Bytes>) -> Result<Message, Why> {
        let topic = TopicName::parse(topic.to_owned()).map_err(|error| Why(error.to_string()))?;
        Ok(Message::new(topic, payload).with_qos(self.qos()))
    }

    /// Settings of a connection with its own client id, and without a session or will that outlasts it.
    pub(super) fn connection(&self, name: &str) -> ConnectSettings {
        let mut settings = self.settings.connect.clone();
        let connect = &mut settings.client.connect;
        connect.version = self.version;
        // Every broker accepts 23 bytes [MQTT-3.1.3-5].
        connect.client_id = format!("probe-{}-{name}", self.run).chars().take(23).collect::<String>().into();
        connect.clean_start = true;
        connect.will = None;
        connect.properties.session_expiry_interval = None;
        connect.first_packet_id = 1;
        settings
    }

    /// Connects.
    pub(super) async fn peer(&self, name: &str) -> Result<Peer, Why> {
        Ok(self.open(&self.connection(name)).await?)
    }

    /// Connects with these settings.
    pub(super) async fn open(&self, settings: &ConnectSettings) -> Result<Peer, Failure> {
        Peer::connect(settings, self.talk.hushed()).await
    }

    /// Output for connections: none.
    pub(super) fn talk(&self) -> Talk {
        self.talk.hushed()
    }

    /// Notes that a retained message may be left on this topic.
    pub(super) fn leaves_retained(&self, topic: &TopicName) {
        self.retained.borrow_mut().push(topic.clone());
    }

    /// Notes that a session of this client may be left.
    pub(super) fn leaves_session(&self, client_id: &str) {
        self.sessions.borrow_mut().push(client_id.to_owned());
    }

    /// Removes what is left, and warns if it cannot.
    pub(super) async fn clean_up(&self) {
        if timeout(CLEANING, Box::pin(self.remove())).await.is_ok_and(|removed| removed.is_ok()) {
            return;
        }
        let prefix = &self.prefix;
        self.talk.warning(format_args!(
            "could not remove the retained messages and sessions of the probe; try mqttx-rs clean-retained '{prefix}/#'"
        ));
    }

    async fn remove(&self) -> Result<(), Why> {
        let sessions = self.sessions.take();
        for client_id in sessions {
            let mut settings = self.connection("clean");
            settings.client.connect.client_id = client_id.into();
            // A clean start ends the old session, and the new one ends with the connection.
            self.open(&settings).await?.close().await;
        }
        let retained = self.retained.take();
        if !retained.is_empty() {
            let mut peer = self.peer("clean").await?;
            if peer.connected.ack.properties.retain_available == Some(false) {
                return Ok(());
            }
            for topic in retained {
                peer.publish(Message { retain: true, ..Message::new(topic, "").with_qos(self.qos()) }).await?;
            }
            peer.close().await;
        }
        Ok(())
    }
}
