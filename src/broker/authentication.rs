use std::collections::BTreeMap;

use async_trait::async_trait;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::types::{AuthResult, ConnectInfo};

/// Lets in who knows the password; everybody, if there are no users.
pub(super) struct Authentication {
    users: BTreeMap<String, String>,
}

impl Authentication {
    pub(super) fn new(users: BTreeMap<String, String>) -> Self {
        Self { users }
    }

    fn judge(&self, connect: &ConnectInfo) -> AuthResult {
        if self.users.is_empty() {
            return AuthResult::Allow(false, None);
        }
        let Some(name) = connect.username() else { return AuthResult::NotAuthorized };
        let given = connect.password().map(AsRef::as_ref).unwrap_or_default();
        match self.users.get(&**name) {
            Some(password) if password.as_bytes() == given => AuthResult::Allow(false, None),
            _ => AuthResult::BadUsernameOrPassword,
        }
    }
}

#[async_trait]
impl Handler for Authentication {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        match parameter {
            Parameter::ClientAuthenticate(connect) => (false, Some(HookResult::AuthResult(self.judge(connect)))),
            _ => (true, result),
        }
    }
}
