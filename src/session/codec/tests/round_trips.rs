//! What one side writes, the other reads, in every version; arbitrary bytes do no harm.

use proptest::prelude::*;
use proptest::sample::select;

use super::samples::{any_from_client, any_from_server};
use super::*;

fn version() -> impl Strategy<Value = Version> {
    select(VERSIONS.to_vec())
}

/// A packet of either side, as bytes.
fn packet() -> impl Strategy<Value = (Version, Vec<u8>)> {
    version().prop_flat_map(|version| {
        prop_oneof![
            any_from_server(version).prop_map(move |packet| (version, from_server(version, &packet).to_vec())),
            any_from_client(version).prop_map(move |packet| (version, from_client(version, &packet).to_vec())),
        ]
    })
}

fn read_both(rules: Rules, bytes: &[u8]) {
    for read in [
        |input: &mut BytesMut, rules| read_from_client(input, rules).map(|packet| packet.is_some()),
        |input: &mut BytesMut, rules| read_from_server(input, rules).map(|packet| packet.is_some()),
    ] {
        let mut input = BytesMut::from(bytes);
        while read(&mut input, rules) == Ok(true) {
            assert!(input.len() < bytes.len(), "a packet of no bytes");
        }
    }
}

proptest! {
    #[test]
    fn a_client_reads_what_a_server_writes(
        (version, packet) in version().prop_flat_map(|version| (Just(version), any_from_server(version))),
        behind in any::<[u8; 3]>(),
    ) {
        let bytes = from_server(version, &packet);
        for length in 0..bytes.len() {
            prop_assert_eq!(read_from_server(&mut BytesMut::from(&bytes[..length]), rules(version)), Ok(None));
        }
        let mut input = bytes;
        input.extend_from_slice(&behind);
        prop_assert_eq!(read_from_server(&mut input, rules(version)), Ok(Some(packet)));
        prop_assert_eq!(&input[..], &behind[..]);
    }

    #[test]
    fn a_server_reads_what_a_client_writes(
        (version, packet) in version().prop_flat_map(|version| (Just(version), any_from_client(version))),
        behind in any::<[u8; 3]>(),
    ) {
        let bytes = from_client(version, &packet);
        let is_connect = matches!(packet, FromClient::Connect(_));
        // CONNECT says the version itself.
        let rules = if is_connect { rules(None) } else { rules(version) };
        for length in 0..bytes.len() {
            prop_assert_eq!(read_from_client(&mut BytesMut::from(&bytes[..length]), rules), Ok(None));
        }
        let mut input = bytes;
        input.extend_from_slice(&behind);
        prop_assert_eq!(read_from_client(&mut input, rules), Ok(Some(packet)));
        prop_assert_eq!(&input[..], &behind[..]);
    }

    #[test]
    fn the_size_of_a_publish_is_known_before_it_is_written(
        (version, packet) in version().prop_flat_map(|version| (Just(version), any_from_server(version))),
    ) {
        if let FromServer::Publish(publish) = &packet {
            prop_assert_eq!(outgoing(publish).size(version), from_server(version, &packet).len());
        }
    }

    #[test]
    fn random_bytes_never_panic(version in version(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        read_both(rules(version), &bytes);
        read_both(rules(None), &bytes);
    }

    #[test]
    fn a_packet_with_a_wrong_byte_never_panics(
        (version, bytes) in packet(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut wrong = bytes;
        let at = at.index(wrong.len());
        wrong[at] = byte;
        read_both(rules(version), &wrong);
        read_both(rules(None), &wrong);
    }
}
