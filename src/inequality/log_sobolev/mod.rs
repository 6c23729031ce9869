//! Log-Sobolev constants of measures on the line.
mod chain;
mod frame;
mod maximiser;
mod potential;
mod profile;
mod star;
mod supersolution;

pub use potential::Potential;
#[cfg(test)]
mod scratch {
    use super::chain::Chain;
    use super::maximiser::*;
    fn run(name: &str, v: impl Fn(f64) -> f64 + Copy, a: f64, b: f64) {
        let t = std::time::Instant::now();
        let c = Chain::new(&[a, b], &[512], v);
        let modes = eigenfunctions(&c, 3);
        let best = search(&c, &modes);
        println!("{name}: 2CP {:.8} best {:?}  {:?}", 2.0 * modes[0].1, best.as_ref().map(|b| b.quotient), t.elapsed());
        let Some(mut best) = best else { return };
        for n in [512usize, 1024, 2048, 4096] {
            let c = Chain::new(&[a, b], &[n], v);
            if n > 512 {
                let f = super::refine(&best.f);
                best = Candidate::new(&c, f).unwrap();
            }
            let (p, d) = best.polish(&c, 12).unwrap();
            best = p;
            println!("   {n} {:.12} step {d:e} {:?}", best.quotient, t.elapsed());
        }
    }
    fn mix(x: f64, w: f64, a: f64, s: f64) -> f64 {
        let (l, r) = ((1.0 - w).ln() - (x + a).powi(2) / (2.0 * s * s), w.ln() - (x - a).powi(2) / (2.0 * s * s));
        let m = l.max(r);
        -(m + ((l - m).exp() + (r - m).exp()).ln())
    }
    struct Quartic(f64, f64, f64);
    impl super::Potential for Quartic {
        fn value(&self, x: f64) -> f64 { self.0 * x.powi(4) + self.1 * x * x + self.2 * x }
        fn support(&self) -> (f64, f64) { (f64::NEG_INFINITY, f64::INFINITY) }
        fn breaks(&self) -> Vec<f64> { vec![] }
        fn series(&self, x: Interval) -> super::potential::Series {
            let p = Interval::point;
            let (a, b, c) = (p(self.0), p(self.1), p(self.2));
            [a * x.powi(4) + b * x.square() + c * x, p(4.0) * a * x.powi(3) + p(2.0) * b * x + c,
             p(6.0) * a * x.square() + b, p(4.0) * a * x, a]
        }
    }
    use crate::enclosure::Interval;
    use super::potential::{Potential, Mirror};
    fn certify(pot: &dyn Potential, low: f64, gap: f64, c: f64, n: usize) {
        use super::{frame::Frame, profile::Profile, supersolution::Supersolution, star};
        let t = std::time::Instant::now();
        let frame = Frame::new(pot).unwrap();
        let mirrored = Mirror(pot);
        let mframe = Frame::new(&mirrored).unwrap();
        let constant = low * (1.0 + gap);
        let inner = low * (1.0 + 0.5 * gap);
        let r = Profile::new(pot, &frame, c, constant, n);
        let l = Profile::new(&mirrored, &mframe, -c, constant, n);
        let (Some(r), Some(l)) = (r, l) else { println!("no profile"); return };
        println!("profiles {:?} T={} {} growth {} {} mass {:?} {:?}", t.elapsed(), r.nodes.last().unwrap(), l.nodes.last().unwrap(), r.growth, l.growth, r.mass, l.mass);
        let sr = Supersolution::march(&r, inner, 0.3 * gap);
        let sl = Supersolution::march(&l, inner, 0.3 * gap);
        let (Some(sr), Some(sl)) = (sr, sl) else { println!("march failed {:?}", t.elapsed()); return };
        println!("march {:?} cols {} {} K(g=1) {} {}", t.elapsed(), sr.columns.len(), sl.columns.len(), sr.values[0][20], sl.values[0][20]);
        println!("worst {} {} {:?}", sr.worst(&r, constant, false), sl.worst(&l, constant, false), t.elapsed());
        let ok = star::verify(&star::Edge{mass:r.mass,columns:&sr.columns,values:&sr.values[0]}, &star::Edge{mass:l.mass,columns:&sl.columns,values:&sl.values[0]}, 1000000);
        println!("gap {gap} n {n} star {ok} {:?}", t.elapsed());
    }
    #[test]
    fn upper() {
        let q = Quartic(0.25, -1.5, 0.3);
        for (gap, n) in [(0.1,500),(0.03,1000),(0.01, 3000),(0.005,6000),(0.002,12000)] { certify(&q, 15.042647, gap, 0.1, n); }
    }
    #[test]
    fn oracles() {
        run("tilted", |x| x.powi(4) / 4.0 - 1.5 * x * x + 0.3 * x, -5., 5.);
        run("sym quartic", |x| x.powi(4) / 4.0 - 0.5 * x * x, -5., 5.);
        run("mix half", |x| mix(x, 0.5, 1.0, 1.0), -12., 12.);
        run("mix .1", |x| mix(x, 0.1, 1.0, 1.0), -12., 12.);
        run("mix .001", |x| mix(x, 0.001, 2.0, 1.0), -13., 13.);
        run("mix .999", |x| mix(x, 0.999, 2.0, 1.0), -13., 13.);
        run("sqrt3", |x| x * x / 2.0, 0., 3f64.sqrt());
        run("halfg", |x| x * x / 2.0, 0., 12.);
        run("gauss", |x| x * x / 2.0, -12., 12.);
        run("uniform", |_| 0.0, 0., 1.);
        run("exp8", |x| x, 0., 8.);
        run("exp16", |x| x, 0., 16.);
        run("exp32", |x| x, 0., 32.);
        run("cos", |x: f64| -x.cos().ln(), -1.5707963, 1.5707963);
        run("deep", |x| mix(x, 0.5, 2.0, 0.25), -5., 5.);
        run("deep asym", |x| mix(x, 0.2, 2.0, 0.25), -5., 5.);
    }
}

/// Values on the mesh of half the width, by cubic interpolation.
fn refine(f: &[f64]) -> Vec<f64> {
    let n = f.len();
    let mut fine = Vec::with_capacity(2 * n - 1);
    for i in 0..n - 1 {
        fine.push(f[i]);
        let j = i.clamp(1, n - 3);
        let (a, b, c, d) = (f[j - 1], f[j], f[j + 1], f[j + 2]);
        fine.push(match i {
            0 => (5.0 * a + 15.0 * b - 5.0 * c + d) / 16.0,
            i if i == n - 2 => (5.0 * d + 15.0 * c - 5.0 * b + a) / 16.0,
            _ => (9.0 * (b + c) - a - d) / 16.0,
        });
    }
    fine.push(f[n - 1]);
    fine
}
