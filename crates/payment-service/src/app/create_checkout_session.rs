//! A frontend asks for a Session without an order: a purchase with an order id of its own, which order-service hears
//! of by `payment.created`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use events::purchases;
use kernel::{Currency, Money, OrderId};
use messaging::database::{DatabaseCause, TRANSACTION, is_infrastructure, within};
use sea_orm::DatabaseTransaction;
use service_kit::idempotency::Claim;
use time::{Duration, OffsetDateTime};

use super::payable_session::{Accepted, Wanted, settle};
use super::{App, UseCaseError, purchase_view, verify_prices};
use crate::domain::{Item, Kind, Offer, Purchase, PurchaseState, Redirects, end_after, total};
use crate::store;

/// Who buys.
#[derive(Debug, Clone)]
pub(crate) struct Buyer {
    /// The user's id, or `guest`.
    pub(crate) user_id: String,
    /// Where mails go.
    pub(crate) email: Option<String>,
    /// May name any price: one of our services.
    pub(crate) trusted: bool,
}

/// What is bought, every field checked by itself.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    /// Who buys.
    pub(crate) buyer: Buyer,
    /// What.
    pub(crate) items: Vec<Item>,
    /// In which currency.
    pub(crate) currency: Currency,
    /// Where Stripe's page sends the customer.
    pub(crate) redirects: Redirects,
    /// Stripe's words, where the caller says.
    pub(crate) payment_method_types: Option<Vec<String>>,
    /// The caller's own pairs.
    pub(crate) metadata: BTreeMap<String, String>,
    /// The caller's idempotency key.
    pub(crate) claim: Option<Claim>,
}

/// The Session that was made.
#[derive(Debug, Clone)]
pub(crate) struct CheckoutAnswer {
    /// The purchase with the payment.
    pub(crate) purchase: purchases::Purchase,
    /// Whether an earlier call with this key made it.
    pub(crate) replayed: bool,
}

/// Makes the purchase and its Session, or answers what an earlier call with this key made, whatever has become of the
/// prices since.
///
/// # Errors
/// `PricesDiffer`, `WrongSum`, `Key`, `ProviderUnavailable`, `ProviderRefused`, `OutcomeUnknown`.
pub(crate) async fn create_checkout_session(
    app: &App,
    mut asked: Checkout,
) -> Result<CheckoutAnswer, UseCaseError> {
    let claim = asked.claim.take();
    let priced = priced(app, asked).await;
    let Some(claim) = claim else {
        let purchase = priced?;
        return finish(app, &purchase.id, Some(&purchase)).await.map(fresh);
    };
    let (id, purchase) = match begin(app, &claim, priced).await? {
        Begun::Replay(id) => {
            let purchase = purchase_view::load(&app.db, &id).await?;
            return Ok(CheckoutAnswer { purchase, replayed: true });
        }
        Begun::Resume(id) => (id, None),
        Begun::Fresh(purchase) => (purchase.id.clone(), Some(*purchase)),
    };
    let finished = finish(app, &id, purchase.as_ref()).await;
    let settled = match &finished {
        Ok(_) => claim.finish(&app.db, app.clock.as_ref()).await,
        Err(_) => claim.release(&app.db, app.clock.as_ref()).await,
    };
    if let Err(error) = settled {
        // The lease ends by itself; what was done stands.
        tracing::warn!(error = &error as &dyn std::error::Error, "an idempotency key could not be settled");
    }
    finished.map(fresh)
}

const fn fresh(purchase: purchases::Purchase) -> CheckoutAnswer {
    CheckoutAnswer { purchase, replayed: false }
}

async fn priced(app: &App, mut asked: Checkout) -> Result<Purchase, UseCaseError> {
    check_prices(app, &mut asked).await?;
    purchase_of(app, &asked)
}

async fn check_prices(app: &App, asked: &mut Checkout) -> Result<(), UseCaseError> {
    if asked.buyer.trusted || app.policy.ad_hoc_prices {
        return Ok(());
    }
    let offers: Vec<Offer> = asked
        .items
        .iter()
        .map(|item| Offer {
            product_id: item.product_id.clone(),
            name: Some(item.name.clone()),
            price: Money::new(item.unit_amount, asked.currency).to_major(),
            currency: Some(asked.currency),
        })
        .collect();
    let (entries, mismatches) = verify_prices::compare(&app.db, &offers).await?;
    if !mismatches.is_empty() {
        return Err(UseCaseError::PricesDiffer(mismatches));
    }
    // From here on the catalogue's id and name count: a caller must not sell tea as coffee.
    for (item, entry) in asked.items.iter_mut().zip(entries.into_iter().flatten()) {
        item.product_id = Some(entry.product_id);
        item.name = entry.name;
    }
    Ok(())
}

fn purchase_of(app: &App, asked: &Checkout) -> Result<Purchase, UseCaseError> {
    let money = total(&asked.items, asked.currency)?.check_chargeable()?;
    Ok(Purchase {
        id: OrderId::generate(app.clock.as_ref()).to_string(),
        kind: Kind::Order,
        state: PurchaseState::Open,
        generation: 1,
        user_id: asked.buyer.user_id.clone(),
        email: asked.buyer.email.clone(),
        money,
        items: asked.items.clone(),
        shipping_address: None,
        redirects: asked.redirects.clone(),
        payment_method_types: asked
            .payment_method_types
            .clone()
            .unwrap_or_else(|| app.policy.payment_method_types.clone()),
        metadata: asked.metadata.clone(),
        attempts: 0,
        close_due: None,
        created_at: app.clock.now(),
    })
}

enum Begun {
    Fresh(Box<Purchase>),
    Resume(String),
    Replay(String),
}

/// Takes the key and stores the purchase with it in one transaction. When the database went away in the middle nobody
/// knows whether that was committed: the same again finds it by the key.
async fn begin(
    app: &App,
    claim: &Claim,
    priced: Result<Purchase, UseCaseError>,
) -> Result<Begun, UseCaseError> {
    let once = || within(TRANSACTION, begin_once(app, claim, priced.as_ref().ok()));
    let begun = once().await;
    let begun = match begun.as_ref().err().and_then(DatabaseCause::database_cause) {
        Some(cause) if is_infrastructure(cause) => {
            tracing::warn!(error = %cause, "the database went away while a purchase was stored: looking again");
            once().await
        }
        _ => begun,
    };
    match (begun?, priced) {
        (Some(begun), _) => Ok(begun),
        (None, priced) => priced.and(Err(UseCaseError::NotFound)),
    }
}

/// `None`, and no key taken, when the purchase would be a new one and cannot be.
async fn begin_once(app: &App, claim: &Claim, new: Option<&Purchase>) -> Result<Option<Begun>, UseCaseError> {
    let tx = messaging::database::begin(&app.db).await?;
    let begun = claim.begin(&tx, app.clock.as_ref()).await?;
    let begun = match begun.resource().map_err(UseCaseError::Key)? {
        Some((id, true)) => Begun::Replay(id),
        Some((id, false)) => Begun::Resume(id),
        None => {
            let Some(purchase) = new else {
                tx.rollback().await?;
                return Ok(None);
            };
            store::purchases::insert_if_absent(&tx, purchase, app.clock.now()).await?;
            claim.attach(&tx, &purchase.id).await?;
            Begun::Fresh(Box::new(purchase.clone()))
        }
    };
    tx.commit().await?;
    Ok(Some(begun))
}

async fn finish(app: &App, id: &str, new: Option<&Purchase>) -> Result<purchases::Purchase, UseCaseError> {
    settle(app, &Direct { id, new }).await
}

struct Direct<'a> {
    id: &'a str,
    /// To be stored if it is not there yet.
    new: Option<&'a Purchase>,
}

#[async_trait]
impl Wanted for Direct<'_> {
    async fn accept(&self, app: &App, tx: &DatabaseTransaction) -> Result<Accepted, UseCaseError> {
        if let Some(purchase) = self.new {
            store::purchases::insert_if_absent(tx, purchase, app.clock.now()).await?;
        }
        let known = store::purchases::lock(tx, self.id).await?.ok_or(UseCaseError::NotFound)?;
        if known.is_open() { Ok(Accepted::Current(known)) } else { Err(UseCaseError::Closed) }
    }

    fn expires_at(&self, app: &App, now: OffsetDateTime) -> OffsetDateTime {
        end_after(now, Duration::try_from(app.policy.session_ttl).unwrap_or(Duration::MAX))
    }
}
