//! What integration tests share: peers that speak MQTT by their own codec, a real broker, and the program itself.
//!
//! But for [`engine`] and [`direct`], which run what is under test, nothing here uses the codec or the session of `mqttx_rs`, so
//! that it can judge them; of the library it takes [`mqttx_rs::mqtt::Version`] alone. Every wait has a deadline, so that a failing test ends in seconds and says
//! what it got instead.
//!
//! ```ignore
//! let broker = ScriptedBroker::start();
//! // ... a client connects to broker.address() ...
//! let mut link = broker.accept();
//! link.expect_connect();
//! link.send(connack());
//! let publish = link.expect_publish();
//! link.send(puback(publish.id));
//! link.cut();
//! ```

#![allow(dead_code, reason = "each folder of tests is a crate of its own and uses its own part")]
#![allow(unreachable_pub, unused_imports, reason = "the same")]

pub mod direct;
pub mod engine;
#[cfg(unix)]
pub mod home;
pub mod link;
pub mod mosquitto;
pub mod net;
pub mod ports;
pub mod program;
pub mod raw_client;
#[cfg(unix)]
pub mod screen;
pub mod scripted_broker;
#[cfg(unix)]
pub mod signals;
pub mod wire;

use std::time::Duration;

pub use direct::Direct;
#[cfg(unix)]
pub use home::Home;
pub use link::Link;
pub use mosquitto::Mosquitto;
pub use ports::{Nobody, free_port};
pub use program::{Ended, Program, Running};
pub use raw_client::RawClient;
#[cfg(unix)]
pub use screen::Screen;
pub use scripted_broker::ScriptedBroker;

/// How long anything is waited for. Passing tests never come near it, on a loaded machine either.
pub const DEADLINE: Duration = Duration::from_mins(1);
