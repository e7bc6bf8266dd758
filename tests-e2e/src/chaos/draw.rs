//! Numbers that follow from a seed alone, the same on every machine and in every version (SplitMix64).

/// Draws one number after the other.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A source of its own: what is drawn from it moves nothing here.
    pub const fn fork(&mut self) -> Self {
        Self(self.next())
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub const fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next() % of.len() as u64).expect("an index")]
    }

    /// One of several, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, of: &[(u64, T)]) -> T {
        let sum = of.iter().map(|(weight, _)| weight).sum();
        let mut left = self.between(1, sum);
        for (weight, one) in of {
            if left <= *weight {
                return *one;
            }
            left -= weight;
        }
        of[0].1
    }
}
