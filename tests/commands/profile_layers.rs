//! Profiles from outside: which file holds, over what, and what a broker receives then.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::wire::{connack, puback, pubcomp, pubrec, suback};
use crate::support::{Ended, Program, ScriptedBroker};
use tempfile::TempDir;

/// A home folder with a folder to work in.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(home.profiles()).unwrap();
        fs::create_dir_all(home.work()).unwrap();
        home
    }

    pub(crate) fn profiles(&self) -> PathBuf {
        self.folder.path().join(".config/mqttx-rs/profiles")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work/deep")
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn profile(&self, name: &str, text: &str) {
        self.write(self.profiles().join(format!("{name}.toml")), text);
    }

    pub(crate) fn program(&self, line: &str) -> Program {
        Program::new(line.split(' ')).home(self.folder.path()).directory(self.work())
    }

    pub(crate) fn run(&self, line: &str) -> Ended {
        self.program(line).run()
    }
}

/// What `task` needs of a profile to reach a scripted broker.
pub(crate) fn connection(broker: &ScriptedBroker) -> String {
    format!("[connection]\nhost = \"127.0.0.1\"\nport = {}\n", broker.port())
}

#[test]
fn pub_and_sub_need_no_topic_where_the_profile_has_them() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let text = connection(&broker)
        + "client_id = \"monitor.{profile}.{random:1000..9999}\"\nkeep_alive = 10\nusername = \"u\"\npassword = \"p\"\n\
           clean_start = false\n\
           [publish]\ntopic = \"testtopic/test1\"\nqos = 2\nretain = true\nuser_properties = { site = \"plant-7\" }\n\
           [subscribe]\nqos = 2\nretain_handling = 1\n\
           filters = [\"$queue/server/task/#\", { filter = \"$share/task/server/vms/status\", qos = 1 }, \"car/+\"]\n\
           [output]\nmode = \"raw\"\n";
    home.profile("task", &text);

    let running = home.program("--profile task pub -m hi").start();
    let (mut link, connect) = broker.accept_session(connack());
    let number = connect.client_id.strip_prefix("monitor.task.").unwrap();
    assert!((1000..=9999).contains(&number.parse::<u32>().unwrap()), "{}", connect.client_id);
    assert_eq!((connect.keep_alive, connect.clean), (10, false));
    assert_eq!((connect.user_name.as_deref(), connect.password.as_deref()), (Some("u"), Some(&b"p"[..])));
    let publish = link.expect_publish();
    assert_eq!((publish.topic.as_str(), publish.qos, publish.retain), ("testtopic/test1", 2, true));
    link.send(pubrec(publish.id));
    link.expect_pubrel(publish.id);
    link.send(pubcomp(publish.id));
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).stderr, "✔ Connected\n✔ Message published\n");

    let running = home.program("--profile task sub -C 1").start();
    let (mut link, again) = broker.accept_session(connack());
    assert_ne!((&again.client_id, again.keep_alive), (&connect.client_id, 0), "a fresh one each run");
    let subscribe = link.expect_subscribe();
    let filters = [("$queue/server/task/#", 0x12), ("$share/task/server/vms/status", 0x11), ("car/+", 0x12)];
    assert_eq!(subscribe.filters, filters.map(|(filter, options)| (filter.to_owned(), options)));
    link.send(suback(subscribe.id, [2, 1, 2]));
    link.send(crate::support::wire::publish("car/ac", "on"));
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "on\n");
}

#[test]
fn a_client_id_is_kept_over_reconnects() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("a", &(connection(&broker) + "client_id = \"{hex:16}\"\nreconnect_period = 1\n"));
    let _running = home.program("--profile a sub -t x").start();
    let (link, first) = broker.accept_session(connack());
    link.cut();
    let (_link, second) = broker.accept_session(connack());
    assert_eq!(first.client_id.len(), 16);
    assert_eq!(first.client_id, second.client_id);
}

/// The Keep Alive that CONNECT has says which layer holds.
#[test]
fn flag_over_environment_over_profile_over_project_over_built_in() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let keep_alive = |line: &str, environment: &[(&str, &str)]| {
        let mut program = home.program(line).port(broker.port()).arg_all(&["-h", "127.0.0.1"]);
        for (name, value) in environment {
            program = program.env(name, value);
        }
        let running = program.start();
        let (mut link, connect) = broker.accept_session(connack());
        let publish = link.expect_publish();
        link.send(puback(publish.id));
        link.expect_goodbye();
        link.close();
        (connect.keep_alive, running.wait().expect_code(0).stderr)
    };
    let line = "pub -t a -m x -q 1";
    assert_eq!(keep_alive(line, &[]).0, 30);
    home.write("work/.mqttx-rs.toml", "[connection]\nkeep_alive = 1\n");
    assert_eq!(keep_alive(line, &[]).0, 1, "found upwards");
    home.profile("p", "[connection]\nkeep_alive = 2\n");
    home.profile("chosen", "extends = \"p\"\n");
    assert_eq!(keep_alive(&format!("{line} --profile chosen"), &[]).0, 2);
    assert_eq!(keep_alive(line, &[("MQTTX_PROFILE", "p")]).0, 2);
    home.write(".config/mqttx-rs/selected", "p\n");
    assert_eq!(keep_alive(line, &[]).0, 2);
    let path = home.write("other.toml", "[connection]\nkeep_alive = 3\n");
    let path = path.to_str().unwrap();
    assert_eq!(keep_alive(&format!("{line} --profile {path}"), &[]).0, 3);
    let (seconds, stderr) = keep_alive(line, &[("MQTTX_KEEPALIVE", "4")]);
    assert_eq!(seconds, 4);
    assert!(stderr.contains("warning: MQTTX_KEEPALIVE overrides connection.keep_alive of profile `p`\n"), "{stderr}");
    let (seconds, stderr) = keep_alive(&format!("{line} -k 5"), &[("MQTTX_KEEPALIVE", "4")]);
    assert_eq!(seconds, 5);
    assert!(!stderr.contains("warning"), "{stderr}");
    assert_eq!(keep_alive(&format!("{line} --no-profile"), &[]).0, 30);
}

#[test]
fn flags_replace_the_filters_of_a_profile_and_what_pairs_with_them() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let text = "[subscribe]\nqos = 1\nfilters = [\"a\", { filter = \"b\", qos = 2, no_local = true }]\n[publish]\ntopic = \"p\"\n";
    home.profile("s", &(connection(&broker) + text));
    let filters = |line: &str| {
        let _running = home.program(line).start();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_subscribe().filters
    };
    assert_eq!(filters("--profile s sub"), [("a".to_owned(), 1), ("b".to_owned(), 0b110)]);
    assert_eq!(filters("--profile s sub -t x"), [("x".to_owned(), 1)]);
    assert_eq!(filters("--profile s sub -t x -q 0"), [("x".to_owned(), 0)]);
    assert_eq!(filters("--profile s sub -q 0"), [("a".to_owned(), 0), ("b".to_owned(), 0b100)]);
    let url = format!("--profile s sub --url mqtt://127.0.0.1:{}/from/url", broker.port());
    assert_eq!(filters(&url), [("from/url".to_owned(), 1)]);
}

#[test]
fn a_template_on_the_command_line_replaces_the_output_mode_of_a_profile() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("o", &(connection(&broker) + "[output]\nmode = \"jsonl\"\n"));
    let running = home.program("--profile o sub -t a -C 1 -F %t").start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    link.send(crate::support::wire::publish("a", "x"));
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "a\n");
}

#[test]
fn secrets_come_from_a_variable_or_a_file_and_a_plain_one_warns() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.write("secret", "from file\nsecond\n");
    let password = |value: &str, mode: u32| {
        home.profile("p", &(connection(&broker) + &format!("username = \"u\"\npassword = \"{value}\"\n")));
        fs::set_permissions(home.profiles().join("p.toml"), fs::Permissions::from_mode(mode)).unwrap();
        let running = home.program("--profile p pub -t a -m x -q 1").env("SECRET", "from variable").start();
        let (mut link, connect) = broker.accept_session(connack());
        let publish = link.expect_publish();
        link.send(puback(publish.id));
        link.expect_goodbye();
        link.close();
        (String::from_utf8(connect.password.unwrap()).unwrap(), running.wait().expect_code(0).stderr)
    };
    assert_eq!(password("env:SECRET", 0o644), ("from variable".into(), "✔ Connected\n✔ Message published\n".into()));
    assert_eq!(password("file:~/secret", 0o644).0, "from file");
    assert_eq!(password("hunter2", 0o600), ("hunter2".into(), "✔ Connected\n✔ Message published\n".into()));
    let (plain, stderr) = password("hunter2", 0o644);
    assert_eq!(plain, "hunter2");
    assert!(stderr.starts_with("warning: connection.password is in plain text and other users can read "), "{stderr}");
    assert!(!stderr.contains("hunter2"));
}

#[test]
fn a_secret_that_is_not_there_is_told_by_its_key() {
    let home = Home::new();
    home.profile("p", "[connection]\nusername = \"u\"\npassword = \"env:NOT_SET_ANYWHERE\"\n");
    let ended = home.run("--profile p pub -t a -m x").expect_code(2);
    assert_eq!(
        ended.stderr,
        "error: connection.password of profile `p`: the environment variable NOT_SET_ANYWHERE is not set\n"
    );
}

#[test]
fn a_missing_profile_names_the_near_ones_and_where_it_looked() {
    let home = Home::new();
    let ended = home.run("--profile tsak pub -t a").expect_code(2);
    let folder = home.profiles();
    let folder = folder.display();
    assert_eq!(
        ended.stderr,
        format!("error: no profile `tsak` in {folder}\nhint: `mqttx-rs profile add tsak` creates it\n")
    );
    home.profile("task", "");
    let ended = home.run("--profile tsak pub -t a").expect_code(2);
    assert_eq!(ended.stderr, format!("error: no profile `tsak` in {folder}\nhint: did you mean `task`?\n"));
    let ended = home.program("pub -t a").env("MQTTX_PROFILE", "zz").run().expect_code(2);
    assert!(ended.stderr.starts_with("error: MQTTX_PROFILE: no profile `zz` in "), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("hint: available: task\n"), "{}", ended.stderr);
}

#[test]
fn a_broken_file_stops_only_those_that_use_it() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("broken", "[connection]\nkeep_alvie = 10\n");
    home.profile("good", &connection(&broker));
    let ended = home.run("--profile broken pub -t a").expect_code(2);
    assert_eq!(
        ended.stderr,
        "error: profile `broken`, line 2: unknown key `keep_alvie` in [connection]\n  keep_alvie = 10\n  \
         ^^^^^^^^^^\nhint: did you mean `keep_alive`?\n"
    );
    home.run("--profile broken pub --help").expect_code(0);
    let _running = home.program("--profile good sub -t a").start();
    broker.accept_session(connack());
}

#[test]
fn a_value_that_its_option_refuses_is_told_by_its_key() {
    let home = Home::new();
    for (text, message) in [
        (
            "[connection]\nport = 99999\n",
            "connection.port of profile `p`: `99999` is not a whole number between 1 and 65535",
        ),
        ("[publish]\nqos = 5\n", "publish.qos of profile `p`: `5` is not a QoS: use 0, 1 or 2"),
        (
            "[connection]\nclient_id = \"{nothing}\"\n",
            "connection.client_id of profile `p`: `{nothing}` is not a placeholder",
        ),
    ] {
        home.profile("p", text);
        let ended = home.run("--profile p pub -t a").expect_code(2);
        assert!(ended.stderr.starts_with(&format!("error: {message}\n")), "{}", ended.stderr);
    }
    home.profile("loop", "extends = \"loop\"\n");
    let ended = home.run("--profile loop pub -t a").expect_code(2);
    assert_eq!(ended.stderr, "error: profile `loop` extends itself (directly or through other profiles)\n");
}

#[test]
fn what_a_flag_needs_may_come_from_the_profile() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("w", &(connection(&broker) + "[will]\ntopic = \"gone\"\nqos = 1\n"));
    let _running = home.program("--profile w pub -t a -m x -Wm bye").start();
    let (_link, connect) = broker.accept_session(connack());
    let will = connect.will.unwrap();
    assert_eq!((will.topic.as_str(), &will.payload[..], will.qos), ("gone", &b"bye"[..], 1));

    home.profile("w", &(connection(&broker) + "[tls]\ncert = \"c.pem\"\n"));
    let ended = home.run("--profile w pub -t a -m x").expect_code(2);
    assert_eq!(ended.stderr, "error: --key is missing: tls.cert of profile `w` needs it\n");
    let ended = home.run("pub -t a -m x --key k").expect_code(2);
    assert_eq!(ended.stderr, "error: --cert is missing: --key needs it\n");
    let ended = home.run("--profile w pub -t a -m x -l mqtts --key k").expect_code(1);
    assert!(ended.stderr.contains("tls.cert of profile `w`: "), "{}", ended.stderr);
}

#[test]
fn the_filters_of_a_benchmark_may_come_from_the_profile() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("b", &(connection(&broker) + "[bench]\ntopic = \"of/profile\"\ncount = 1\n"));
    let _running = home.program("--profile b bench sub").start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_subscribe().filters, [("of/profile".to_owned(), 0)]);
    let ended = home.run("bench sub").expect_code(2);
    assert_eq!(ended.stderr, "error: --topic is missing\n");
}

#[test]
fn a_profile_asks_for_its_password_on_a_terminal() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("asks", &(connection(&broker) + "username = \"alice\"\npassword = \"prompt\"\n"));
    crate::terminal::asks_for_the_password(home.program("--profile asks conn --check"), &broker);
}

#[test]
fn a_selection_that_cannot_be_read_is_said_and_not_taken_for_none() {
    let home = Home::new();
    // Unreadable for root too.
    let selected = home.profiles().with_file_name("selected");
    fs::create_dir(&selected).unwrap();
    let ended = home.run("pub -t a -m x").expect_code(1);
    let said = format!("cannot read {}", selected.display());
    assert!(ended.stderr.contains(&said) && ended.stderr.contains("--no-profile"), "{}", ended.stderr);
    let broker = ScriptedBroker::start();
    let program = home.program("pub --no-profile -t a -m x").port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}
