//! `profile import` from outside: files of other programs become profiles that work, and what they cannot express is reported.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::wire::{connack, pubcomp, pubrec, suback};
use crate::support::{Home, ScriptedBroker};

/// As teams have it for their Java services.
fn application(port: u16) -> String {
    format!(
        r#"spring:
  application:
    name: monitor
mqtt:
  client:
    username: task
    password: s3cret
    serverURI: tcp://127.0.0.1:{port}
    clientId: "monitor.task.${{random.int[1000,9999]}}"
    keepAliveInterval: 10
    connectionTimeout: 30
    sslProperties: x
  producer:
    defaultQos: 2
    defaultRetained: false
    defaultTopic: testtopic/test1
  consumer:
    consumerTopics: "$queue/server/task/#,$share/task/server/vms/status"
"#
    )
}

#[test]
fn a_comment_that_is_none_is_told() {
    let home = Home::new();
    let text = application(1883).replace(",$share/task/server/vms/status\"", ",$share/g/b  带分组/不带分组\"");
    home.write("application.yml", &text);
    let ended = home.run("profile import application.yml --name task --password-env X").expect_code(0);
    let warning = "warning: application.yml, line 18: mqtt.consumer.consumerTopics: `$share/g/b  带分组/不带分组` contains white \
                   space and is used unchanged: a comment must begin with ` #`\n";
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
}

#[test]
fn a_spring_application_publishes_and_subscribes_with_no_further_word() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    home.write("application.yml", &application(broker.port()));
    let ended = home.run("profile import application.yml --name task --password-env MQTT_PASSWORD").expect_code(0);
    assert_eq!(
        ended.stderr,
        "✔ created profile task: mqttx-rs --profile task sub\n\
         warning: profile task: the password is not written: set the variable MQTT_PASSWORD\n\
         warning: application.yml, line 3: spring: left out, 1 property: not part of the MQTT client\n\
         warning: application.yml, line 12: mqtt.client.sslProperties: left out: profiles have no equivalent\n\
         warning: application.yml, line 14: mqtt.producer.defaultQos: also used for the consumer, which does not set a \
         QoS: subscribe.qos\n"
    );
    assert!(!home.text_of_profile("task").contains("s3cret"));
    assert_eq!(fs::metadata(home.profile("task")).unwrap().permissions().mode() & 0o777, 0o600);

    let running = home.program("--profile task sub").env("MQTT_PASSWORD", "s3cret").start();
    let (mut link, connect) = broker.accept_session(connack());
    let number = connect.client_id.strip_prefix("monitor.task.").unwrap();
    assert!((1000..=9999).contains(&number.parse::<u32>().unwrap()), "{}", connect.client_id);
    assert_eq!((connect.keep_alive, connect.user_name.as_deref()), (10, Some("task")));
    assert_eq!(connect.password.as_deref(), Some(&b"s3cret"[..]));
    let subscribe = link.expect_subscribe();
    let filters = ["$queue/server/task/#", "$share/task/server/vms/status"];
    assert_eq!(subscribe.filters, filters.map(|filter| (filter.to_owned(), 2)));
    link.send(suback(subscribe.id, [2, 2]));
    drop(running);

    let running = home.program("--profile task pub -m x").env("MQTT_PASSWORD", "s3cret").start();
    let (mut link, _) = broker.accept_session(connack());
    let publish = link.expect_publish();
    assert_eq!((publish.topic.as_str(), publish.qos, publish.retain), ("testtopic/test1", 2, false));
    link.send(pubrec(publish.id));
    link.expect_pubrel(publish.id);
    link.send(pubcomp(publish.id));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_password_is_asked_for_unless_it_may_be_written() {
    let home = Home::new();
    home.write("application.yml", &application(1));
    home.run("profile import application.yml").expect_code(0);
    assert!(home.text_of_profile("monitor").contains("password = \"prompt\""), "{}", home.text_of_profile("monitor"));
    let ended = home.run("profile import application.yml --with-secrets --force --dry-run").expect_code(0);
    assert!(ended.text().starts_with(&format!("# {}\n[connection]\n", home.profile("monitor").display())));
    assert!(ended.text().contains("password = \"***\"") && !ended.text().contains("s3cret"), "{}", ended.text());
    assert!(home.text_of_profile("monitor").contains("prompt"), "a dry run writes nothing");
    home.run("profile import application.yml --with-secrets --force").expect_code(0);
    assert!(home.text_of_profile("monitor").contains("password = \"s3cret\""));
}

#[test]
fn a_profile_that_is_there_is_replaced_only_by_force() {
    let home = Home::new();
    home.write("application.yml", &application(1));
    home.run("profile add task -h mine").expect_code(0);
    let ended = home.run("profile import application.yml --name task").expect_code(2);
    assert_eq!(
        ended.stderr,
        "error: profile `task` already exists\nhint: --force replaces it; --name gives the new one another name than task\n"
    );
    assert_eq!(home.text_of_profile("task"), "[connection]\nhost = \"mine\"\n");
    home.run("profile import application.yml --name task --force").expect_code(0);
    assert!(home.text_of_profile("task").contains("127.0.0.1"));
}

#[test]
fn a_spring_profile_extends_the_one_for_all() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let text = application(1)
        + &format!(
            "---\nspring.config.activate.on-profile: prod\nmqtt.client.server-uri: tcp://127.0.0.1:{}\n",
            broker.port()
        );
    home.write("application.yml", &text);
    home.run("profile import application.yml --name task --with-secrets").expect_code(0);
    assert!(
        home.text_of_profile("task-prod").starts_with("extends = \"task\"\n"),
        "{}",
        home.text_of_profile("task-prod")
    );
    let _running = home.program("--profile task-prod pub -m x").start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.user_name.as_deref(), Some("task"));
    assert_eq!(link.expect_publish().topic, "testtopic/test1");
}

#[test]
fn connections_of_mqttx_become_a_profile_each() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let port = broker.port();
    let text = format!(
        r#"[{{"name": "Plant 7", "clientId": "plant", "host": "127.0.0.1", "port": {port}, "protocol": "mqtt", "ssl": false,
            "username": "me", "password": "s3cret", "keepalive": 60, "clean": true, "mqttVersion": "5.0",
            "subscriptions": [{{"topic": "car/#", "qos": 1, "nl": true}}], "messages": []}},
           {{"name": "Other", "clientId": "other", "host": "o", "port": 1883}}]"#
    );
    home.write("data.json", &text);
    home.run("profile import data.json --with-secrets").expect_code(0);
    assert_eq!(home.run("profile list --names").text(), "Other\nPlant-7\n");
    let _running = home.program("--profile Plant-7 sub").start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!((connect.client_id.as_str(), connect.keep_alive), ("plant", 60));
    assert_eq!(connect.password.as_deref(), Some(&b"s3cret"[..]));
    assert_eq!(link.expect_subscribe().filters, [("car/#".to_owned(), 0b101)]);
}

#[test]
fn options_and_config_of_mqttx_cli_become_profiles() {
    let home = Home::new();
    home.write("config", "[default]\noutput = text\n\n[mqtt]\nhost = broker.example\nport = 1884\nusername = me\n");
    home.run("profile import config").expect_code(0);
    assert_eq!(
        home.text_of_profile("mqttx"),
        "[connection]\nhost = \"broker.example\"\nport = 1884\nusername = \"me\"\n"
    );
    home.write(
        "mqttx-cli-options.yaml",
        "sub:\n  hostname: h\n  topic: [a, b]\n  qos: [1]\npub:\n  hostname: h\n  topic: c\n",
    );
    home.run("profile import mqttx-cli-options.yaml --name both").expect_code(0);
    assert_eq!(
        home.text_of_profile("both"),
        "[connection]\nhost = \"h\"\n\n[publish]\ntopic = \"c\"\n\n[subscribe]\nfilters = [\"a\", \"b\"]\nqos = 1\n"
    );
}

#[test]
fn an_exported_profile_goes_to_another_machine_through_a_pipe() {
    let (home, other) = (Home::new(), Home::new());
    home.run("profile add base -h b -k 7").expect_code(0);
    home.run("profile add task --extends base --set publish.topic=a/b").expect_code(0);
    let exported = home.run("profile export task").expect_code(0).stdout;
    other.program("profile import - --name task").stdin(&exported).run().expect_code(0);
    assert_eq!(other.text_of_profile("task").as_bytes(), exported);
}

#[test]
fn a_file_that_is_none_says_so_and_nothing_is_written() {
    let home = Home::new();
    home.write("text", "hello\n");
    home.write("broken.yml", "mqtt:\n  client: [\n");
    home.write("bad.yml", "mqtt.client:\n  serverURI: tcp://h:1\nmqtt.producer.defaultQos: 7\n");
    for (line, code, message) in [
        ("profile import nowhere", 1, "cannot read nowhere: "),
        ("profile import .", 1, "cannot read .: "),
        ("profile import text", 2, "text: this file cannot be imported: unknown format"),
        ("profile import broken.yml", 2, "broken.yml: this file cannot be imported: line "),
        ("profile import text --format spring", 2, "text: nothing to import: a Spring application.yml has "),
        ("profile import bad.yml", 2, "bad.yml: publish.qos of profile `bad`: `7` is not a QoS: use 0, 1 or 2"),
        ("profile import bad.yml --name a/b", 2, "`a/b` is not a valid profile name"),
    ] {
        let ended = home.run(line).expect_code(code);
        assert!(ended.stderr.starts_with(&format!("error: {message}")), "{line}: {}", ended.stderr);
    }
    assert_eq!(home.run("profile list --names").text(), "");
}
