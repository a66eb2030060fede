//! The list of a helpdesk's users (`gorgias-api.md` 3).

use helpdelta_core::Agent;
use serde_json::{Map, Value};

use crate::answer::id;
use crate::error::ErrorKind;

/// Reads one user. A role is an object with a name, or a list of them in older answers.
pub(crate) fn user(row: &Map<String, Value>) -> Result<Agent, ErrorKind> {
    let id = row.get("id").map(id).transpose();
    let id = id.ok().flatten().flatten().ok_or_else(|| ErrorKind::unexpected("a user has no usable \"id\""))?;
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let full_name = [text("firstname"), text("lastname")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = text("name").filter(|name| !name.trim().is_empty()).unwrap_or(&full_name);
    let role = row.get("role").or_else(|| row.get("roles").and_then(|roles| roles.get(0)));
    let role = role.and_then(|role| role.get("name").unwrap_or(role).as_str());
    Ok(Agent::new(id, Some(name), text("email"), role))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::documented(
        json!({"id": 7, "name": "Maya ", "email": "maya@x.example", "role": {"name": "agent"}}),
        Agent::new(7, Some("Maya"), Some("maya@x.example"), Some("agent"))
    )]
    #[case::older_roles(
        json!({"id": "7", "name": "Maya", "email": null, "roles": [{"name": "bot"}]}),
        Agent::new(7, Some("Maya"), None, Some("bot"))
    )]
    #[case::no_name(
        json!({"id": 7, "name": null, "firstname": "Maya", "lastname": "Lind"}),
        Agent::new(7, Some("Maya Lind"), None, None)
    )]
    #[case::nothing_but_an_id(json!({"id": 7}), Agent::new(7, None, None, None))]
    fn a_user_is_read_with_whatever_is_missing(#[case] row: Value, #[case] expected: Agent) {
        assert_eq!(user(row.as_object().expect("an object")), Ok(expected));
    }

    #[rstest]
    #[case::missing(json!({"name": "Maya"}))]
    #[case::null(json!({"id": null}))]
    #[case::words(json!({"id": "maya"}))]
    fn a_user_without_an_id_is_refused(#[case] row: Value) {
        assert!(user(row.as_object().expect("an object")).is_err());
    }
}
