//! `GET /mailbox/{id}`: one mail, as its recipient sees it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use service_kit::problem::Problem;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{MailFolder, page};
use crate::mailbox;

pub(super) async fn mail(folder: Data<MailFolder>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (folder, id) = (folder.get_ref().clone(), id.into_inner());
    let html = spawn_blocking(move || mailbox::html(&folder.0, id))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    html.map(page).ok_or_else(Problem::not_found)
}
