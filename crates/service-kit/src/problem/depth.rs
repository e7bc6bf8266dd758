//! How deep JSON may nest, found out before it is parsed.

/// Arrays and objects inside each other, at most.
pub(crate) const MAX_DEPTH: usize = 64;

/// Whether brackets outside of strings nest deeper than [`MAX_DEPTH`]. The text need not be valid JSON.
pub(crate) fn too_deep(text: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_levels_are_enough() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!too_deep(nested(64).as_bytes()));
        assert!(too_deep(nested(65).as_bytes()));
        assert!(too_deep(r#"{"a":"#.repeat(65).as_bytes()));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let text = format!(r#"{{"a":"{}\"{}"}}"#, "[".repeat(100), "{".repeat(100));
        assert!(!too_deep(text.as_bytes()));
    }

    #[test]
    fn what_was_closed_does_not_count() {
        assert!(!too_deep("[]".repeat(1000).as_bytes()));
    }
}
