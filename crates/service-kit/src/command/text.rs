//! How commands show things to people.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Rows under their headings, in columns as wide as they need.
#[must_use]
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let all =
        || std::iter::once(headings.iter().map(|cell| (*cell).to_owned()).collect()).chain(rows.to_vec());
    let width = |column: usize| {
        all()
            .filter_map(|row: Vec<String>| row.get(column).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    for row in all() {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// What a terminal shows as it is: a message may hold characters that steer it.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// The beginning of a text, on one line.
#[must_use]
pub fn brief(text: &str, longest: usize) -> String {
    let line: String = plain(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    line.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// A time, in UTC, to the second.
#[must_use]
pub fn when(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows = [vec!["1".to_owned(), "short".to_owned()], vec!["22".to_owned(), "über".to_owned()]];
        assert_eq!(table(&["ID", "ERROR"], &rows), "ID  ERROR\n1   short\n22  über\n");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\nc");
        assert_eq!(brief("one\ntwo  three", 8), "one two…");
        assert_eq!(when(datetime!(2026-01-02 03:04:05.678 UTC)), "2026-01-02T03:04:05Z");
    }
}
