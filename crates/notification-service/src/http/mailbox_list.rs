//! `GET /mailbox`: what was sent, the newest first.

use actix_web::HttpResponse;
use actix_web::web::Data;
use minijinja::{Environment, context};
use service_kit::problem::Problem;
use tokio::task::spawn_blocking;

use super::{MailFolder, page};
use crate::mailbox::{self, StoredMail};

const PAGE: &str = include_str!("mailbox.html");

pub(super) async fn mailbox(folder: Data<MailFolder>) -> Result<HttpResponse, Problem> {
    let folder = folder.get_ref().clone();
    let mails = spawn_blocking(move || mailbox::list(&folder.0))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    render(&mails).map(page).map_err(Problem::internal)
}

fn render(mails: &[StoredMail]) -> Result<String, minijinja::Error> {
    let mails: Vec<_> = mails
        .iter()
        .map(|mail| {
            let StoredMail { id, to, subject, date, .. } = mail;
            context! { id => id.to_string(), to, subject, date }
        })
        .collect();
    // The name's ending turns escaping on.
    Environment::new().render_named_str("mailbox.html", PAGE, context! { mails })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_subjects_are_escaped() {
        let mail = StoredMail {
            id: uuid::Uuid::nil(),
            to: "<b>@example.com".into(),
            subject: "<script>".into(),
            date: String::new(),
            message_id: String::new(),
            text: String::new(),
        };
        let html = render(&[mail]).unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(render(&[]).unwrap().contains("No mail yet"));
    }
}
