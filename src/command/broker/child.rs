use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::ExitStatus as ChildStatus;

use tokio::process::{Child, Command};

use crate::command::interrupt::Interrupt;
use crate::error::{Error, ExitStatus};

/// Variables that would lead a client elsewhere.
const LEAD_ELSEWHERE: [&str; 3] = ["MQTTX_URL", "MQTTX_UNIX", "MQTTX_PROFILE"];

/// Runs a command to its end with the broker's address in its environment: signals are passed on to it, and it is never
/// left running.
pub(super) async fn run(
    name: &OsStr,
    arguments: &[OsString],
    broker: SocketAddr,
    interrupt: &mut Interrupt,
) -> Result<ExitStatus, Error> {
    let mut command = Command::new(name);
    command.args(arguments).kill_on_drop(true);
    for variable in LEAD_ELSEWHERE {
        command.env_remove(variable);
    }
    if let Some(path) = path_with_this_program() {
        command.env("PATH", path);
    }
    let host = reachable(broker.ip());
    command.env("MQTTX_HOST", host.to_string()).env("MQTTX_PORT", broker.port().to_string());
    // A selected profile may use TLS, or a proxy, which has its own loopback.
    command.env("MQTTX_PROTOCOL", "mqtt").env("NO_PROXY", without_proxy(host));
    let shown = name.display();
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::usage(format!("`{shown}`: command not found")),
        _ => Error::local(format!("`{shown}` cannot be run: {error}")),
    })?;
    loop {
        tokio::select! {
            ended = child.wait() => {
                let status = ended.map_err(|error| Error::local(format!("`{shown}` cannot be waited for: {error}")))?;
                return Ok(ExitStatus::Command(code(status)));
            }
            signal = interrupt.received() => forward(signal, &child),
        }
    }
}

/// `NO_PROXY` with the host of the broker appended.
fn without_proxy(host: IpAddr) -> String {
    let given = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| std::env::var(name).ok());
    match given.filter(|hosts| !hosts.trim().is_empty()) {
        Some(all) if all.trim() == "*" => all,
        Some(hosts) => format!("{hosts},{host}"),
        None => host.to_string(),
    }
}

/// PATH with this program's folder before the others, so that a script finds the `mqttx-rs` that runs it. `None` if
/// the path is unknown or the folder's name cannot be in PATH: then PATH stays unchanged.
fn path_with_this_program() -> Option<OsString> {
    let program = std::env::current_exe().ok()?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let folders = program.parent().map(Path::to_path_buf).into_iter().chain(std::env::split_paths(&others));
    std::env::join_paths(folders).ok()
}

/// Passes a signal on to the command, unless it already has it: a terminal sends Ctrl-C to its whole foreground group.
#[cfg(unix)]
fn forward(number: u8, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let Some(signal) = Signal::from_named_raw(number.into()) else { return };
    if signal != Signal::TERM && in_the_foreground_of_a_terminal() {
        return;
    }
    // None once it has been waited for, so that the id never belongs to another process.
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        // Fails only if it has just ended.
        _ = kill_process(id, signal);
    }
}

/// Nothing to do: the console sends Ctrl-C to all its processes.
#[cfg(not(unix))]
fn forward(_: u8, _: &Child) {}

#[cfg(unix)]
fn in_the_foreground_of_a_terminal() -> bool {
    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return false };
    rustix::termios::tcgetpgrp(&terminal) == Ok(rustix::process::getpgrp())
}

/// The address at which a client on this machine reaches a listener.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The exit code as in a shell: 128 + the number of the signal that killed it.
fn code(status: ChildStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    // Codes beyond a byte exist on Windows; 1 at least means failure.
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
