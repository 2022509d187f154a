//! In place of jq expressions, in a build without the feature `jq`.

/// An expression, which this build cannot create.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Jq {}

impl Jq {
    pub(super) fn new(_: &str) -> Result<Self, String> {
        Err("this build does not support jq expressions: it was built without the feature `jq`".to_owned())
    }

    pub(super) fn fits(&self, _: &[u8]) -> bool {
        match *self {}
    }

    pub(super) fn fault(&self) -> Option<String> {
        match *self {}
    }
}
