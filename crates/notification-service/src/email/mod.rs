//! How mails leave: written from templates, then by SMTP or into files.

mod files;
mod message;
mod postman;
mod render;

pub(crate) use files::MailFiles;
pub(crate) use postman::{Postman, Transport};
pub(crate) use render::Renderer;
