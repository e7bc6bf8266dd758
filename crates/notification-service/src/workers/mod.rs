//! What runs beside the consumer.

mod delivery;

pub(crate) use delivery::deliver_until;
