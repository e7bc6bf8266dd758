//! The catalogue, page by page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::{App, Error};
use crate::domain::product::Product;
use crate::store::products::{self, After};

/// Which page of what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// Part of a name or description, in any case.
    pub(crate) q: Option<String>,
    pub(crate) limit: u64,
    pub(crate) after: Option<After>,
}

/// Products on sale, and where the next page begins, if there is one.
pub(crate) async fn list_products(app: &App, page: &Page) -> Result<(Vec<Product>, Option<String>), Error> {
    let mut found = products::list(&app.db, page.q.as_deref(), page.after.as_ref(), page.limit + 1).await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(cursor_after);
    Ok((found, next))
}

fn cursor_after(product: &Product) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}\n{}", product.id, product.name))
}

/// What a cursor of ours stands for. Neither ids nor names have control characters, and PostgreSQL takes no NUL.
pub(crate) fn parse_cursor(text: &str) -> Option<After> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, name) = text.split_once('\n')?;
    if id.chars().chain(name.chars()).any(char::is_control) {
        return None;
    }
    Some(After { name: name.to_owned(), id: id.to_owned() })
}
