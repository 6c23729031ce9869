//! The chapters of the theory.

/// The part of the theory a claim belongs to; the first letter of its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Chapter {
    /// P: the path from base to target.
    Path,
    /// T: the transport field and the metric derivative.
    Transport,
    /// N: Nelson processes.
    Nelson,
    /// W: well-posedness of annealed Langevin dynamics.
    WellPosedness,
    /// B: the bias in Kullback-Leibler divergence.
    Bias,
    /// C: Poincaré constants.
    Poincare,
    /// L: log-Sobolev constants.
    LogSobolev,
    /// H: heavy-tailed bases.
    HeavyTails,
    /// E: entropic transport.
    Entropic,
    /// S: the sampler.
    Sampler,
}

impl Chapter {
    /// All chapters, in the order of the ledger.
    pub const ALL: [Self; 10] = [
        Self::Path,
        Self::Transport,
        Self::Nelson,
        Self::WellPosedness,
        Self::Bias,
        Self::Poincare,
        Self::LogSobolev,
        Self::HeavyTails,
        Self::Entropic,
        Self::Sampler,
    ];

    /// The letter that begins the ids of the chapter.
    pub fn letter(self) -> char {
        match self {
            Self::Path => 'P',
            Self::Transport => 'T',
            Self::Nelson => 'N',
            Self::WellPosedness => 'W',
            Self::Bias => 'B',
            Self::Poincare => 'C',
            Self::LogSobolev => 'L',
            Self::HeavyTails => 'H',
            Self::Entropic => 'E',
            Self::Sampler => 'S',
        }
    }

    /// Title of the chapter.
    pub fn title(self) -> &'static str {
        match self {
            Self::Path => "The path",
            Self::Transport => "The transport field",
            Self::Nelson => "Nelson processes",
            Self::WellPosedness => "Well-posedness of annealed Langevin dynamics",
            Self::Bias => "KL bias",
            Self::Poincare => "Poincaré constants",
            Self::LogSobolev => "Log-Sobolev constants",
            Self::HeavyTails => "Heavy tails",
            Self::Entropic => "Entropic transport",
            Self::Sampler => "The sampler",
        }
    }

    /// The chapter whose letter is `letter` (either case).
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.letter() == letter.to_ascii_uppercase())
    }
}
