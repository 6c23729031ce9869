//! Reading a formula into its postfix program.

use super::{Binary, Expression, Function, MAX_EXPONENT, MAX_LENGTH, MAX_NESTING, Step};
use crate::error::{Error, Result};
use winnow::Parser;
use winnow::ascii::{digit1, multispace0};
use winnow::combinator::{alt, opt, preceded};
use winnow::error::ParserError;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};
use winnow::token::{any, one_of, take_while};

/// Why reading stopped: the byte offset and what would have been accepted there.
#[derive(Debug, Clone, PartialEq)]
struct Failure {
    offset: usize,
    expected: String,
}

impl<'t, 'v> ParserError<Input<'t, 'v>> for Failure {
    type Inner = Self;

    fn from_input(input: &Input<'t, 'v>) -> Self {
        Self { offset: input.current_token_start(), expected: String::new() }
    }

    fn into_inner(self) -> std::result::Result<Self, Self> {
        Ok(self)
    }
}

/// What the grammar carries along besides the text.
#[derive(Debug)]
struct State<'v> {
    variables: &'v [&'v str],
    program: Vec<Step>,
    nesting: usize,
}

type Input<'t, 'v> = Stateful<LocatingSlice<&'t str>, State<'v>>;
type Outcome<T> = std::result::Result<T, Failure>;

/// Reads `text`; see the grammar in the documentation of the module above.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<Vec<Step>> {
    if text.len() > MAX_LENGTH {
        let message = format!("the formula has {} bytes: expected at most {MAX_LENGTH}", text.len());
        return Err(Error::Input { location: "formula".to_owned(), message });
    }
    let state = State { variables, program: Vec::new(), nesting: 0 };
    let mut input = Stateful { input: LocatingSlice::new(text), state };
    match formula(&mut input) {
        Ok(()) => Ok(input.state.program),
        Err(failure) => Err(report(text, &failure)),
    }
}

/// One line: position, what was found, what was expected.
fn report(text: &str, failure: &Failure) -> Error {
    let rest = text.get(failure.offset..).unwrap_or("");
    let column = text.get(..failure.offset).map_or(0, |before| before.chars().count()) + 1;
    let found = match rest.chars().next() {
        None => "the end of the formula".to_owned(),
        Some(c) if c.is_ascii_alphanumeric() => {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(24).collect();
            format!("`{word}`")
        }
        Some(c) => format!("`{}`", c.escape_debug()),
    };
    Error::Input {
        location: format!("formula, character {column}"),
        message: format!("found {found}: expected {}", failure.expected),
    }
}

fn failure<T>(offset: usize, expected: impl Into<String>) -> Outcome<T> {
    Err(Failure { offset, expected: expected.into() })
}

fn formula(input: &mut Input<'_, '_>) -> Outcome<()> {
    sum(input)?;
    let offset = next_token(input)?;
    match opt(any).parse_next(input)? {
        None => Ok(()),
        Some(_) => failure(offset, "an operator (+ - * / ^), `)` if a bracket is open, or the end"),
    }
}

/// Skips white space and gives the offset of what follows.
fn next_token(input: &mut Input<'_, '_>) -> Outcome<usize> {
    multispace0.void().parse_next(input)?;
    Ok(input.current_token_start())
}

/// The next character if it is one of `symbols`.
fn symbol(input: &mut Input<'_, '_>, symbols: &[char]) -> Outcome<Option<char>> {
    opt(preceded(multispace0, one_of(|c: char| symbols.contains(&c)))).parse_next(input)
}

/// Runs `inner` one level deeper.
fn nested<T>(input: &mut Input<'_, '_>, inner: impl FnOnce(&mut Input<'_, '_>) -> Outcome<T>) -> Outcome<T> {
    if input.state.nesting >= MAX_NESTING {
        return failure(input.current_token_start(), format!("at most {MAX_NESTING} levels of nesting"));
    }
    input.state.nesting += 1;
    let result = inner(input);
    input.state.nesting -= 1;
    result
}

fn sum(input: &mut Input<'_, '_>) -> Outcome<()> {
    product(input)?;
    while let Some(sign) = symbol(input, &['+', '-'])? {
        product(input)?;
        let operation = if sign == '+' { Binary::Add } else { Binary::Subtract };
        input.state.program.push(Step::Binary(operation));
    }
    Ok(())
}

fn product(input: &mut Input<'_, '_>) -> Outcome<()> {
    signed(input)?;
    while let Some(sign) = symbol(input, &['*', '/'])? {
        signed(input)?;
        let operation = if sign == '*' { Binary::Multiply } else { Binary::Divide };
        input.state.program.push(Step::Binary(operation));
    }
    Ok(())
}

/// Also the grammar of exponents: a sign, then a power.
fn signed(input: &mut Input<'_, '_>) -> Outcome<()> {
    if symbol(input, &['-'])?.is_some() {
        nested(input, signed)?;
        input.state.program.push(Step::Negate);
        return Ok(());
    }
    power(input)
}

fn power(input: &mut Input<'_, '_>) -> Outcome<()> {
    atom(input)?;
    if symbol(input, &['^'])?.is_none() {
        return Ok(());
    }
    let offset = next_token(input)?;
    let start = input.state.program.len();
    nested(input, signed)?;
    let exponent = &input.state.program[start..];
    if exponent.iter().any(|step| matches!(step, Step::Variable(_))) {
        input.state.program.push(Step::Binary(Binary::Power));
        return Ok(());
    }
    let constant = Expression::from_program(exponent.to_vec(), &[]).evaluate::<f64>(&[]);
    input.state.program.truncate(start);
    if constant.is_nan() || constant.abs() > MAX_EXPONENT {
        let expected = format!("an exponent between -{MAX_EXPONENT:e} and {MAX_EXPONENT:e}, not {constant}");
        return failure(offset, expected);
    }
    // Within i32: MAX_EXPONENT is below its largest value.
    #[allow(clippy::cast_possible_truncation)]
    let step =
        if constant.fract() == 0.0 { Step::IntegerPower(constant as i32) } else { Step::RealPower(constant) };
    input.state.program.push(step);
    Ok(())
}

fn atom(input: &mut Input<'_, '_>) -> Outcome<()> {
    let offset = next_token(input)?;
    if symbol(input, &['('])?.is_some() {
        return bracket(input, "`)`, an operator");
    }
    if let Some(first) = opt(one_of(|c: char| c.is_ascii_alphabetic() || c == '_')).parse_next(input)? {
        let rest: &str =
            take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)?;
        return name(input, offset, &format!("{first}{rest}"));
    }
    number(input, offset)
}

/// The rest of `( sum )`.
fn bracket(input: &mut Input<'_, '_>, expected: &str) -> Outcome<()> {
    nested(input, sum)?;
    let offset = next_token(input)?;
    match symbol(input, &[')'])? {
        Some(_) => Ok(()),
        None => failure(offset, expected),
    }
}

fn name(input: &mut Input<'_, '_>, offset: usize, word: &str) -> Outcome<()> {
    if let Some(index) = input.state.variables.iter().position(|v| *v == word) {
        input.state.program.push(Step::Variable(index));
        return Ok(());
    }
    if word == "pi" {
        input.state.program.push(Step::Pi);
        return Ok(());
    }
    let Some(function) = Function::ALL.into_iter().find(|f| f.name() == word) else {
        let functions: Vec<&str> = Function::ALL.iter().map(|f| f.name()).collect();
        let variables = input.state.variables.join(", ");
        let known = format!("a variable ({variables}), pi or a function ({})", functions.join(", "));
        return failure(offset, known);
    };
    let after = next_token(input)?;
    if symbol(input, &['('])?.is_none() {
        return failure(after, format!("`(` after {word}"));
    }
    bracket(input, "`)`, an operator")?;
    let program = &mut input.state.program;
    if function == Function::Log && program.last() == Some(&Step::Call(Function::Cosh)) {
        program.pop();
        program.push(Step::LogCosh);
    } else {
        program.push(Step::Call(function));
    }
    Ok(())
}

fn number(input: &mut Input<'_, '_>, offset: usize) -> Outcome<()> {
    let operand = "a number, a variable, pi, a function, `-` or `(`";
    let start = input.checkpoint();
    if opt(digit1).parse_next(input)?.is_none() {
        return failure(offset, operand);
    }
    if opt(one_of('.')).parse_next(input)?.is_some() {
        digits(input, "a digit after the decimal point")?;
    }
    if opt(one_of(['e', 'E'])).parse_next(input)?.is_some() {
        opt(alt(('+', '-'))).parse_next(input)?;
        digits(input, "the digits of an exponent (write * before a name)")?;
    }
    let length = input.current_token_start() - offset;
    input.reset(&start);
    let text = winnow::token::take(length).parse_next(input)?;
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            input.state.program.push(Step::Constant(value));
            Ok(())
        }
        _ => failure(offset, "a number below 1.8e308"),
    }
}

fn digits(input: &mut Input<'_, '_>, expected: &str) -> Outcome<()> {
    let offset = input.current_token_start();
    match opt(digit1).parse_next(input)? {
        Some(_) => Ok(()),
        None => failure(offset, expected),
    }
}
