//! Byte streams to a broker, and the one dialer that opens them.
//!
//! Nothing here knows MQTT. A dial is a row of steps, each of which takes what the one before it gave:
//!
//! ```text
//! Endpoint -> resolve -> (proxy) -> connect -> (TLS) -> (WebSocket) -> Stream
//! ```
//!
//! A step in brackets is one file with one async function, and one variant of [`Stream`]; [`Dialer`] only says the
//! order, holds the deadline over the whole, and keeps how long each step took.

mod dial;
mod endpoint;
mod error;
mod race;
mod resolve;
mod stream;

pub use dial::{DialStep, DialTimings, Dialed, Dialer};
pub use endpoint::{Address, Endpoint, Protocol};
pub use error::{DialCause, DialError};
pub use resolve::{AddressFamily, Resolved};
pub use stream::Stream;
