//! `query`: SQL over the table.

use comfy_table::Table;
use helpdelta_lakehouse::QueryResult;

use crate::arguments::{QueryArguments, QueryFormat};
use crate::commands::{Context, settings};
use crate::exit::{Exit, Failure, Outcome};
use crate::hints;
use crate::printer::{printable, ruled_table};

/// Runs a query and prints its result.
pub(super) async fn query(arguments: &QueryArguments, context: &Context<'_>) -> Outcome {
    let settings = settings(&arguments.config, context)?;
    let result =
        helpdelta_lakehouse::query(&settings.table, &arguments.sql).await.map_err(|error| hints::for_table(&error))?;
    match arguments.format {
        QueryFormat::Table => context.printer.line(&table(&result)?.to_string())?,
        QueryFormat::Csv => {
            let mut text = Vec::new();
            result.write_csv(&mut text).map_err(|error| hints::for_table(&error))?;
            context.printer.data(|output| output.write_all(&text))?;
        }
        QueryFormat::Json => {
            let mut text = Vec::new();
            result.write_json(&mut text).map_err(|error| hints::for_table(&error))?;
            context.printer.data(|output| output.write_all(&text))?;
        }
    }
    Ok(Exit::Success)
}

fn table(result: &QueryResult) -> Result<Table, Failure> {
    let mut table = ruled_table();
    table.set_header(result.columns());
    for row in result.texts().map_err(|error| hints::for_table(&error))? {
        table.add_row(row.into_iter().map(|cell| cell.map_or_else(|| "-".to_owned(), |text| printable(&text))));
    }
    Ok(table)
}
