//! Ports for servers that keep theirs when they are started again.

use std::net::TcpListener;

/// Below the kernel's range for outgoing connections, so that nothing else is given the port meanwhile.
pub(super) fn free() -> u16 {
    let candidates = (0..200).map(|_| 20_000 + u16::from_be_bytes(kernel::random::bytes()) % 12_000);
    let mut free = candidates.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port between 20000 and 32000 on 127.0.0.1")
}
