//! Many chains: blocks of them side by side, blocks in parallel.

use super::integrator::{Scheme, Workspace};
use super::score::{PathScore, Score};
use super::{Grid, Integrator};
use crate::error::{Error, Result};
use crate::numerics::stream::{Stream, stream};
use crate::numerics::vector::{Normals, Units, aligned};
use rand::RngExt;
use rayon::prelude::*;
use std::ops::Range;

/// Purpose of the streams: number i belongs to chain i.
const PURPOSE: &str = "sampler/chain";

/// Bytes of scores that are kept at a time.
const SCORE_MEMORY: usize = 32 << 20;

/// Chains in a block unless told otherwise: enough for the vector units, and states, noise and scores stay in the
/// nearer caches in some hundred dimensions.
const DEFAULT_LANES: usize = 128;

/// Which chains are run, and how. The samples depend on the seed and the numbers of the chains, and on
/// nothing else here: not on the lanes, the units or the number of threads.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Root seed.
    pub seed: u64,
    /// Numbers of the chains; each has a random stream of its own.
    pub chains: Range<u64>,
    /// Chains in a block, at least 1.
    pub lanes: usize,
    /// Vector units.
    pub units: Units,
}

impl Batch {
    /// Chains 0 to `count`, with the widest units.
    pub fn new(seed: u64, count: usize) -> Self {
        Self { seed, chains: 0..count as u64, lanes: DEFAULT_LANES, units: Units::widest() }
    }
}

/// Chains that run side by side.
struct Block {
    lanes: usize,
    dim: usize,
    /// Shape `[d, lanes]`, from where a line of the cache begins.
    states: Vec<f64>,
    normals: Normals,
}

impl Block {
    fn states(&mut self) -> &mut [f64] {
        aligned(&mut self.states, self.dim * self.lanes)
    }
}

impl Batch {
    /// Runs annealed Langevin dynamics from the law of the path where the grid begins: the final states, shape
    /// `[chains, d]`. After every part of the work `progress` is told how many steps of chains were done.
    ///
    /// # Errors
    /// [`Error::Domain`] for no chains or no lanes; errors of the path and its scores; [`Error::Undefined`] if
    /// a chain leaves the floating point numbers.
    pub fn run<P>(
        &self,
        path: &P,
        grid: &Grid,
        integrator: Integrator,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<f64>>
    where
        P: PathScore,
        P::At: Score,
    {
        if self.chains.is_empty() {
            return Err(Error::domain("chains", format!("{:?}", self.chains), "at least one"));
        }
        let dim = path.dim();
        let lanes = self.lanes;
        if lanes == 0 {
            return Err(Error::domain("lanes", 0, "at least one"));
        }
        let start = path.start_at(grid.time(0))?;
        let firsts: Vec<u64> = self.chains.clone().step_by(lanes).collect();
        let root = stream(self.seed, PURPOSE, 0);
        let mut blocks: Vec<Block> = firsts
            .into_par_iter()
            .map(|first| {
                let last = (first + lanes as u64).min(self.chains.end);
                let mut streams: Vec<Stream> = (first..last).map(|chain| root.sibling(chain)).collect();
                let mut uniforms = vec![0.0; dim * streams.len()];
                for row in uniforms.chunks_exact_mut(streams.len()) {
                    row.iter_mut().zip(&mut streams).for_each(|(u, stream)| *u = stream.random());
                }
                let mut normals = Normals::new(streams);
                let mut states = Vec::new();
                let points = aligned(&mut states, uniforms.len());
                normals.fill(self.units, points);
                start.place(normals.lanes(), &uniforms, points);
                Block { lanes: normals.lanes(), dim, states, normals }
            })
            .collect();
        let window = (SCORE_MEMORY / path.footprint().max(1)).clamp(1, grid.steps());
        let mut first = 0;
        while first < grid.steps() {
            let steps = first..(first + window).min(grid.steps());
            let scheme = Scheme::window(path, grid, integrator, steps.clone())?;
            blocks.par_iter_mut().for_each_init(Memory::default, |memory, block| {
                block.advance(&scheme, self.units, memory);
                progress((block.lanes * steps.len()) as u64);
            });
            first = steps.end;
        }
        let mut samples = vec![0.0; dim * blocks.iter().map(|block| block.lanes).sum::<usize>()];
        samples.par_chunks_mut(dim * lanes).zip(&mut blocks).for_each(|(points, block)| {
            let lanes = block.lanes;
            let states = block.states();
            for (lane, point) in points.chunks_exact_mut(dim).enumerate() {
                point.iter_mut().enumerate().for_each(|(j, x)| *x = states[j * lanes + lane]);
            }
        });
        match samples.iter().position(|x| !x.is_finite()) {
            None => Ok(samples),
            Some(at) => Err(Error::Undefined {
                what: format!("the end of chain {}", self.chains.start + (at / dim) as u64),
                reason: format!(
                    "it leaves the floating point numbers: the step {} is too large for the scores of the path",
                    grid.step()
                ),
            }),
        }
    }
}

/// What a thread needs to step blocks.
#[derive(Default)]
struct Memory {
    noise: Vec<f64>,
    work: Workspace,
}

impl Block {
    fn advance<S: Score>(&mut self, scheme: &Scheme<S>, units: Units, memory: &mut Memory) {
        let states = aligned(&mut self.states, self.dim * self.lanes);
        let noise = aligned(&mut memory.noise, states.len());
        for k in scheme.steps() {
            self.normals.fill(units, noise);
            scheme.advance(k, units, self.lanes, states, noise, &mut memory.work);
        }
    }
}
