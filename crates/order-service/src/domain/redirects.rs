//! Where the buyer is sent after the payment page, as payment-service is told.
//!
//! The texts were checked at the edge; here they only grow a query parameter, untouched otherwise: the
//! placeholder in braces is Stripe's and must stay as it is.

use kernel::OrderId;

use crate::domain::order::Redirects;

impl Redirects {
    /// With `session_id` in the one URL and `order_id` in the other, unless they are there.
    pub(crate) fn for_order(&self, order: OrderId) -> Self {
        Self {
            success_url: with_query(&self.success_url, "session_id", "{CHECKOUT_SESSION_ID}"),
            cancel_url: with_query(&self.cancel_url, "order_id", &order.to_string()),
        }
    }
}

fn with_query(url: &str, name: &str, value: &str) -> String {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let query = rest.split_once('?').map(|(_, query)| query);
    let there =
        query.into_iter().flat_map(|query| query.split('&')).any(|pair| pair.split('=').next() == Some(name));
    if there {
        return url.to_owned();
    }
    let separator = match query {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{rest}{separator}{name}={value}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn a_parameter_is_added_unless_it_is_there() {
        for (url, expected) in [
            ("https://s.example/ok", "https://s.example/ok?id={X}"),
            ("https://s.example/ok?", "https://s.example/ok?id={X}"),
            ("https://s.example/ok?a=1", "https://s.example/ok?a=1&id={X}"),
            ("https://s.example/ok?a=1#top", "https://s.example/ok?a=1&id={X}#top"),
            ("https://s.example/ok?xid=1", "https://s.example/ok?xid=1&id={X}"),
            ("https://s.example/ok?id={X}", "https://s.example/ok?id={X}"),
            ("https://s.example/ok?b=2&id=1#top", "https://s.example/ok?b=2&id=1#top"),
        ] {
            assert_eq!(with_query(url, "id", "{X}"), expected);
        }
    }
}
