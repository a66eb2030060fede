//! A1 notation.

/// A range as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The worksheet; none for the first that people see.
    pub(super) title: Option<String>,
    /// The cells; none for all.
    pub(super) cells: Option<Cells>,
}

/// Cells, counted from 0; without a last row or column up to the end of the worksheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cells {
    first_row: usize,
    last_row: Option<usize>,
    first_column: usize,
    last_column: Option<usize>,
}

/// Cells of a worksheet, counted from 0, the last ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) first_row: usize,
    pub(super) last_row: usize,
    pub(super) first_column: usize,
    pub(super) last_column: usize,
}

/// One end of a range.
#[derive(Clone, Copy, Debug)]
struct Corner {
    row: Option<usize>,
    column: Option<usize>,
}

impl Range {
    /// What reads as cells is cells: `Q1` is a cell of the first worksheet, and `'Q1'` is the worksheet of that title.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(quoted) = text.strip_prefix('\'') {
            let (title, rest) = unquoted(quoted)?;
            let cells = match rest {
                "" => None,
                rest => Some(Cells::parse(rest.strip_prefix('!')?)?),
            };
            return Some(Self { title: Some(title), cells });
        }
        if let Some(cells) = Cells::parse(text) {
            return Some(Self { title: None, cells: Some(cells) });
        }
        match text.rsplit_once('!') {
            Some((title, cells)) => Some(Self { title: Some(title.to_owned()), cells: Some(Cells::parse(cells)?) }),
            None => Some(Self { title: Some(text.to_owned()), cells: None }),
        }
    }
}

/// A title up to its closing apostrophe, and what comes after that.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut title = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'')?;
        title.push_str(part);
        match after.strip_prefix('\'') {
            Some(after_pair) => {
                title.push('\'');
                rest = after_pair;
            }
            None => return Some((title, after)),
        }
    }
}

impl Cells {
    pub(super) const ALL: Self = Self { first_row: 0, last_row: None, first_column: 0, last_column: None };

    fn parse(text: &str) -> Option<Self> {
        let Some((first, last)) = text.split_once(':') else {
            let Corner { row: Some(row), column: Some(column) } = Corner::parse(text)? else { return None };
            let (last_row, last_column) = (Some(row), Some(column));
            return Some(Self { first_row: row, last_row, first_column: column, last_column });
        };
        let (first, last) = (Corner::parse(first)?, Corner::parse(last)?);
        let (first_row, last_row) = in_order(first.row, last.row)?;
        let (first_column, last_column) = in_order(first.column, last.column)?;
        Some(Self { first_row, last_row, first_column, last_column })
    }

    /// These cells of a worksheet of so many rows and columns; none if they begin outside of it.
    pub(super) fn within(&self, (rows, columns): (usize, usize)) -> Option<Rectangle> {
        let (final_row, final_column) = (rows.checked_sub(1)?, columns.checked_sub(1)?);
        let rectangle = Rectangle {
            first_row: self.first_row,
            last_row: self.last_row.unwrap_or(final_row).min(final_row),
            first_column: self.first_column,
            last_column: self.last_column.unwrap_or(final_column).min(final_column),
        };
        let begins_inside = self.first_row <= final_row && self.first_column <= final_column;
        begins_inside.then_some(rectangle)
    }

    /// The cells as Google names them in an error.
    pub(super) fn name(&self) -> String {
        let end = |row: Option<usize>, column: Option<usize>| {
            format!("{}{}", column.map(letters).unwrap_or_default(), row.map(number).unwrap_or_default())
        };
        let first = end(Some(self.first_row), Some(self.first_column));
        let last = end(self.last_row, self.last_column);
        if first == last { first } else { format!("{first}:{last}") }
    }
}

impl Corner {
    fn parse(text: &str) -> Option<Self> {
        let is_letter = |character: &char| character.is_ascii_alphabetic();
        let letters: String = text.chars().take_while(is_letter).collect();
        let digits = text.strip_prefix(letters.as_str())?;
        let has_only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if text.is_empty() || letters.len() > 3 || !has_only_digits || digits.starts_with('0') {
            return None;
        }
        let column = letters.bytes().fold(0, |sum, letter| {
            let place = usize::from(letter.to_ascii_uppercase().saturating_sub(b'A'));
            sum * 26 + place + 1
        });
        let row = if digits.is_empty() { None } else { Some(digits.parse::<usize>().ok()?.checked_sub(1)?) };
        Some(Self { row, column: column.checked_sub(1) })
    }
}

/// Two ends of a range in one direction, the smaller one first. An end may be open, a beginning only with it.
fn in_order(first: Option<usize>, last: Option<usize>) -> Option<(usize, Option<usize>)> {
    match (first, last) {
        (Some(first), Some(last)) => Some((first.min(last), Some(first.max(last)))),
        (Some(first), None) => Some((first, None)),
        (None, None) => Some((0, None)),
        (None, Some(_)) => None,
    }
}

impl Rectangle {
    /// The range as an answer gives it back.
    pub(super) fn name(&self, title: &str) -> String {
        let cells = Cells {
            first_row: self.first_row,
            last_row: Some(self.last_row),
            first_column: self.first_column,
            last_column: Some(self.last_column),
        };
        format!("{}!{}", quoted(title), cells.name())
    }
}

/// A title as it stands before `!`: in apostrophes unless it is a plain word that nobody takes for a cell.
pub(super) fn quoted(title: &str) -> String {
    let is_word = title.chars().all(|character| character.is_alphanumeric() || character == '_');
    let begins_with_digit = title.starts_with(|character: char| character.is_ascii_digit());
    if is_word && !begins_with_digit && !title.is_empty() && Cells::parse(title).is_none() {
        title.to_owned()
    } else {
        format!("'{}'", title.replace('\'', "''"))
    }
}

fn number(row: usize) -> String {
    row.saturating_add(1).to_string()
}

fn letters(column: usize) -> String {
    let mut name = String::new();
    let mut left = column.saturating_add(1);
    while left > 0 {
        left -= 1;
        let letter = u8::try_from(left % 26).map_or('?', |place| char::from(b'A' + place));
        name.insert(0, letter);
        left /= 26;
    }
    name
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GRID: (usize, usize) = (1000, 26);

    /// The title and the cells of a range in a worksheet of 1000 rows and 26 columns.
    fn read(text: &str) -> Option<(Option<String>, String)> {
        let range = Range::parse(text)?;
        let rectangle = range.cells.unwrap_or(Cells::ALL).within(GRID)?;
        Some((range.title, rectangle.name("X").split_off(2)))
    }

    #[rstest]
    #[case::bare_title("Clients", Some("Clients"), "A1:Z1000")]
    #[case::title_with_a_digit("Sheet1", Some("Sheet1"), "A1:Z1000")]
    #[case::title_with_blanks("My clients", Some("My clients"), "A1:Z1000")]
    #[case::quoted_title("'My clients'", Some("My clients"), "A1:Z1000")]
    #[case::apostrophes("'Bo''s ''own'''", Some("Bo's 'own'"), "A1:Z1000")]
    #[case::exclamation_mark("'Go! now'!B2", Some("Go! now"), "B2")]
    #[case::quoted_title_like_a_cell("'Q1'", Some("Q1"), "A1:Z1000")]
    #[case::cell_like_a_title("Q1", None, "Q1")]
    #[case::cells("A1:D4", None, "A1:D4")]
    #[case::small_letters("a1:d4", None, "A1:D4")]
    #[case::from_the_other_end("D4:A1", None, "A1:D4")]
    #[case::title_and_cells("Clients!A1:D4", Some("Clients"), "A1:D4")]
    #[case::columns("Clients!B:C", Some("Clients"), "B1:C1000")]
    #[case::rows("Clients!2:3", Some("Clients"), "A2:Z3")]
    #[case::open_end("Clients!A5:C", Some("Clients"), "A5:C1000")]
    #[case::beyond_the_end("Clients!A1:ZZ5000", Some("Clients"), "A1:Z1000")]
    fn a_range_has_a_title_and_cells(#[case] text: &str, #[case] title: Option<&str>, #[case] cells: &str) {
        assert_eq!(read(text), Some((title.map(str::to_owned), cells.to_owned())));
    }

    #[rstest]
    #[case::open_quote("'Clients")]
    #[case::text_after_the_quote("'Clients'A1")]
    #[case::no_cells("Clients!")]
    #[case::column_alone("Clients!A")]
    #[case::row_zero("Clients!A0")]
    #[case::four_letters("Clients!AAAA1")]
    #[case::column_to_row("Clients!A:5")]
    #[case::three_ends("Clients!A1:B2:C3")]
    #[case::dollars("Clients!$A$1")]
    fn what_is_no_range_is_refused(#[case] text: &str) {
        assert_eq!(Range::parse(text), None);
    }

    #[rstest]
    #[case::row("A1001", "A1001")]
    #[case::column("AA1:AB", "AA1:AB")]
    fn cells_outside_the_grid_have_a_name_and_no_place(#[case] text: &str, #[case] name: &str) {
        let cells = Cells::parse(text).unwrap();
        assert_eq!((cells.within(GRID), cells.name().as_str()), (None, name));
    }

    #[rstest]
    #[case::word("Clients_2", "Clients_2")]
    #[case::other_letters("Übersicht", "Übersicht")]
    #[case::blank("My clients", "'My clients'")]
    #[case::apostrophe("Bo's", "'Bo''s'")]
    #[case::digit_first("2025", "'2025'")]
    #[case::cell("Q1", "'Q1'")]
    #[case::empty("", "''")]
    fn a_title_is_quoted_when_it_must_be(#[case] title: &str, #[case] expected: &str) {
        assert_eq!(quoted(title), expected);
    }

    #[rstest]
    #[case(0, "A")]
    #[case(25, "Z")]
    #[case(26, "AA")]
    #[case(701, "ZZ")]
    #[case(702, "AAA")]
    fn columns_have_letters(#[case] column: usize, #[case] expected: &str) {
        assert_eq!(letters(column), expected);
        assert_eq!(Corner::parse(expected).unwrap().column, Some(column));
    }
}
