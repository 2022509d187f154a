use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

use super::*;
use crate::client::Event;
use crate::client::state::Closing;
use crate::client::{Events, Pending};
use crate::mqtt::{Message, QoS, ReasonCode, Version};
use crate::session::{ConnectOptions, PublishOutcome, Session};
use crate::transport::DialTimings;

impl Prompt for DuplexStream {
    fn acknowledge_at_once(&self) {}
}

const CONNACK: &[u8] = &[0x20, 0x03, 0x00, 0x00, 0x00];
/// `x` to the topic `a` at QoS 0.
const PUBLISH: &[u8] = &[0x30, 0x05, 0x00, 0x01, b'a', 0x00, b'x'];

/// Drives a connection over `stream` as a task.
fn start<S>(stream: S) -> (Arc<Shared>, Events)
where
    S: AsyncRead + AsyncWrite + Prompt + Unpin + Send + 'static,
{
    start_with(stream, false)
}

fn start_with<S>(stream: S, gathers: bool) -> (Arc<Shared>, Events)
where
    S: AsyncRead + AsyncWrite + Prompt + Unpin + Send + 'static,
{
    let shared = Arc::new(Shared::new(Session::new(ConnectOptions::new(Version::V5, "")).unwrap(), None));
    let events = Events::of(shared.clone());
    let driven = shared.clone();
    tokio::spawn(async move {
        driven.lock().begin_link(None, DialTimings::default(), Instant::now().into_std());
        drive(&driven, stream, None, None, gathers, &mut None).await;
        driven.lock().close(Ok(()));
    });
    (shared, events)
}

/// Reads one packet of less than 128 bytes.
async fn packet(stream: &mut DuplexStream) -> Vec<u8> {
    let mut packet = vec![0; 2];
    stream.read_exact(&mut packet).await.unwrap();
    packet.resize(2 + usize::from(packet[1]), 0);
    stream.read_exact(&mut packet[2..]).await.unwrap();
    packet
}

fn disconnect(shared: &Shared) {
    let properties = crate::session::DisconnectProperties::default();
    shared.lock().begin_closing(Closing { pending: Pending::Finish, reason: ReasonCode::Success, properties });
}

#[tokio::test]
async fn a_stream_that_takes_and_gives_single_bytes_is_enough() {
    let (ours, mut theirs) = duplex(1);
    let (shared, mut events) = start(ours);
    assert_eq!(packet(&mut theirs).await[0], 0x10, "CONNECT");
    theirs.write_all(CONNACK).await.unwrap();
    assert!(matches!(events.next().await, Some(Event::Connected(_))));
    theirs.write_all(PUBLISH).await.unwrap();
    let Some(Event::Message(received)) = events.next().await else { panic!("no message") };
    assert_eq!(&received.message.payload[..], b"x");
    disconnect(&shared);
    assert_eq!(packet(&mut theirs).await, [0xE0, 0x00]);
    assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0, "the half-close");
    drop(theirs);
    assert_eq!(events.next().await, Some(Event::Closed(Ok(()))));
}

/// Holds back what is written while the gate is closed, as TLS may.
struct Held {
    inner: DuplexStream,
    gate: Arc<Mutex<Gate>>,
}

#[derive(Default)]
struct Gate {
    is_closed: bool,
    waiting: Option<Waker>,
}

impl Prompt for Held {
    fn acknowledge_at_once(&self) {}
}

impl AsyncRead for Held {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting = Some(cx.waker().clone());
        if gate.is_closed { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_publish_that_a_layer_below_holds_back_is_not_flushed() {
    let (inner, mut theirs) = duplex(1024);
    let gate = Arc::new(Mutex::new(Gate::default()));
    let (shared, mut events) = start(Held { inner, gate: gate.clone() });
    packet(&mut theirs).await;
    theirs.write_all(CONNACK).await.unwrap();
    assert!(matches!(events.next().await, Some(Event::Connected(_))));

    gate.lock().unwrap().is_closed = true;
    let id = shared.lock().publish(Message::new("a".parse().unwrap(), "x")).unwrap();
    assert_eq!(packet(&mut theirs).await, PUBLISH);
    // The answer to a message proves that the driver has run since.
    theirs.write_all(PUBLISH).await.unwrap();
    assert!(matches!(events.next().await, Some(Event::Message(_))));
    assert_eq!(events.try_next(), None, "it is not flushed yet");

    let waiting = {
        let mut gate = gate.lock().unwrap();
        gate.is_closed = false;
        gate.waiting.take()
    };
    waiting.unwrap().wake();
    assert_eq!(events.next().await, Some(Event::Flushed { through: id, count: 1 }));
}

/// A broker that allows four publishes in flight and has Nagle's algorithm: it acknowledges one, and the others when
/// that is acknowledged, by TCP or by what is written next.
#[derive(Clone, Default)]
struct Nagling(Arc<Mutex<Answers>>);

#[derive(Default)]
struct Answers {
    /// What each write contained: how many PUBLISH.
    written: Vec<usize>,
    ready: VecDeque<Vec<u8>>,
    held_back: Vec<u8>,
    /// From this publish on nothing is held back, as nothing would get it.
    last: usize,
    /// Being asked ends the connection.
    is_to_end: bool,
    has_ended: bool,
    waiting: Option<Waker>,
}

impl Nagling {
    fn new(last: usize, is_to_end: bool) -> Self {
        Self(Arc::new(Mutex::new(Answers { last, is_to_end, ..Answers::default() })))
    }
}

impl Prompt for Nagling {
    fn acknowledge_at_once(&self) {
        let mut answers = self.0.lock().unwrap();
        let held_back = std::mem::take(&mut answers.held_back);
        if answers.is_to_end {
            answers.has_ended = true;
        } else if !held_back.is_empty() {
            answers.ready.push_back(held_back);
        }
        if let Some(waker) = answers.waiting.take() {
            waker.wake();
        }
    }
}

impl AsyncRead for Nagling {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut answers = self.0.lock().unwrap();
        match answers.ready.pop_front() {
            Some(bytes) => buf.put_slice(&bytes),
            None if answers.has_ended => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            None => {
                answers.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Nagling {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut answers = self.0.lock().unwrap();
        let (mut rest, mut acknowledgements) = (buf, Vec::new());
        while let [first, length, ..] = *rest {
            let (packet, next) = rest.split_at(2 + usize::from(length));
            match first >> 4 {
                // Receive Maximum: 4.
                1 => answers.ready.push_back(vec![0x20, 6, 0, 0, 3, 0x21, 0, 4]),
                3 => acknowledgements.push([0x40, 2, packet[5], packet[6]]),
                _ => {}
            }
            rest = next;
        }
        let held_back = std::mem::take(&mut answers.held_back);
        if !held_back.is_empty() {
            answers.ready.push_back(held_back);
        }
        if let [first, others @ ..] = &acknowledgements[..] {
            answers.written.push(acknowledgements.len());
            let others = others.concat();
            if answers.written.iter().sum::<usize>() < answers.last {
                answers.ready.push_back(first.to_vec());
                answers.held_back = others;
            } else {
                answers.ready.push_back([&first[..], &others].concat());
            }
        }
        if let Some(waker) = answers.waiting.take() {
            waker.wake();
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut answers = self.0.lock().unwrap();
        answers.has_ended = true;
        if let Some(waker) = answers.waiting.take() {
            waker.wake();
        }
        Poll::Ready(Ok(()))
    }
}

/// Publishes at QoS 1 over that stream, and returns the outcomes.
async fn outcomes(stream: Nagling, count: usize) -> Vec<PublishOutcome> {
    let (shared, mut events) = start_with(stream, true);
    let message = Message::new("a".parse().unwrap(), "x").with_qos(QoS::AtLeastOnce);
    for _ in 0..count {
        shared.lock().publish(message.clone()).unwrap();
    }
    disconnect(&shared);
    let mut outcomes = Vec::new();
    while let Some(event) = events.next().await {
        if let Event::Published { outcome, .. } = event {
            outcomes.push(outcome);
        }
    }
    outcomes
}

#[tokio::test]
async fn acknowledgements_that_the_broker_holds_back_are_asked_for_and_answered_in_one_write() {
    let stream = Nagling::new(12, false);
    let outcomes = outcomes(stream.clone(), 12).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, PublishOutcome::Acknowledged(_))), "{outcomes:?}");
    assert_eq!(outcomes.len(), 12);
    assert_eq!(stream.0.lock().unwrap().written, [4, 4, 4]);
}

#[tokio::test]
async fn an_acknowledgement_counts_if_the_connection_ends_when_more_is_asked_for() {
    let outcomes = outcomes(Nagling::new(12, true), 12).await;
    assert!(matches!(outcomes[0], PublishOutcome::Acknowledged(_)), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(|outcome| !matches!(outcome, PublishOutcome::Acknowledged(_))), "{outcomes:?}");
    assert_eq!(outcomes.len(), 12);
}
