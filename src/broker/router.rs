use async_trait::async_trait;
use rmqtt::router::Router;
use rmqtt::types::{
    AllRelationsMap, HashMap, Id, NodeId, Route, SubRelationsMap, SubsSearchParams, SubsSearchResult,
    SubscriptionOptions, TopicName,
};
use rmqtt::utils::Counter;

use super::subscriptions::Subscriptions;
use crate::mqtt::TopicFilter;

/// [`Subscriptions`] as rmqtt's router: adding, removing, matching. The rest answers questions of rmqtt's plugins and
/// of other nodes, which a broker of one process has not.
pub(super) struct SubscriptionRouter {
    subscriptions: Subscriptions,
    node: NodeId,
    /// Empty: rmqtt itself looks in only to limit the subscribers of a filter, which [`Subscriptions`] does.
    relations: AllRelationsMap,
}

impl SubscriptionRouter {
    pub(super) fn new(subscriptions: Subscriptions, node: NodeId) -> Self {
        Self { subscriptions, node, relations: AllRelationsMap::default() }
    }
}

#[async_trait]
impl Router for SubscriptionRouter {
    async fn add(&self, topic_filter: &str, id: Id, options: SubscriptionOptions) -> rmqtt::Result<()> {
        self.subscriptions.insert(&TopicFilter::parse(topic_filter.to_owned())?, id, options);
        Ok(())
    }

    async fn remove(&self, topic_filter: &str, id: Id) -> rmqtt::Result<bool> {
        Ok(self.subscriptions.remove(&TopicFilter::parse(topic_filter.to_owned())?, &id))
    }

    async fn matches(&self, publisher: Id, topic: &TopicName) -> rmqtt::Result<SubRelationsMap> {
        let recipients = self.subscriptions.recipients(&publisher.client_id, topic);
        let mut by_node = SubRelationsMap::default();
        if !recipients.is_empty() {
            by_node.insert(self.node, recipients);
        }
        Ok(by_node)
    }

    async fn is_online(&self, _: NodeId, client_id: &str) -> bool {
        self.subscriptions.is_connected(client_id)
    }

    async fn gets(&self, _: usize) -> Vec<Route> {
        Vec::new()
    }

    async fn get(&self, _: &str) -> rmqtt::Result<Vec<Route>> {
        Ok(Vec::new())
    }

    async fn query_subscriptions(&self, _: &SubsSearchParams) -> Vec<SubsSearchResult> {
        Vec::new()
    }

    async fn topics_tree(&self) -> usize {
        0
    }

    fn topics(&self) -> Counter {
        Counter::new()
    }

    fn routes(&self) -> Counter {
        Counter::new()
    }

    fn merge_topics(&self, _: &HashMap<NodeId, Counter>) -> Counter {
        Counter::new()
    }

    fn merge_routes(&self, _: &HashMap<NodeId, Counter>) -> Counter {
        Counter::new()
    }

    async fn list_topics(&self, _: usize) -> Vec<String> {
        Vec::new()
    }

    async fn list_relations(&self, _: usize) -> Vec<serde_json::Value> {
        Vec::new()
    }

    fn relations(&self) -> &AllRelationsMap {
        &self.relations
    }
}
