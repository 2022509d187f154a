use std::convert::Infallible;
use std::io::Write;

use crate::error::{Error, ExitStatus};
use crate::output::{Stdout, Talk};
use crate::settings::{BrokerSettings, ConnectSettings};

/// A broker that runs as long as this is kept; never exists in such a build.
#[derive(Debug)]
pub(crate) struct Embedded(Infallible);

impl Embedded {
    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        match self.0 {}
    }
}

/// Reports that this build has no broker.
pub(crate) async fn run<W: Write>(_: BrokerSettings, _: &mut Stdout<W>, _: Talk) -> Result<ExitStatus, Error> {
    Err(no_broker())
}

/// Reports that this build has no broker, if one is requested.
pub(crate) fn embed(settings: &ConnectSettings, _: Talk) -> Result<Option<Embedded>, Error> {
    if settings.embedded { Err(no_broker()) } else { Ok(None) }
}

fn no_broker() -> Error {
    Error::usage("this build has no embedded broker")
        .with_hint("the cargo feature `broker` includes it, which is on by default")
}
