//! Formulae given as text, evaluated on any kind of [`Number`].
//!
//! ```text
//! sum      = product { ("+" | "-") product }
//! product  = signed { ("*" | "/") signed }
//! signed   = "-" signed | power
//! power    = atom [ "^" exponent ]          exponent = "-" exponent | power
//! atom     = number | "pi" | variable | function "(" sum ")" | "(" sum ")"
//! function = exp | log | sqrt | sin | cos | tanh | cosh | abs
//! number   = digits [ "." digits ] [ ("e" | "E") [ "+" | "-" ] digits ]
//! ```
//!
//! So `-x^2` is `−(x²)` and `2^3^2` is `2^(3²)`. A number stands for the double next to it. An
//! exponent without a variable in it is worked out while reading: if it is an integer the power
//! is a repeated product (defined for negative bases), otherwise a real power of a non-negative
//! base; an exponent with a variable in it means `exp(exponent · log base)`.
//!
//! An [`Expression`] is kept as a flat postfix program. Evaluation, comparison, printing and
//! destruction run along it without recursion, so nothing about a formula can exhaust the stack;
//! reading recurs at most [`MAX_NESTING`] deep.

mod parser;

use super::number::Number;
use crate::error::{Error, Result};
use std::fmt;

/// Longest text accepted, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Deepest nesting of brackets, signs, functions and exponents accepted.
pub const MAX_NESTING: usize = 64;
/// Largest absolute value of a constant exponent.
pub const MAX_EXPONENT: f64 = 1e9;
/// Intermediate results up to this number live in a fixed array.
const SHORT_STACK: usize = 12;
/// Points evaluated together by [`Expression::evaluate_many`].
const BLOCK: usize = 64;

/// A named function of one argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Function {
    Exp,
    Log,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Cosh,
    Abs,
}

impl Function {
    const ALL: [Self; 8] =
        [Self::Exp, Self::Log, Self::Sqrt, Self::Sin, Self::Cos, Self::Tanh, Self::Cosh, Self::Abs];

    fn name(self) -> &'static str {
        match self {
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sqrt => "sqrt",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tanh => "tanh",
            Self::Cosh => "cosh",
            Self::Abs => "abs",
        }
    }

    fn apply<N: Number>(self, x: N) -> N {
        match self {
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tanh => x.tanh(),
            Self::Cosh => x.cosh(),
            Self::Abs => x.abs(),
        }
    }
}

/// An operation with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Binary {
    fn apply<N: Number>(self, a: N, b: N) -> N {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.pow(b),
        }
    }
}

/// One step of the postfix program. `LogCosh` is `Cosh` followed by `Log`, fused so that it does
/// not overflow.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    Constant(f64),
    Pi,
    Variable(usize),
    Negate,
    Call(Function),
    LogCosh,
    IntegerPower(i32),
    RealPower(f64),
    Binary(Binary),
}

impl Step {
    /// How many operands the step takes off the stack.
    fn arity(self) -> usize {
        match self {
            Self::Constant(_) | Self::Pi | Self::Variable(_) => 0,
            Self::Negate | Self::Call(_) | Self::LogCosh | Self::IntegerPower(_) | Self::RealPower(_) => 1,
            Self::Binary(_) => 2,
        }
    }

    /// The value of a step without operands.
    fn leaf<N: Number>(self, point: &[N]) -> Option<N> {
        match self {
            Self::Constant(c) => Some(N::from_f64(c)),
            Self::Pi => Some(N::pi()),
            Self::Variable(i) => Some(point[i]),
            _ => None,
        }
    }

    /// The value of a step with one operand.
    fn unary<N: Number>(self, x: N) -> N {
        match self {
            Self::Negate => -x,
            Self::Call(function) => function.apply(x),
            Self::LogCosh => x.ln_cosh(),
            Self::IntegerPower(2) => x.square(),
            Self::IntegerPower(n) => x.powi(n),
            Self::RealPower(a) => x.powf(a),
            Self::Constant(_) | Self::Pi | Self::Variable(_) | Self::Binary(_) => x,
        }
    }
}

/// A formula in named variables. Two expressions are equal if they are the same tree over the
/// same variables.
///
/// ```
/// use dald::numerics::expression::Expression;
/// let v = Expression::parse("x^4/4 - 3*x^2/2", &["x"])?;
/// assert_eq!(v.evaluate(&[2.0]), -2.0);
/// assert_eq!(v.to_string(), "x^4/4 - 3*x^2/2");
/// # Ok::<(), dald::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    variables: Vec<String>,
    program: Vec<Step>,
    /// Largest number of intermediate results alive at once.
    height: usize,
}

impl Expression {
    /// Reads a formula in the given variables.
    ///
    /// # Errors
    /// [`Error::Input`] naming the position (in characters, from 1), what was found there and what
    /// was expected; also for text above [`MAX_LENGTH`] bytes or nested deeper than
    /// [`MAX_NESTING`]. [`Error::Domain`] if a variable's name is not an identifier, is reserved,
    /// or is given twice.
    pub fn parse(text: &str, variables: &[&str]) -> Result<Self> {
        for (i, name) in variables.iter().enumerate() {
            let reserved = *name == "pi" || Function::ALL.iter().any(|f| f.name() == *name);
            let mut letters = name.chars();
            let identifier = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
            if reserved || !identifier || variables[..i].contains(name) {
                let expected = "distinct names of letters, digits and _, none of them pi or a function";
                return Err(Error::domain("variables", format!("`{name}`"), expected));
            }
        }
        let program = parser::parse(text, variables)?;
        Ok(Self::from_program(program, variables))
    }

    /// Wraps a well-formed program.
    fn from_program(program: Vec<Step>, variables: &[&str]) -> Self {
        let (mut alive, mut height) = (0_usize, 0_usize);
        for step in &program {
            alive = alive + 1 - step.arity();
            height = height.max(alive);
        }
        Self { variables: variables.iter().map(|&v| v.to_owned()).collect(), program, height }
    }

    /// The variables in the order in which [`Expression::evaluate`] takes them.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Whether variable `index` occurs in the formula.
    pub fn depends_on(&self, index: usize) -> bool {
        self.program.contains(&Step::Variable(index))
    }

    /// Whether the absolute value occurs: the formula may then have kinks.
    pub fn has_abs(&self) -> bool {
        self.program.contains(&Step::Call(Function::Abs))
    }

    /// The arguments of every absolute value in the formula, whose zeros are its possible kinks.
    pub fn abs_arguments(&self) -> Vec<Self> {
        let names: Vec<&str> = self.variables.iter().map(String::as_str).collect();
        let mut starts: Vec<usize> = Vec::new();
        let mut arguments = Vec::new();
        for (at, step) in self.program.iter().enumerate() {
            let first_operand = starts.len() - step.arity();
            if *step == Step::Call(Function::Abs) {
                let argument = self.program[starts[first_operand]..at].to_vec();
                arguments.push(Self::from_program(argument, &names));
            }
            let start = if step.arity() == 0 { at } else { starts[first_operand] };
            starts.truncate(first_operand);
            starts.push(start);
        }
        arguments
    }

    /// The value at a point with one coordinate per variable: on floats a float (NaN outside the
    /// domain), on intervals an enclosure of all values, on jets the derivatives.
    ///
    /// # Panics
    /// If `point` has fewer coordinates than the formula has variables.
    pub fn evaluate<N: Number>(&self, point: &[N]) -> N {
        if self.height <= SHORT_STACK {
            self.run(point, &mut [N::from_f64(0.0); SHORT_STACK])
        } else {
            self.run(point, &mut vec![N::from_f64(0.0); self.height])
        }
    }

    fn run<N: Number>(&self, point: &[N], stack: &mut [N]) -> N {
        let mut top = 0;
        for step in &self.program {
            if let Step::Binary(operation) = step {
                top -= 1;
                stack[top - 1] = operation.apply(stack[top - 1], stack[top]);
            } else if let Some(value) = step.leaf(point) {
                stack[top] = value;
                top += 1;
            } else {
                stack[top - 1] = step.unary(stack[top - 1]);
            }
        }
        stack[0]
    }

    /// The values at many points at once, bit for bit those of [`Expression::evaluate`].
    ///
    /// `points` holds the points one after the other (`[n, number of variables]`, row by row);
    /// `out` takes the `n` values.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the two lengths do not fit.
    pub fn evaluate_many(&self, points: &[f64], out: &mut [f64]) -> Result<()> {
        let dimension = self.variables.len();
        if points.len() != dimension * out.len() {
            let expected = dimension * out.len();
            return Err(Error::Dimension { name: "points".to_owned(), found: points.len(), expected });
        }
        let mut stack = vec![[0.0; BLOCK]; self.height];
        for (block, values) in out.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK * dimension;
            let rows = &points[first..first + values.len() * dimension];
            self.run_block(rows, dimension, values.len(), &mut stack);
            values.copy_from_slice(&stack[0][..values.len()]);
        }
        Ok(())
    }

    fn run_block(&self, rows: &[f64], dimension: usize, count: usize, stack: &mut [[f64; BLOCK]]) {
        let mut top = 0;
        for step in &self.program {
            match step {
                Step::Binary(operation) => {
                    top -= 1;
                    let (below, above) = stack.split_at_mut(top);
                    let (a, b) = (&mut below[top - 1][..count], &above[0][..count]);
                    for (x, y) in a.iter_mut().zip(b) {
                        *x = operation.apply(*x, *y);
                    }
                }
                Step::Variable(i) => {
                    for (slot, row) in stack[top][..count].iter_mut().zip(rows.chunks_exact(dimension)) {
                        *slot = row[*i];
                    }
                    top += 1;
                }
                _ => {
                    if let Some(value) = step.leaf(&[]) {
                        stack[top][..count].fill(value);
                        top += 1;
                    } else {
                        for x in &mut stack[top - 1][..count] {
                            *x = step.unary(*x);
                        }
                    }
                }
            }
        }
    }
}

/// How tightly a printed piece binds; a piece is bracketed where a tighter one is called for.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Tightness {
    Sum,
    Product,
    Signed,
    Power,
    Atom,
}

/// A printed constant: the shorter of plain and scientific notation.
fn number_text(c: f64) -> String {
    let (plain, scientific) = (format!("{c}"), format!("{c:e}"));
    if plain.len() <= scientific.len() + 2 { plain } else { scientific }
}

impl fmt::Display for Expression {
    /// With as few brackets as possible; reading the text gives the same expression back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = |(text, tightness): (String, Tightness), wanted: Tightness| {
            if tightness < wanted { format!("({text})") } else { text }
        };
        let mut stack: Vec<(String, Tightness)> = Vec::new();
        for step in &self.program {
            let mut operand = || stack.pop().unwrap_or((String::new(), Tightness::Atom));
            let printed = match *step {
                Step::Constant(c) => (number_text(c), Tightness::Atom),
                Step::Pi => ("pi".to_owned(), Tightness::Atom),
                Step::Variable(i) => (self.variables[i].clone(), Tightness::Atom),
                Step::Negate => (format!("-{}", bracketed(operand(), Tightness::Signed)), Tightness::Signed),
                Step::Call(function) => (format!("{}({})", function.name(), operand().0), Tightness::Atom),
                Step::LogCosh => (format!("log(cosh({}))", operand().0), Tightness::Atom),
                Step::IntegerPower(n) => {
                    (format!("{}^{n}", bracketed(operand(), Tightness::Atom)), Tightness::Power)
                }
                Step::RealPower(a) => {
                    let base = bracketed(operand(), Tightness::Atom);
                    let sign = if a < 0.0 { "-" } else { "" };
                    (format!("{base}^{sign}{}", number_text(a.abs())), Tightness::Power)
                }
                Step::Binary(operation) => {
                    let (right, left) = (operand(), operand());
                    let (sign, own, left_wanted, right_wanted) = match operation {
                        Binary::Add => (" + ", Tightness::Sum, Tightness::Sum, Tightness::Product),
                        Binary::Subtract => (" - ", Tightness::Sum, Tightness::Sum, Tightness::Product),
                        Binary::Multiply => ("*", Tightness::Product, Tightness::Product, Tightness::Signed),
                        Binary::Divide => ("/", Tightness::Product, Tightness::Product, Tightness::Signed),
                        Binary::Power => ("^", Tightness::Power, Tightness::Atom, Tightness::Signed),
                    };
                    (format!("{}{sign}{}", bracketed(left, left_wanted), bracketed(right, right_wanted)), own)
                }
            };
            stack.push(printed);
        }
        f.write_str(stack.last().map_or("", |(text, _)| text))
    }
}

#[cfg(test)]
mod tests;
