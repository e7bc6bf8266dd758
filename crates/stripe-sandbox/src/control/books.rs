//! The money as Stripe would know it: captures, refunds and disputes per PaymentIntent, and the sums.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use crate::app::App;
use crate::state::{Intent, State};

/// Sums of one currency, in minor units.
#[derive(Default)]
struct Sum {
    captured: i64,
    refunded: i64,
}

pub(crate) async fn books(app: web::Data<App>) -> HttpResponse {
    let state = app.state();
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut captures: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut refunds: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for charge in state.charges.iter().filter(|charge| charge.succeeded()) {
        sums.entry(charge.currency.to_string()).or_default().captured += charge.amount;
        captures
            .entry(&charge.intent)
            .or_default()
            .push(json!({ "id": charge.id, "amount": charge.amount, "created": charge.created }));
    }
    for refund in state.refunds.iter() {
        sums.entry(refund.currency.to_string()).or_default().refunded += refund.amount;
        refunds.entry(&refund.intent).or_default().push(json!({
            "id": refund.id, "amount": refund.amount, "charge": refund.charge, "reason": refund.reason,
            "status": "succeeded",
        }));
    }
    let intents: Vec<Value> = state
        .intents
        .iter()
        .map(|intent| {
            let id = intent.id.as_str();
            let (captures, refunds) = (captures.remove(id), refunds.remove(id));
            account(&state, intent, captures.unwrap_or_default(), refunds.unwrap_or_default())
        })
        .collect();
    let totals: BTreeMap<&String, Value> = sums
        .iter()
        .map(|(currency, sum)| {
            let net = sum.captured - sum.refunded;
            let total = json!({
                "captured": sum.captured, "refunded": sum.refunded, "withdrawn": 0, "reinstated": 0, "net": net,
            });
            (currency, total)
        })
        .collect();
    HttpResponse::Ok().json(json!({ "paymentIntents": intents, "totals": totals }))
}

fn account(state: &State, intent: &Intent, captures: Vec<Value>, refunds: Vec<Value>) -> Value {
    let sum = |entries: &[Value]| entries.iter().filter_map(|entry| entry["amount"].as_i64()).sum::<i64>();
    let session = intent.session.as_ref().and_then(|id| state.sessions.get(id));
    json!({
        "id": intent.id, "status": intent.status.name(), "currency": intent.currency.code(),
        "amount": intent.amount, "captured": sum(&captures), "refunded": sum(&refunds),
        "captures": captures, "refunds": refunds, "disputes": [],
        "metadata": intent.metadata, "session": intent.session,
        "clientReferenceId": session.and_then(|session| session.client_reference_id.clone()),
    })
}
