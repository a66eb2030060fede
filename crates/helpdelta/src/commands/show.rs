//! `show`: a month in the terminal, agents by metrics.

use std::collections::BTreeMap;

use comfy_table::{Cell as TableCell, CellAlignment, Color, Table};
use helpdelta_core::{Cell, Direction, Metric, Month, REPORT_SCHEMA_VERSION, StoredRow};
use helpdelta_lakehouse::{Dashboard, RowFilter};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::arguments::ShowArguments;
use crate::commands::{Context, or_document, settings};
use crate::exit::{Exit, Failure, Outcome};
use crate::figures::{NO_DATA, shown};
use crate::hints;
use crate::printer::{printable, ruled_table};
use crate::run::open;

const BEST: &str = "\u{25b2}";
const WORST: &str = "\u{25bc}";

/// Prints a month, a table for each client and channel.
pub(super) async fn show(arguments: &ShowArguments, context: &Context<'_>) -> Outcome {
    or_document(try_show(arguments, context).await, arguments.json, context)
}

async fn try_show(arguments: &ShowArguments, context: &Context<'_>) -> Outcome {
    let settings = settings(&arguments.config, context)?;
    let dashboard = open(&settings).await?;
    let (month, rows) = rows(&dashboard, arguments).await?;
    if arguments.json {
        context.printer.json(&document(month, &rows))?;
    } else {
        context.printer.line(&text(month, &rows))?;
    }
    Ok(Exit::Success)
}

/// The rows of the month asked for, or of the newest one.
async fn rows(dashboard: &Dashboard, arguments: &ShowArguments) -> Result<(Month, Vec<StoredRow>), Failure> {
    if dashboard.version().is_none() {
        let location = dashboard.location().to_string();
        return Err(hints::for_table(&helpdelta_lakehouse::LakehouseError::NoTable { location }));
    }
    let filter = RowFilter {
        clients: arguments.client.clone().map(|client| vec![client]),
        months: arguments.month.map(|month| (month, month)),
    };
    let mut rows = dashboard.rows(&filter).await.map_err(|error| hints::for_table(&error))?;
    if let Some(channel) = &arguments.channel {
        rows.retain(|stored| stored.row.key.channel == *channel);
    }
    let newest = rows.iter().map(|stored| stored.row.key.month).max();
    let Some(month) = newest else {
        let hint = "Run `helpdelta query \"SELECT DISTINCT Client, Channel, Month FROM Monthly_Dashboard\"` to see what is there.";
        return Err(Failure::new(Exit::Usage, "no_rows", "the table has no such rows", hint));
    };
    rows.retain(|stored| stored.row.key.month == month);
    Ok((month, rows))
}

/// The month as text: a heading and a table for each client and channel, and what the marks mean.
pub(super) fn text(month: Month, rows: &[StoredRow]) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&StoredRow>> = BTreeMap::new();
    for stored in rows {
        groups.entry((&stored.row.key.client, &stored.row.key.channel)).or_default().push(stored);
    }
    let mut parts = Vec::new();
    for ((client, channel), mut group) in groups {
        group.sort_by_key(|stored| (stored.row.agent_name.clone(), stored.row.key.agent_id));
        parts.push(format!("{} / {}, {month}\n{}", printable(client), printable(channel), table(&group)));
    }
    parts.push(format!("{BEST} best  {WORST} worst  {NO_DATA}: nothing to measure, which is not 0"));
    parts.join("\n\n")
}

fn table(rows: &[&StoredRow]) -> Table {
    let mut table = ruled_table();
    table.enforce_styling();
    let titles = Metric::ALL.into_iter().map(|metric| metric.definition().title);
    table.set_header(std::iter::once("Agent").chain(titles));
    let extremes: Vec<Option<(f64, f64)>> = Metric::ALL.into_iter().map(|metric| extremes(metric, rows)).collect();
    for stored in rows {
        let name = agent(stored, rows);
        let figures = Metric::ALL.into_iter().zip(&extremes).map(|(metric, extremes)| {
            figure(metric, stored.row.figures.get(metric), *extremes).set_alignment(CellAlignment::Right)
        });
        table.add_row(std::iter::once(TableCell::new(printable(&name))).chain(figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// An agent's name; with the id where two of the group share it, and the id alone where there is none.
fn agent(stored: &StoredRow, rows: &[&StoredRow]) -> String {
    let id = stored.row.key.agent_id;
    let Some(name) = stored.row.agent_name.as_deref().or(stored.row.agent_email.as_deref()) else {
        return format!("Agent {id}");
    };
    let namesakes = rows.iter().filter(|other| other.row.agent_name.as_deref() == Some(name)).count();
    if namesakes > 1 { format!("{name} ({id})") } else { name.to_owned() }
}

/// The best and the worst number of a metric; none where neither is better or all are equal.
fn extremes(metric: Metric, rows: &[&StoredRow]) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = rows
        .iter()
        .filter_map(|stored| stored.row.figures.get(metric).number())
        .map(helpdelta_core::Number::as_f64)
        .collect();
    let least = numbers.iter().copied().reduce(f64::min)?;
    let most = numbers.iter().copied().reduce(f64::max)?;
    match metric.definition().better {
        _ if least >= most => None,
        Direction::Higher => Some((most, least)),
        Direction::Lower => Some((least, most)),
        Direction::Neither => None,
    }
}

fn figure(metric: Metric, cell: Cell, extremes: Option<(f64, f64)>) -> TableCell {
    let text = shown(metric, cell);
    match (cell.number().map(helpdelta_core::Number::as_f64), extremes) {
        (Some(number), Some((best, _))) if number == best => TableCell::new(format!("{text} {BEST}")).fg(Color::Green),
        (Some(number), Some((_, worst))) if number == worst => TableCell::new(format!("{text} {WORST}")).fg(Color::Red),
        (None, _) => TableCell::new(text).fg(Color::DarkGrey),
        (Some(_), _) => TableCell::new(text),
    }
}

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    month: Month,
    rows: Vec<Map<String, Value>>,
}

fn document(month: Month, rows: &[StoredRow]) -> Document {
    let row = |stored: &StoredRow| {
        let mut row = Map::new();
        row.insert("Client".to_owned(), stored.row.key.client.clone().into());
        row.insert("Channel".to_owned(), stored.row.key.channel.clone().into());
        row.insert("Agent_Id".to_owned(), stored.row.key.agent_id.into());
        row.insert("Agent_Name".to_owned(), stored.row.agent_name.clone().into());
        row.insert("Agent_Email".to_owned(), stored.row.agent_email.clone().into());
        for metric in Metric::ALL {
            let number = match stored.row.figures.get(metric).number() {
                Some(helpdelta_core::Number::Count(count)) => count.into(),
                Some(helpdelta_core::Number::Real(real)) => real.into(),
                None => Value::Null,
            };
            row.insert(metric.definition().column.to_owned(), number);
        }
        row
    };
    Document { schema_version: REPORT_SCHEMA_VERSION, month, rows: rows.iter().map(row).collect() }
}
