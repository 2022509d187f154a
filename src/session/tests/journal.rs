//! What is reported to a journal, and another process that goes on from it.

use std::sync::{Arc, Mutex};

use super::*;

/// Writes down the steps as words.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, step: &str, id: DeliveryId) {
        self.0.lock().unwrap().push(format!("{step} {}", id.0));
    }
}

impl Journal for Notes {
    fn accepted(&mut self, id: DeliveryId) {
        self.note("accepted", id);
    }

    fn sending(&mut self, id: DeliveryId, packet_id: u16) {
        self.note(&format!("sending as {packet_id}:"), id);
    }

    fn released(&mut self, id: DeliveryId) {
        self.note("released", id);
    }

    fn requeued(&mut self, id: DeliveryId) {
        self.note("requeued", id);
    }

    fn finished(&mut self, id: DeliveryId) {
        self.note("finished", id);
    }

    fn commit(&mut self) -> Result<(), String> {
        Ok(())
    }
}

fn restored(packet_id: u16, is_released: bool, payload: &'static str, qos: QoS) -> Restored {
    Restored { packet_id, is_released, message: message("a", payload, qos) }
}

#[test]
fn each_step_is_reported_before_its_bytes() {
    let notes = Notes::default();
    let mut wire = Wire::new(lasting(Version::V3_1_1));
    wire.session.restore(Box::new(notes.clone()), Vec::new());
    wire.reconnect(ACCEPTED_V3);
    wire.publish("a", "x", QoS::AtMostOnce);
    wire.publish("a", "y", QoS::AtLeastOnce);
    wire.publish("a", "z", QoS::ExactlyOnce);
    assert_eq!(notes.take(), ["accepted 1", "accepted 2", "accepted 3"]);
    wire.sent();
    assert_eq!(notes.take(), ["sending as 0: 1", "sending as 1: 2", "sending as 2: 3"]);
    wire.receive("50 02 0002");
    assert_eq!(notes.take(), ["released 3"]);
    assert_eq!(wire.sent(), hex("62 02 0002"));
    wire.receive("40 02 0001 70 02 0002");
    assert_eq!(notes.take(), ["finished 2", "finished 3"]);
}

#[test]
fn another_process_goes_on_with_the_packet_ids_of_the_first() {
    let notes = Notes::default();
    let mut wire = Wire::new(lasting(Version::V3_1_1));
    let before = vec![
        restored(9, true, "released", QoS::ExactlyOnce),
        restored(8, false, "x", QoS::ExactlyOnce),
        restored(65_535, false, "y", QoS::AtLeastOnce),
    ];
    let ids = wire.session.restore(Box::new(notes.clone()), before);
    assert_eq!(notes.take(), ["accepted 1", "accepted 2", "accepted 3"]);
    let new = wire.publish("a", "z", QoS::AtLeastOnce);
    let sent = wire.reconnect("20 02 01 00");
    let again = "62 02 0009 3c 06 0001 'a' 0008 'x' 3a 06 0001 'a' ffff 'y'";
    let fresh = packets(&sent).pop().unwrap();
    assert_eq!(sent, [hex(again), fresh.to_vec()].concat());
    let packet_id = u16::from_be_bytes([fresh[5], fresh[6]]);
    assert!(![0, 8, 9, 65_535].contains(&packet_id), "{packet_id}");
    wire.events();
    wire.receive("70 02 0009 40 02 ffff 50 02 0008");
    assert_eq!(wire.events(), [acknowledged(ids[0]), acknowledged(ids[2])]);
    wire.sent();
    wire.receive("70 02 0008");
    wire.receive_bytes(&[&[0x40, 2][..], &packet_id.to_be_bytes()].concat());
    assert_eq!(wire.events(), [acknowledged(ids[1]), acknowledged(new)]);
    assert_eq!(wire.session.outstanding(), 0);
}

#[test]
fn where_the_server_has_no_session_the_policy_for_its_loss_holds() {
    for (policy, is_repeated) in [(OnSessionLoss::RepublishAtLeastOnce, false), (OnSessionLoss::RepublishAll, true)] {
        let notes = Notes::default();
        let options = ConnectOptions { on_session_loss: policy, ..lasting(Version::V3_1_1) };
        let mut wire = Wire::new(options);
        let before = vec![
            restored(7, true, "x", QoS::ExactlyOnce),
            restored(8, false, "y", QoS::ExactlyOnce),
            restored(9, false, "z", QoS::AtLeastOnce),
        ];
        wire.session.restore(Box::new(notes.clone()), before);
        notes.take();
        let sent = wire.reconnect(ACCEPTED_V3);
        let payloads: Vec<u8> = packets(&sent).into_iter().map(|packet| packet[7]).collect();
        let uncertain = wire.events().iter().filter(|event| matches!(event, Event::Published { .. })).count();
        if is_repeated {
            assert_eq!((payloads.as_slice(), uncertain), (&b"xyz"[..], 0));
            assert_eq!(notes.take()[..3], ["requeued 1", "requeued 2", "requeued 3"]);
        } else {
            assert_eq!((payloads.as_slice(), uncertain), (&b"z"[..], 2));
            assert_eq!(notes.take()[..3], ["finished 1", "finished 2", "requeued 3"]);
        }
    }
}
