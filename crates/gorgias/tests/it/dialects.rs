//! Whatever the contract leaves open, the same figures come out.

use helpdelta_gorgias::{AccountReading, Api, ReadFigures};
use helpdelta_simulator::{
    AgentIds, BucketKey, BucketValue, CursorPlace, Dialect, EndOfList, IdleAgents, Numbers, Simulator, UserList,
    UserRole,
};
use rstest::rstest;

use crate::world::{account, helpdesk, read_account};

async fn read(dialect: Dialect) -> AccountReading {
    let mut helpdesk = helpdesk("acme", 5);
    helpdesk.behaviour.dialect = dialect;
    let simulator = Simulator::new([helpdesk]);
    read_account(&account(&simulator, "acme"), &["email", "chat"], Api::Reporting).await.expect("a reading")
}

/// Answers without the rows that say nothing, which some dialects add.
fn said(reading: &AccountReading) -> Vec<(String, Vec<String>)> {
    let ReadFigures::Reporting { answers, refused } = &reading.figures else { panic!("not by reporting") };
    assert!(refused.is_empty());
    let answer = |(answer, _): &(helpdelta_core::StatisticAnswer, usize)| {
        let mut rows: Vec<String> = (answer.rows.iter())
            .filter(|row| row.values.iter().any(Option::is_some))
            .map(|row| format!("{row:?}"))
            .collect();
        rows.sort();
        (format!("{:?}", answer.query), rows)
    };
    answers.iter().map(answer).collect()
}

#[rstest]
#[case::numbers(Dialect { numbers: Numbers::Number, ..Dialect::default() })]
#[case::floats(Dialect { numbers: Numbers::Float, ..Dialect::default() })]
#[case::ids_as_text(Dialect { agent_ids: AgentIds::Text, ..Dialect::default() })]
#[case::dotted_bucket(Dialect { bucket_key: BucketKey::Dotted, ..Dialect::default() })]
#[case::both_buckets(Dialect { bucket_key: BucketKey::Both, ..Dialect::default() })]
#[case::bucket_with_z(Dialect { bucket_value: BucketValue::MillisecondsZ, ..Dialect::default() })]
#[case::bucket_in_seconds(Dialect { bucket_value: BucketValue::Seconds, ..Dialect::default() })]
#[case::idle_agents_as_nulls(Dialect { idle_agents: IdleAgents::NullMeasures, ..Dialect::default() })]
#[case::idle_agents_without_measures(Dialect { idle_agents: IdleAgents::NoMeasures, ..Dialect::default() })]
#[case::bare_list_of_users(Dialect { user_list: UserList::BareArray, ..Dialect::default() })]
#[case::cursor_missing_at_the_end(Dialect { end_of_list: EndOfList::Missing, ..Dialect::default() })]
#[case::cursor_empty_at_the_end(Dialect { end_of_list: EndOfList::Empty, ..Dialect::default() })]
#[case::cursor_at_the_top(Dialect { cursor_place: CursorPlace::TopLevel, ..Dialect::default() })]
#[case::list_of_roles(Dialect { user_role: UserRole::List, ..Dialect::default() })]
#[case::extra_keys(Dialect { extra_keys: true, ..Dialect::default() })]
#[tokio::test(start_paused = true)]
async fn every_dialect_says_the_same(#[case] dialect: Dialect) {
    let (expected, found) = (read(Dialect::default()).await, read(dialect).await);
    assert!(said(&expected).iter().any(|(_, rows)| !rows.is_empty()));
    assert_eq!(said(&found), said(&expected));
    assert_eq!(found.users, expected.users);
}
