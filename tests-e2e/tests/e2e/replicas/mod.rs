//! Two of every service, which share nothing but their databases and topics.

mod one_transition;
mod readiness;
mod rebalance;
mod replay;
mod rolling;
mod takeover;
mod twins;
mod zombie;
