//! A real mosquitto, where one is installed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tempfile::TempDir;

use super::{DEADLINE, free_port};

/// Makes the absence of mosquitto a failure instead of a skipped test.
const REQUIRE: &str = "MQTTX_RS_REQUIRE_MOSQUITTO";

/// A mosquitto on a free port of 127.0.0.1, with a directory of its own, until it is dropped.
#[derive(Debug)]
pub struct Mosquitto {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
    log: Log,
}

/// What it says of connections, for a test that fails: why one ended is seen nowhere else.
type Log = Arc<Mutex<Vec<String>>>;

impl Mosquitto {
    /// Starts it with these lines after the listener's, and waits until it answers. Unless the lines say otherwise,
    /// anonymous clients may connect, and no message is dropped: by itself it keeps a thousand for a client, and a
    /// subscriber that gets no core may be further behind. `None`, with a line that says so, when it is not installed.
    ///
    /// ```ignore
    /// let Some(mosquitto) = Mosquitto::start("max_queued_messages 10") else { return };
    /// ```
    pub fn start(configuration: &str) -> Option<Self> {
        let Some(program) = find() else {
            assert!(std::env::var_os(REQUIRE).is_none(), "mosquitto is not installed, and {REQUIRE} is set");
            report("skipped: mosquitto is not installed");
            return None;
        };
        let mut refusals = String::new();
        // A port that was free a moment ago can be taken by another test; then another is tried.
        for _ in 0..5 {
            match Self::start_on(program, free_port(), configuration) {
                Ok(mosquitto) => return Some(mosquitto),
                Err(refusal) => refusals.push_str(&refusal),
            }
        }
        panic!("mosquitto does not start:\n{refusals}");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port, as `-p` wants it.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().expect("a pid fits"));
        nix::sys::signal::kill(pid, signal).expect("mosquitto runs");
    }

    fn start_on(program: &str, port: u16, configuration: &str) -> Result<Self, String> {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("mosquitto.conf");
        let mut file = std::fs::File::create(&path).expect("a file in it");
        let defaults = [("allow_anonymous", "true"), ("max_queued_messages", "0")];
        let mut text = format!("listener {port} 127.0.0.1\n");
        for (name, value) in defaults.iter().filter(|(name, _)| !configuration.contains(name)) {
            text.extend([name, " ", value, "\n"]);
        }
        writeln!(file, "{text}{configuration}").expect("the file can be written");
        let log = Log::default();
        let child = Self::spawn(program, &directory, &log)?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into(), directory, log })
    }

    /// Ends it in order, so that it writes its database, and starts it again with the same port and directory.
    pub fn restart(&mut self) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.child.wait().expect("mosquitto can be waited for");
        self.start_again();
    }

    /// Ends it at once, with what it had not saved.
    pub fn kill(&mut self) {
        self.child.kill().expect("mosquitto runs");
        self.child.wait().expect("mosquitto can be waited for");
    }

    /// Starts it with the same port and directory, after its end.
    pub fn start_again(&mut self) {
        let program = find().expect("it was found before");
        self.child =
            Self::spawn(program, &self.directory, &self.log).unwrap_or_else(|log| panic!("no restart:\n{log}"));
    }

    /// Runs it with the configuration in the directory, until it says that it runs.
    fn spawn(program: &str, directory: &TempDir, log: &Log) -> Result<Child, String> {
        let mut child = Command::new(program)
            .args(["-v", "-c"])
            .arg(directory.path().join("mosquitto.conf"))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mosquitto can be run");

        // It says on stderr when it runs; the thread then drains what follows, so that it never blocks.
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (sender, lines) = mpsc::channel();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // PUBLISH and its answers: there may be millions.
                let is_of_a_message = line.contains(" PUB");
                if !is_of_a_message {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
                }
                _ = sender.send(line);
            }
        });
        let mut beginning = String::new();
        while let Ok(line) = lines.recv_timeout(DEADLINE) {
            if line.ends_with(" running") {
                return Ok(child);
            }
            beginning = beginning + &line + "\n";
        }
        _ = child.kill();
        _ = child.wait();
        Err(beginning)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            report(&format!("mosquitto's log without messages:\n{}", log.join("\n")));
        }
    }
}

/// The program; `sbin` is not on everybody's path.
fn find() -> Option<&'static str> {
    let candidates = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    candidates.into_iter().find(|program| {
        let help = Command::new(program).arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status();
        help.is_ok()
    })
}

#[expect(clippy::print_stderr, reason = "who reads the test's output should know why it proved nothing or failed")]
fn report(line: &str) {
    eprintln!("{line}");
}
