//! PaymentMethods: made from `pm_card_…` or a test card's number; retrieve.

use super::{Answer, Call};
use crate::cards;
use crate::error::ApiError;
use crate::ids;
use crate::metadata::{self, Metadata};
use crate::params::Params;
use crate::state::{Billing, Method, MethodKind, Object, State};

/// When Stripe's own `pm_card_…` expire.
const TOKEN_EXPIRY: (i64, i64) = (8, 2034);

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    call.params.only(&[
        "allow_redisplay",
        "billing_details",
        "card",
        "customer",
        "metadata",
        "paypal",
        "type",
    ])?;
    let method = from_data(call.state, &call.params, None)?;
    let json = method.json();
    keep(call.state, method);
    Ok(json)
}

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    let method =
        call.state.methods.get(id).ok_or_else(|| ApiError::no_such("PaymentMethod", id, "payment_method"))?;
    Ok(method.json())
}

/// The payment method a call names in `payment_method` or describes in `payment_method_data`.
pub(crate) fn chosen(call: &Call<'_>, customer: Option<&str>) -> Result<Option<Method>, ApiError> {
    let params = &call.params;
    if let Some(data) = params.child("payment_method_data")? {
        return from_data(call.state, &data, customer).map(Some);
    }
    let Some(id) = params.text("payment_method")? else { return Ok(None) };
    if let Some(method) = call.state.methods.get(&id) {
        return Ok(Some(method.clone()));
    }
    let card = cards::by_token(&id)
        .ok_or_else(|| ApiError::no_such_parameter("PaymentMethod", &id, "payment_method"))?;
    let (exp_month, exp_year) = TOKEN_EXPIRY;
    let kind = MethodKind::Card { card, last4: cards::last4(card.number), exp_month, exp_year };
    Ok(Some(method(call.state, kind, Billing::default(), customer, Metadata::new())))
}

/// Keeps a method that may be known already.
pub(crate) fn keep(state: &mut State, method: Method) {
    if state.methods.get(&method.id).is_none() {
        state.methods.insert(method);
    }
}

fn method(
    state: &State,
    kind: MethodKind,
    billing: Billing,
    customer: Option<&str>,
    metadata: Metadata,
) -> Method {
    let (id, created, customer) = (ids::payment_method(), state.now(), customer.map(str::to_owned));
    Method { id, created, kind, billing, customer, metadata }
}

fn from_data(state: &State, data: &Params<'_>, customer: Option<&str>) -> Result<Method, ApiError> {
    let kind = match data.required("type")?.as_str() {
        "card" => card(&data.child("card")?.ok_or_else(|| ApiError::missing(data.name("card")))?)?,
        "paypal" => MethodKind::Paypal,
        other => return Err(ApiError::unsupported(data.name("type"), &format!("the method {other}"))),
    };
    let billing = match data.child("billing_details")? {
        None => Billing::default(),
        Some(details) => Billing {
            email: details.settable("email")?.flatten(),
            name: details.settable("name")?.flatten(),
            phone: details.settable("phone")?.flatten(),
            address: details.child("address")?.map(|address| address.json()),
        },
    };
    Ok(method(state, kind, billing, customer, metadata::read(data)?))
}

fn card(card: &Params<'_>) -> Result<MethodKind, ApiError> {
    card.only(&["cvc", "exp_month", "exp_year", "networks", "number"])?;
    let number = card.required("number")?;
    let exp_month = card.integer("exp_month")?.ok_or_else(|| ApiError::missing(card.name("exp_month")))?;
    let exp_year = card.integer("exp_year")?.ok_or_else(|| ApiError::missing(card.name("exp_year")))?;
    Ok(MethodKind::Card {
        card: cards::by_number(&number),
        last4: cards::last4(&number),
        exp_month,
        exp_year,
    })
}
