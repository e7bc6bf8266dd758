//! Tells whoever started the service which port it got.

use std::path::Path;

/// Writes the port, so that a reader sees all of it or nothing.
pub(super) fn write(path: &Path, port: u16) -> std::io::Result<()> {
    let unfinished = path.with_extension("tmp");
    std::fs::write(&unfinished, port.to_string())?;
    std::fs::rename(unfinished, path)
}
