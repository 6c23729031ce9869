//! The kinds of target.

use super::mixture::WrittenMixture;
use super::node::{Node, Section};
use super::{TARGET_KINDS, gaussian, points};
use crate::error::Result;
use crate::inequality::poincare::plane::plane_poincare_constant_of;
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
        "potential" => potential(&with(&["kind", "V", "variables", "domain"])?),
        "gaussian_mixture" => {
            let written = WrittenMixture::read(section)?;
            if written.dim() == 1 {
                written.line(notes).map(Target::Line)
            } else {
                written.law().map(|law| Target::Mixture(Box::new(law)))
            }
        }
        "student" => student(&with(&["kind", "dof", "location", "scale", "dimension"])?),
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
        _ => points::mixture(&with(&["kind", "file", "bandwidth"])?),
    }
}

/// The formula under the key `V`.
fn formula<'a>(section: &Section<'a>, variable: &str) -> Result<(Node<'a>, Expression)> {
    let expected = format!("a formula in {variable}, in quotes");
    let node = section.require("V", &expected)?;
    let expression = Expression::parse(node.text(&expected)?, &[variable]).map_err(|e| node.refused(e))?;
    Ok((node, expression))
}

fn potential(section: &Section<'_>) -> Result<Target> {
    let mut variable = "x";
    if let Some(list) = section.get("variables") {
        let names = list.list("a list of names, not empty")?;
        let mut texts = Vec::with_capacity(names.len());
        for name in &names {
            let text = name.text("a name, in quotes")?;
            // A name that cannot be one is an error of its own.
            Expression::parse("0", &[text]).map_err(|e| name.refused(e))?;
            texts.push(text);
        }
        match texts.as_slice() {
            [single] => variable = single,
            [first, second] if first != second => return plane_potential(section, [first, second]),
            _ => return Err(list.unexpected("one name or two different ones")),
        }
    }
    let (lo, hi) = match section.get("domain") {
        Some(domain) => domain.interval(true)?,
        None => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let (node, expression) = formula(section, variable)?;
    LineMeasure::formula(expression, lo, hi).map(Target::Line).map_err(|e| node.refused(e))
}

/// A potential on the plane.
fn plane_potential(section: &Section<'_>, names: [&str; 2]) -> Result<Target> {
    if let Some(domain) = section.get("domain") {
        return Err(domain.unexpected("no domain with two variables: the whole plane is meant"));
    }
    let expected = format!("a formula in {} and {}, in quotes", names[0], names[1]);
    let node = section.require("V", &expected)?;
    let expression = Expression::parse(node.text(&expected)?, &names).map_err(|e| node.refused(e))?;
    // What cannot be the potential of a law is refused here, with its key.
    plane_poincare_constant_of(&expression).map_err(|e| node.refused(e))?;
    Ok(Target::Plane(expression))
}

/// Student's law on the line, or the one in several dimensions around the origin.
fn student(section: &Section<'_>) -> Result<Target> {
    let dof = section.require("dof", "a number > 0")?.positive()?;
    let scale = section.positive_or("scale", 1.0)?;
    let location = section.get("location");
    let dimension = section.get("dimension").map_or(Ok(1), |node| node.count(1))?;
    if dimension == 1 {
        let location = location.map_or(Ok(0.0), |node| node.number())?;
        return LineMeasure::student(dof, location, scale).map(Target::Line).map_err(|e| section.refused(e));
    }
    if let Some(node) = location
        && !(node.is_number() && node.number()? == 0.0)
    {
        return Err(node.unexpected("0 in several dimensions"));
    }
    if dimension > MOST_DIMENSIONS {
        let node = section.require("dimension", "a whole number")?;
        return Err(node.unexpected(&format!("at most {MOST_DIMENSIONS}")));
    }
    let exponent = 0.5 * (dof + dimension as f64);
    let text = format!("{exponent:e}*log(1 + (r/{scale:e})^2/{dof:e})");
    let law = Expression::parse(&text, &["r"]).and_then(|potential| Radial::new(potential, dimension));
    law.map(|law| Target::Radial(Box::new(law))).map_err(|e| section.refused(e))
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
