//! Which field holds which property: one line each, for reading and writing.

use bytes::Bytes;

use super::property::{Properties, Property, Value};
use crate::mqtt::{ConnAckProperties, ConnectProperties, PublishProperties, QoS, UserProperties, WillProperties};
use crate::session::{Details, DisconnectProperties};

/// Properties of SUBSCRIBE, and of UNSUBSCRIBE, which has no identifier.
#[derive(Debug, Default)]
pub(super) struct RequestProperties {
    pub(super) subscription_identifier: Option<u32>,
    pub(super) user_properties: UserProperties,
}

/// Properties of AUTH.
#[derive(Debug, Default)]
pub(super) struct AuthProperties {
    pub(super) method: Option<String>,
    pub(super) data: Option<Bytes>,
    pub(super) reason_string: Option<String>,
    pub(super) user_properties: UserProperties,
}

/// A field that holds a property, or several of the same.
trait Field {
    fn set(&mut self, value: Value<'_>);
    fn for_each(&self, give: &mut dyn FnMut(Value<'_>));
}

macro_rules! fields {
    ($($type:ident { $($property:ident: $field:ident),+ $(,)? })+) => {$(
        impl Properties for $type {
            fn set(&mut self, property: Property, value: Value<'_>) {
                match property {
                    $(Property::$property => self.$field.set(value),)+
                    _ => debug_assert!(false, "{property:?} has no field"),
                }
            }

            fn for_each(&self, give: &mut dyn FnMut(Property, Value<'_>)) {
                $(self.$field.for_each(&mut |value| give(Property::$property, value));)+
            }
        }
    )+};
}

fields! {
    ConnectProperties {
        SessionExpiryInterval: session_expiry_interval,
        ReceiveMaximum: receive_maximum,
        MaximumPacketSize: maximum_packet_size,
        TopicAliasMaximum: topic_alias_maximum,
        RequestResponseInformation: request_response_information,
        RequestProblemInformation: request_problem_information,
        UserProperty: user_properties,
        AuthenticationMethod: authentication_method,
        AuthenticationData: authentication_data,
    }
    WillProperties {
        WillDelayInterval: will_delay_interval,
        PayloadFormatIndicator: payload_format_indicator,
        MessageExpiryInterval: message_expiry_interval,
        ContentType: content_type,
        ResponseTopic: response_topic,
        CorrelationData: correlation_data,
        UserProperty: user_properties,
    }
    ConnAckProperties {
        SessionExpiryInterval: session_expiry_interval,
        ReceiveMaximum: receive_maximum,
        MaximumQoS: maximum_qos,
        RetainAvailable: retain_available,
        MaximumPacketSize: maximum_packet_size,
        AssignedClientIdentifier: assigned_client_identifier,
        TopicAliasMaximum: topic_alias_maximum,
        ReasonString: reason_string,
        UserProperty: user_properties,
        WildcardSubscriptionAvailable: wildcard_subscription_available,
        SubscriptionIdentifierAvailable: subscription_identifiers_available,
        SharedSubscriptionAvailable: shared_subscription_available,
        ServerKeepAlive: server_keep_alive,
        ResponseInformation: response_information,
        ServerReference: server_reference,
        AuthenticationMethod: authentication_method,
        AuthenticationData: authentication_data,
    }
    PublishProperties {
        PayloadFormatIndicator: payload_format_indicator,
        MessageExpiryInterval: message_expiry_interval,
        TopicAlias: topic_alias,
        ResponseTopic: response_topic,
        CorrelationData: correlation_data,
        UserProperty: user_properties,
        SubscriptionIdentifier: subscription_identifiers,
        ContentType: content_type,
    }
    Details { ReasonString: reason_string, UserProperty: user_properties }
    RequestProperties { SubscriptionIdentifier: subscription_identifier, UserProperty: user_properties }
    DisconnectProperties {
        SessionExpiryInterval: session_expiry_interval,
        ReasonString: reason_string,
        UserProperty: user_properties,
        ServerReference: server_reference,
    }
    AuthProperties {
        AuthenticationMethod: method,
        AuthenticationData: data,
        ReasonString: reason_string,
        UserProperty: user_properties,
    }
}

/// Numbers of each width; the reader has checked that the value is a number.
macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Field for Option<$type> {
            fn set(&mut self, value: Value<'_>) {
                if let Value::Number(number) = value {
                    *self = <$type>::try_from(number).ok();
                }
            }

            fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
                if let Some(number) = *self {
                    give(Value::Number(number.into()));
                }
            }
        }
    )+};
}

numbers!(u8, u16, u32);

impl Field for Option<bool> {
    fn set(&mut self, value: Value<'_>) {
        *self = Some(value == Value::Number(1));
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        if let Some(flag) = *self {
            give(Value::Number(flag.into()));
        }
    }
}

/// Maximum QoS, which is 0 or 1; absent for 2.
impl Field for Option<QoS> {
    fn set(&mut self, value: Value<'_>) {
        *self = Some(if value == Value::Number(0) { QoS::AtMostOnce } else { QoS::AtLeastOnce });
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        if let Some(qos) = self.filter(|qos| *qos != QoS::ExactlyOnce) {
            give(Value::Number(qos.number().into()));
        }
    }
}

impl Field for Option<String> {
    fn set(&mut self, value: Value<'_>) {
        if let Value::Text(text) = value {
            *self = Some(text.to_owned());
        }
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        if let Some(text) = self {
            give(Value::Text(text));
        }
    }
}

impl Field for Option<Bytes> {
    fn set(&mut self, value: Value<'_>) {
        if let Value::Binary(bytes) = value {
            // Copied: a slice would keep the whole receive buffer alive for as long as the application keeps it.
            *self = Some(Bytes::copy_from_slice(bytes));
        }
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        if let Some(bytes) = self {
            give(Value::Binary(bytes));
        }
    }
}

impl Field for Vec<u32> {
    fn set(&mut self, value: Value<'_>) {
        if let Value::Number(number) = value {
            self.push(number);
        }
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        for number in self {
            give(Value::Number(*number));
        }
    }
}

impl Field for UserProperties {
    fn set(&mut self, value: Value<'_>) {
        if let Value::Pair(name, value) = value {
            self.push((name.to_owned(), value.to_owned()));
        }
    }

    fn for_each(&self, give: &mut dyn FnMut(Value<'_>)) {
        for (name, value) in self {
            give(Value::Pair(name, value));
        }
    }
}
