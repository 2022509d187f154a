//! The identity of the run of a report, shared by the parts of one run on several machines and by no other run.

use ring::digest;
use serde::{Deserialize, Serialize};

use super::Parameter;

/// The identity of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// From `--run-id`, or from `--start-at` and the parameters; `null` if a part was given neither.
    pub id: Option<String>,
    /// A digest of the parameters, without those that may differ between the parts.
    pub parameters_digest: String,
}

/// Parameters that are each part's own.
const OWN: [&str; 2] = [Parameter::SHARD, "workers"];

impl Identity {
    /// Of what was asked for; `own` are texts that are each part's own, such as the number of its process's run.
    pub(crate) fn of(
        parameters: &[Parameter],
        own: &[(String, &str)],
        id: Option<&str>,
        start_at: Option<&str>,
    ) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for Parameter { name, value } in parameters.iter().filter(|parameter| !is_own(parameter)) {
            let value = own.iter().fold(value.clone(), |value, (text, common)| value.replace(text, common));
            // Lengths keep what ends here apart from what begins there.
            context.update(format!("{}:{name}={}:{value};", name.len(), value.len()).as_bytes());
        }
        let parameters_digest = short(context.finish());
        let derived = || {
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(format!("{parameters_digest} {}", start_at?).as_bytes());
            Some(short(context.finish()))
        };
        let id = id.map(ToOwned::to_owned).or_else(derived);
        Self { id, parameters_digest }
    }
}

/// Whether a parameter may differ between the parts of one run.
pub(super) fn is_own(parameter: &Parameter) -> bool {
    OWN.contains(&parameter.name.as_str())
}

/// Half of it is more than enough to distinguish a handful of runs.
fn short(digest: digest::Digest) -> String {
    data_encoding::HEXLOWER.encode(&digest.as_ref()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, value: &str) -> Parameter {
        Parameter { name: name.into(), value: value.into() }
    }

    #[test]
    fn parts_of_one_run_are_the_same_whatever_is_their_own() {
        let of = |run: &str, shard: &str| {
            let list = [parameter("topic", &format!("bench/{run}/%i")), parameter("shard", shard)];
            Identity::of(&list, &[(run.to_owned(), "{run}")], None, Some("noon"))
        };
        assert_eq!(of("0000abcd", "1 of 2"), of("00001234", "2 of 2"));
        assert!(of("0000abcd", "1 of 2").id.is_some());
    }

    #[test]
    fn other_questions_and_other_times_are_other_runs() {
        let of = |rate: &str, time: Option<&str>| Identity::of(&[parameter("load", rate)], &[], None, time);
        assert_ne!(of("100/s", None).parameters_digest, of("200/s", None).parameters_digest);
        assert_ne!(of("100/s", Some("noon")).id, of("100/s", Some("midnight")).id);
        assert_eq!(of("100/s", None).id, None);
        assert_eq!(Identity::of(&[], &[], Some("mine"), Some("noon")).id.as_deref(), Some("mine"));
    }
}
