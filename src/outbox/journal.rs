use std::sync::Arc;

use super::store::{Outbox, Shared, Step};
use crate::session::{DeliveryId, Journal};

/// Writes down what a session does with the messages of a queue.
#[derive(Debug)]
struct Recorder {
    shared: Arc<Shared>,
}

impl Outbox {
    /// What a session reports to.
    pub(crate) fn journal(&self) -> Box<dyn Journal> {
        Box::new(Recorder { shared: self.shared.clone() })
    }
}

impl Journal for Recorder {
    fn accepted(&mut self, id: DeliveryId) {
        self.shared.lock().accepted(id);
    }

    fn sending(&mut self, id: DeliveryId, packet_id: u16) {
        self.shared.lock().note(id, if packet_id == 0 { Step::Finished } else { Step::Sent(packet_id) });
    }

    fn released(&mut self, id: DeliveryId) {
        self.shared.lock().note(id, Step::Released);
    }

    fn requeued(&mut self, id: DeliveryId) {
        self.shared.lock().note(id, Step::Requeued);
    }

    fn finished(&mut self, id: DeliveryId) {
        self.shared.lock().note(id, Step::Finished);
    }

    fn commit(&mut self) -> Result<(), String> {
        self.shared.lock().commit().map_err(|error| error.to_string())
    }
}
