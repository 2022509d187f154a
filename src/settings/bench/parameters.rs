//! The parameters of a run in the banner and the report.

use std::time::Duration;

use bytes::Bytes;

use crate::bench::{Change, Load, Parameter, Payload, Phase, Precision, Publish, Role, Scenario, Stampable};
use crate::mqtt::QoS;
use crate::payload::plural;

/// The parameters in the banner and the report.
pub(super) fn parameters(title: &str, scenario: &Scenario) -> Vec<Parameter> {
    let mut list = Vec::new();
    let mut say = |name: &str, value: String| list.push(Parameter { name: name.to_owned(), value });
    say("run", title.to_owned());
    let brokers: Vec<String> = scenario.endpoints.iter().map(ToString::to_string).collect();
    say("broker", brokers.join(", "));
    say("MQTT version", scenario.session.version.to_string());
    for group in &scenario.groups {
        if group.flow_of.is_some() {
            say("flow", group.name.clone());
        } else {
            say(&group.name, group.clients.to_string());
        }
        if group.endpoints.start > 0 && group.flow_of.is_none() {
            let own: Vec<String> =
                scenario.endpoints[group.endpoints.clone()].iter().map(ToString::to_string).collect();
            say("broker", own.join(", "));
        }
        if group.version != scenario.session.version && group.flow_of.is_none() {
            say("MQTT version", group.version.to_string());
        }
        if let Some(rows) = group.login.rows.as_ref().filter(|_| group.flow_of.is_none()) {
            say("rows", format!("{} of {}", rows.len(), rows.columns().join(", ")));
        }
        of_role(&group.role, &mut say);
    }
    if scenario.phases.len() > 1 {
        for phase in &scenario.phases {
            say(&format!("phase `{}`", phase.name), of_phase(scenario, phase));
        }
    }
    let interval = scenario.connect_interval;
    say(
        "connects",
        if interval.is_zero() {
            format!("{} at a time", scenario.handshakes)
        } else {
            format!("one in {interval:?}, at most {} at a time", scenario.handshakes)
        },
    );
    if let [phase] = scenario.phases.as_slice() {
        if let Some(limit) = phase.until.received {
            say("limit", plural(limit, "message"));
        }
        if let Some(duration) = phase.until.elapsed {
            say("duration", format!("{duration:?}"));
        }
    }
    if !scenario.warmup.is_zero() {
        say("warm-up", format!("{:?}", scenario.warmup));
    }
    if let Precision::Fixed(grain) = scenario.precision {
        say("precision", format!("{:?}", Duration::from_nanos(grain.nanos())));
    }
    if scenario.start_number > 0 {
        say("start number", scenario.start_number.to_string());
    }
    say("workers", scenario.workers.to_string());
    if scenario.shard.count > 1 {
        say(Parameter::SHARD, format!("{} of {}", scenario.shard.index + 1, scenario.shard.count));
    }
    list
}

/// What the clients of a group do.
fn of_role(role: &Role, say: &mut impl FnMut(&str, String)) {
    match role {
        Role::Idle => {}
        Role::Churn(churn) => {
            say("connects again", format!("{} in total, each stays {:?}", churn.rate, churn.stay));
        }
        Role::Publish(publish) => {
            say("topic", publish.topic.as_str().to_owned());
            say("publish QoS", publish.qos.to_string());
            say("payload", payload(&publish.payload));
            say("stamp", publish.stamp.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string));
            say("load", load(publish));
            if let Some(request) = &publish.request {
                say("responses", format!("on {}, each within {:?}", request.topic.as_str(), request.timeout));
            }
            if let Some(limit) = publish.limit {
                say("limit", plural(limit, "message"));
            }
            if publish.qos > QoS::AtMostOnce {
                let unannounced = if publish.qos == QoS::ExactlyOnce { 20 } else { 100 };
                say(
                    "window",
                    match publish.window {
                        Some(window) => format!("{window} per client, or the broker's Receive Maximum"),
                        None => format!("the broker's Receive Maximum, or {unannounced} per client"),
                    },
                );
            }
        }
        Role::Subscribe(subscribe) => {
            let filters: Vec<&str> = subscribe.filters.iter().map(|filter| filter.filter.as_str()).collect();
            say("filter", filters.join(" "));
            if let Some(filter) = subscribe.filters.first() {
                say("subscribe QoS", filter.qos.to_string());
            }
            if let Some(churn) = subscribe.churn {
                say("subscribes again", format!("{} in total, each stays {:?}", churn.rate, churn.stay));
            }
            if !subscribe.processing.is_zero() {
                say("processing", format!("{:?} a message", subscribe.processing));
            }
            if let Some(reply) = &subscribe.reply {
                let topic = reply.topic.as_deref().unwrap_or("as each request says");
                let payload = reply.payload.as_ref().map_or("its payload".to_owned(), |own| format!("{} B", own.len()));
                say("replies", format!("{payload}, to {topic}"));
            }
        }
    }
}

fn payload(payload: &Payload) -> String {
    match payload {
        Payload::Fixed(payloads) if payloads.len() > 1 => format!("{} in turn", payloads.len()),
        Payload::Fixed(payloads) => format!("{} B", payloads.first().map_or(0, Bytes::len)),
        Payload::Stamped(payloads) if payloads.len() > 1 => format!("{} in turn", payloads.len()),
        Payload::Stamped(payloads) => format!("{} B", payloads.first().map_or(0, Stampable::len)),
        Payload::Template(patterns) => match patterns.as_slice() {
            [pattern] if pattern.as_str().len() <= 80 => format!("template {}", pattern.as_str()),
            [_] => "a template".to_owned(),
            several => format!("{} templates in turn", several.len()),
        },
    }
}

fn load(publish: &Publish) -> String {
    match publish.load {
        Load::Even(rate) if publish.trace.is_some() => format!("{rate} in total on average, by a trace"),
        Load::Even(rate) if publish.burst > 1 => format!("{rate} in total, {} at a time", publish.burst),
        Load::Even(rate) => format!("{rate} in total, evenly"),
        Load::Poisson(rate) => format!("{rate} in total, Poisson"),
        Load::Unpaced { .. } => "unpaced".to_owned(),
    }
}

/// `drop clients; publishers at 0.5 of their rate; 10s`.
fn of_phase(scenario: &Scenario, phase: &Phase) -> String {
    let name = |group: &usize| scenario.groups[*group].name.as_str();
    let mut parts: Vec<String> = Vec::new();
    for (group, change) in &phase.changes {
        let word = match change {
            Change::Connect => "connect",
            Change::Disconnect => "disconnect",
            Change::Drop => "drop",
        };
        parts.push(format!("{word} {}", name(group)));
    }
    for act in &phase.acts {
        #[expect(clippy::float_cmp, reason = "as defined")]
        let factor = match (act.from, act.to) {
            (from, to) if from != to => format!(" from {from} to {to} of their rate"),
            (1.0, _) => String::new(),
            (from, _) => format!(" at {from} of their rate"),
        };
        parts.push(format!("{} act{factor}", name(&act.group)));
    }
    parts.push(phase.until.elapsed.map_or_else(|| "until done".to_owned(), |elapsed| format!("{elapsed:?}")));
    parts.join("; ")
}
