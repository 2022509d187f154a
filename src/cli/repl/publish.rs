//! `pub` and `request` as lines of a session.

use clap::Args;

use crate::cli::group::TemplateArgs;
use crate::cli::publish::PublishArgs;
use crate::cli::value;
use crate::mqtt::TopicName;

/// `pub`.
#[derive(Debug, Clone, Args)]
pub struct PublishLine {
    /// Topic to publish to
    #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
    pub to: Option<TopicName>,
    /// Payload
    #[arg(value_name = "MESSAGE")]
    pub body: Option<String>,
    /// The messages.
    #[command(flatten)]
    pub publish: PublishArgs,
    /// Whether placeholders in payloads are filled.
    #[command(flatten)]
    pub template: TemplateArgs,
}
