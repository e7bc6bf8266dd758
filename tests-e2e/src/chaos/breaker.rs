//! Carries out what the schedule has against processes, servers and Stripe. Each lane does one thing after the other.

use std::time::Duration;

use test_support::Service;
use tokio::time::{Instant, sleep, sleep_until};

use super::fleet::Fleet;
use super::schedule::{Blow, Outage, Schedule, Target, Timed, Weather};
use super::servers::Servers;
use super::tally::Tally;
use crate::world::Sandbox;

const LOOK: Duration = Duration::from_millis(50);
const CRASH_AT: &str = "CRASH_AT";

/// What is broken, and by whom it is counted.
pub struct Breaker<'a> {
    pub fleet: &'a Fleet,
    pub servers: &'a Servers,
    pub sandbox: &'a Sandbox,
    pub tally: &'a Tally,
}

impl Breaker<'_> {
    /// Everything, until the last of it is repaired.
    pub async fn run(&self, schedule: &Schedule, start: Instant) {
        let end = start + Duration::from_millis(schedule.length_ms);
        tokio::join!(
            self.blows(&schedule.blows, start),
            self.outages(&schedule.outages, start),
            self.weather(&schedule.weather, start, end),
        );
    }

    async fn blows(&self, blows: &[Timed<Blow>], start: Instant) {
        for blow in blows {
            sleep_until(start + Duration::from_millis(blow.at_ms)).await;
            self.blow(blow.what).await;
        }
    }

    async fn blow(&self, blow: Blow) {
        match blow {
            Blow::Kill { target, down_ms } => {
                let service = self.fleet.get(target);
                let mut service = service.lock().await;
                service.kill();
                self.killed(target, "kill -9");
                pause(down_ms).await;
                service.launch();
            }
            Blow::Crash { target, point, turn, lives_ms } => self.crash(target, point, turn, lives_ms).await,
            Blow::Freeze { target, for_ms } => {
                let service = self.fleet.get(target);
                let service = service.lock().await;
                service.freeze();
                self.tally.add("frozen");
                pause(for_ms).await;
                service.thaw();
            }
            Blow::Roll { target } => {
                let service = self.fleet.get(target);
                let mut service = service.lock().await;
                if !service.end().await {
                    self.tally.add(format!("did not end in order: {target}"));
                }
                self.tally.add("ended in order");
                service.launch();
            }
        }
    }

    async fn crash(&self, target: Target, point: &'static str, turn: u64, lives_ms: u64) {
        let service = self.fleet.get(target);
        let mut service = service.lock().await;
        service.kill();
        service.configure(CRASH_AT, format!("{point}@{turn}"));
        service.launch();
        let known = told(&service, point);
        let until = Instant::now() + Duration::from_millis(lives_ms);
        while Instant::now() < until && told(&service, point) == known {
            // Without its database, say, it ends for other reasons.
            if service.has_ended() && told(&service, point) == known {
                service.launch();
            }
            sleep(LOOK).await;
        }
        service.unset(CRASH_AT);
        if told(&service, point) > known {
            self.tally.reached(point);
            self.killed(target, "crash points");
        } else {
            self.killed(target, "kill -9, its crash point not met");
        }
        service.launch();
    }

    fn killed(&self, target: Target, how: &str) {
        self.tally.add(format!("killed: {how}"));
        self.tally.add(format!("killed {target}"));
    }

    async fn outages(&self, outages: &[Timed<Outage>], start: Instant) {
        for outage in outages {
            sleep_until(start + Duration::from_millis(outage.at_ms)).await;
            self.servers.take_away(outage.what).await;
            self.tally.add(if outage.what.is_database() { "database restarts" } else { "broker restarts" });
        }
    }

    async fn weather(&self, weather: &[Timed<Weather>], start: Instant, end: Instant) {
        for stretch in weather {
            sleep_until(start + Duration::from_millis(stretch.at_ms)).await;
            self.sandbox.faults(&stretch.what.switches()).await;
            self.tally.add(format!("webhooks {}", stretch.what.webhooks.name()));
            if stretch.what.is_stripe() {
                self.tally.add("Stripe errs or is slow");
            }
            sleep_until(end.min(Instant::now() + Duration::from_millis(stretch.what.for_ms))).await;
            self.sandbox.faults(&serde_json::json!({})).await;
        }
    }
}

/// How often a process has said that it ends at this point.
fn told(service: &Service, point: &str) -> usize {
    service.log().matches(&format!("crash point {point}: ")).count()
}

async fn pause(milliseconds: u64) {
    sleep(Duration::from_millis(milliseconds)).await;
}
