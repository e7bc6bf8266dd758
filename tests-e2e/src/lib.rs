//! A whole shop of real processes, for the end-to-end tests and the chaos run to work on.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

pub mod chaos;
pub mod world;
