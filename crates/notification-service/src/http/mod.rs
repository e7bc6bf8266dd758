//! The mailbox page. Health and metrics are every service's own, by service-kit.

mod mailbox_list;
mod mailbox_mail;

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{ContentType, HeaderName, HeaderValue};
use actix_web::web::{Data, ServiceConfig};
use service_kit::server::resource;

/// Mails are pages by strangers: nothing in them runs, and nothing is loaded from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; sandbox allow-popups \
                      allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

/// The folder of mails.
#[derive(Debug, Clone)]
pub(crate) struct MailFolder(pub(crate) Arc<PathBuf>);

/// The routes of the mailbox; only for a service that writes its mails into a folder.
pub(crate) fn routes(config: &mut ServiceConfig, folder: &MailFolder) {
    config
        .app_data(Data::new(folder.clone()))
        .service(resource("/mailbox").get(mailbox_list::mailbox))
        .service(resource("/mailbox/{id}").get(mailbox_mail::mail));
}

fn page(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY)))
        .body(html)
}
