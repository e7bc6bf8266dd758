//! The sample catalogue. Products that are there already stay as they are.

use kernel::{Currency, Money};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::upsert_product::{Change, Upsert, new, publish};
use crate::app::{App, Error};
use crate::store::products;

/// Id, name, description, price in cents, stock.
const SAMPLES: [(&str, &str, &str, i64, i64); 12] = [
    ("espresso-cup", "Espresso Cup", "Stoneware, 80 ml, glazed by hand in deep blue.", 1_450, 120),
    (
        "pour-over-kettle",
        "Pour-Over Kettle",
        "Brushed steel, one litre, a spout that pours where you aim.",
        5_900,
        40,
    ),
    (
        "house-blend-beans",
        "House Blend Beans",
        "One kilogram of whole beans: cocoa, hazelnut, a little smoke.",
        2_490,
        200,
    ),
    ("burr-grinder", "Hand Burr Grinder", "Ceramic burrs, 24 steps, fits into a backpack.", 7_900, 25),
    ("linen-apron", "Linen Apron", "Washed linen with two pockets and a towel loop.", 3_800, 60),
    ("oak-serving-board", "Oak Serving Board", "One piece of oak, oiled, 45 by 20 centimetres.", 4_250, 35),
    ("notebook-dotted", "Dotted Notebook", "A5, 160 pages that lie flat, thread-stitched.", 1_690, 300),
    ("fountain-pen", "Fountain Pen", "Steel nib, medium; comes with a converter.", 2_999, 80),
    (
        "wool-blanket",
        "Wool Blanket",
        "Merino, 130 by 200 centimetres, woven in one mill since 1902.",
        12_900,
        15,
    ),
    (
        "beeswax-candles",
        "Beeswax Candles",
        "A pair, burns for twelve hours and smells of summer.",
        1_290,
        150,
    ),
    ("travel-mug", "Travel Mug", "Keeps 350 ml hot for six hours; does not leak.", 2_750, 90),
    (
        "ceramic-planter",
        "Ceramic Planter",
        "Matt white with a saucer, for a plant that deserves it.",
        3_350,
        45,
    ),
];

/// Puts the samples that are missing into the catalogue, and publishes them. How many were missing.
pub(crate) async fn seed(app: &App) -> Result<usize, Error> {
    let mut added = 0;
    for (id, name, description, amount, stock) in SAMPLES {
        let upsert = Upsert {
            id: id.parse().map_err(anyhow::Error::new)?,
            name: name.to_owned(),
            description: description.to_owned(),
            unit: Money::new(amount, Currency::USD),
            image: Some(format!("/images/products/{id}.svg")),
            stock,
        };
        added += usize::from(add(app, &upsert).await?);
    }
    app.wakeup.notify();
    Ok(added)
}

async fn add(app: &App, upsert: &Upsert) -> Result<bool, Error> {
    transact(&app.db, async |tx: &DatabaseTransaction| insert(tx, app, upsert).await).await
}

async fn insert(tx: &DatabaseTransaction, app: &App, upsert: &Upsert) -> Result<bool, Error> {
    let product = new(app, upsert);
    let inserted = products::insert(tx, &product).await?;
    if inserted {
        publish(tx, app, &product, Change::Created).await?;
    }
    Ok(inserted)
}
