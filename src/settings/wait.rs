use super::SubSettings;
use crate::cli::group::WorkArgs;
use crate::cli::subscribe::SubscribeCommand;
use crate::cli::wait::{NOT_OF_WAIT, WaitCommand};
use crate::config::origin::Origins;
use crate::error::Error;
use crate::payload::Condition;

impl SubSettings {
    /// Settles every option of `wait`, which is a `sub` for a number of matching messages.
    pub(crate) fn resolve_wait(arguments: WaitCommand, origins: &Origins) -> Result<Self, Error> {
        let WaitCommand { filters, condition, mut subscribe, connect } = arguments;
        if let Some(option) = NOT_OF_WAIT.iter().find(|option| origins.given(option)) {
            let message = format!("{} is not an option of wait", origins.name(option));
            return Err(Error::usage(message).with_hint("`mqttx-rs sub` has it"));
        }
        if filters.is_empty() && subscribe.subscription.topic.is_empty() && connect.connection.url.is_none() {
            return Err(
                Error::usage("FILTER is missing").with_hint("for example mqttx-rs wait car/+/speed --timeout 30")
            );
        }
        subscribe.subscription.topic.extend(filters);
        subscribe.selection.count.get_or_insert(1);
        let work = WorkArgs::default();
        let settings = Self::resolve(&SubscribeCommand { subscribe, work, connect }, origins)?;
        Ok(Self { condition: Condition { pattern: condition.pattern, json: condition.json }, ..settings })
    }
}
