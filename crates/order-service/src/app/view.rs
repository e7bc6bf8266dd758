//! An order with everything that is shown of it.

use kernel::OrderId;
use messaging::database::snapshot;
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::payment_status;
use crate::store::payments::Refund;
use crate::store::{orders, payments};

/// An order, its payments and their refunds.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) order: Order,
    /// First attempt first.
    pub(crate) payments: Vec<Payment>,
    pub(crate) refunds: Vec<Refund>,
}

impl View {
    /// The payment that speaks for the order.
    pub(crate) fn payment(&self) -> Option<&Payment> {
        payment_status::deciding(&self.payments)
    }

    /// The payment of that Session.
    pub(crate) fn payment_of(&self, session_id: &str) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.details.session_id.as_deref() == Some(session_id))
    }
}

/// Reads an order, all of it as of one moment: the payment that paid it is never seen with the order that still waited.
pub(crate) async fn load(app: &App, id: OrderId) -> Result<View, Error> {
    snapshot(&app.db, async |tx: &DatabaseTransaction| read(tx, id).await).await
}

async fn read(tx: &DatabaseTransaction, id: OrderId) -> Result<View, Error> {
    let order = orders::find(tx, id).await?.ok_or(Error::NotFound)?;
    Ok(View {
        payments: payments::of_order(tx, id).await?,
        refunds: payments::refunds_of_order(tx, id).await?,
        order,
    })
}
