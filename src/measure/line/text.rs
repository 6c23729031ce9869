//! Laws on the line as text that a target file takes.

use super::LineMeasure;
use super::family::Family;

impl LineMeasure {
    /// The table `[target]` of a target file for `dald measure` with this law, `None` if the file format has no words for it.
    ///
    /// ```
    /// use dald::measure::line::LineMeasure;
    /// let table = LineMeasure::student(5.0, 0.0, 2.0)?.target_table();
    /// assert_eq!(table.as_deref(), Some("[target]\nkind = \"student\"\ndof = 5.0\nlocation = 0.0\nscale = 2.0\n"));
    /// # Ok::<(), dald::error::Error>(())
    /// ```
    pub fn target_table(&self) -> Option<String> {
        let lines = if self.cut { None } else { self.named() };
        Some(format!("[target]\n{}", lines.or_else(|| self.as_potential())?))
    }

    /// A kind of its own in the file format.
    fn named(&self) -> Option<String> {
        Some(match &self.family {
            Family::Gaussian { mean, std } => {
                format!("kind = \"gaussian\"\nmean = {mean:?}\nstd = {std:?}\n")
            }
            Family::Mixture(_) => {
                let [weights, means, stds] = self.mixture_parameters()?;
                let list = format!("weights = {weights:?}\nmeans = {means:?}\nstds = {stds:?}\n");
                format!("kind = \"gaussian_mixture\"\n{list}")
            }
            Family::Student { dof, location, scale } => {
                format!("kind = \"student\"\ndof = {dof:?}\nlocation = {location:?}\nscale = {scale:?}\n")
            }
            Family::Uniform => format!("kind = \"uniform\"\ninterval = [{:?}, {:?}]\n", self.lo, self.hi),
            Family::Laplace { left, right } if left == right => {
                format!("kind = \"laplace\"\nrate = {left:?}\n")
            }
            Family::Logistic { scale } => format!("kind = \"logistic\"\nscale = {scale:?}\n"),
            _ => return None,
        })
    }

    /// A formula and a domain.
    fn as_potential(&self) -> Option<String> {
        let formula = match &self.family {
            Family::Formula(expression) if expression.variables() == ["x"] => expression.to_string(),
            Family::Gaussian { mean, std } => format!("((x - ({mean:?}))/{std:?})^2/2"),
            Family::Uniform => "0*x".to_owned(),
            Family::Laplace { left, right } => {
                format!("(({right:?} + {left:?})*abs(x) + ({right:?} - {left:?})*x)/2")
            }
            Family::Exponential { rate } => format!("{rate:?}*x"),
            Family::Gamma { shape } => format!("x - ({shape:?} - 1)*log(x)"),
            Family::Chi { dof } => format!("x^2/2 - ({dof:?} - 1)*log(x)"),
            Family::CoshPower { exponent } => format!("{exponent:?}*log(cosh(x))"),
            Family::LogGamma { shape } => format!("{shape:?}*x + exp(-x)"),
            Family::TiltedGaussian { convexity, slope } => format!("{convexity:?}*x^2/2 - {slope:?}*abs(x)"),
            _ => return None,
        };
        let whole = self.lo == f64::NEG_INFINITY && self.hi == f64::INFINITY;
        let domain = if whole { String::new() } else { format!("domain = [{:?}, {:?}]\n", self.lo, self.hi) };
        Some(format!("kind = \"potential\"\nV = \"{formula}\"\n{domain}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_has_words_or_none() {
        let law = LineMeasure::gaussian_mixture(&[1.0, 3.0], &[-1.0, 2.0], &[0.5, 1.0]).unwrap();
        let table = law.target_table().unwrap();
        assert!(table.contains("weights = [0.25, 0.75]\nmeans = [-1.0, 2.0]\nstds = [0.5, 1.0]"), "{table}");
        assert!(law.restricted(0.0, 1.0).unwrap().target_table().is_none());
        let half = LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(0.0, f64::INFINITY).unwrap();
        let table = half.target_table().unwrap();
        assert!(table.contains("V = \"((x - (0.0))/1.0)^2/2\"\ndomain = [0.0, inf]"), "{table}");
        assert!(LineMeasure::cos_power(2.0).unwrap().target_table().is_none());
    }
}
