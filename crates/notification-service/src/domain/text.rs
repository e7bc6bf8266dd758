//! Text from outside, made fit for mails and logs.

/// Longer than anything the shop accepts; a bound for what others send.
const LONGEST: usize = 250;

/// One line of printable text: control characters, line separators and marks that reorder text become
/// spaces, runs of white space become one, and what is too long ends in `…`.
pub(crate) fn clean(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_unprintable(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with every mail address replaced: what a mail server answers often repeats the recipient, and no
/// address belongs into a log.
pub(crate) fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "<address>" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_reordering_marks_become_spaces() {
        assert_eq!(clean("a\r\nBcc: b\u{2028}c\u{202e}d\0"), "a Bcc: b c d");
        assert_eq!(clean("  tea \t pot "), "tea pot");
        assert_eq!(clean("Žluťoučký kůň 🐎"), "Žluťoučký kůň 🐎");
    }

    #[test]
    fn long_text_is_cut() {
        let cut = clean(&"ä".repeat(300));
        assert_eq!((cut.chars().count(), cut.ends_with("ä…")), (250, true));
    }

    #[test]
    fn addresses_are_taken_out_of_server_answers() {
        let answer = "permanent error (550): 5.1.1 <joe@example.com>: unknown, try mailto:x@y.z";
        assert_eq!(
            without_addresses(answer),
            "permanent error (550): 5.1.1 <address> unknown, try <address>"
        );
    }
}
