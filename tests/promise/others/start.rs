//! How they are started: as this user, in a directory of their own, on free ports of 127.0.0.1.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::free_port;

/// The names of those whose absence is a failure instead of a skipped test.
const REQUIRE: &str = "MQTTX_RS_REQUIRE_BROKERS";

/// How long one may take to start: `RabbitMQ` takes ten seconds on an idle machine.
const START: Duration = Duration::from_secs(100);

/// A broker's processes with a directory of their own; ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    address: SocketAddr,
    children: Vec<Child>,
    directory: TempDir,
}

/// `RabbitMQ` with its MQTT plugin, which speaks 3.1.1.
pub(crate) fn rabbitmq() -> Option<Process> {
    let server =
        newest(Path::new("/usr/lib/rabbitmq/lib"), "rabbitmq_server-").map(|path| path.join("sbin/rabbitmq-server"));
    let server = require("RabbitMQ", server)?;
    let [names, distribution, port] = [free_port(), free_port(), free_port()];
    let mut process = Process::new(port);
    let configuration = format!(
        "listeners.tcp = none\nmqtt.listeners.tcp.1 = 127.0.0.1:{port}\nmqtt.allow_anonymous = true\n\
         mqtt.vhost = /\nmqtt.exchange = amq.topic\n"
    );
    process.write("rabbit.conf", &configuration);
    process.write("plugins", "[rabbitmq_mqtt].\n");
    // Its own name server, so that Erlang's does not come to stay on the default port.
    process.run(Command::new("epmd").args(["-address", "127.0.0.1", "-port", &names.to_string()]));
    let mut command = Command::new(server);
    command
        .env("ERL_EPMD_PORT", names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_NODENAME", format!("promise-{port}@localhost"))
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
        .env("RABBITMQ_LOGS", "-")
        // The server takes the place of its script, so that a signal reaches it.
        .env("RUNNING_UNDER_SYSTEMD", "true");
    for (name, file) in [
        ("RABBITMQ_CONFIG_FILE", "rabbit"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
        ("RABBITMQ_MNESIA_BASE", "mnesia"),
        ("RABBITMQ_LOG_BASE", "logs"),
        ("RABBITMQ_FEATURE_FLAGS_FILE", "feature_flags"),
    ] {
        command.env(name, process.path(file));
    }
    process.run(&command);
    Some(process.started("Server startup complete"))
}

/// ejabberd with `mod_mqtt` alone, which speaks both versions and wants a name of everybody.
pub(crate) fn ejabberd() -> Option<Process> {
    let library = require("ejabberd", find_ejabberd())?;
    let port = free_port();
    let mut process = Process::new(port);
    let configuration = format!(
        "loglevel: info\nhosts: [localhost]\nauth_method: [anonymous]\nanonymous_protocol: login_anon\n\
         listen:\n  - port: {port}\n    ip: 127.0.0.1\n    module: mod_mqtt\n    backlog: 1000\n\
         modules:\n  mod_mqtt:\n    session_expiry: 1 hour\n    max_queue: 100000\n"
    );
    process.write("ejabberd.yml", &configuration);
    // Started without its script, which wants a user of its own and Erlang's name server.
    let mut command = Command::new("erl");
    command
        .args(["-noinput", "-mnesia", "dir", &format!("\"{}\"", process.path("spool").display()), "-s", "ejabberd"])
        .env("ERL_LIBS", library)
        .env("EJABBERD_CONFIG_PATH", process.path("ejabberd.yml"))
        .env("EJABBERD_LOG_PATH", process.path("ejabberd.log"))
        .env("ERL_CRASH_DUMP", process.path("crash"));
    process.run(&command);
    Some(process.started("Start accepting TCP connections"))
}

/// aedes on Node.js, which speaks 3.1.1.
pub(crate) fn aedes() -> Option<Process> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/brokers/node_modules/aedes");
    let package = require("aedes", package.exists().then_some(package))?;
    let port = free_port();
    let mut process = Process::new(port);
    let script = format!(
        "import {{ createServer }} from 'node:net';\nimport {{ Aedes }} from '{}';\n\
         const broker = await Aedes.createBroker();\n\
         createServer(broker.handle).listen({port}, '127.0.0.1', () => console.log('listening'));\n",
        package.join("aedes.js").display(),
    );
    process.write("broker.mjs", &script);
    process.run(Command::new("node").arg(process.path("broker.mjs")));
    Some(process.started("listening"))
}

impl Process {
    fn new(port: u16) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        Self { address: (Ipv4Addr::LOCALHOST, port).into(), children: Vec::new(), directory }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the directory can be written to");
    }

    /// Starts one of its processes, in a group of its own. It ends with this process, however that ends: then the pipe
    /// that a shell reads closes.
    fn run(&mut self, command: &Command) {
        const WITH_US: &str = r#"exec 3<&0; "$@" </dev/null & broker=$!
            (cat <&3 >/dev/null; kill -9 "$broker") & wait "$broker""#;
        let output = File::options().create(true).append(true).open(self.path("output")).expect("a file");
        let errors = output.try_clone().expect("a descriptor can be duplicated");
        let mut shell = Command::new("sh");
        shell.args(["-c", WITH_US, "sh"]).arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.stdin(Stdio::piped()).stdout(output).stderr(errors).process_group(0);
        // Erlang keeps its cookie there.
        shell.current_dir(self.directory.path()).env("HOME", self.directory.path());
        self.children.push(shell.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
    }

    /// Waits until its output says this, and it can be reached.
    fn started(mut self, ready: &str) -> Self {
        let deadline = Instant::now() + START;
        loop {
            let output = fs::read_to_string(self.path("output")).unwrap_or_default();
            if output.contains(ready) && TcpStream::connect(self.address).is_ok() {
                return self;
            }
            let has_ended = self.children.iter_mut().any(|child| child.try_wait().is_ok_and(|status| status.is_some()));
            let is_refused = output.contains("eaddrinuse");
            assert!(!has_ended && !is_refused && Instant::now() < deadline, "it does not start:\n{output}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for child in &mut self.children {
            // The group, since Erlang has helpers.
            _ = killpg(Pid::from_raw(child.id().try_into().expect("a pid fits")), Signal::SIGKILL);
            _ = child.wait();
        }
    }
}

/// Where Debian has the libraries of ejabberd: a folder of the machine's architecture.
fn find_ejabberd() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    folders.filter(|folder| newest(folder, "ejabberd-").is_some()).max()
}

/// The last entry of a folder whose name begins so.
fn newest(folder: &Path, start: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start)).map(|entry| entry.path()).max()
}

/// What was found; where it was not, the test is skipped, or fails when it must not be.
fn require<T>(name: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        let required = std::env::var(REQUIRE).unwrap_or_default();
        assert!(!required.contains(name), "{name} is not installed, and {REQUIRE} is `{required}`");
        report(&format!("skipped: {name} is not installed"));
    }
    found
}

#[expect(clippy::print_stderr, reason = "who reads the test's output should know that it proved nothing")]
fn report(line: &str) {
    eprintln!("{line}");
}
