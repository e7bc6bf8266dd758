//! Catalogue, orders and their states.

mod domain;
