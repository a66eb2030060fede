//! The reference pages that are generated from the code, checked against what is in `docs/reference`.

use std::fmt::Write as _;
use std::path::Path;

use helpdelta_core::{Absence, Direction, Metric, Unit};
use helpdelta_lakehouse::described_columns;

use crate::settings::keys::KEYS;

const GENERATED: &str = "<!-- Generated from the code: UPDATE_DOCS=1 cargo test -p helpdelta reference -->\n\n";

fn assert_page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, text, "docs/reference/{name} is old: UPDATE_DOCS=1 cargo test -p helpdelta reference");
}

#[test]
fn the_settings_page_lists_every_setting() {
    let mut text = format!(
        "# Settings\n\n{GENERATED}A flag beats an environment variable beats `helpdelta.toml` beats the default. Paths in the \
         file start at its folder.\nUnknown keys are errors. `helpdelta init` writes a file with all of them.\n\n\
         | key | default | variable | meaning |\n|---|---|---|---|\n"
    );
    for key in &KEYS {
        let (path, variable) = (key.path(), key.variable());
        writeln!(text, "| `{path}` | `{}` | `{variable}` | {} |", key.default, key.meaning).expect("a text");
    }
    assert_page("settings.md", &text);
}

#[test]
fn the_table_page_lists_every_column_and_metric() {
    let mut text = format!(
        "# The table\n\n{GENERATED}Key: `Client, Channel, Month, Agent_Id`. Not partitioned; reader version 1, writer \
         version 2. A run yields a row for\nevery agent and month, active or not.\n\n| column | what |\n|---|---|\n"
    );
    for column in described_columns() {
        writeln!(text, "| `{}` | {} |", column.name, column.comment).expect("a text");
    }
    text.push_str("\n## Metrics\n\n| column | unit | better | no activity | asked as |\n|---|---|---|---|---|\n");
    for metric in Metric::ALL {
        let definition = metric.definition();
        let unit = match definition.unit {
            Unit::Seconds => "seconds",
            Unit::Count => "count",
            Unit::Percent => "percent, 0 to 100",
            Unit::Score => "score, 1 to 5",
        };
        let better = match definition.better {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
            Direction::Neither => "neither",
        };
        let absence = match definition.absence {
            Absence::Zero => "0",
            Absence::NoData => "null",
        };
        let asked = match definition.measure {
            Some(measure) => {
                let statistic = measure.statistic.definition();
                let bucket =
                    statistic.month_dimension.map_or("one month at a time".to_owned(), |name| format!("`{name}`"));
                format!("`{}` / `{}` / {bucket}", statistic.scope, measure.name)
            }
            None => "computed".to_owned(),
        };
        writeln!(text, "| `{}` | {unit} | {better} | {absence} | {asked} |", definition.column).expect("a text");
    }
    assert_page("table.md", &text);
}
