//! A stand-in for a service, to test the launcher with: it answers every request with the names of its environment
//! variables, and `fail` makes it end at once.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("fail") {
        eprintln!("told to fail");
        std::process::exit(3);
    }
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    if let Some(file) = std::env::var_os("PORT_FILE") {
        std::fs::write(file, listener.local_addr()?.port().to_string())?;
    }
    eprintln!("listening");
    for stream in listener.incoming() {
        let mut stream = stream?;
        for line in BufReader::new(&stream).lines() {
            if line?.is_empty() {
                break;
            }
        }
        let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
        let body = names.join(" ");
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
    }
    Ok(())
}
