//! Currencies without and with three decimals, end to end.

use serde_json::json;

use crate::world::{PAYS, World, cart};

#[tokio::test(flavor = "multi_thread")]
async fn yen_and_dinar_are_paid_in_their_own_minor_units() {
    for (currency, price, quantity, amount) in
        [("JPY", json!(1500), 2, 3000), ("kwd", json!(1.250), 3, 3750), ("isk", json!(150), 1, 15000)]
    {
        let world = World::new().await;
        let mut body = cart();
        body["currency"] = json!(currency);
        body["products"][0]["price"] = price.clone();
        body["products"][0]["quantity"] = json!(quantity);
        let session = world.checkout(&body).await.ok();
        assert_eq!(session["amount"], amount, "{currency}");
        let id = session["id"].as_str().unwrap();
        assert_eq!(world.session(id).await["amount_total"], amount);
        world.pay(id, PAYS).await;
        world.deliver_only("checkout.session.completed").await;
        let published = world.published().await;
        let data = &published[1].1["data"];
        assert_eq!(published[1].0, "payment.successful");
        assert_eq!((&data["amount"], &data["currency"]), (&json!(amount), &json!(currency.to_lowercase())));
        assert_eq!(data["products"][0]["unitAmount"], amount / quantity);
        assert_eq!(data["products"][0]["price"].as_f64(), price.as_f64());
        world.assert_settled().await;
    }
}
