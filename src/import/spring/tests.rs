use super::*;

fn imported(text: &str) -> (Vec<Draft>, Vec<String>) {
    let mut remarks = Vec::new();
    let drafts = read(&Node::documents(text).unwrap(), &mut remarks);
    remarks.sort_by_key(|remark| remark.line);
    (drafts, remarks.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn one(text: &str) -> (String, Vec<String>) {
    let (drafts, remarks) = imported(text);
    assert_eq!(drafts.len(), 1);
    (drafts[0].profile.to_toml(), remarks)
}

#[test]
fn the_file_of_a_java_service_is_a_whole_profile() {
    let (drafts, remarks) = imported(
        "mqtt:\n  client: {username: u, password: p, serverURI: 'tcp://host:1883', \
         clientId: \"monitor.task.${random.int[1000,9999]}\", keepAliveInterval: 10, connectionTimeout: 30}\n  \
         producer: {defaultQos: 2, defaultRetained: false, defaultTopic: testtopic/test1}\n  \
         consumer: {consumerTopics: \"$queue/server/task/#,$share/task/server/vms/status\"}\n",
    );
    assert_eq!(
        drafts[0].profile.to_toml(),
        r#"[connection]
host = "host"
port = 1883
protocol = "mqtt"
client_id = "monitor.task.{random:1000..9999}"
username = "u"
keep_alive = 10
connect_timeout = 30

[publish]
topic = "testtopic/test1"
qos = 2
retain = false

[subscribe]
filters = ["$queue/server/task/#", "$share/task/server/vms/status"]
qos = 2
"#
    );
    assert_eq!(drafts[0].password.as_deref(), Some("p"));
    assert_eq!(
        remarks,
        ["line 3: mqtt.producer.defaultQos: also used for the consumer, which does not set a QoS: subscribe.qos"]
    );
}

#[test]
fn names_are_as_relaxed_as_spring_s_and_stand_below_any_prefix() {
    let (toml, remarks) =
        one("spring:\n  application:\n    name: monitor\napp.messaging:\n  CLIENT:\n    server-uri: ssl://h\n    \
         client_id: x-${spring.application.name}\n    clean-session: no\n    automatic-reconnect: off\n  \
         consumer:\n    consumer-topics:\n      - a/#\n      - {topic: b, qos: 1}\n    qos: 2\n");
    assert_eq!(
        toml,
        "[connection]\nhost = \"h\"\nport = 8883\nprotocol = \"mqtts\"\nclient_id = \"x-monitor\"\nclean_start = \
         false\nreconnect_period = 0\n\n[subscribe]\nfilters = [\"a/#\", { filter = \"b\", qos = 1 }]\nqos = 2\n"
    );
    assert_eq!(remarks, ["line 3: spring: left out, 1 property: not part of the MQTT client"]);
}

#[test]
fn every_scheme_of_a_server_has_its_protocol_and_java_s_port() {
    for (uri, expected) in [
        ("tcp://h:1884", "host = \"h\"\nport = 1884\nprotocol = \"mqtt\"\n"),
        ("ssl://[::1]", "host = \"::1\"\nport = 8883\nprotocol = \"mqtts\"\n"),
        ("ws://h/mqtt", "host = \"h\"\nport = 80\nprotocol = \"ws\"\n\n[websocket]\npath = \"/mqtt\"\n"),
        ("wss://h:8084", "host = \"h\"\nport = 8084\nprotocol = \"wss\"\n"),
    ] {
        let (toml, remarks) = one(&format!("mqtt.client.serverURI: {uri}\n"));
        assert_eq!(toml, format!("[connection]\n{expected}"));
        assert!(remarks.is_empty(), "{remarks:?}");
    }
    let (_, remarks) = imported("mqtt.client: {serverURI: 'local://x', username: u}\n");
    assert!(remarks[0].starts_with("line 1: mqtt.client.serverURI: left out: unknown scheme `local`"), "{remarks:?}");
    let (toml, remarks) = one("mqtt.client.serverURI: [tcp://a:1, tcp://b:2]\n");
    assert!(toml.contains("host = \"a\""), "{toml}");
    assert_eq!(remarks, ["line 1: mqtt.client.serverURI: `tcp://b:2` is left out: a profile has one broker"]);
}

#[test]
fn variables_become_references_or_are_told() {
    let (drafts, remarks) = imported(
        "mqtt:\n  client:\n    serverURI: ${MQTT_URI:tcp://h:1}\n    username: ${MQTT_USER}\n    \
         password: ${MQTT_PASSWORD:hunter2}\n    clientId: ${HOSTNAME}-{x}-${random.uuid}\n    sslProperties: {a: b}\n",
    );
    let toml = drafts[0].profile.to_toml();
    assert_eq!(
        toml,
        "[connection]\nhost = \"h\"\nport = 1\nprotocol = \"mqtt\"\nclient_id = \"{hostname}-{{x}}-{hex:32}\"\n\
         password = \"env:MQTT_PASSWORD\"\n"
    );
    assert_eq!(drafts[0].password, None);
    assert_eq!(
        remarks,
        [
            "line 3: mqtt.client.serverURI: `tcp://h:1`, the default of MQTT_URI, is used; set MQTTX_HOST to override it",
            "line 4: mqtt.client.username: left out: `MQTT_USER` is not defined here; set MQTTX_USERNAME to override it",
            "line 5: mqtt.client.password: the default of MQTT_PASSWORD is left out: set the variable",
            "line 7: mqtt.client.sslProperties.a: left out: profiles have no equivalent",
        ]
    );
    let (drafts, remarks) = imported("mqtt.client: {serverURI: 'tcp://h', password: ENC(abc), username: '${u.v}'}\n");
    assert_eq!((drafts[0].password.as_deref(), remarks.len()), (None, 2));
}

#[test]
fn documents_for_a_spring_profile_extend_the_one_for_all() {
    let (drafts, remarks) = imported(
        "mqtt:\n  client:\n    serverURI: tcp://test:1\n    username: u\n---\nspring.config.activate.on-profile: prod\n\
         mqtt:\n  client:\n    serverURI: tcp://prod:2\n---\nmqtt.client.username: v\n---\nspring.profiles: bare\n",
    );
    let told: Vec<_> = drafts.iter().map(|draft| (draft.label.as_deref(), draft.is_main, draft.extends_main)).collect();
    assert_eq!(told, [(None, true, false), (Some("prod"), false, true)]);
    assert!(drafts[0].profile.to_toml().contains("username = \"v\""));
    assert!(!drafts[1].profile.to_toml().contains("username"));
    assert!(remarks.is_empty(), "{remarks:?}");
}

#[test]
fn two_clients_of_a_service_are_two_profiles() {
    let (drafts, _) = imported(
        "mqtt:\n  plant:\n    client: {serverURI: 'tcp://a:1'}\n  cloud:\n    client: {serverURI: 'ssl://b:2'}\n",
    );
    let labels: Vec<_> = drafts.iter().map(|draft| draft.label.as_deref()).collect();
    assert_eq!(labels, [Some("cloud"), Some("plant")]);
}
