//! Making, changing and cancelling PaymentIntents.

use crate::error::ApiError;
use crate::ids;
use crate::state::{Intent, IntentStatus, Object, Session, State};

/// A new PaymentIntent as asked for, without a payment method.
pub(crate) fn blank(state: &State, amount: i64, currency: kernel::Currency) -> Intent {
    let id = ids::payment_intent();
    Intent {
        client_secret: ids::client_secret(&id),
        id,
        created: state.now(),
        amount,
        currency,
        status: IntentStatus::RequiresPaymentMethod,
        metadata: crate::metadata::Metadata::new(),
        description: None,
        customer: None,
        receipt_email: None,
        statement_descriptor: None,
        statement_descriptor_suffix: None,
        transfer_group: None,
        setup_future_usage: None,
        shipping: None,
        automatic_methods: None,
        method_types: vec!["card".into()],
        method: None,
        latest_charge: None,
        last_error: None,
        next_action: None,
        return_url: None,
        amount_received: 0,
        canceled: None,
        will_succeed: None,
        session: None,
    }
}

/// Keeps a new PaymentIntent and tells of it.
pub(crate) fn create(state: &mut State, intent: Intent) {
    let json = intent.json();
    state.intents.insert(intent);
    state.emit("payment_intent.created", json, None);
}

/// The PaymentIntent of a Session's first attempt.
pub(crate) fn of_session(state: &State, session: &Session) -> Intent {
    let data = session.intent_data.clone();
    Intent {
        metadata: data.metadata,
        description: data.description,
        customer: session.customer.clone(),
        receipt_email: data.receipt_email,
        statement_descriptor: data.statement_descriptor,
        statement_descriptor_suffix: data.statement_descriptor_suffix,
        transfer_group: data.transfer_group,
        setup_future_usage: data.setup_future_usage,
        shipping: data.shipping,
        method_types: session.method_types.clone(),
        session: Some(session.id.clone()),
        ..blank(state, session.amount, session.currency)
    }
}

/// Cancels a PaymentIntent that is not paid.
pub(crate) fn cancel(state: &mut State, id: &str, reason: Option<String>) -> Result<(), ApiError> {
    let now = state.now();
    let intent =
        state.intents.get_mut(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    if !intent.status.payable() {
        return Err(unexpected_state(intent, "canceled"));
    }
    intent.status = IntentStatus::Canceled;
    intent.next_action = None;
    intent.canceled = Some((now, reason));
    let json = intent.json();
    state.emit("payment_intent.canceled", json, None);
    Ok(())
}

/// The complaint about doing what the status forbids.
pub(crate) fn unexpected_state(intent: &Intent, done: &str) -> ApiError {
    let message = format!(
        "This PaymentIntent could not be {done} because it has a status of {}.",
        intent.status.name()
    );
    let mut error = ApiError::state(Some("payment_intent_unexpected_state"), message);
    error.extra.insert("payment_intent".into(), intent.json());
    error
}
