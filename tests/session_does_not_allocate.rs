//! Holds that a message passes the session without taking memory once the buffers have grown, in both directions and
//! at every QoS: at a million messages a second each allocation would show.
//!
//! Alone in its file, since the counter is the allocator of the whole test program.

#[path = "../benches/peer/mod.rs"]
mod peer;

use mqttx_rs::mqtt::{QoS, Version};

use peer::{Peer, message, publishes};

#[test]
fn a_message_takes_no_memory_at_steady_state() {
    for version in [Version::V3_1_1, Version::V5] {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let mut peer = Peer::connected(version);
            let (message, burst) = (message(qos), publishes(version, qos, 50));
            let mut pass_many = || {
                peer.publish(&message, 1_000, 50);
                for _ in 0..20 {
                    peer.receive(&burst, 50);
                }
            };
            pass_many();
            let allocations = allocation_counter::measure(pass_many);
            assert_eq!(allocations.count_total, 0, "MQTT {version}, QoS {qos}");
        }
    }
}
