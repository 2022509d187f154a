//! Credentials stay with the broker that they are for.
//!
//! A profile says a broker and the password for it. When a flag, a variable or a stronger file names another broker,
//! the password must not go there just because nobody thought of it: `mqttx-rs sub -h test.example` with a profile of
//! the company's broker selected. As with `.netrc` and `.pgpass`, credentials hold for the host that stands beside
//! them. A file without a broker has credentials for any; a project's file, which may be anybody's, is trusted less:
//! what a profile says about credentials does not go to a broker of the project's choice, and what the project says
//! about proxy and trust does not hold on the way to another broker than its own.

use std::collections::BTreeMap;

use super::origin::{Layer, Origin};
use crate::transport::{Address, BrokerUrl};

const CREDENTIALS: &[&str] = &[
    "username",
    "password",
    "password_file",
    "password_env",
    "ask_password",
    "authentication_method",
    "cert",
    "key",
    "key_password",
    "key_password_file",
    "ws_headers",
];

/// How a broker is reached and believed.
pub(super) const TRUST: &[&str] = &["proxy", "no_proxy", "insecure", "ca", "pin_sha256", "sni", "tls_min_version"];

/// What is left out of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Withheld {
    /// The layer, by one of its options.
    pub(super) origin: Origin,
    /// What is left out.
    pub(super) what: &'static str,
    /// The broker that it is for.
    pub(super) own: Option<String>,
    /// The broker that the run goes to.
    pub(super) used: String,
}

/// Takes out of the layers, strongest first, what is for another broker than the run's; `given` are the flags.
pub(super) fn withhold(given: &BTreeMap<String, Vec<String>>, layers: &mut [Layer]) -> Vec<Withheld> {
    let of_flags = host(|option| given.get(option).and_then(|texts| texts.last()).map(String::as_str));
    let of_layers: Vec<_> = layers
        .iter()
        .map(|layer| host(|option| layer.options.get(option)?.values.last().map(String::as_str)))
        .collect();
    let strongest = of_layers.iter().position(Option::is_some);
    let Some(used) = of_flags.clone().or_else(|| of_layers[strongest?].clone()) else { return Vec::new() };
    let is_of_project = of_flags.is_none() && strongest.is_some_and(|at| is_project(&layers[at]));
    let mut withheld = Vec::new();
    for (layer, own) in layers.iter_mut().zip(of_layers) {
        let Some(origin) = layer.options.values().map(|value| value.origin).next() else { continue };
        let is_file = !matches!(origin, Origin::Environment(_));
        let is_elsewhere = own.as_ref().is_some_and(|own| *own != used);
        let is_sent_by_project = own.is_none() && is_of_project && matches!(origin, Origin::Profile(_));
        let mut take = |what, options: &[&str]| {
            let before = layer.options.len();
            layer.options.retain(|option, _| !options.contains(&option.as_str()));
            if layer.options.len() < before {
                withheld.push(Withheld { origin, what, own: own.clone(), used: used.clone() });
            }
        };
        if is_file && (is_elsewhere || is_sent_by_project) {
            take("credentials", CREDENTIALS);
        }
        if matches!(origin, Origin::Project(_)) && own.as_ref() != Some(&used) {
            take("proxy and TLS options", TRUST);
        }
    }
    withheld
}

fn is_project(layer: &Layer) -> bool {
    layer.options.values().any(|value| matches!(value.origin, Origin::Project(_)))
}

/// The host, or the socket, that options name.
fn host<'a>(option: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if let Some(path) = option("unix") {
        return Some(format!("unix:{path}"));
    }
    if let Some(name) = option("hostname") {
        return Some(name.to_ascii_lowercase());
    }
    // One that cannot be read is refused later, and until then nobody's.
    Some(match BrokerUrl::parse(option("url")?) {
        Ok(url) => match url.endpoint.address {
            Address::Host { host, .. } => host.to_ascii_lowercase(),
            Address::Unix(path) => format!("unix:{}", path.display()),
        },
        Err(_) => "a URL".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::{LayerValue, Place};

    const PLACE: Place = Place { key: "connection.host", file: 0 };
    const PROFILE: Origin = Origin::Profile(PLACE);
    const PROJECT: Origin = Origin::Project(PLACE);
    const VARIABLE: Origin = Origin::Environment("MQTTX_HOST");

    fn layer(origin: Origin, options: &str) -> Layer {
        let value = |text: &str| LayerValue { origin, values: vec![text.to_owned()], alone: None };
        let options = options.split_whitespace().filter_map(|option| option.split_once('='));
        Layer { options: options.map(|(option, text)| (option.to_owned(), value(text))).collect() }
    }

    #[test]
    fn credentials_hold_for_the_broker_beside_them_alone() {
        let profile = "hostname=prod username=u password=p keepalive=1";
        for (flags, layers, left) in [
            ("", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("hostname=PROD", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("url=mqtt://prod:1/t", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("port=1", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("hostname=other", vec![(PROFILE, profile)], "hostname keepalive"),
            ("url=mqtt://other", vec![(PROFILE, profile)], "hostname keepalive"),
            ("unix=/run/x", vec![(PROFILE, profile)], "hostname keepalive"),
            ("", vec![(VARIABLE, "hostname=other"), (PROFILE, profile)], "hostname | hostname keepalive"),
            ("", vec![(VARIABLE, "password=x"), (PROFILE, "hostname=prod")], "password | hostname"),
            // No broker: for any.
            ("hostname=other", vec![(PROFILE, "username=u")], "username"),
            // A project's file.
            ("", vec![(PROFILE, "username=u"), (PROJECT, "hostname=evil")], " | hostname"),
            (
                "",
                vec![(PROFILE, profile), (PROJECT, "hostname=evil proxy=x")],
                "hostname keepalive password username | hostname",
            ),
            ("", vec![(PROFILE, profile), (PROJECT, "insecure=true")], "hostname keepalive password username | "),
            ("", vec![(PROJECT, "hostname=own insecure=true password=p")], "hostname insecure password"),
        ] {
            let given = layer(Origin::Flag, flags).options.into_iter().map(|(option, value)| (option, value.values));
            let mut layers: Vec<_> = layers.into_iter().map(|(origin, options)| layer(origin, options)).collect();
            withhold(&given.collect(), &mut layers);
            let options = |layer: &Layer| layer.options.keys().cloned().collect::<Vec<_>>().join(" ");
            assert_eq!(layers.iter().map(options).collect::<Vec<_>>().join(" | "), left, "{flags}: {layers:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_told() {
        let given = BTreeMap::from([("hostname".to_owned(), vec!["other".to_owned()])]);
        let withheld = withhold(&given, &mut [layer(PROFILE, "hostname=prod password=p")]);
        let expected =
            Withheld { origin: PROFILE, what: "credentials", own: Some("prod".to_owned()), used: "other".to_owned() };
        assert_eq!(withheld, [expected]);
    }
}
