//! What lasts as long as one network connection.

use std::collections::VecDeque;

use super::alias::{IncomingAliases, OutgoingAliases};
use super::codec::{MAXIMUM_PACKET_SIZE, Rules};
use super::keep_alive::KeepAlive;
use super::{Auth, ConnectOptions, Disconnect, Granted};
use crate::mqtt::Message;
use crate::session::codec;

#[derive(Debug)]
pub(super) struct Connection {
    /// Clean Start of its CONNECT.
    pub(super) clean_start: bool,
    /// `disconnect` ended it.
    pub(super) by_client: bool,
    /// A re-authentication is under way.
    pub(super) reauthenticating: bool,
    /// What CONNECT asked for, and the server must keep to.
    pub(super) rules: Rules,
    /// From CONNACK to the end.
    pub(super) keep_alive: Option<KeepAlive>,
    /// PINGREQs queued so far, and PINGRESPs received for them.
    pub(super) pings: u32,
    pub(super) pings_answered: u32,
    /// Packets that the window does not hold back, ahead of everything else.
    pub(super) control: VecDeque<Control>,
    /// `None`: no alias has been used.
    aliases: Option<Box<Aliases>>,
}

#[derive(Debug, Default)]
struct Aliases {
    incoming: IncomingAliases,
    outgoing: OutgoingAliases,
}

/// A packet that needs no room in the window.
#[derive(Debug)]
pub(super) enum Control {
    Connect,
    PubAck {
        packet_id: u16,
    },
    PubRec {
        packet_id: u16,
    },
    PubRel {
        packet_id: u16,
        not_found: bool,
    },
    /// `counted`: it makes room in our Receive Maximum.
    PubComp {
        packet_id: u16,
        not_found: bool,
        counted: bool,
    },
    PingReq,
    Auth(Box<Auth>),
    Disconnect(Box<Disconnect>),
}

impl Connection {
    pub(super) fn new(options: &ConnectOptions, clean_start: bool) -> Self {
        let maximum_packet_size = match options.properties.maximum_packet_size {
            Some(maximum) if options.version.is_v5() => maximum,
            _ => MAXIMUM_PACKET_SIZE,
        };
        let problem_information = options.properties.request_problem_information != Some(false);
        Self {
            clean_start,
            by_client: false,
            reauthenticating: false,
            rules: Rules { version: Some(options.version), maximum_packet_size, problem_information },
            keep_alive: None,
            pings: 0,
            pings_answered: 0,
            control: VecDeque::new(),
            aliases: None,
        }
    }

    /// Whether CONNECT is still to be sent.
    pub(super) fn connect_is_due(&self) -> bool {
        matches!(self.control.front(), Some(Control::Connect))
    }

    pub(super) fn incoming_aliases(&mut self) -> &mut IncomingAliases {
        &mut self.aliases.get_or_insert_default().incoming
    }

    /// The alias to send a message with, if any, and whether to send the topic with it.
    pub(super) fn outgoing_alias(
        &mut self,
        options: &ConnectOptions,
        granted: &Granted,
        message: &Message,
    ) -> Option<(u16, bool)> {
        let maximum = granted.topic_alias_maximum;
        if maximum == 0 || !options.version.is_v5() {
            return None;
        }
        let wanted = message.properties.as_ref().and_then(|properties| properties.topic_alias);
        if wanted.is_none() {
            let size = || codec::publish_size(options.version, message, Some(maximum));
            if !options.automatic_topic_aliases || size() > granted.maximum_packet_size as usize {
                return None;
            }
        }
        self.aliases.get_or_insert_default().outgoing.choose(&message.topic, wanted, maximum)
    }
}
