//! What happens in a run, and when: drawn wholly from the seed.

mod blows;
mod visits;
mod weather;

use super::draw::Draw;

pub use blows::{Blow, Kind, Outage, REPLICAS, Target};
pub use visits::{Story, Visit, Way};
pub use weather::Weather;

/// Something at a time, in milliseconds since the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed<T> {
    pub at_ms: u64,
    pub what: T,
}

/// All of a run. Within a lane, one thing happens after the other; the lanes go on side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub seed: u64,
    pub length_ms: u64,
    pub visits: Vec<Timed<Visit>>,
    /// To processes of the three services.
    pub blows: Vec<Timed<Blow>>,
    /// Of the database and of the broker.
    pub outages: Vec<Timed<Outage>>,
    /// What webhooks and Stripe's answers suffer.
    pub weather: Vec<Timed<Weather>>,
}

impl Schedule {
    /// The one schedule of this seed and length.
    pub fn of(seed: u64, length_ms: u64) -> Self {
        let mut draw = Draw::seeded(seed);
        Self {
            seed,
            length_ms,
            visits: visits::draw(&mut draw.fork(), length_ms),
            blows: blows::draw(&mut draw.fork(), length_ms),
            outages: blows::outages(&mut draw.fork(), length_ms),
            weather: weather::draw(&mut draw.fork(), length_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_schedule() {
        for seed in [0, 1, 42, u64::MAX] {
            assert_eq!(Schedule::of(seed, 60_000), Schedule::of(seed, 60_000));
            assert_ne!(Schedule::of(seed, 60_000), Schedule::of(seed ^ 1, 60_000));
        }
    }

    #[test]
    fn a_seed_means_the_same_in_every_version() {
        let mut draw = Draw::seeded(1);
        let drawn = [0; 4].map(|_| draw.between(0, 999));
        // SplitMix64's first numbers from 1, modulo 1000.
        assert_eq!(drawn, [465, 519, 590, 235]);
    }

    #[test]
    fn even_a_short_run_has_a_bit_of_everything() {
        for seed in 0..200 {
            let schedule = Schedule::of(seed, 20_000);
            let kinds: BTreeSet<_> = schedule.blows.iter().map(|blow| blow.what.name()).collect();
            assert!(kinds.contains("kill") && kinds.contains("crash"), "seed {seed}: {kinds:?}");
            let outage = |database| schedule.outages.iter().any(|one| one.what.is_database() == database);
            assert!(outage(true) && outage(false), "seed {seed}: {:?}", schedule.outages);
            assert!(schedule.visits.len() >= 20, "seed {seed}: {} visits", schedule.visits.len());
            assert!(!schedule.weather.is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn an_hour_meets_every_crash_point_story_and_fault() {
        let schedule = Schedule::of(7, 3_600_000);
        let points: BTreeSet<_> = schedule
            .blows
            .iter()
            .filter_map(|blow| match blow.what {
                Blow::Crash { point, .. } => Some(point),
                _ => None,
            })
            .collect();
        assert_eq!(points.len(), kernel::crash::POINTS.len());
        let kinds: BTreeSet<_> = schedule.blows.iter().map(|blow| blow.what.name()).collect();
        assert_eq!(kinds, BTreeSet::from(["crash", "freeze", "kill", "roll"]));
        let stories: BTreeSet<_> = schedule.visits.iter().map(|visit| visit.what.story.name()).collect();
        assert_eq!(stories.len(), Story::NAMES.len());
    }

    #[test]
    fn nothing_happens_after_the_end() {
        let schedule = Schedule::of(3, 60_000);
        let times = schedule.visits.iter().map(|one| one.at_ms);
        let times = times.chain(schedule.blows.iter().map(|one| one.at_ms));
        let times = times.chain(schedule.outages.iter().map(|one| one.at_ms));
        let mut times = times.chain(schedule.weather.iter().map(|one| one.at_ms));
        assert!(times.all(|at| at < 60_000));
    }
}
