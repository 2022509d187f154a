//! The environment as a layer of options.

use super::origin::{Layer, LayerValue, Origin};
use super::table::{Kind, variable_rows};

/// The variables that are set, each line of a list a value. An empty variable counts as unset.
pub(crate) fn layer(variable: impl Fn(&str) -> Option<String>) -> Layer {
    let mut layer = Layer::default();
    for (name, row) in variable_rows() {
        if let Some(text) = variable(name).filter(|text| !text.is_empty()) {
            let values = match row.kind {
                Kind::List | Kind::Schemas | Kind::Pairs => text.lines().map(String::from).collect(),
                _ => vec![text],
            };
            layer.options.entry(row.option.to_owned()).or_insert(LayerValue {
                origin: Origin::Environment(name),
                values,
                alone: None,
            });
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_list_is_a_value_and_empty_is_unset() {
        let layer = layer(|name| match name {
            "MQTTX_WS_HEADERS" => Some("a: 1\nb: 2".to_owned()),
            "MQTTX_WILL_MESSAGE" => Some("two\nlines".to_owned()),
            "MQTTX_USERNAME" => Some(String::new()),
            _ => None,
        });
        assert_eq!(layer.options.len(), 2);
        assert_eq!(layer.options["will_message"].values, ["two\nlines"]);
        assert_eq!(layer.options["ws_headers"].values, ["a: 1", "b: 2"]);
    }
}
