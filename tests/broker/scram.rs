//! The broker's side of SCRAM, against our client and against bytes that no honest client sends.

use mqttx_rs::internals::{Broker, BrokerOptions};
use mqttx_rs::mqtt::Version;

use crate::support::wire::{self, Packet, property};
use crate::support::{Program, RawClient};

fn start() -> Broker {
    let users = [("us,er".to_owned(), "pencil".to_owned())].into();
    Broker::start(BrokerOptions { users, ..BrokerOptions::default() }).unwrap()
}

/// `conn` with SCRAM, and how it ends.
fn publish(broker: &Broker, method: &str, password: &str, code: i32) -> String {
    let port = broker.addresses().mqtt.port().to_string();
    let arguments = ["pub", "-h", "127.0.0.1", "-p", &port, "-t", "a", "-m", "x", "-q", "1", "--authentication-method"];
    let credentials = [method, "-u", "us,er", "-P", password];
    Program::new(arguments.iter().chain(&credentials)).run().expect_code(code).stderr
}

#[test]
fn a_client_that_knows_the_password_is_let_in_and_learns_that_the_broker_does() {
    let broker = start();
    // Our client verifies the signature that comes with CONNACK.
    for method in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        publish(&broker, method, "pencil", 0);
    }
    assert!(publish(&broker, "SCRAM-SHA-256", "pencils", 4).contains("0x87"));
    assert!(publish(&broker, "SCRAM-SHA-1", "pencil", 4).contains("0x8C"));
}

#[test]
fn nothing_but_the_exchange_goes_on_before_connack() {
    let broker = start();
    let begin = || {
        let mut client = RawClient::open(broker.addresses().mqtt, Version::V5);
        let connect = wire::connect(Version::V5, "client")
            .with(property::authentication_method("SCRAM-SHA-256"))
            .with(property::authentication_data(b"n,,n=us=2Cer,r=abc"));
        client.link.send(connect);
        let Packet::Auth(auth) = client.link.receive() else { panic!("no AUTH") };
        assert_eq!(auth.reason, 0x18);
        client
    };
    let mut client = begin();
    client.link.send(wire::publish("a", "x"));
    client.link.expect_end();
    let mut client = begin();
    client.link.send(
        wire::auth(0x18)
            .with(property::authentication_method("SCRAM-SHA-512"))
            .with(property::authentication_data(b"c=biws")),
    );
    client.link.expect_end();
}

#[test]
fn auth_without_a_method_in_connect_is_a_protocol_error() {
    let broker = Broker::start(BrokerOptions::default()).unwrap();
    let mut client = RawClient::connect(broker.addresses().mqtt, Version::V5, "client");
    client.link.send(wire::auth(0x19).with(property::authentication_method("SCRAM-SHA-256")));
    assert_eq!(client.link.expect_disconnect().reason, 0x82);
    client.link.expect_end();
}
