//! The kinds of target.

use super::mixture::WrittenMixture;
use super::node::{Node, Section};
use super::{TARGET_KINDS, gaussian, points};
use crate::error::Result;
use crate::measure::line::LineMeasure;
use crate::measure::target::{Radial, Target};
use crate::numerics::expression::Expression;

/// Highest dimension of a radial target: beyond it `r^{d−1}` hides the potential from rounding.
const MOST_DIMENSIONS: usize = 100_000;

/// The target of a table with the key `kind`. What is measured in place of what is written is noted.
pub(super) fn target(section: &Section<'_>, notes: &mut Vec<String>) -> Result<Target> {
    let kind = section.require("kind", &format!("one of {}", TARGET_KINDS.join(", ")))?;
    let with = |keys: &[&str]| section.clone().with_keys(keys);
    let line = |law: Result<LineMeasure>| law.map(Target::Line).map_err(|e| section.refused(e));
    match kind.word("a kind of target", TARGET_KINDS)? {
        "gaussian" => gaussian(&with(&["kind", "mean", "covariance", "std"])?).map(Target::Gaussian),
        "potential" => potential(&with(&["kind", "V", "variables", "domain"])?).map(Target::Line),
        "gaussian_mixture" => WrittenMixture::read(section)?.line(notes).map(Target::Line),
        "student" => {
            let section = with(&["kind", "dof", "location", "scale", "dimension"])?;
            if let Some(dimension) = section.get("dimension")
                && dimension.count(1)? != 1
            {
                return Err(dimension.unexpected("1: this version measures Student laws on the line"));
            }
            let dof = section.require("dof", "a number > 0")?.positive()?;
            let location = section.get("location").map_or(Ok(0.0), |node| node.number())?;
            line(LineMeasure::student(dof, location, section.positive_or("scale", 1.0)?))
        }
        "uniform" => {
            let interval = with(&["kind", "interval"])?.require("interval", "two numbers [lo, hi]")?;
            let (lo, hi) = interval.interval(false)?;
            LineMeasure::uniform(lo, hi).map(Target::Line).map_err(|e| interval.refused(e))
        }
        "laplace" => line(LineMeasure::laplace(with(&["kind", "rate"])?.positive_or("rate", 1.0)?)),
        "logistic" => line(LineMeasure::logistic(with(&["kind", "scale"])?.positive_or("scale", 1.0)?)),
        "product" => {
            let list = with(&["kind", "factors"])?.require("factors", "a list of targets, not empty")?;
            let factors = list.list("a list of targets, not empty")?;
            let factors = factors.iter().map(|factor| target(&factor.section()?, notes));
            Ok(Target::Product(factors.collect::<Result<_>>()?))
        }
        "radial" => radial(&with(&["kind", "dimension", "V"])?).map(|law| Target::Radial(Box::new(law))),
        _ => points::mixture(&with(&["kind", "file", "bandwidth"])?).map(Target::Line),
    }
}

/// The formula under the key `V`.
fn formula<'a>(section: &Section<'a>, variable: &str) -> Result<(Node<'a>, Expression)> {
    let expected = format!("a formula in {variable}, in quotes");
    let node = section.require("V", &expected)?;
    let expression = Expression::parse(node.text(&expected)?, &[variable]).map_err(|e| node.refused(e))?;
    Ok((node, expression))
}

fn potential(section: &Section<'_>) -> Result<LineMeasure> {
    let variable = match section.get("variables") {
        None => "x",
        Some(list) => {
            let names = list.list("a list of names, not empty")?;
            let [name] = names.as_slice() else {
                return Err(list.unexpected("one name: this version handles one variable"));
            };
            let text = name.text("a name, in quotes")?;
            // A name that cannot be one is an error of its own.
            Expression::parse("0", &[text]).map_err(|e| name.refused(e))?;
            text
        }
    };
    let (lo, hi) = match section.get("domain") {
        Some(domain) => domain.interval(true)?,
        None => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let (node, expression) = formula(section, variable)?;
    LineMeasure::formula(expression, lo, hi).map_err(|e| node.refused(e))
}

fn radial(section: &Section<'_>) -> Result<Radial> {
    let node = section.require("dimension", "a whole number, at least 2")?;
    let dimension = node.count(2)?;
    if dimension > MOST_DIMENSIONS {
        return Err(node.unexpected(&format!("at most {MOST_DIMENSIONS}")));
    }
    let (node, expression) = formula(section, "r")?;
    Radial::new(expression, dimension).map_err(|e| node.refused(e))
}
