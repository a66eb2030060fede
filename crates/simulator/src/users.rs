//! `GET /api/users` and `GET /api/account` (`gorgias-api.md` 3), in the shape in which they were recorded.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dialect::UserList;
use crate::helpdesk::{Helpdesk, User};
use crate::paging::{Page, Parameters, envelope, page};
use crate::refusal::Refusal;

const PARAMETERS: [&str; 8] =
    ["limit", "cursor", "order_by", "search", "email", "external_id", "roles", "available_first"];
const ROLES: [&str; 7] = ["admin", "agent", "basic-agent", "bot", "internal-agent", "lite-agent", "observer-agent"];
const ORDERS: [&str; 8] = [
    "created_datetime:asc",
    "created_datetime:desc",
    "name:asc",
    "name:desc",
    "email:asc",
    "email:desc",
    "role.name:asc",
    "role.name:desc",
];

/// Answers a page of users.
pub(crate) fn answer(helpdesk: &Helpdesk, parameters: &Parameters, query: &str) -> Result<Value, Refusal> {
    parameters.only(&PARAMETERS)?;
    let limit = parameters.limit(100)?;
    let cursor = parameters.one("cursor")?;
    let order = parameters.one("order_by")?.unwrap_or("name:asc");
    if !ORDERS.contains(&order) {
        return Err(Refusal::unknown("order", order, &ORDERS));
    }
    if let Some(role) = parameters.all("roles").find(|role| !ROLES.contains(role)) {
        return Err(Refusal::unknown("role", role, &ROLES));
    }
    if let Some(value) = parameters.one("available_first")?.filter(|value| !matches!(*value, "true" | "false")) {
        return Err(Refusal::field(&["available_first"], &format!("'{value}' is not a valid boolean.")));
    }
    let filter = Filter {
        search: parameters.one("search")?.map(str::to_lowercase),
        email: parameters.one("email")?,
        external_id: parameters.one("external_id")?,
        roles: parameters.all("roles").collect(),
    };
    let mut users: Vec<&User> = helpdesk.users.iter().filter(|user| filter.takes(user)).collect();
    users.sort_by(|one, other| compare(one, other, order));
    let Page { rows, previous_cursor, next_cursor } = page(users, limit, cursor, &format!("{order} {filter:?}"))?;
    let rows: Vec<Value> = rows.into_iter().map(|user| spell(user, helpdesk)).collect();
    if helpdesk.behaviour.dialect.user_list == UserList::BareArray {
        return Ok(Value::Array(rows));
    }
    let mut head = Map::new();
    head.insert("object".to_owned(), "list".into());
    head.insert("uri".to_owned(), format!("/api/users?{query}").into());
    let more_meta = json!({ "total_resources": null });
    Ok(envelope(head, Page { rows, previous_cursor, next_cursor }, more_meta, &helpdesk.behaviour.dialect))
}

#[derive(Debug)]
struct Filter<'a> {
    search: Option<String>,
    email: Option<&'a str>,
    external_id: Option<&'a str>,
    roles: Vec<&'a str>,
}

impl Filter<'_> {
    fn takes(&self, user: &User) -> bool {
        let has =
            |text: &Option<String>, part: &str| text.as_deref().is_some_and(|text| text.to_lowercase().contains(part));
        let equals = |wanted: Option<&str>, text: &Option<String>| wanted.is_none() || wanted == text.as_deref();
        self.search.as_deref().is_none_or(|part| has(&user.name, part) || has(&user.email, part))
            && equals(self.email, &user.email)
            && equals(self.external_id, &user.external_id)
            && (self.roles.is_empty() || user.role.as_deref().is_some_and(|role| self.roles.contains(&role)))
    }
}

fn compare(one: &User, other: &User, order: &str) -> Ordering {
    let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
    let ordering = match field {
        "created_datetime" => one.created.cmp(&other.created),
        "email" => one.email.cmp(&other.email),
        "role.name" => one.role.cmp(&other.role),
        _ => one.name.cmp(&other.name),
    };
    let ordering = if direction == "desc" { ordering.reverse() } else { ordering };
    ordering.then(one.id.cmp(&other.id))
}

fn datetime(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

fn spell(user: &User, helpdesk: &Helpdesk) -> Value {
    let human = user.role.as_deref() != Some("bot");
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
    put("id", user.id.into());
    put("active", user.active.into());
    put("bio", Value::Null);
    put("created_datetime", datetime(user.created).into());
    put("country", Value::Null);
    put("deactivated_datetime", json!(user.deactivated.map(datetime)));
    put("email", json!(user.email));
    put("external_id", json!(user.external_id));
    put("firstname", json!(user.firstname));
    put("has_password", human.into());
    put("has_2fa_enabled", false.into());
    put("lastname", json!(user.lastname));
    put("language", json!(user.language));
    put("meta", if human { json!({ "sso": null, "profile_picture_url": null }) } else { json!({}) });
    put("name", json!(user.name));
    let (key, role) = helpdesk.behaviour.dialect.role(user.role.as_deref());
    put(key, role);
    put("timezone", json!(user.timezone));
    put("updated_datetime", json!(user.updated.map(datetime)));
    put("client_id", json!(user.client_id));
    put("uri", format!("https://{}.gorgias.com/api/users/{}/", helpdesk.domain, user.id).into());
    Value::Object(map)
}

/// Answers what a credential check reads.
pub(crate) fn account(helpdesk: &Helpdesk) -> Value {
    json!({
        "created_datetime": datetime(helpdesk.created),
        "current_subscription": {
            "plan": null,
            "start_datetime": helpdesk.created.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "status": "active",
            "trial_end_datetime": null,
            "trial_start_datetime": null,
        },
        "deactivated_datetime": null,
        "domain": helpdesk.domain,
        "meta": { "company_domain": format!("{}.example", helpdesk.domain) },
        "settings": [{
            "id": 360_952,
            "data": {
                "timezone": helpdesk.business_timezone,
                "business_hours": [{ "days": "1,2,3,4,5", "to_time": "17:00", "from_time": "09:00" }],
            },
            "type": "business-hours",
        }],
        "status": { "status": "active" },
    })
}
