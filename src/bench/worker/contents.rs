//! What the messages of one client hold: payloads in turn, their stamps, and their properties.

use std::sync::Arc;

use bytes::Bytes;

use super::tools::Tools;
use crate::bench::plan::{ClientNumber, Plan};
use crate::bench::stamping::ReusedProperties;
use crate::bench::{Payload, Publish, Stamp, StampPlace, Text};
use crate::mqtt::{PublishProperties, TopicName};
use crate::payload::placeholder::Drawer;
use crate::payload::{NoSpot, PayloadError};

/// What the messages of one client hold.
#[derive(Debug)]
pub(super) struct Contents {
    client: ClientNumber,
    /// Which payload is next.
    next: usize,
    /// Of every message.
    properties: Option<Arc<PublishProperties>>,
    /// Of messages that carry a stamp in theirs.
    stamped: ReusedProperties,
}

/// Why a template, filled in for a message, cannot be its payload.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsuitable {
    #[error("the payload is {0}")]
    Encoding(#[from] PayloadError),
    #[error("{0}")]
    Stamp(#[from] NoSpot),
    #[error("template: {0}")]
    Template(String),
}

/// Which message is next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next<'a> {
    pub(super) publish: &'a Publish,
    pub(super) topic: &'a TopicName,
    pub(super) sequence: u64,
    pub(super) planned: u64,
}

impl Contents {
    pub(super) fn new(client: ClientNumber) -> Self {
        Self { client, next: 0, properties: None, stamped: ReusedProperties::default() }
    }

    /// A phase begins.
    pub(super) fn begin(&mut self, plan: &Plan) {
        self.properties = plan.publish_properties(self.client);
        self.stamped = ReusedProperties::default();
    }

    /// Payload and properties of the next message.
    pub(super) fn next(
        &mut self,
        next: Next<'_>,
        correlation: Option<Bytes>,
        drawer: &mut Drawer,
        tools: &mut Tools,
    ) -> Result<(Bytes, Option<Arc<PublishProperties>>), Unsuitable> {
        let place = next.publish.stamp.as_ref();
        let stamp = place.map(|place| (place, self.stamp(next, tools)));
        let payload = self.payload(next, stamp.as_ref(), drawer, tools)?;
        let beside = match &stamp {
            Some((StampPlace::Property, stamp)) => Some(stamp),
            _ => None,
        };
        let properties = if beside.is_some() || correlation.is_some() {
            Some(self.stamped.next(self.properties.as_deref(), beside, correlation))
        } else {
            self.properties.clone()
        };
        Ok((payload, properties))
    }

    /// What a message says of itself.
    fn stamp(&self, next: Next<'_>, tools: &Tools) -> Stamp {
        let delay = tools.now.saturating_sub(next.planned) / 1000;
        #[expect(clippy::cast_possible_truncation, reason = "a number of the protocol's own width, which wraps")]
        Stamp {
            clock: tools.clock.name(),
            run: tools.plan.scenario.run,
            publisher: tools.plan.publisher(self.client),
            sequence: next.sequence as u32,
            delay_micros: u32::try_from(delay).unwrap_or(u32::MAX),
            planned: tools.clock.unix(next.planned),
        }
    }

    fn payload(
        &mut self,
        next: Next<'_>,
        stamp: Option<&(&StampPlace, Stamp)>,
        drawer: &mut Drawer,
        tools: &mut Tools,
    ) -> Result<Bytes, Unsuitable> {
        let publish = next.publish;
        let count = match &publish.payload {
            Payload::Fixed(payloads) => payloads.len(),
            Payload::Stamped(payloads) => payloads.len(),
            Payload::Template(texts) => texts.len(),
        };
        let chosen = self.next;
        self.next = (chosen + 1) % count.max(1);
        match (&publish.payload, stamp) {
            (Payload::Fixed(payloads), _) => Ok(payloads.get(chosen).cloned().unwrap_or_default()),
            (Payload::Stamped(payloads), Some((_, stamp))) => {
                let Some(payload) = payloads.get(chosen) else { return Ok(Bytes::new()) };
                tools.make_room(payload.len());
                payload.write(stamp, &mut tools.arena);
                Ok(tools.arena.split().freeze())
            }
            (Payload::Template(texts), stamp) => {
                let Some(text) = texts.get(chosen) else { return Ok(Bytes::new()) };
                self.filled(text, next, stamp, drawer, tools)
            }
            // It is laid out for a stamp that it always has.
            (Payload::Stamped(_), None) => Ok(Bytes::new()),
        }
    }

    /// A template's payload: filled in, encoded, stamped.
    fn filled(
        &self,
        pattern: &Text,
        next: Next<'_>,
        stamp: Option<&(&StampPlace, Stamp)>,
        drawer: &mut Drawer,
        tools: &mut Tools,
    ) -> Result<Bytes, Unsuitable> {
        let plan = tools.plan.clone();
        let mut text = std::mem::take(&mut tools.text);
        text.clear();
        drawer.begin(next.sequence);
        plan.fill_into(self.client, pattern, next.sequence, drawer, &mut text);
        let codec = next.publish.codec.as_ref();
        let encoded = codec.map(|codec| codec.encode(next.topic.as_str(), Bytes::copy_from_slice(text.as_bytes())));
        let payload = match encoded.transpose() {
            Ok(encoded) => {
                let payload = encoded.as_deref().unwrap_or(text.as_bytes());
                // Of text a stamp is the longer one, with its quotes, its comma and a name.
                tools.make_room(payload.len() + 128);
                if let Some((place, stamp)) = stamp {
                    place.write(payload, stamp, &mut tools.arena).map_err(Unsuitable::from)
                } else {
                    tools.arena.extend_from_slice(payload);
                    Ok(())
                }
            }
            Err(error) => Err(Unsuitable::from(error)),
        };
        tools.text = text;
        if let Some(why) = drawer.take_fault() {
            return Err(Unsuitable::Template(why));
        }
        payload.map(|()| tools.arena.split().freeze())
    }
}
