//! The guard: how much of what an entry had a run would take away.

use std::collections::HashMap;

use crate::{Cell, Figures, Metric, Row, RowKey, StoredRow};

/// How many cells of an entry had a value, and how many of them a run would turn into nothing or zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DropShare {
    /// Cells of the run's rows that hold a value other than 0 in the table.
    pub had_value: usize,
    /// Those of them that the run would turn into no data or 0.
    pub dropped: usize,
}

impl DropShare {
    /// Whether the share of dropped cells is above `most` (0 to 1).
    pub fn exceeds(&self, most: f64) -> bool {
        let count = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        count(self.dropped) > count(self.had_value) * most
    }
}

/// Compares the rows of an entry's run with what the table has of them. Unavailable cells drop nothing.
pub fn drop_share<'a>(stored: impl IntoIterator<Item = &'a StoredRow>, run: &[Row]) -> DropShare {
    let run: HashMap<&RowKey, &Figures> = run.iter().map(|row| (&row.key, &row.figures)).collect();
    let mut share = DropShare::default();
    for stored in stored {
        let Some(figures) = run.get(&stored.row.key) else { continue };
        for metric in Metric::ALL {
            let before = stored.row.figures.get(metric);
            if !is_something(before) {
                continue;
            }
            share.had_value += 1;
            share.dropped += usize::from(!is_something(figures.get(metric).over(before)));
        }
    }
    share
}

fn is_something(cell: Cell) -> bool {
    cell.number().is_some_and(|number| number.as_f64() != 0.0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::Source;

    fn row(agent_id: i64, closed: Cell, satisfaction: Cell) -> Row {
        let mut figures = Figures::default();
        figures.set(Metric::ClosedTickets, closed);
        figures.set(Metric::CustomerSatisfaction, satisfaction);
        Row {
            key: RowKey {
                client: "Acme".to_owned(),
                channel: "all".to_owned(),
                month: "2025-01".parse().expect("a month"),
                agent_id,
            },
            agent_name: None,
            agent_email: None,
            figures,
            source: Source::Reporting,
        }
    }

    #[rstest]
    #[case::nothing_lost(Cell::count(2), Cell::real(4.0), 0)]
    #[case::one_of_two(Cell::count(0), Cell::real(4.0), 1)]
    #[case::all(Cell::count(0), Cell::NoData, 2)]
    #[case::unavailable_keeps(Cell::Unavailable, Cell::Unavailable, 0)]
    fn cells_that_had_a_value_are_counted_when_they_lose_it(
        #[case] closed: Cell,
        #[case] satisfaction: Cell,
        #[case] dropped: usize,
    ) {
        let stored = StoredRow { row: row(7, Cell::count(3), Cell::real(5.0)), created: None, last_updated: None };
        let share = drop_share([&stored], &[row(7, closed, satisfaction), row(8, Cell::count(0), Cell::NoData)]);
        assert_eq!(share, DropShare { had_value: 2, dropped });
    }

    #[rstest]
    #[case::half_is_allowed(4, 2, false)]
    #[case::more_than_half(4, 3, true)]
    #[case::nothing_to_lose(0, 0, false)]
    fn more_than_the_share_is_too_much(#[case] had_value: usize, #[case] dropped: usize, #[case] expected: bool) {
        assert_eq!(DropShare { had_value, dropped }.exceeds(0.5), expected);
    }

    #[test]
    fn a_row_that_the_run_does_not_have_drops_nothing() {
        let stored = StoredRow { row: row(9, Cell::count(3), Cell::real(5.0)), created: None, last_updated: None };
        assert_eq!(drop_share([&stored], &[row(7, Cell::count(0), Cell::NoData)]), DropShare::default());
    }
}
