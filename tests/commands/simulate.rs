//! `simulate`: every member of each scenario in its range, constants that are a client's, and the templates that come
//! along; and `ls` and `check`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::wire::{Packet, connack};
use crate::support::{Program, ScriptedBroker};

/// What one client sends: topic and payload.
fn sent(arguments: &[&str]) -> Vec<(String, String)> {
    let broker = ScriptedBroker::start();
    let program = Program::new(["simulate", "-c", "1", "-i", "0", "-im", "1"]).port(broker.port());
    let program = program.arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let mut messages = Vec::new();
    while let Packet::Publish(publish) = link.receive() {
        messages.push((publish.topic.clone(), publish.text().to_owned()));
    }
    link.close();
    program.wait().expect_code(0);
    messages
}

fn payloads(scenario: &str, seed: &str) -> Vec<Value> {
    let sent = sent(&["-sc", scenario, "-L", "200", "--seed", seed]);
    assert_eq!(sent.len(), 200);
    sent.iter().map(|(_, text)| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))).collect()
}

/// What a member is.
enum Is {
    /// A number between both, with so many digits behind the point at most.
    Number(f64, f64, usize),
    Bool,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A text that is not empty.
    Text,
    /// Whatever: it is looked at on its own.
    #[cfg_attr(not(feature = "jinja"), expect(dead_code, reason = "only templates of Jinja have it"))]
    Any,
    /// The same in all payloads of a client.
    Constant,
    /// ISO 8601.
    Time,
    /// Milliseconds of now.
    Now,
}

use Is::{Bool, Constant, Now, Number, OneOf, Text, Time};

/// Checks that an object has these members, each as it should be in all payloads, and no others.
fn check(payloads: &[Value], place: &str, members: &[(&str, Is)]) {
    let object = |payload: &Value| payload.pointer(place).and_then(Value::as_object).cloned().expect("an object");
    let names: BTreeSet<String> = members.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(object(&payloads[0]).keys().cloned().collect::<BTreeSet<_>>(), names, "{place}");
    for (name, is) in members {
        let values: Vec<Value> = payloads.iter().map(|payload| object(payload)[*name].clone()).collect();
        for value in &values {
            let fits = match is {
                Number(low, high, digits) => {
                    let written = value.to_string();
                    let behind = written.split_once('.').map_or(0, |(_, behind)| behind.len());
                    value.as_f64().is_some_and(|number| (*low..=*high).contains(&number)) && behind <= *digits
                }
                Is::Any => !value.is_null(),
                Bool => value.is_boolean(),
                OneOf(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
                Text => value.as_str().is_some_and(|text| !text.is_empty()),
                Constant => value == &values[0] && !value.is_null() && value != "",
                Time => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
                Now => value.as_i64().is_some_and(|at| (jiff::Timestamp::now().as_millisecond() - at).abs() < 600_000),
            };
            assert!(fits, "{place}/{name}: {value}");
        }
        if matches!(is, Number(low, high, _) if low < high) {
            assert!(values.iter().any(|value| value != &values[0]), "{place}/{name} never changes");
        }
    }
}

fn percent() -> Is {
    Number(0.0, 100.0, 0)
}

#[test]
fn a_car_has_all_members_in_their_ranges() {
    let payloads = payloads("tesla", "1");
    let range_km = || Number(0.0, 1000.0, 1);
    let degrees = || Number(-20.0, 50.0, 1);
    let bar = || Number(2.0, 3.5, 1);
    check(
        &payloads,
        "",
        &[
            ("car_id", Constant),
            ("display_name", Constant),
            ("model", Constant),
            ("trim_badging", Constant),
            ("exterior_color", Constant),
            ("wheel_type", Constant),
            ("spoiler_type", Constant),
            ("geofence", Constant),
            ("state", OneOf(&["online", "asleep", "charging"])),
            ("since", Time),
            ("healthy", Bool),
            ("version", Text),
            ("update_available", Bool),
            ("update_version", Text),
            ("latitude", Number(-90.0, 90.0, 5)),
            ("longitude", Number(-180.0, 180.0, 5)),
            ("shift_state", OneOf(&["D", "N", "R", "P"])),
            ("power", Number(-10_000.0, 10_000.0, 0)),
            ("speed", Number(0.0, 200.0, 0)),
            ("heading", Number(0.0, 359.0, 0)),
            ("elevation", Number(-100.0, 5000.0, 0)),
            ("locked", Bool),
            ("sentry_mode", Bool),
            ("windows_open", Bool),
            ("doors_open", Bool),
            ("trunk_open", Bool),
            ("frunk_open", Bool),
            ("is_user_present", Bool),
            ("is_climate_on", Bool),
            ("inside_temp", degrees()),
            ("outside_temp", degrees()),
            ("is_preconditioning", Bool),
            ("odometer", Number(0.0, 1_000_000.0, 0)),
            ("est_battery_range_km", range_km()),
            ("rated_battery_range_km", range_km()),
            ("ideal_battery_range_km", range_km()),
            ("battery_level", percent()),
            ("usable_battery_level", percent()),
            ("plugged_in", Bool),
            ("charge_energy_added", Number(0.0, 100.0, 2)),
            ("charge_limit_soc", percent()),
            ("charge_port_door_open", Bool),
            ("charger_actual_current", Number(0.0, 100.0, 2)),
            ("charger_power", Number(1.0, 100.0, 0)),
            ("charger_voltage", Number(220.0, 240.0, 0)),
            ("charge_current_request", Number(10.0, 50.0, 0)),
            ("charge_current_request_max", Number(10.0, 50.0, 0)),
            ("scheduled_charging_start_time", Time),
            ("time_to_full_charge", Number(0.5, 10.0, 2)),
            ("tpms_pressure_fl", bar()),
            ("tpms_pressure_fr", bar()),
            ("tpms_pressure_rl", bar()),
            ("tpms_pressure_rr", bar()),
            ("timestamp", Now),
        ],
    );
    let car = &payloads[0];
    assert_eq!(car["car_id"].as_str().unwrap().len(), 17, "a VIN");
    assert!(["S", "3", "X", "Y"].contains(&car["model"].as_str().unwrap()));
    assert_ne!(car["car_id"], self::payloads("tesla", "2")[0]["car_id"], "another client is another car");
}

#[test]
fn a_factory_uses_between_60_and_100_percent_of_each_rated_power() {
    let payloads = payloads("IEM", "1");
    check(&payloads, "/values", &MACHINES.map(|(name, _)| (name, Number(0.0, 100.0, 2))));
    for payload in &payloads {
        for (name, kilowatts) in MACHINES {
            let rated = kilowatts * 1000.0 / 3600.0;
            let value = payload["values"][name].as_f64().unwrap();
            assert!(value > rated * 0.6 - 0.006 && value < rated + 0.006, "{name}: {value} of {rated}");
        }
        assert_eq!(payload["factory_id"], "0001");
        assert_eq!(payload["factory"], payloads[0]["factory"]);
        assert!(payload["timestamp"].as_i64().is_some());
        assert_eq!(payload.as_object().unwrap().len(), 4);
    }
}

const MACHINES: [(&str, f64); 11] = [
    ("air_compressor_1", 15.0),
    ("air_compressor_2", 20.0),
    ("lighting", 5.0),
    ("cooling_equipment", 100.0),
    ("heating_equipment", 200.0),
    ("conveyor", 50.0),
    ("coating_equipment", 20.0),
    ("inspection_equipment", 10.0),
    ("welding_equipment", 20.0),
    ("packaging_equipment", 30.0),
    ("cutting_equipment", 70.0),
];

#[test]
#[cfg(feature = "jinja")]
fn a_home_has_four_rooms() {
    let payloads = payloads("smart_home", "1");
    check(
        &payloads,
        "",
        &[
            ("home_id", Constant),
            ("owner_name", Constant),
            ("address", Constant),
            ("rooms", Is::Any),
            ("timestamp", Now),
        ],
    );
    let own: [(&str, Vec<(&str, Is)>); 4] = [
        ("living room", vec![]),
        ("bedroom", vec![("bed_occupancy", Bool)]),
        ("kitchen", vec![("fridge_temperature", Number(2.0, 8.0, 1)), ("oven_on", Bool)]),
        ("bathroom", vec![("water_tap_running", Bool), ("bath_water_level", Number(0.0, 100.0, 0))]),
    ];
    assert_eq!(payloads[0]["rooms"].as_array().unwrap().len(), own.len());
    for (place, (room, own)) in own.into_iter().enumerate() {
        let mut members = vec![
            ("room_type", Constant),
            ("temperature", Number(18.0, 26.0, 1)),
            ("humidity", Number(30.0, 50.0, 1)),
            ("lights_on", Bool),
            ("window_open", Bool),
        ];
        members.extend(own);
        check(&payloads, &format!("/rooms/{place}"), &members);
        assert_eq!(payloads[0]["rooms"][place]["room_type"], room);
    }
}

#[test]
#[cfg(feature = "jinja")]
fn a_weather_station_reports_the_weather_of_its_season() {
    let payloads = payloads("weather", "1");
    check(
        &payloads,
        "",
        &[
            ("station_id", Constant),
            ("city", Constant),
            ("region", Constant),
            ("latitude", Constant),
            ("longitude", Constant),
            ("current", Is::Any),
            ("timestamp", Now),
        ],
    );
    check(
        &payloads,
        "/current",
        &[
            ("last_updated_epoch", Now),
            ("last_updated", Text),
            ("temp_c", Number(-10.0, 35.0, 1)),
            ("temp_f", Number(14.0, 95.0, 1)),
            ("is_day", Is::Any),
            ("condition", Is::Any),
            ("wind_mph", Number(0.0, 40.0, 1)),
            ("wind_kph", Number(0.0, 60.0, 1)),
            ("wind_degree", Number(0.0, 359.0, 0)),
            ("wind_dir", Text),
            ("pressure_mb", Number(980.0, 1040.0, 0)),
            ("pressure_in", Number(28.9, 30.7, 1)),
            ("precip_mm", Is::Any),
            ("precip_in", Is::Any),
            ("humidity", percent()),
            ("cloud", percent()),
            ("feelslike_c", Number(-12.0, 37.0, 1)),
            ("feelslike_f", Number(10.0, 99.0, 1)),
            ("vis_km", Number(1.0, 20.0, 1)),
            ("vis_miles", Number(0.6, 12.5, 1)),
            ("uv", Number(0.0, 11.0, 0)),
            ("gust_mph", Number(0.0, 60.0, 1)),
            ("gust_kph", Number(0.0, 90.0, 1)),
            ("air_quality", Is::Any),
        ],
    );
    for payload in &payloads {
        let current = &payload["current"];
        let number = |name: &str| current[name].as_f64().unwrap();
        assert!((number("temp_c") * 1.8 + 32.0 - number("temp_f")).abs() < 0.06, "{current}");
        assert!([0.0, 1.0].contains(&number("is_day")));
        assert!((1000..=2000).contains(&current["condition"]["code"].as_i64().unwrap()));
        assert!(["text", "icon"].iter().all(|name| current["condition"][name].is_string()));
        let directions = "N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW";
        assert!(directions.split(' ').any(|direction| current["wind_dir"] == direction), "{current}");
    }
    let air = ["co", "no2", "o3", "so2", "pm2_5", "pm10", "us-epa-index", "gb-defra-index"];
    check(&payloads, "/current/air_quality", &air.map(|name| (name, Number(0.0, 500.0, 2))));
}

#[test]
fn the_topic_has_the_scenario_and_the_client() {
    let sent = sent(&["-sc", "IEM", "-L", "1", "-I", "meter"]);
    assert_eq!(sent[0].0, "mqttx/simulate/IEM/meter");
}

#[test]
fn a_template_of_ones_own_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.json");
    std::fs::write(&path, "{\n  \"n\": {sequence},\n  \"of\": \"{scenario}\"\n}\n").unwrap();
    for option in ["-sc", "-f"] {
        let sent = sent(&[option, path.to_str().unwrap(), "-L", "2", "-t", "a/%sc"]);
        let text = |n| format!("{{\"n\": {n},\"of\": \"mine\"}}");
        assert_eq!(sent, [("a/mine".to_owned(), text(0)), ("a/mine".to_owned(), text(1))]);
    }
}

#[test]
fn what_comes_along_can_be_listed_printed_and_played() {
    let list = Program::new(["ls", "-sc"]).run().expect_code(0);
    for name in ["IEM", "smart_home", "tesla", "weather"] {
        assert!(list.text().lines().any(|line| line.starts_with(name)), "{}", list.text());
        let template = Program::new(["simulate", "--show", name]).run().expect_code(0);
        assert!(template.text().contains("\"timestamp\": "), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tesla.json");
    std::fs::write(&path, Program::new(["simulate", "--show", "tesla"]).run().text()).unwrap();
    let sent_from = |scenario: &str| {
        let sent = sent(&["-sc", scenario, "-L", "1", "--seed", "3"]);
        let mut payload: Value = serde_json::from_str(&sent[0].1).unwrap();
        for time in ["since", "scheduled_charging_start_time", "timestamp"] {
            payload[time] = Value::Null;
        }
        payload
    };
    assert_eq!(sent_from("tesla"), sent_from(path.to_str().unwrap()), "the file is what is played");
}

#[test]
fn what_cannot_be_played_is_a_usage_error() {
    for (arguments, message) in [
        (&["simulate"][..], "error: --scenario is missing"),
        (&["simulate", "-sc", "telsa"], "hint: did you mean `tesla`?"),
        (&["simulate", "--show", "nothing"], "unknown scenario `nothing`"),
        (&["simulate", "-sc", "tesla", "-f", "x.json"], "cannot be used together"),
        (&["ls"], "--scenario"),
    ] {
        let ended = Program::new(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn check_prints_the_version_and_asks_nobody() {
    let ended = Program::new(["check"]).run().expect_code(0);
    assert_eq!(ended.text(), format!("mqttx-rs {}\n", env!("CARGO_PKG_VERSION")));
    assert!(ended.stderr.contains("No newer version was asked for"), "{}", ended.stderr);
}

#[test]
#[cfg(unix)]
fn init_makes_a_profile_that_holds_from_then_on() {
    let home = crate::support::Home::new();
    let broker = ScriptedBroker::start();
    let ended = home.run("init").expect_code(2);
    assert!(ended.stderr.contains("cannot prompt"), "{}", ended.stderr);
    let port = broker.port();
    home.run(&format!("init --set connection.host=127.0.0.1 --set connection.port={port}")).expect_code(0);
    let program = home.program("pub -t a -m x").start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().text(), "x");
    link.expect_goodbye();
    link.close();
    program.wait().expect_code(0);
    let ended = home.run("init --set connection.host=other").expect_code(2);
    assert!(ended.stderr.contains("profile `default` already exists"), "{}", ended.stderr);
}
