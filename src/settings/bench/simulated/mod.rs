//! What `simulate` can play: scenarios that come with the program, as files, so that they are examples too.

use crate::error::{Error, nearest};

/// A scenario that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Simulation {
    /// As MQTTX calls it.
    pub name: &'static str,
    /// What it plays.
    pub plays: &'static str,
    /// The name of its file, which says how it is written.
    pub file: &'static str,
    /// Its template.
    pub text: &'static str,
}

/// All, in the order of the list.
pub(crate) const SIMULATIONS: &[Simulation] = &[
    Simulation {
        name: "IEM",
        plays: "a factory: the energy that eleven machines use",
        file: "IEM.json",
        text: include_str!("IEM.json"),
    },
    Simulation {
        name: "smart_home",
        plays: "a home: rooms, their climate, lights and windows",
        file: "smart_home.j2",
        text: include_str!("smart_home.j2"),
    },
    Simulation {
        name: "tesla",
        plays: "a car: position, battery, charging, doors and tyres",
        file: "tesla.json",
        text: include_str!("tesla.json"),
    },
    Simulation {
        name: "weather",
        plays: "a weather station: current weather and air quality",
        file: "weather.j2",
        text: include_str!("weather.j2"),
    },
];

impl Simulation {
    /// By its name.
    pub(crate) fn find(name: &str) -> Result<&'static Self, Error> {
        let found = SIMULATIONS.iter().find(|simulation| simulation.name == name);
        found.ok_or_else(|| {
            let error = Error::usage(format!("unknown scenario `{name}`"));
            match nearest(name, SIMULATIONS.iter().map(|simulation| simulation.name)) {
                Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
                None => error.with_hint("`mqttx-rs ls -sc` lists them; the name of a file must contain a `.` or `/`"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_found_by_its_name_only() {
        assert_eq!(Simulation::find("IEM").unwrap().name, "IEM");
        let error = Simulation::find("telsa").unwrap_err();
        assert_eq!((error.message(), error.hint()), ("unknown scenario `telsa`", Some("did you mean `tesla`?")));
    }
}
