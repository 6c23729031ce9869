//! An audit in parts: which claims a shard checks, and one ledger out of the shards.

use super::{AuditReport, Summary};
use crate::enclosure::Verdict;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Part `index` of `of` equal parts of an audit, counted from 1: written `2/4`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Number of the part, from 1.
    index: u32,
    /// Number of parts.
    of: u32,
}

impl Shard {
    /// The items of this part: every `of`-th, so that the expensive claims of a chapter are spread over the parts.
    pub fn of<T>(self, items: Vec<T>) -> Vec<T> {
        let turn = |i: usize| u32::try_from(i).is_ok_and(|i| i % self.of == self.index - 1);
        items.into_iter().enumerate().filter(|(i, _)| turn(*i)).map(|(_, item)| item).collect()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index, of)) if 1 <= index && index <= of => Ok(Self { index, of }),
            _ => Err("expected I/N with 1 ≤ I ≤ N, such as 2/4".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// Which part of which selection of claims an audit covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portion {
    /// Number of the part, from 1.
    pub index: u32,
    /// Number of parts.
    pub of: u32,
    /// Ids of all claims of the audit, those of the other parts included.
    pub selection: Vec<String>,
}

impl Portion {
    /// A shard of the audit of `selection`.
    pub fn new(shard: Shard, selection: Vec<String>) -> Self {
        Self { index: shard.index, of: shard.of, selection }
    }

    /// The claims of this part.
    fn claims(&self) -> Vec<String> {
        Shard { index: self.index, of: self.of }.of(self.selection.clone())
    }
}

/// One audit out of its shards, each with the name of where it came from. Seconds add up.
///
/// # Errors
/// [`Error::Input`] naming the shard, if it is no shard, if it comes from another version, seed, level or selection than
/// the first, if it is there twice or does not hold its claims; or if one is missing.
pub fn merge(shards: Vec<(String, AuditReport)>) -> Result<AuditReport> {
    let wrong = |location: &str, message: String| Error::Input { location: location.to_owned(), message };
    let Some((first_name, first)) = shards.first().cloned() else {
        return Err(wrong("merge", "no shard given: expected at least one".to_owned()));
    };
    let mut parts: BTreeMap<u32, String> = BTreeMap::new();
    let mut claims = BTreeMap::new();
    let mut seconds = 0.0;
    let mut count = 0;
    for (name, report) in shards {
        let Some(portion) = &report.shard else {
            return Err(wrong(
                &name,
                "is no shard: expected the output of `dald audit --shard I/N --json`".to_owned(),
            ));
        };
        let expected = first.shard.as_ref().map_or(portion, |portion| portion);
        let own = env!("CARGO_PKG_VERSION").to_owned();
        let same = [
            ("version", &report.version, &own),
            ("seed", &report.seed.to_string(), &first.seed.to_string()),
            ("level", &report.level, &first.level),
            ("number of shards", &portion.of.to_string(), &expected.of.to_string()),
        ];
        for (what, found, wanted) in same {
            if found != wanted {
                let like = if what == "version" { "this program" } else { &first_name };
                return Err(wrong(&name, format!("{what} {found}: expected {wanted}, as in {like}")));
            }
        }
        if portion.selection != expected.selection {
            return Err(wrong(&name, format!("another selection of claims than in {first_name}")));
        }
        if let Some(other) = parts.insert(portion.index, name.clone()) {
            return Err(wrong(
                &name,
                format!("shard {}/{} is there twice, first in {other}", portion.index, portion.of),
            ));
        }
        let ids: Vec<String> = report.claims.iter().map(|claim| claim.id.clone()).collect();
        let due = portion.claims();
        if ids != due {
            return Err(wrong(&name, format!("holds the claims {ids:?}: expected {due:?}")));
        }
        count = portion.of;
        seconds += report.summary.seconds;
        claims.extend(report.claims.into_iter().map(|claim| (claim.id.clone(), claim)));
    }
    let missing: Vec<String> =
        (1..=count).filter(|i| !parts.contains_key(i)).map(|i| format!("{i}/{count}")).collect();
    if !missing.is_empty() {
        return Err(wrong("merge", format!("missing: shard {}", missing.join(", "))));
    }
    let order = first.shard.map(|portion| portion.selection).unwrap_or_default();
    let claims: Vec<_> = order.iter().filter_map(|id| claims.remove(id)).collect();
    let total = |verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    let summary = Summary {
        holds: total(Verdict::Holds),
        refuted: total(Verdict::Refuted),
        inconclusive: total(Verdict::Inconclusive),
        seconds,
    };
    Ok(AuditReport {
        version: first.version,
        seed: first.seed,
        level: first.level,
        shard: None,
        claims,
        summary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_everything_once() {
        let items: Vec<u32> = (0..11).collect();
        for of in 1..=13 {
            let mut together: Vec<u32> =
                (1..=of).flat_map(|index| Shard { index, of }.of(items.clone())).collect();
            together.sort_unstable();
            assert_eq!(together, items);
        }
    }

    #[test]
    fn only_parts_of_a_whole_are_shards() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, of: 4 }));
        for bad in ["", "0/4", "5/4", "1", "1/0", "-1/2", "1/2/3", "a/b", "1.5/2", "99999999999/99999999999"]
        {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
