use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::connect::{ConnectSettings, Resolved};
use super::rules::{Answer, AnswerTopic, Rule, read_rules};
use super::template::Templates;
use crate::cli::reply::{AnswerArgs, ReplyCommand};
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};
use crate::payload::Condition;
use crate::payload::placeholder::{Drawer, Place};
use crate::session::ConnectOptions;

/// What `reply` does.
#[derive(Debug)]
pub(crate) struct ReplySettings {
    /// The session.
    pub(crate) connect: ConnectSettings,
    /// Where requests come from.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// What is answered: the first rule that fits counts.
    pub(crate) rules: Arc<[Rule]>,
    /// End after this many answers.
    pub(crate) count: Option<u64>,
    /// What the user should know before it begins.
    pub(crate) warnings: Vec<String>,
}

const EXAMPLE: &str = "for example mqttx-rs reply 'lamp/+/get' -m on";

/// What is answered to which requests.
#[derive(Debug)]
pub(crate) struct Answering {
    /// Where requests come from.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// What is answered: the first rule that fits counts.
    pub(crate) rules: Arc<[Rule]>,
}

impl Answering {
    /// Settles what a `reply` answers, on the command line or in `repl`; `of_url` counts where no filter is named.
    pub(crate) fn resolve(
        filters: Vec<TopicFilter>,
        given: &AnswerArgs,
        of_url: Option<String>,
        connect: &ConnectOptions,
        origins: &Origins,
    ) -> Result<Self, Error> {
        let templates = Templates::new(connect, Place::ANSWER, None, origins);
        let mut filters = [given.topic.clone(), filters].concat();
        let rules = if let Some(path) = &given.rules {
            let rules = read_rules(path, given.qos, &templates)?;
            for rule in &rules {
                if let Some(filter) = rule.filter.as_ref().filter(|filter| !filters.contains(filter)) {
                    filters.push(filter.clone());
                }
            }
            rules
        } else {
            vec![only_rule(given, &templates)?]
        };
        if let Some(text) = of_url.filter(|_| filters.is_empty()) {
            let filter = TopicFilter::parse(text.clone());
            filters.push(filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?);
        }
        if filters.is_empty() {
            return Err(Error::usage("FILTER is missing").with_hint(EXAMPLE));
        }
        // An answer on a topic that the filter matches must not be taken for a request; a shared subscription cannot
        // ask for that [MQTT-3.8.3-4].
        let is_v5 = connect.version.is_v5();
        let options = |filter: TopicFilter| SubscriptionOptions {
            no_local: is_v5 && !filter.is_shared(),
            ..SubscriptionOptions::new(filter, given.qos)
        };
        Ok(Self { filters: filters.into_iter().map(options).collect(), rules: rules.into() })
    }
}

impl ReplySettings {
    /// Settles every option of `reply`.
    pub(crate) fn resolve(arguments: ReplyCommand, origins: &Origins) -> Result<Self, Error> {
        let ReplyCommand { filters, answer: given, connect } = arguments;
        let Resolved { settings: mut connect, topic: of_url, warnings } = ConnectSettings::resolve(&connect, origins)?;
        let Answering { filters, rules } =
            Answering::resolve(filters, &given, of_url, &connect.client.connect, origins)?;
        let highest = rules.iter().map(|rule| rule.qos).max().unwrap_or_default().max(given.qos);
        if highest > QoS::AtMostOnce {
            connect.keep_session();
        }
        Ok(Self { connect, filters, rules, count: given.count, warnings })
    }

    /// What templates draw from.
    pub(crate) fn drawer() -> Drawer {
        Drawer::default()
    }
}

/// The rule that the command line is.
fn only_rule(given: &AnswerArgs, templates: &Templates) -> Result<Rule, Error> {
    let text = |option: &str, path: Option<&Path>, text: Vec<u8>| match (given.template, path) {
        (true, Some(path)) => templates.read_file(option, path, &text).map(Answer::Template),
        (true, None) => templates.read(option, &text).map(Answer::Template),
        (false, _) => Ok(Answer::Text(text.into())),
    };
    let answer = match (&given.message, &given.file_read, &given.exec) {
        (Some(message), _, _) => text("--message", None, message.clone().into())?,
        (_, Some(path), _) => {
            let content = std::fs::read(path)
                .map_err(|error| Error::local(format!("--file-read {}: {error}", path.display())))?;
            text(&format!("--file-read {}", path.display()), Some(path), content)?
        }
        (_, _, Some(command)) => Answer::Command(command.clone()),
        _ if given.echo => Answer::Echo,
        _ => {
            let error = "no answer: give --message, --file-read, --echo, --exec or --rules";
            return Err(Error::usage(error).with_hint(EXAMPLE));
        }
    };
    Ok(Rule {
        filter: None,
        condition: Condition::default(),
        answer,
        topic: given.reply_topic.clone().map(AnswerTopic::Name),
        qos: given.qos,
        retain: false,
        delay: Duration::ZERO,
    })
}
