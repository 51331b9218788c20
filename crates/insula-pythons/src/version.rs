//! A CPython version and its order.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A CPython version such as `3.13.0` or `3.15.0rc1`. Pre-releases sort before their release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The `3` of `3.13.0`.
    pub major: u32,
    /// The `13` of `3.13.0`.
    pub minor: u32,
    /// The `0` of `3.13.0`.
    pub micro: u32,
    /// `a1`, `b2`, `rc1`, or empty for a release.
    pub suffix: String,
}

impl Version {
    /// A released version.
    pub fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro, suffix: String::new() }
    }

    /// `(3, 13)`: what decides which extension modules an interpreter can import.
    pub fn feature(&self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// Whether memory can be checked (`PYTHONMALLOC=debug`) while threads make and use interpreters. CPython 3.12 takes
    /// the checks away, and back again, for a moment in which it makes an interpreter: what another thread allocates or
    /// frees in that moment is taken for corrupted later, and ends the process.
    pub fn checks_memory_in_threads(&self) -> bool {
        self.feature() != (3, 12)
    }

    /// Reads `3.13.0` or `3.15.0rc1`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let major = number(parts.next()?)?;
        let minor = number(parts.next()?)?;
        let last = parts.next()?;
        let digits = last.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.len());
        let (micro, suffix) = last.split_at(digits);
        let version = Self { major, minor, micro: number(micro)?, suffix: suffix.to_owned() };
        (suffix.is_empty() || version.stage().0 < RELEASE).then_some(version)
    }

    /// How far along: the kind of release and its serial number.
    fn stage(&self) -> (u8, u32) {
        for (rank, kind) in ["a", "b", "rc"].into_iter().enumerate() {
            if let Some(serial) = self.suffix.strip_prefix(kind).and_then(number) {
                return (rank as u8, serial);
            }
        }
        (RELEASE, 0)
    }
}

const RELEASE: u8 = 3;

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}{}", self.major, self.minor, self.micro, self.suffix)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |v: &Self| (v.major, v.minor, v.micro, v.stage());
        // The suffix itself comes last so that `Ord` and `Eq` agree on anything an interpreter may report.
        key(self).cmp(&key(other)).then_with(|| self.suffix.cmp(&other.suffix))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn pre_releases_sort_before_the_release() {
        let order =
            ["3.9.25", "3.13.0", "3.13.2", "3.13.10", "3.15.0a7", "3.15.0b1", "3.15.0rc2", "3.15.0rc10", "3.15.0"];
        let parsed: Vec<Version> = order.iter().map(|text| Version::parse(text).unwrap()).collect();
        let mut sorted = parsed.clone();
        sorted.sort();
        assert_eq!(parsed, sorted);
        assert_eq!(sorted.iter().map(ToString::to_string).collect::<Vec<_>>(), order);
    }

    #[test]
    fn only_3_12_does_not_bear_memory_checks_in_threads() {
        let bears = |minor| Version::new(3, minor, 1).checks_memory_in_threads();
        assert_eq!([11, 12, 13, 14].map(bears), [true, false, true, true]);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in
            ["", "3", "3.13", "3.13.", "3.13.x", "3.13.0foo", "3.13.0rc", "3.13.0.1", "3.+1.0", "99999999999.0.0"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
