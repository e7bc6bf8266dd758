//! Servers of a test's own, to be stopped, killed, frozen and cut off without anybody else noticing.

mod disk;
mod gate;
mod kafka;
mod pipe;
mod port;
mod postgres;
mod process;

pub use gate::{Gate, Moment};
pub use kafka::PrivateKafka;
pub use postgres::PrivatePostgres;
