//! The Sheets API: the worksheets of a spreadsheet, and the cells of a range.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Desk;
use super::answer::SheetsRefusal;
use super::range::{Cells, Range, Rectangle};
use super::state::{Spreadsheet, Worksheet};

/// Any of them may read a spreadsheet.
const SUFFICIENT_SCOPES: [&str; 5] = [
    super::READONLY_SCOPE,
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.readonly",
    "https://www.googleapis.com/auth/drive",
    "https://www.googleapis.com/auth/drive.file",
];

/// Parameters of every method that do not change what is said.
const COMMON_PARAMETERS: [&str; 4] = ["fields", "prettyPrint", "quotaUser", "alt"];

impl Desk {
    /// Who may not ask at all.
    pub(super) fn admit(&self, authorization: &str) -> Result<(), SheetsRefusal> {
        if authorization.is_empty() {
            return Err(SheetsRefusal::unregistered());
        }
        let bearer = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let grant = bearer.and_then(|(_, token)| self.grants.get(token.trim()));
        let grant =
            grant.filter(|grant| grant.expires > self.state.now()).ok_or_else(SheetsRefusal::unauthenticated)?;
        if !self.state.sheets_api_enabled {
            return Err(SheetsRefusal::service_disabled());
        }
        let suffices = grant.scope.split_whitespace().any(|scope| SUFFICIENT_SCOPES.contains(&scope));
        if suffices { Ok(()) } else { Err(SheetsRefusal::insufficient_scope()) }
    }

    /// `spreadsheets.get`.
    pub(super) fn spreadsheet(&self, id: &str, query: &str) -> Result<Value, SheetsRefusal> {
        let parameters = parameters(query, &["includeGridData", "ranges"])?;
        for name in ["includeGridData", "ranges"] {
            if parameters.iter().any(|(given, value)| given == name && value != "false") {
                return Err(only_here(&format!("the parameter {name}")));
            }
        }
        let spreadsheet = self.find(id)?;
        let sheets: Vec<Value> = spreadsheet.worksheets.iter().enumerate().map(properties).collect();
        let body = json!({ "spreadsheetId": id, "properties": { "title": spreadsheet.title }, "sheets": sheets });
        Ok(masked(body, &parameters))
    }

    /// `spreadsheets.values.get`.
    pub(super) fn values(&self, id: &str, range: &str, query: &str) -> Result<Value, SheetsRefusal> {
        let options = ["majorDimension", "valueRenderOption", "dateTimeRenderOption"];
        let parameters = parameters(query, &options)?;
        for (name, value) in parameters.iter().filter(|(name, _)| options.contains(&name.as_str())) {
            check_option(name, value)?;
        }
        let spreadsheet = self.find(id)?;
        let unparsable = || SheetsRefusal::bad_request(format!("Unable to parse range: {range}"));
        let asked = Range::parse(range).ok_or_else(unparsable)?;
        let worksheet = match &asked.title {
            None => spreadsheet.first_visible(),
            Some(title) => spreadsheet.worksheets.iter().find(|worksheet| worksheet.title == *title),
        };
        let worksheet = worksheet.ok_or_else(unparsable)?;
        let rectangle = place(worksheet, asked.cells)?;
        let mut body = json!({ "range": rectangle.name(&worksheet.title), "majorDimension": "ROWS" });
        let values = cut(&worksheet.rows, rectangle);
        if let (false, Value::Object(fields)) = (values.is_empty(), &mut body) {
            fields.insert("values".to_owned(), json!(values));
        }
        Ok(masked(body, &parameters))
    }

    fn find(&self, id: &str) -> Result<&Spreadsheet, SheetsRefusal> {
        let found = self.state.spreadsheets.get(id);
        let spreadsheet = found.ok_or_else(|| SheetsRefusal::of_status(StatusCode::NOT_FOUND))?;
        if spreadsheet.shared { Ok(spreadsheet) } else { Err(SheetsRefusal::of_status(StatusCode::FORBIDDEN)) }
    }
}

/// The parameters of a request. One that is ignored would hide a client's misspelling.
fn parameters(query: &str, names: &[&str]) -> Result<Vec<(String, String)>, SheetsRefusal> {
    let parameters: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let is_known = |name: &str| names.contains(&name) || COMMON_PARAMETERS.contains(&name);
    match parameters.iter().find(|(name, _)| !is_known(name)) {
        None => Ok(parameters),
        Some((name, _)) => Err(SheetsRefusal::bad_request(format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' \
             could not be found in request message."
        ))),
    }
}

fn check_option(name: &str, value: &str) -> Result<(), SheetsRefusal> {
    let (field, kind, served, lacking): (_, _, &[&str], &[&str]) = match name {
        "majorDimension" => ("major_dimension", "Dimension", &["ROWS", "DIMENSION_UNSPECIFIED"], &["COLUMNS"]),
        "valueRenderOption" => {
            ("value_render_option", "ValueRenderOption", &["FORMATTED_VALUE"], &["UNFORMATTED_VALUE", "FORMULA"])
        }
        _ => ("date_time_render_option", "DateTimeRenderOption", &["SERIAL_NUMBER", "FORMATTED_STRING"], &[]),
    };
    if served.contains(&value) {
        Ok(())
    } else if lacking.contains(&value) {
        Err(only_here(&format!("{name}={value}")))
    } else {
        let message =
            format!("Invalid value at '{field}' (type.googleapis.com/google.apps.sheets.v4.{kind}), \"{value}\"");
        Err(SheetsRefusal::bad_request(message))
    }
}

/// What Google has and this one has not.
fn only_here(what: &str) -> SheetsRefusal {
    SheetsRefusal::bad_request(format!("This simulator does not serve {what}, although Google does."))
}

fn properties((index, worksheet): (usize, &Worksheet)) -> Value {
    let (rows, columns) = worksheet.grid();
    let mut properties = json!({
        // The first worksheet of a new spreadsheet is 0, the others get some large number.
        "sheetId": index * 1_000_003,
        "title": worksheet.title,
        "index": index,
        "sheetType": "GRID",
        "gridProperties": { "rowCount": rows, "columnCount": columns },
    });
    if let (true, Value::Object(fields)) = (worksheet.hidden, &mut properties) {
        fields.insert("hidden".to_owned(), Value::Bool(true));
    }
    json!({ "properties": properties })
}

fn place(worksheet: &Worksheet, cells: Option<Cells>) -> Result<Rectangle, SheetsRefusal> {
    let (rows, columns) = worksheet.grid();
    let cells = cells.unwrap_or(Cells::ALL);
    cells.within((rows, columns)).ok_or_else(|| {
        let name = format!("{}!{}", super::range::quoted(&worksheet.title), cells.name());
        let limits = format!("Max rows: {rows}, max columns: {columns}");
        SheetsRefusal::bad_request(format!("Range ({name}) exceeds grid limits. {limits}"))
    })
}

/// The cells of a rectangle, without the empty ones at the end of a row and the empty rows at the end.
fn cut(rows: &[Vec<String>], rectangle: Rectangle) -> Vec<Vec<&str>> {
    let Rectangle { first_row, last_row, first_column, last_column } = rectangle;
    let wanted = rows.iter().take(last_row.saturating_add(1)).skip(first_row);
    let values = wanted.map(|row| {
        let cells = row.iter().take(last_column.saturating_add(1)).skip(first_column);
        without_end(cells.map(String::as_str).collect(), |cell: &&str| cell.is_empty())
    });
    without_end(values.collect(), Vec::is_empty)
}

fn without_end<T>(mut items: Vec<T>, is_empty: impl Fn(&T) -> bool) -> Vec<T> {
    while items.last().is_some_and(&is_empty) {
        items.pop();
    }
    items
}

/// Only the fields that `fields` names, of which the first step of each path counts.
fn masked(mut body: Value, parameters: &[(String, String)]) -> Value {
    let Some((_, mask)) = parameters.iter().find(|(name, _)| name == "fields") else { return body };
    let mut depth = 0_u32;
    let paths: Vec<&str> = mask
        .split(|character: char| {
            match character {
                '(' => depth = depth.saturating_add(1),
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        })
        .collect();
    let steps: Vec<&str> = paths.iter().filter_map(|path| path.split(['.', '/', '(']).next()).map(str::trim).collect();
    if let (false, Value::Object(fields)) = (steps.contains(&"*"), &mut body) {
        fields.retain(|name, _| steps.contains(&name.as_str()));
    }
    body
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rows(text: &[&str]) -> Vec<Vec<String>> {
        text.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
    }

    #[rstest]
    #[case::whole(&["a|b", "c|d"], "A1:Z1000", json!([["a", "b"], ["c", "d"]]))]
    #[case::ragged(&["a|b|c", "d"], "A1:Z1000", json!([["a", "b", "c"], ["d"]]))]
    #[case::trailing_cells(&["a||", "b|c|"], "A1:Z1000", json!([["a"], ["b", "c"]]))]
    #[case::trailing_rows(&["a", "", "|"], "A1:Z1000", json!([["a"]]))]
    #[case::empty_in_the_middle(&["a", "|", "|b"], "A1:Z1000", json!([["a"], [], ["", "b"]]))]
    #[case::empty_at_the_start(&["", "a"], "A1:Z1000", json!([[], ["a"]]))]
    #[case::blank_is_not_empty(&["a", " "], "A1:Z1000", json!([["a"], [" "]]))]
    #[case::nothing(&["|", ""], "A1:Z1000", json!([]))]
    #[case::part(&["a|b|c", "d|e|f", "g|h|i"], "B2:C3", json!([["e", "f"], ["h", "i"]]))]
    #[case::empty_part(&["a|b", "c|d"], "C1:D2", json!([]))]
    fn a_rectangle_is_cut_without_its_empty_ends(#[case] text: &[&str], #[case] range: &str, #[case] expected: Value) {
        let rectangle = Range::parse(range).unwrap().cells.unwrap().within((1000, 26)).unwrap();
        assert_eq!(json!(cut(&rows(text), rectangle)), expected);
    }

    #[rstest]
    #[case::none(None, &["spreadsheetId", "properties", "sheets"])]
    #[case::all(Some("*"), &["spreadsheetId", "properties", "sheets"])]
    #[case::path(Some("sheets.properties"), &["sheets"])]
    #[case::slashes(Some("sheets/properties/title"), &["sheets"])]
    #[case::several(Some("spreadsheetId,sheets(properties(title,hidden))"), &["spreadsheetId", "sheets"])]
    #[case::inner_names_do_not_count(Some("sheets(properties,data)"), &["sheets"])]
    fn a_mask_keeps_what_it_names(#[case] mask: Option<&str>, #[case] expected: &[&str]) {
        let body = json!({ "spreadsheetId": 1, "properties": 2, "sheets": 3 });
        let parameters: Vec<_> = mask.map(|mask| ("fields".to_owned(), mask.to_owned())).into_iter().collect();
        let kept = masked(body, &parameters);
        assert_eq!(kept.as_object().unwrap().keys().collect::<Vec<_>>(), expected);
    }
}
