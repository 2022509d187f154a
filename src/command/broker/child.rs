use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitStatus as ChildStatus;

use tokio::process::Command;

use super::signals::Signals;
use crate::error::{Error, ExitStatus};

/// Variables that would lead a client elsewhere.
const LEAD_ELSEWHERE: [&str; 3] = ["MQTTX_URL", "MQTTX_UNIX", "MQTTX_PROTOCOL"];

/// Runs a command with the broker's address in its environment, to its end: signals go on to it, and it is never left
/// behind.
pub(super) async fn run(
    name: &OsStr,
    arguments: &[OsString],
    broker: SocketAddr,
    signals: &mut Signals,
) -> Result<ExitStatus, Error> {
    let mut command = Command::new(name);
    command.args(arguments).kill_on_drop(true);
    for variable in LEAD_ELSEWHERE {
        command.env_remove(variable);
    }
    command.env("MQTTX_HOST", reachable(broker.ip()).to_string()).env("MQTTX_PORT", broker.port().to_string());
    let shown = name.display();
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::usage(format!("`{shown}`: there is no such command")),
        _ => Error::local(format!("`{shown}` cannot be run: {error}")),
    })?;
    loop {
        tokio::select! {
            ended = child.wait() => {
                let status = ended.map_err(|error| Error::local(format!("`{shown}` cannot be waited for: {error}")))?;
                return Ok(ExitStatus::Command(code(status)));
            }
            signal = signals.next() => Signals::forward(signal, &child),
        }
    }
}

/// Where a client on this machine finds what listens on an address.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The exit code as a shell gives it: 128 + the number of the signal that killed it.
fn code(status: ChildStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    // Codes beyond a byte exist on Windows; 1 says at least that it failed.
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
