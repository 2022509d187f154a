//! Secrets of profiles and of a project's file from outside: to which broker they go, and where they are shown.

use std::os::unix::fs::symlink;

use crate::profile_layers::{Home, connection};
use crate::support::wire::{Connect, connack, puback};
use crate::support::{Program, ScriptedBroker};

/// What CONNECT says to the broker, and what the user sees.
fn published(broker: &ScriptedBroker, program: Program) -> (Connect, String) {
    let running = program.start();
    let (mut link, connect) = broker.accept_session(connack());
    let publish = link.expect_publish();
    link.send(puback(publish.id));
    link.expect_goodbye();
    link.close();
    (connect, running.wait().expect_code(0).stderr)
}

fn credentials(connect: &Connect) -> (Option<&str>, Option<&[u8]>) {
    (connect.user_name.as_deref(), connect.password.as_deref())
}

const SECRET: &str = "username = \"alice\"\npassword = \"hunter2\"\n";

#[test]
fn credentials_of_a_profile_do_not_go_to_a_broker_that_the_command_line_names() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("prod", &format!("[connection]\nhost = \"prod.example\"\n{SECRET}"));
    home.profile("url", "[connection]\nurl = \"mqtt://alice:hunter2@prod.example\"\n");
    home.profile("child", "extends = \"prod\"\n");
    let port = broker.port();
    for (name, keys) in [
        ("prod", "connection.username and connection.password of profile `prod` are"),
        ("child", "connection.username and connection.password of profile `prod` are"),
        ("url", "connection.url of profile `url` is"),
    ] {
        let host = home.program(&format!("--profile {name} pub -t a -m x -q 1 -h 127.0.0.1 -p {port}"));
        let url = home.program(&format!("--profile {name} pub -t a -m x -q 1 --url mqtt://127.0.0.1:{port}"));
        let line = format!("--profile {name} pub -t a -m x -q 1");
        let variable = home.program(&line).env("MQTTX_HOST", "127.0.0.1").env("MQTTX_PORT", &port.to_string());
        for program in [host, url, variable] {
            let (connect, stderr) = published(&broker, program);
            assert_eq!(credentials(&connect), (None, None), "{name}");
            let warning = format!(
                "warning: {keys} for prod.example, not for 127.0.0.1, and ignored: give --username and --password, \
                 or the profile of that broker\n"
            );
            assert!(stderr.contains(&warning), "{stderr}");
            assert!(!stderr.contains("hunter2"), "{stderr}");
        }
    }
}

#[test]
fn credentials_go_to_their_own_broker_and_those_of_the_command_line_to_any() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let whole = (Some("alice"), Some(&b"hunter2"[..]));
    let published = |program| published(&broker, program);
    home.profile("own", &(connection(&broker) + SECRET));
    home.profile("base", SECRET.replace("username", "[connection]\nusername").as_str());
    home.profile("child", &format!("extends = \"base\"\n{}", connection(&broker)));
    home.profile("prod", &format!("[connection]\nhost = \"prod.example\"\n{SECRET}"));
    let line = "pub -t a -m x -q 1";
    let port = broker.port();
    let quiet = "✔ Connected\n✔ Message published\n";
    for line in [
        format!("--profile own {line}"),
        format!("--profile child {line}"),
        format!("--profile base {line} -h 127.0.0.1 -p {port}"),
        format!("--profile own {line} -h 127.0.0.1"),
        format!("--profile prod {line} -h 127.0.0.1 -p {port} -u alice -P hunter2"),
    ] {
        let (connect, stderr) = published(home.program(&line));
        assert_eq!((credentials(&connect), stderr.as_str()), (whole, quiet), "{line}");
    }
    let variables = home.program(&format!("--profile prod {line} -h 127.0.0.1 -p {port}"));
    let (connect, stderr) = published(variables.env("MQTTX_USERNAME", "alice").env("MQTTX_PASSWORD", "hunter2"));
    assert_eq!(credentials(&connect), whole);
    assert!(!stderr.contains("left out"), "{stderr}");
    home.write("work/.mqttx-rs.toml", "[connection]\nkeep_alive = 7\n");
    let (connect, stderr) = published(home.program(&format!("--profile own {line}")));
    assert_eq!((credentials(&connect), connect.keep_alive, stderr.as_str()), (whole, 7, quiet));
}

#[test]
fn the_broker_of_a_projects_file_gets_no_credentials_of_a_profile() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.profile("me", &format!("[connection]\n{SECRET}"));
    home.write(".config/mqttx-rs/selected", "me\n");
    home.write("work/.mqttx-rs.toml", &connection(&broker));
    let (connect, stderr) = published(&broker, home.program("pub -t a -m x -q 1"));
    assert_eq!(credentials(&connect), (None, None));
    let warning = "warning: connection.username and connection.password of profile `me` are not sent to 127.0.0.1, \
                   which only the project file names: name the broker in the profile or with --hostname\n";
    assert!(stderr.contains(warning), "{stderr}");
    // What the person says goes there.
    let (connect, _) = published(&broker, home.program("pub -t a -m x -q 1 -u alice -P hunter2"));
    assert_eq!(credentials(&connect), (Some("alice"), Some(&b"hunter2"[..])));
}

#[test]
fn a_projects_file_does_not_say_through_whom_the_broker_of_a_profile_is_reached() {
    let (home, broker, proxy) = (Home::new(), ScriptedBroker::start(), ScriptedBroker::start());
    home.profile("prod", &(connection(&broker) + SECRET));
    let text = format!("[network]\nproxy = \"http://127.0.0.1:{}\"\n[tls]\ninsecure = true\n", proxy.port());
    let path = home.write("work/.mqttx-rs.toml", &text);
    let (connect, stderr) = published(&broker, home.program("--profile prod pub -t a -m x -q 1"));
    assert_eq!(credentials(&connect).0, Some("alice"), "without the proxy");
    let (path, what) = (path.display(), "tls.insecure and network.proxy");
    let warning = format!(
        "warning: {what} of {path} are for the broker of that file, not for 127.0.0.1, and ignored: give --insecure \
         and --proxy or use a profile\n"
    );
    assert!(stderr.contains(&warning), "{stderr}");
}

#[test]
fn a_projects_file_does_not_say_where_the_secrets_of_its_reader_are() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let outside = home.write("id_rsa", "hunter2\n");
    symlink(&outside, home.work().join("link")).unwrap();
    home.write("base.toml", "");
    home.profile("prod", SECRET.replace("username", "[connection]\nusername").as_str());
    let outside = outside.display();
    for (text, message) in [
        (
            "[connection]\npassword = \"env:SECRET\"\n",
            "connection.password: a project file cannot take secrets from the environment",
        ),
        (
            "[connection]\npassword = \"keyring:a/b\"\n",
            "connection.password: a project file cannot take secrets from the keyring",
        ),
        (
            "[connection]\npassword = \"file:../../id_rsa\"\n",
            "connection.password: a project file can take secrets only from files in its own folder",
        ),
        (
            "[connection]\npassword = \"file:~/id_rsa\"\n",
            "connection.password: a project file can take secrets only from files in its own folder",
        ),
        (
            "[connection]\npassword = \"file:link\"\n",
            "connection.password: a project file can take secrets only from files in its own folder",
        ),
        (
            &format!("[tls]\ncert = \"c.pem\"\nkey = \"{outside}\"\n"),
            "tls.key: a project file can take secrets only from files in its own folder",
        ),
        ("extends = \"prod\"\n", "extends: a project file can extend only files in its own folder"),
        ("extends = \"../../base.toml\"\n", "extends: a project file can extend only files in its own folder"),
    ] {
        let path = home.write("work/deep/.mqttx-rs.toml", text);
        let line = format!("pub -t a -m x -q 1 -h 127.0.0.1 -p {}", broker.port());
        let ended = home.program(&line).env("SECRET", "hunter2").run().expect_code(2);
        assert!(ended.stderr.starts_with(&format!("error: {}: {message}\nhint: ", path.display())), "{}", ended.stderr);
    }
    home.write("work/deep/password", "of the team\n");
    home.write("work/deep/base.toml", &(connection(&broker) + "username = \"team\"\npassword = \"file:password\"\n"));
    home.write("work/deep/.mqttx-rs.toml", "extends = \"./base.toml\"\n");
    let (connect, _) = published(&broker, home.program("pub -t a -m x -q 1"));
    assert_eq!(credentials(&connect), (Some("team"), Some(&b"of the team"[..])));
}
