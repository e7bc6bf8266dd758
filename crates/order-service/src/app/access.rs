//! Who may see and change an order: its owner, whoever shows its order token, administrators and services.
//! For everybody else there is no such order.

use kernel::OrderId;

use crate::app::journal::about;
use crate::app::view::{self, View};
use crate::app::{App, Error};
use crate::domain::order::Order;

/// Who is asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asker {
    /// The user's id, of a signed-in user.
    pub(crate) user_id: Option<String>,
    /// A signed-in administrator, or one of our services.
    pub(crate) privileged: bool,
    /// The order token that was shown.
    pub(crate) token: Option<String>,
    /// As history names it.
    pub(crate) actor: String,
}

impl Asker {
    pub(crate) fn may_access(&self, app: &App, order: &Order) -> bool {
        let owner = self.user_id.as_deref().is_some_and(|id| order.buyer.is_user(id));
        owner || self.privileged || self.has_token_of(app, order)
    }

    /// Whether the shown token opens the order.
    pub(crate) fn has_token_of(&self, app: &App, order: &Order) -> bool {
        self.token.as_deref().is_some_and(|token| {
            let stored = order.token.as_ref();
            app.keys.check(token, order.id, order.token_revision, stored, app.now()).is_ok()
        })
    }
}

/// The order, if the asker may access it.
pub(crate) async fn open(app: &App, id: OrderId, asker: &Asker) -> Result<View, Error> {
    about(id);
    let view = view::load(app, id).await?;
    if asker.may_access(app, &view.order) { Ok(view) } else { Err(Error::NotFound) }
}
