//! Refunds, whole or in parts: never more than was captured.

use serde_json::json;

use crate::amounts;
use crate::error::ApiError;
use crate::ids;
use crate::metadata::Metadata;
use crate::state::{Due, MethodKind, Object, Refund, State};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) charge: String,
    /// Minor units; `None`: all that is left.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) metadata: Metadata,
}

/// Gives money back. The refund's id.
pub(crate) fn create(state: &mut State, wanted: Wanted) -> Result<String, ApiError> {
    let created = state.now();
    let charge = state
        .charges
        .get_mut(&wanted.charge)
        .ok_or_else(|| ApiError::no_such_parameter("charge", &wanted.charge, "charge"))?;
    if !charge.succeeded() {
        let message = format!("Charge {} has not been captured, so that it cannot be refunded.", charge.id);
        return Err(ApiError::state(Some("charge_not_refundable"), message));
    }
    let left = charge.refundable();
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(ApiError::state(Some("charge_already_refunded"), message));
    }
    let amount = wanted.amount.unwrap_or(left);
    if amount > left {
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            amounts::format(amount, charge.currency),
            amounts::format(left, charge.currency)
        );
        return Err(ApiError { executed: true, ..ApiError::parameter(None, "amount", message) });
    }
    let before = json!({ "amount_refunded": charge.amount_refunded, "refunded": false });
    charge.amount_refunded += amount;
    let refund = Refund {
        id: ids::refund(),
        created,
        amount,
        currency: charge.currency,
        charge: charge.id.clone(),
        intent: charge.intent.clone(),
        card: matches!(charge.method.kind, MethodKind::Card { .. }),
        reason: wanted.reason,
        metadata: wanted.metadata,
        balance_transaction: ids::balance_transaction(),
        reference: None,
    };
    let (id, refunded, json) = (refund.id.clone(), charge.json(), refund.json());
    state.refunds.insert(refund);
    state.emit("refund.created", json, None);
    state.emit("charge.refunded", refunded, Some(before));
    state.soon(Due::Reference(id.clone()));
    Ok(id)
}

/// The acquirer's reference has become known.
pub(crate) fn referenced(state: &mut State, id: &str) {
    let Some(refund) = state.refunds.get_mut(id) else { return };
    let before = refund.json()["destination_details"].clone();
    refund.reference = Some(format!("74{:0>21}", refund.created));
    let json = refund.json();
    state.emit("refund.updated", json, Some(json!({ "destination_details": before })));
}
