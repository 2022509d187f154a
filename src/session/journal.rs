use std::fmt;

use super::DeliveryId;
use crate::mqtt::Message;

/// Keeps outside the process what is sent and not completed, so that another process can go on with the session.
///
/// The session reports each step before its bytes can leave: a driver writes what
/// [`poll_transmit`](super::Session::poll_transmit) gave it only after [`commit`](Self::commit). At QoS 2 that makes a
/// message exactly one over a crash: PUBLISH comes again under its packet id, by which the server knows it, and once
/// PUBREL may have left PUBLISH does not.
pub trait Journal: Send + fmt::Debug {
    /// A publish has this id from now on.
    fn accepted(&mut self, id: DeliveryId);

    /// PUBLISH is about to leave. Packet id 0: at QoS 0, after which there is nothing more to come.
    fn sending(&mut self, id: DeliveryId, packet_id: u16);

    /// PUBREC has come, and PUBREL is about to leave.
    fn released(&mut self, id: DeliveryId);

    /// The server has lost the session; it is to be published anew, under another packet id.
    fn requeued(&mut self, id: DeliveryId);

    /// It has its outcome.
    fn finished(&mut self, id: DeliveryId);

    /// Makes all of that last. The error says why it cannot.
    fn commit(&mut self) -> Result<(), String>;
}

/// A publish at QoS 1 or 2 that an earlier process sent and that was not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The Packet Identifier that it was sent with.
    pub packet_id: u16,
    /// PUBREC had come.
    pub is_released: bool,
    /// What was sent.
    pub message: Message,
}
