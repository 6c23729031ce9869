//! Formulae in Unicode text as marked-up text: `C_LS`, `e^{−2s}`, single letters in italics, ids of claims as links.

use maud::{Markup, PreEscaped, html};

/// A stretch of text.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// A variable: in italics.
    Variable(String),
    /// A word that is a letter of the formula's chapter and a number, such as `B2`: perhaps a claim.
    Reference(String),
    /// Below the line.
    Sub(Vec<Piece>),
    /// Above the line.
    Sup(Vec<Piece>),
}

/// Words of two letters that are no products of variables.
const SHORT_WORDS: [&str; 30] = [
    "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on",
    "or", "so", "to", "up", "us", "we", "ie", "eg", "vs", "ln", "im", "tr", "de",
];

/// Longest run of letters that can carry an index; longer ones are names with an underscore.
const LONGEST_BASE: usize = 3;

/// Cuts a text into pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let c = letters[at];
        let base = letters[..at].iter().rev().take_while(|c| c.is_ascii_alphabetic()).count();
        let follows = letters.get(at + 1).is_some_and(|next| !next.is_whitespace());
        if (c == '_' && at > 0 && !letters[at - 1].is_whitespace() && base <= LONGEST_BASE && follows)
            || (c == '^' && follows)
        {
            let (inside, next) = script(&letters, at + 1, c == '^');
            // A name of capitals stands upright: C_P as C_LS.
            let name = c == '_' && inside.chars().all(|c| c.is_ascii_uppercase());
            let inside = if name { vec![Piece::Text(inside)] } else { pieces(&inside) };
            out.push(if c == '_' { Piece::Sub(inside) } else { Piece::Sup(inside) });
            at = next;
        } else if is_letter(c) {
            let end = (at..letters.len()).find(|&i| !is_letter(letters[i])).unwrap_or(letters.len());
            let digits =
                (end..letters.len()).find(|&i| !letters[i].is_ascii_digit()).unwrap_or(letters.len());
            let word: String = letters[at..end].iter().collect();
            let whole = at == 0 || !(letters[at - 1].is_alphanumeric() || letters[at - 1] == '_');
            let ends = letters.get(digits).is_none_or(|c| !c.is_alphanumeric());
            if end - at == 1 && c.is_ascii_uppercase() && digits > end && whole && ends {
                out.push(Piece::Reference(letters[at..digits].iter().collect()));
                at = digits;
                continue;
            }
            let spaced = at.checked_sub(1).is_none_or(|i| letters[i].is_whitespace())
                && letters.get(end).is_some_and(|c| c.is_whitespace());
            // The s of a genitive.
            let genitive = word == "s"
                && at > 1
                && matches!(letters[at - 1], '\'' | '’')
                && at > 2
                && letters[at - 2].is_alphabetic()
                && letters[at - 3].is_alphabetic();
            push(&mut out, &word, !genitive && is_variable(&word, spaced));
            at = end;
        } else {
            push(&mut out, &c.to_string(), false);
            at += 1;
        }
    }
    out
}

fn push(out: &mut Vec<Piece>, text: &str, variable: bool) {
    match (out.last_mut(), variable) {
        (Some(Piece::Text(last)), false) | (Some(Piece::Variable(last)), true) => last.push_str(text),
        (_, false) => out.push(Piece::Text(text.to_owned())),
        (_, true) => out.push(Piece::Variable(text.to_owned())),
    }
}

/// Latin and lower-case Greek letters, and the marks that stand on them.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !('ⁱ'..='ₜ').contains(&c) || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether a run of letters is a variable or a product of two; `spaced`: it stands alone, as a word does.
fn is_variable(word: &str, spaced: bool) -> bool {
    let bare: Vec<char> = word.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    let math = |c: char| c.is_ascii_alphabetic() || ('α'..='ω').contains(&c) || c == 'ẋ' || c == 'λ';
    if !bare.iter().all(|&c| math(c)) {
        return false;
    }
    match bare.as_slice() {
        [one] => !(spaced && matches!(one, 'a' | 'A' | 'I')),
        [first, second] => {
            let upper = first.is_uppercase() && second.is_uppercase();
            let lower: String = [first.to_ascii_lowercase(), *second].iter().collect();
            !upper && !SHORT_WORDS.contains(&lower.as_str())
        }
        _ => false,
    }
}

/// What stands in a script that begins at `from`, and where the text goes on.
fn script(letters: &[char], from: usize, above: bool) -> (String, usize) {
    if letters[from] == '{' {
        let mut depth = 0;
        for i in from..letters.len() {
            match letters[i] {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return (letters[from + 1..i].iter().collect(), i + 1);
            }
        }
        return (letters[from + 1..].iter().collect(), letters.len());
    }
    let start = if above && matches!(letters[from], '−' | '-') { from + 1 } else { from };
    let class = |c: char| {
        if c.is_ascii_digit() {
            1
        } else if c.is_ascii_lowercase() {
            2
        } else if c.is_ascii_uppercase() {
            3
        } else {
            0
        }
    };
    let first = letters.get(start).map_or(0, |&c| class(c));
    let run = letters[start..].iter().take_while(|&&c| first > 0 && class(c) == first).count();
    // A power of a Latin letter is that letter alone: x^ab is not meant.
    let run = if above && first > 1 { 1 } else { run.max(1) };
    let mut end = (start + run).min(letters.len());
    while end < letters.len() && ('\u{300}'..='\u{36f}').contains(&letters[end]) {
        end += 1;
    }
    (letters[from..end].iter().collect(), end)
}

/// Pieces as HTML; `link` says where a reference leads, if anywhere.
pub(super) fn marked_up(pieces: &[Piece], link: &dyn Fn(&str) -> Option<String>) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                Piece::Text(text) => (text),
                Piece::Variable(text) => i { (text) },
                Piece::Reference(id) => @match link(id) {
                    Some(address) => a href=(address) { (id) },
                    None => (id),
                },
                Piece::Sub(inside) => sub { (marked_up(inside, link)) },
                Piece::Sup(inside) => sup { (marked_up(inside, link)) },
            }
        }
    }
}

/// Text as HTML, without links.
pub(super) fn text(text: &str) -> Markup {
    marked_up(&pieces(text), &|_| None)
}

/// Text as the content of an SVG `text` element: scripts are shifted, as `sub` and `sup` do not exist there.
pub(super) fn svg(text: &str) -> Markup {
    let mut out = String::new();
    write_svg(&pieces(text), &mut out);
    PreEscaped(out)
}

fn write_svg(pieces: &[Piece], out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Reference(text) => out.push_str(&escaped(text)),
            Piece::Variable(text) => {
                out.push_str("<tspan class=\"var\">");
                out.push_str(&escaped(text));
                out.push_str("</tspan>");
            }
            Piece::Sub(inside) | Piece::Sup(inside) => {
                let (there, back) = if matches!(piece, Piece::Sub(_)) { ("3", "-3") } else { ("-5", "5") };
                out.push_str("<tspan dy=\"");
                out.push_str(there);
                out.push_str("\" font-size=\"75%\">");
                write_svg(inside, out);
                // A character without width carries the way back to the line.
                out.push_str("</tspan><tspan dy=\"");
                out.push_str(back);
                out.push_str("\">\u{200b}</tspan>");
            }
        }
    }
}

fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(s: &str) -> String {
        text(s).into_string()
    }

    #[test]
    fn indices_and_powers_are_set_below_and_above() {
        assert_eq!(html("C_LS(q_τ)"), "<i>C</i><sub>LS</sub>(<i>q</i><sub><i>τ</i></sub>)");
        assert_eq!(html("e^{−2(1−u)/κ}"), "<i>e</i><sup>−2(1−<i>u</i>)/<i>κ</i></sup>");
        assert_eq!(html("λ_tC_P"), "<i>λ</i><sub><i>t</i></sub><i>C</i><sub>P</sub>");
        assert_eq!(html("x^4/4"), "<i>x</i><sup>4</sup>/4");
        assert_eq!(
            html("e^{−∫_u C_t}"),
            "<i>e</i><sup>−∫<sub><i>u</i></sub> <i>C</i><sub><i>t</i></sub></sup>"
        );
        assert_eq!(html("a_{1/κ"), "<i>a</i><sub>1/<i>κ</i></sub>");
    }

    #[test]
    fn words_stay_upright_and_names_keep_their_underscores() {
        assert_eq!(html("for a law"), "for a law");
        assert_eq!(html("KL(p|q) < 1"), "KL(<i>p</i>|<i>q</i>) &lt; 1");
        assert_eq!(html("small_kappa_limit: 0"), "small_kappa_limit: 0");
        assert_eq!(html("Girsanov's bound, f's"), "Girsanov's bound, <i>f</i>'<i>s</i>");
        assert_eq!(html("is dt or dX"), "is <i>dt</i> or <i>dX</i>");
        assert_eq!(html("trailing_ ^ and ^"), "trailing_ ^ and ^");
    }

    #[test]
    fn references_are_links_where_there_is_something_to_link_to() {
        let link = |id: &str| (id == "B2").then(|| "B2.html".to_owned());
        let out = marked_up(&pieces("by B2 and H1, N(0,1), B2x"), &link).into_string();
        assert_eq!(out, "by <a href=\"B2.html\">B2</a> and H1, <i>N</i>(0,1), <i>B</i>2<i>x</i>");
    }
}
