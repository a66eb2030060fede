use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Cell, Figures, Metric, Source};

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("an instant")
}

fn row(agent_id: i64, closed: Cell) -> Row {
    let mut figures = Figures::default();
    figures.set(Metric::ClosedTickets, closed);
    Row {
        key: RowKey {
            client: "Acme".to_owned(),
            channel: "email".to_owned(),
            month: "2025-01".parse().expect("a month"),
            agent_id,
        },
        agent_name: Some("Maya".to_owned()),
        agent_email: None,
        figures,
        source: Source::Reporting,
    }
}

fn stored(agent_id: i64, closed: Cell, seconds: i64) -> StoredRow {
    StoredRow { row: row(agent_id, closed), created: Some(instant(10)), last_updated: Some(instant(seconds)) }
}

#[test]
fn a_new_row_is_inserted_with_both_times_at_the_start_of_the_run() {
    let decision = decide_merge([], [row(1, Cell::count(3))], instant(50)).expect("a decision");
    let expected =
        StoredRow { row: row(1, Cell::count(3)), created: Some(instant(50)), last_updated: Some(instant(50)) };
    assert_eq!(decision, MergeDecision { inserted: vec![expected], ..MergeDecision::default() });
}

#[test]
fn a_row_that_differs_is_updated_and_keeps_when_it_was_created() {
    let decision =
        decide_merge([stored(1, Cell::count(3), 20)], [row(1, Cell::count(4))], instant(50)).expect("a decision");
    let expected =
        StoredRow { row: row(1, Cell::count(4)), created: Some(instant(10)), last_updated: Some(instant(50)) };
    assert_eq!(decision, MergeDecision { updated: vec![expected], ..MergeDecision::default() });
}

#[test]
fn a_new_name_alone_is_a_difference() {
    let mut renamed = row(1, Cell::count(3));
    renamed.agent_name = Some("Maya Lind".to_owned());
    let decision = decide_merge([stored(1, Cell::count(3), 20)], [renamed], instant(50)).expect("a decision");
    assert_eq!(decision.updated.len(), 1);
}

#[test]
fn a_row_that_does_not_differ_is_not_touched() {
    let decision =
        decide_merge([stored(1, Cell::count(3), 20)], [row(1, Cell::count(3))], instant(50)).expect("a decision");
    assert_eq!(decision, MergeDecision { unchanged: 1, ..MergeDecision::default() });
}

#[test]
fn a_row_that_the_run_does_not_have_stays() {
    let decision = decide_merge([stored(1, Cell::count(3), 20)], [], instant(50)).expect("a decision");
    assert!(decision.is_empty());
}

#[test]
fn an_older_run_never_overwrites_a_newer_one() {
    let decision =
        decide_merge([stored(1, Cell::count(3), 60)], [row(1, Cell::count(4))], instant(50)).expect("a decision");
    let kept_newer = vec![stored(1, Cell::count(3), 60)];
    assert_eq!(decision, MergeDecision { kept_newer, ..MergeDecision::default() });
}

#[test]
fn an_unavailable_cell_keeps_what_the_table_had_and_no_data_does_not() {
    let unavailable =
        decide_merge([stored(1, Cell::count(3), 20)], [row(1, Cell::Unavailable)], instant(50)).expect("a decision");
    assert_eq!(unavailable.unchanged, 1);
    let no_data =
        decide_merge([stored(1, Cell::count(3), 20)], [row(1, Cell::NoData)], instant(50)).expect("a decision");
    assert_eq!(no_data.updated.len(), 1);
    let fresh = decide_merge([], [row(1, Cell::Unavailable)], instant(50)).expect("a decision");
    assert_eq!(fresh.inserted[0].row.figures.get(Metric::ClosedTickets), Cell::NoData);
}

#[test]
fn a_key_that_stands_twice_is_refused_on_either_side() {
    let run = decide_merge([], [row(1, Cell::count(3)), row(1, Cell::count(3))], instant(50));
    assert!(matches!(run, Err(MergeError::DuplicateInRun { .. })));
    let table = [stored(1, Cell::count(3), 20), stored(1, Cell::count(3), 20)];
    let table = decide_merge(table, [row(1, Cell::count(3))], instant(50));
    assert!(matches!(table, Err(MergeError::DuplicateInTable { .. })));
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![(0..3_i64).prop_map(Cell::count), Just(Cell::NoData), Just(Cell::Unavailable)]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::btree_map(0..6_i64, cell(), 0..6)
        .prop_map(|rows| rows.into_iter().map(|(agent_id, cell)| row(agent_id, cell)).collect())
}

type Table = BTreeMap<RowKey, StoredRow>;

fn apply(table: &Table, run: &[Row], seconds: i64) -> Table {
    let decision = decide_merge(table.values().cloned(), run.to_vec(), instant(seconds)).expect("a decision");
    let mut table = table.clone();
    for stored in decision.inserted.into_iter().chain(decision.updated) {
        table.insert(stored.row.key.clone(), stored);
    }
    table
}

proptest! {
    #[test]
    fn applying_a_run_twice_equals_applying_it_once(first in rows(), second in rows()) {
        let table = apply(&Table::new(), &first, 10);
        let once = apply(&table, &second, 20);
        prop_assert_eq!(&apply(&once, &second, 20), &once);
        prop_assert_eq!(&apply(&once, &second, 30), &once);
    }

    #[test]
    fn created_never_moves_and_last_updated_never_goes_back(runs in prop::collection::vec((rows(), 1..50_i64), 1..6)) {
        let mut table = Table::new();
        for (run, seconds) in runs {
            let after = apply(&table, &run, seconds);
            for (key, before) in &table {
                prop_assert_eq!(after[key].created, before.created);
                prop_assert!(after[key].last_updated >= before.last_updated);
                prop_assert!(after[key] == *before || after[key].row != before.row);
            }
            table = after;
        }
    }

    #[test]
    fn every_row_of_a_run_is_accounted_for_once(first in rows(), second in rows(), seconds in 1..50_i64) {
        let table = apply(&Table::new(), &first, 10);
        let count = second.len();
        let decision = decide_merge(table.into_values(), second, instant(seconds)).expect("a decision");
        let accounted = decision.inserted.len() + decision.updated.len() + decision.unchanged + decision.kept_newer.len();
        prop_assert_eq!(accounted, count);
    }
}
