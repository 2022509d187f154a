//! Engine case 20: what connections cost in memory. In its own file, since it measures the whole process; its
//! tests take turns.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use mqttx_rs::client::{self, ClientOptions, Event, Events, Reconnect};
use mqttx_rs::mqtt::{Message, Version};
use mqttx_rs::session::ConnectOptions;
use mqttx_rs::transport::Endpoint;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use support::wire::{Packet, connack, publish};
use support::{DEADLINE, ScriptedBroker};

/// The process has one memory.
static TURNS: Mutex<()> = Mutex::new(());

fn my_turn() -> MutexGuard<'static, ()> {
    TURNS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

fn options(address: SocketAddr, id: &str) -> ClientOptions {
    let connect = ConnectOptions::new(Version::V5, id.to_owned());
    let endpoint = Endpoint::tcp(address.ip().to_string(), address.port());
    ClientOptions { reconnect: Reconnect::off(), ..ClientOptions::new(connect, endpoint) }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn an_idle_connection_costs_less_than_4_kb() {
    let _turn = my_turn();
    // Both ends live in this process: two descriptors for each connection.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let count = 10_000.min(usize::try_from(hard).unwrap().saturating_sub(200) / 2);
    if count < 10_000 {
        eprintln!("only {count} connections: the limit of open files is {hard}");
    }

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // A broker that keeps a socket for each connection and nothing else.
    let broker = std::thread::spawn(move || {
        let answer = Packet::from(connack()).encode(Version::V5);
        let mut streams: Vec<TcpStream> = Vec::with_capacity(count);
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            let mut header = [0; 2];
            stream.read_exact(&mut header).unwrap();
            stream.read_exact(&mut [0; 127][..header[1].into()]).unwrap();
            stream.write_all(&answer).unwrap();
            streams.push(stream);
        }
        streams
    });

    runtime().block_on(async {
        let mut clients = Vec::with_capacity(count);
        // What is allocated once, whatever the number, is there before it is measured.
        let warm_up = count / 10;
        let mut before = 0;
        while clients.len() < count {
            if clients.len() == warm_up {
                before = resident();
            }
            // As many at a time as a listener's queue holds.
            let end = (clients.len() + 100).min(count).min(if clients.len() < warm_up { warm_up } else { count });
            let start = clients.len();
            for number in start..end {
                clients.push(client::connect(options(address, &format!("idle-{number}"))).unwrap());
            }
            for (_, events) in &mut clients[start..] {
                let event = next(events).await;
                assert!(matches!(event, Event::Connected(_)), "{event:?}");
                // Somebody waits for what comes next, as is usual.
                let waiting = tokio::time::timeout(Duration::ZERO, events.next()).await;
                assert!(waiting.is_err(), "{waiting:?}");
            }
        }
        let each = (resident() - before) / (count - warm_up);
        eprintln!("{each} bytes of resident memory for each of {count} idle connections");
        assert!(each < 4096, "{each} bytes for each connection");
    });
    broker.join().unwrap();
}

#[test]
fn a_slow_consumer_slows_the_broker_and_grows_no_memory() {
    const SIZE: usize = 1024;
    const COUNT: usize = 256 * 1024;
    let _turn = my_turn();
    let broker = ScriptedBroker::start();
    runtime().block_on(async {
        let (_client, mut events) = client::connect(options(broker.address(), "slow")).unwrap();
        let (mut link, _) = in_background(move || broker.accept_session(connack())).await;
        assert!(matches!(next(&mut events).await, Event::Connected(_)));
        let before = resident();
        let packet = Packet::from(publish("a", vec![7; SIZE])).encode(Version::V5);
        // 256 MB for somebody who takes none of them.
        let (mut link, sent) = in_background(move || {
            let sent = link.send_until_stuck(&packet, COUNT);
            (link, sent)
        })
        .await;
        assert!(sent < COUNT, "all was taken from the broker, for nobody");
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 * 1024 * 1024, "{grown} bytes for what nobody has taken yet");
        // Once taken, all of it is there.
        for number in 0..sent {
            let event = next(&mut events).await;
            let Event::Message(received) = event else { panic!("{number} of {sent}: {event:?}") };
            assert_eq!(received.message.payload.len(), SIZE);
        }
        link.remark("the rest of a packet that was sent in part");
    });
}

#[test]
fn a_broker_that_does_not_read_slows_the_publisher_and_grows_no_memory() {
    let _turn = my_turn();
    for qos in [0, 1] {
        let broker = ScriptedBroker::start();
        runtime().block_on(async {
            let (client, mut events) = client::connect(options(broker.address(), "fast")).unwrap();
            let (link, _) = in_background(move || broker.accept_session(connack())).await;
            assert!(matches!(next(&mut events).await, Event::Connected(_)));
            let before = resident();
            let message = |_| {
                let message = Message::new("a".parse().unwrap(), vec![7; 1024]);
                message.with_qos(mqttx_rs::mqtt::QoS::try_from(qos).unwrap())
            };
            let mut sent = 0;
            // 256 MB for a broker that takes none of them; a publish that waits a second waits for it.
            let stuck = loop {
                if sent == 256 * 1024 {
                    break false;
                }
                tokio::select! {
                    accepted = client.publish(message(sent)) => drop(accepted.unwrap()),
                    () = tokio::time::sleep(Duration::from_secs(1)) => break true,
                }
                // The events of what was flushed would be memory too.
                while events.try_next().is_some() {}
                sent += 1;
            };
            assert!(stuck, "all was taken from the publisher, for nobody");
            let grown = resident().saturating_sub(before);
            assert!(grown < 64 * 1024 * 1024, "{grown} bytes for what the broker has not taken yet, at QoS {qos}");
            drop(link);
        });
    }
}

async fn next(events: &mut Events) -> Event {
    let event = tokio::time::timeout(DEADLINE, events.next()).await;
    event.expect("an event within the deadline").expect("the client goes on")
}

/// Plays the blocking broker on a thread of its own.
async fn in_background<T: Send + 'static>(play: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(play).await.unwrap()
}
