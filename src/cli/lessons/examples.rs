//! Examples of commands whose definition has none.

/// A command and its examples, one per line.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "bench",
        "  mqttx-rs bench e2e -c 100 --rate 1000/s --duration 30s
  mqttx-rs bench pub -t 'car/%i' -c 1000 -im 1000 -q 1
  mqttx-rs bench run fan-out --scale 0.01 -h broker.example",
    ),
    (
        "bench conn",
        "  mqttx-rs bench conn -c 10000 --ramp 500/s --duration 5m
  mqttx-rs bench conn -c 1000 --ramp max --fail 'connack.p99>200ms'
  mqttx-rs bench conn -c 1000 -l mqtts -h broker.example --report run.json",
    ),
    (
        "bench pub",
        "  mqttx-rs bench pub -t 'car/%i' -c 1000 -im 1000 -q 1
  mqttx-rs bench pub -t load -c 50 --rate 20000/s -S 1KB --duration 1m
  mqttx-rs bench pub -t load -c 50 -q 1 --rate 1000/s --find-max 'ack.p99<50ms'
  mqttx-rs bench pub -t a -c 10 --template -m '{\"n\":{counter}}' --limit 1000",
    ),
    (
        "bench sub",
        "  mqttx-rs bench sub -t 'car/%i' -c 1000 --duration 5m
  mqttx-rs bench sub -t '$share/workers/job/#' -c 20 -q 1
  mqttx-rs bench sub -t load -c 100 --limit 100000 --html run.html",
    ),
    (
        "bench e2e",
        "  mqttx-rs bench e2e -c 100 --rate 1000/s --duration 30s
  mqttx-rs bench e2e --shape fan-out --subscribers 1000 --rate 10/s
  mqttx-rs bench e2e -c 100 --rate 1000/s --fail 'e2e.p99>100ms' --fail 'loss>0'",
    ),
    (
        "bench run",
        "  mqttx-rs bench run fan-out --scale 0.01
  mqttx-rs bench run ./mine.toml --duration 1m --report run.json
  mqttx-rs bench presets fan-out > mine.toml",
    ),
    (
        "bench presets",
        "  mqttx-rs bench presets
  mqttx-rs bench presets fan-out > mine.toml",
    ),
    (
        "bench merge",
        "  mqttx-rs bench merge part-*.json --report run.json
  mqttx-rs bench merge part-1.json part-2.json --wait 5m --fail 'e2e.p99>100ms'",
    ),
    (
        "bench compare",
        "  mqttx-rs bench compare before.json after.json
  mqttx-rs bench compare before.json after-*.json --fail 'ack.p99>+10%'",
    ),
    ("ls", "  mqttx-rs ls -sc"),
    ("check", "  mqttx-rs check"),
    (
        "profile",
        "  mqttx-rs profile add plant -h plant.example -l mqtts -u me
  mqttx-rs profile show plant --effective
  mqttx-rs --profile plant sub -t 'car/#'",
    ),
    (
        "profile list",
        "  mqttx-rs profile list
  mqttx-rs profile list --json | jq -r '.[].name'",
    ),
    (
        "profile show",
        "  mqttx-rs profile show plant
  mqttx-rs profile show plant --effective",
    ),
    (
        "profile add",
        "  mqttx-rs profile add plant -h plant.example -l mqtts -u me --ask-password
  mqttx-rs profile add test --extends plant -h test.example
  mqttx-rs profile add lamp -h broker.example --set publish.topic=lamp/1",
    ),
    (
        "profile edit",
        "  mqttx-rs profile edit plant
  mqttx-rs profile edit plant --set connection.port=8883 --unset connection.ca",
    ),
    ("profile copy", "  mqttx-rs profile copy plant plant-2"),
    ("profile rename", "  mqttx-rs profile rename plant factory"),
    ("profile remove", "  mqttx-rs profile remove plant --yes"),
    ("profile use", "  mqttx-rs profile use plant"),
    ("profile unuse", "  mqttx-rs profile unuse"),
    (
        "profile validate",
        "  mqttx-rs profile validate
  mqttx-rs profile validate plant --connect",
    ),
    (
        "profile path",
        "  mqttx-rs profile path
  cat \"$(mqttx-rs profile path plant)\"",
    ),
    ("profile export", "  mqttx-rs profile export plant > plant.toml"),
    (
        "profile import",
        "  mqttx-rs profile import application.yml --name task --password-env MQTT_PASSWORD
  mqttx-rs profile import connections.json --dry-run",
    ),
    (
        "topic",
        "  mqttx-rs topic match 'car/+/speed' car/7/speed
  mqttx-rs topic explain '$share/workers/job/#'",
    ),
];
