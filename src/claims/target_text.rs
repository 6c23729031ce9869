//! Instances of claims as target files, which `dald measure` reads.

use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::path::line::LineBase;
use crate::path::{GaussianPath, Schedule};

/// A law on the line alone; `None` if the file format has no words for it.
pub fn line_law(law: &LineMeasure) -> Option<String> {
    law.target_table()
}

/// A Gaussian law alone.
pub fn gaussian_law(law: &Gaussian) -> String {
    let mean = law.mean().as_slice();
    let covariance = law.covariance();
    let rows: Vec<String> =
        covariance.row_iter().map(|row| format!("{:?}", row.iter().collect::<Vec<_>>())).collect();
    format!("[target]\nkind = \"gaussian\"\nmean = {mean:?}\ncovariance = [{}]\n", rows.join(", "))
}

/// A Gaussian path and annealed Langevin dynamics along it; `None` unless it begins in the standard normal law.
pub fn gaussian_run(path: &GaussianPath, kappa: Option<f64>, from: f64) -> Option<String> {
    let law = path.has_standard_base().then(|| gaussian_law(path.target()))?;
    Some(format!("{law}\n{}{}", schedule(path.schedule()), run(kappa, from)))
}

/// A path on the line and annealed Langevin dynamics along it.
pub fn line_run(
    law: &LineMeasure,
    line_base: LineBase,
    along: &Schedule,
    kappa: Option<f64>,
    from: f64,
) -> Option<String> {
    let law = line_law(law)?;
    Some(format!("{law}\n{}{}{}", base(line_base), schedule(along), run(kappa, from)))
}

fn base(base: LineBase) -> String {
    match base {
        LineBase::Gaussian => "[base]\nkind = \"gaussian\"\n\n".to_owned(),
        LineBase::Student { dof } => format!("[base]\nkind = \"student\"\ndof = {dof:?}\n\n"),
    }
}

/// The table `[schedule]`.
fn schedule(schedule: &Schedule) -> String {
    // The text of a schedule is its kind and its parameters.
    let text = schedule.to_string();
    let lines = match text.split_once(' ') {
        None => format!("kind = \"{text}\"\n"),
        Some(("table", columns)) => {
            let columns = columns.replace("t=", "t = ").replace(" lambda=", "\nlambda = ");
            format!("kind = \"table\"\n{columns}\n")
        }
        Some((kind, parameter)) => {
            let name = if kind == "power" { "exponent" } else { "rate" };
            format!("kind = \"{kind}\"\n{name} = {parameter}\n")
        }
    };
    format!("[schedule]\n{lines}\n")
}

fn run(kappa: Option<f64>, from: f64) -> String {
    let kappa = kappa.map_or_else(String::new, |kappa| format!("kappa = [{kappa:?}]\n"));
    format!("[run]\n{kappa}start = {from:?}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_has_a_table() {
        for example in Schedule::examples() {
            let table: toml::Table = schedule(&example).parse().unwrap();
            assert!(table["schedule"]["kind"].is_str(), "{example}");
        }
        let table: toml::Table = schedule(&Schedule::power(2.5).unwrap()).parse().unwrap();
        assert_eq!(table["schedule"]["exponent"].as_float(), Some(2.5));
        let knots = Schedule::table(vec![0.0, 0.25, 1.0], vec![0.0, 0.5, 1.0]).unwrap();
        let table: toml::Table = schedule(&knots).parse().unwrap();
        assert_eq!(table["schedule"]["lambda"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_run_along_a_gaussian_path_is_a_file() {
        let target = Gaussian::diagonal(vec![0.0, 1.0], vec![1.0, 0.25]).unwrap();
        let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
        let table: toml::Table = gaussian_run(&path, Some(0.125), 0.0).unwrap().parse().unwrap();
        assert_eq!(table["run"]["kappa"][0].as_float(), Some(0.125));
        assert_eq!(table["target"]["covariance"][1][1].as_float(), Some(0.25));
        let base = Gaussian::isotropic(vec![1.0, 0.0], 2.0).unwrap();
        let path = GaussianPath::new(path.target().clone(), base, Schedule::cosine()).unwrap();
        assert!(gaussian_run(&path, None, 0.0).is_none());
    }
}
