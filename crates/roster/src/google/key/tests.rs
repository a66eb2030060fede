use std::sync::LazyLock;

use helpdelta_simulator::Google;
use rstest::rstest;
use serde_json::json;

use super::*;

/// Made once: a key takes long to make.
static KEY_FILE: LazyLock<String> =
    LazyLock::new(|| Google::new().expect("a Google").service_account_key("http://127.0.0.1:9"));

/// The private key of RFC 8410, which is none of RSA.
const ED25519_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
                           MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                           -----END PRIVATE KEY-----\n";

fn fields() -> Map<String, Value> {
    serde_json::from_str(&KEY_FILE).expect("a key file")
}

fn with(name: &str, value: Value) -> String {
    let mut fields = fields();
    fields.insert(name.to_owned(), value);
    Value::Object(fields).to_string()
}

fn without(name: &str) -> String {
    let mut fields = fields();
    fields.remove(name);
    Value::Object(fields).to_string()
}

#[test]
fn a_key_file_is_read() {
    let key = ServiceAccountKey::parse(&KEY_FILE).expect("a key");
    assert_eq!(key.client_email(), "roster-reader@helpdelta-simulator.iam.gserviceaccount.com");
    assert_eq!(key.project_id(), "helpdelta-simulator");
    assert_eq!(key.token_uri().as_str(), "http://127.0.0.1:9/token");
}

#[rstest]
#[case::line_breaks_as_two_characters(with(
    "private_key",
    json!(fields()["private_key"].as_str().expect("a text").replace('\n', "\\n")),
))]
#[case::no_key_id(without("private_key_id"))]
#[case::no_universe(without("universe_domain"))]
#[case::project_from_the_email(without("project_id"))]
fn a_key_file_of_another_make_is_as_good(#[case] text: String) {
    let key = ServiceAccountKey::parse(&text).expect("a key");
    assert_eq!(key.project_id(), "helpdelta-simulator");
    assert_eq!(key.sign(&json!({})).expect("a signature").expose_secret().split('.').count(), 3);
}

#[rstest]
#[case::no_json("not JSON".to_owned(), InvalidKey::NotJson)]
#[case::no_object("[]".to_owned(), InvalidKey::NotJson)]
#[case::oauth_client_of_an_app(json!({ "installed": { "client_secret": "x" } }).to_string(), InvalidKey::OAuthClient)]
#[case::oauth_client_of_a_site(json!({ "web": { "client_secret": "x" } }).to_string(), InvalidKey::OAuthClient)]
#[case::signed_in_user(with("type", json!("authorized_user")), InvalidKey::AuthorizedUser)]
#[case::other_kind(with("type", json!("external_account")), InvalidKey::OtherKind)]
#[case::no_kind(without("type"), InvalidKey::MissingField { field: "type" })]
#[case::no_email(without("client_email"), InvalidKey::MissingField { field: "client_email" })]
#[case::blank_email(with("client_email", json!(" ")), InvalidKey::MissingField { field: "client_email" })]
#[case::number_for_an_email(with("client_email", json!(7)), InvalidKey::MissingField { field: "client_email" })]
#[case::bad_email(with("client_email", json!("reader")), InvalidKey::BadEmail)]
#[case::no_key(without("private_key"), InvalidKey::MissingField { field: "private_key" })]
#[case::no_token_uri(without("token_uri"), InvalidKey::MissingField { field: "token_uri" })]
#[case::not_pem(with("private_key", json!("planted-secret")), InvalidKey::BadPrivateKey)]
#[case::cut_key(
    with("private_key", json!(&fields()["private_key"].as_str().expect("a text")[..400])),
    InvalidKey::BadPrivateKey
)]
#[case::not_rsa(with("private_key", json!(ED25519_KEY)), InvalidKey::BadPrivateKey)]
fn what_is_no_key_of_a_service_account_says_why(#[case] text: String, #[case] expected: InvalidKey) {
    assert_eq!(ServiceAccountKey::parse(&text).expect_err("no key"), expected);
}

#[rstest]
#[case::plain_http("http://oauth2.googleapis.com/token")]
#[case::user("https://maya:secret@oauth2.googleapis.com/token")]
#[case::no_address("oauth2.googleapis.com")]
fn an_assertion_is_not_sent_to_a_bad_address(#[case] token_uri: &str) {
    let error = ServiceAccountKey::parse(&with("token_uri", json!(token_uri))).expect_err("no key");
    assert!(matches!(error, InvalidKey::BadTokenUri(_)), "{error}");
}

#[test]
fn errors_name_the_file_and_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.json");
    let read =
        || ServiceAccountKey::read(&path).expect_err("no key").to_string().replace(&*path.to_string_lossy(), "KEY");
    let missing = read();
    std::fs::write(&path, vec![b' '; 70_000]).expect("written");
    let large = read();
    std::fs::write(&path, json!({ "installed": {} }).to_string()).expect("written");
    let client = read();
    std::fs::write(&path, with("type", json!("authorized_user"))).expect("written");
    let user = read();
    std::fs::write(&path, without("private_key")).expect("written");
    let field = read();
    insta::assert_snapshot!([missing, large, client, user, field].join("\n"), @r#"
    the service-account key KEY cannot be read
    the service-account key KEY has 70000 bytes, which is too large for a key
    the service-account key KEY: this is the file of an OAuth client, not of a service account; create a key of a service account
    the service-account key KEY: this is the file of a signed-in user (authorized_user), not of a service account
    the service-account key KEY: the field "private_key" is missing or empty
    "#);
}

#[test]
fn neither_debug_nor_an_error_shows_any_part_of_the_key() {
    let key = ServiceAccountKey::parse(&KEY_FILE).expect("a key");
    let pem = fields()["private_key"].as_str().expect("a text").to_owned();
    let half = &pem[..pem.len() / 2];
    let errors = [
        ServiceAccountKey::parse(&with("private_key", json!(half))).expect_err("no key"),
        ServiceAccountKey::parse(&KEY_FILE[..KEY_FILE.len() - 3]).expect_err("no key"),
        ServiceAccountKey::parse(&with("type", json!(pem))).expect_err("no key"),
    ];
    let text = format!("{key:?} {key:#?} {errors:?} {} {} {}", errors[0], errors[1], errors[2]);
    for line in pem.lines().filter(|line| !line.is_empty()) {
        assert!(!text.contains(line), "{text}");
    }
}
