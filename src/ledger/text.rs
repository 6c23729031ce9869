//! Plain text: short numbers and wrapped paragraphs.

use crate::enclosure::Enclosure;

/// Columns of console output.
pub const WIDTH: usize = 100;

/// Most significant digits that a number is shown with.
const MOST_DIGITS: i32 = 6;

/// A number for a table: as many digits as the enclosure determines, at most six; `≥ x` or `≤ x`
/// if only one end is known, `inf` if the quantity is infinite, `?` if nothing is known.
///
/// ```
/// use dald::enclosure::{Enclosure, Evidence};
/// use dald::ledger::text::short;
/// assert_eq!(short(Enclosure::exact(2.0).sqrt()), "1.41421");
/// assert_eq!(short(Enclosure::around(1.234, 0.02, Evidence::Converged)), "1.2");
/// assert_eq!(short(Enclosure::at_least(3.0, Evidence::Exact)), "≥ 3");
/// ```
pub fn short(x: Enclosure) -> String {
    if x.is_infinite() {
        return if x.lo() > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    match (x.lo().is_finite(), x.hi().is_finite()) {
        (false, false) => "?".to_owned(),
        (true, false) => format!("≥ {}", rounded(x.lo(), MOST_DIGITS)),
        (false, true) => format!("≤ {}", rounded(x.hi(), MOST_DIGITS)),
        (true, true) => {
            let (size, width) = (x.mid().abs(), x.width());
            if width >= 2.0 * size {
                // The sign or the size itself is in doubt: show both ends.
                return if width == 0.0 {
                    "0".to_owned()
                } else {
                    format!("{} … {}", rounded(x.lo(), 2), rounded(x.hi(), 2))
                };
            }
            // Half a unit of the last digit shown is no less than the half-width.
            #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a double is below 400")]
            let digits = if width > 0.0 {
                size.log10().floor() as i32 + 1 - width.log10().ceil() as i32
            } else {
                MOST_DIGITS
            };
            rounded(x.mid(), digits.clamp(1, MOST_DIGITS))
        }
    }
}

/// `x` with so many significant digits, without trailing zeros after the point.
fn rounded(x: f64, digits: i32) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let after = usize::try_from(digits - 1).unwrap_or(0);
    let scientific = format!("{x:.after$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |s: &str| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() }
    };
    if (-4..=6).contains(&exponent) {
        let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
        trimmed(&format!("{x:.decimals$}"))
    } else {
        format!("{}e{exponent}", trimmed(mantissa))
    }
}

/// Paragraphs wrapped between words to [`WIDTH`] columns, each line indented by `indent` spaces;
/// line breaks in the text stay, and what begins with `- ` is a list item with a hanging indent.
pub fn wrapped(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let hanging = " ".repeat(indent + if paragraph.starts_with("- ") { 2 } else { 0 });
        let mut line = " ".repeat(indent);
        let mut empty = true;
        for word in paragraph.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::replace(&mut line, hanging.clone()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        lines.push(if empty { String::new() } else { line });
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enclosure::Evidence;

    #[test]
    fn numbers_show_the_digits_they_have() {
        let around = |c, r| short(Enclosure::around(c, r, Evidence::Converged));
        assert_eq!(around(0.24999999999, 1e-12), "0.25");
        assert_eq!(around(123456.789, 0.01), "123457");
        assert_eq!(around(1.5e-9, 1e-12), "1.5e-9");
        assert_eq!(around(2.0e12, 1.0), "2e12");
        assert_eq!(around(0.1, 0.2), "-0.1 … 0.3");
        assert_eq!(short(Enclosure::exact(0.0)), "0");
        assert_eq!(short(Enclosure::exact(-0.5)), "-0.5");
        assert_eq!(short(Enclosure::infinite(Evidence::Exact)), "inf");
        assert_eq!(short(Enclosure::unknown(Evidence::Exact)), "?");
        assert_eq!(short(Enclosure::new(f64::NEG_INFINITY, 2.0, Evidence::Exact).unwrap()), "≤ 2");
        assert_eq!(short(Enclosure::exact(1000000.0)), "1000000");
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let text = "word ".repeat(100) + "\n\nlast";
        let out = wrapped(&text, 4);
        assert!(out.lines().all(|l| l.chars().count() <= WIDTH && !l.ends_with(' ')));
        assert!(out.ends_with("\n\n    last\n"));
        assert_eq!(out.split_whitespace().count(), 101);
        let item = wrapped(&format!("- {}", "word ".repeat(30)), 2);
        assert!(item.lines().enumerate().all(|(i, l)| l.starts_with(if i == 0 {
            "  - word"
        } else {
            "    word"
        })));
    }
}
