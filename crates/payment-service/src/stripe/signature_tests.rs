//! Every way a webhook can be signed, well or badly.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use super::signature::WebhookSecrets;
use crate::app::ports::InvalidSignature;

const NOW: i64 = 1_790_000_000;
const BODY: &[u8] = br#"{"id":"evt_1", "type":"checkout.session.completed"}"#;

fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn good() -> String {
    sign("whsec_one", NOW, BODY)
}

fn verify_at(now: i64, headers: &[&str], body: &[u8]) -> Result<(), InvalidSignature> {
    let secrets = WebhookSecrets::new(vec!["whsec_one".into(), "whsec_two".into()]);
    let headers: Vec<&[u8]> = headers.iter().map(|header| header.as_bytes()).collect();
    secrets.verify(&headers, body, OffsetDateTime::from_unix_timestamp(now).unwrap())
}

fn verify(header: &str) -> Result<(), InvalidSignature> {
    verify_at(NOW, &[header], BODY)
}

#[test]
fn a_good_signature_is_accepted() {
    assert_eq!(verify(&format!("t={NOW},v1={}", good())), Ok(()));
}

#[test]
fn a_value_made_by_stripes_own_library_is_accepted() {
    // stripe 16.1.0 for Python: WebhookSignature._compute_signature('1790000000.' + body, 'whsec_test')
    const MADE: &str = "1e949dc11c0384b52fbb4e1dcac2d735b4d9e4c517a892e16aa69dbd30f12ad3";
    let secrets = WebhookSecrets::new(vec!["whsec_test".into()]);
    let header = format!("t={NOW},v1={MADE}");
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let body = br#"{"id": "evt_sdk", "type": "invoice.paid"}"#;
    assert_eq!(secrets.verify(&[header.as_bytes()], body, now), Ok(()));
}

#[test]
fn either_secret_is_accepted_while_one_is_rolled() {
    assert_eq!(verify(&format!("t={NOW},v1={}", sign("whsec_two", NOW, BODY))), Ok(()));
    let both = format!("t={NOW},v1={},v1={}", good(), sign("whsec_two", NOW, BODY));
    assert_eq!(verify(&both), Ok(()));
}

#[test]
fn a_bad_and_a_good_v1_are_accepted_in_either_order() {
    let (bad, good) = (sign("whsec_three", NOW, BODY), good());
    for (first, second) in [(&bad, &good), (&good, &bad)] {
        assert_eq!(verify(&format!("t={NOW},v1={first},v1={second}")), Ok(()));
    }
    assert_eq!(verify(&format!("t={NOW},v1=zz,v1={good}")), Ok(()));
}

#[test]
fn no_signature_header() {
    assert_eq!(verify_at(NOW, &[], BODY), Err(InvalidSignature::Missing));
}

#[test]
fn two_signature_headers() {
    let header = format!("t={NOW},v1={}", good());
    assert_eq!(verify_at(NOW, &[&header, &header], BODY), Err(InvalidSignature::Malformed));
}

#[test]
fn malformed_headers() {
    let good = good();
    for (what, header) in [
        ("empty header", String::new()),
        ("no t", format!("v1={good}")),
        ("t overflowing", format!("t=99999999999999999999,v1={good}")),
        ("t not a number", format!("t=now,v1={good}")),
        ("two t", format!("t={NOW},t={NOW},v1={good}")),
        ("more than 16 signatures", format!("t={NOW}{}", format!(",v1={good}").repeat(17))),
    ] {
        assert_eq!(verify(&header), Err(InvalidSignature::Malformed), "{what}");
    }
    assert_eq!(verify(&format!("t={NOW}{}", format!(",v1={good}").repeat(16))), Ok(()));
}

#[test]
fn signatures_that_do_not_fit() {
    let good = good();
    for (what, header) in [
        ("no v1", format!("t={NOW}")),
        ("only v0", format!("t={NOW},v0={good}")),
        ("non-hex MAC", format!("t={NOW},v1={}", "z".repeat(64))),
        ("short MAC", format!("t={NOW},v1={}", &good[..32])),
        ("long MAC", format!("t={NOW},v1={good}00")),
        ("empty MAC", format!("t={NOW},v1=")),
        ("wrong secret", format!("t={NOW},v1={}", sign("whsec_three", NOW, BODY))),
        ("another t", format!("t={},v1={good}", NOW - 1)),
        ("t written differently", format!("t=0{NOW},v1={good}")),
    ] {
        assert_eq!(verify(&header), Err(InvalidSignature::Mismatch), "{what}");
    }
}

#[test]
fn a_body_that_was_written_anew() {
    let value: serde_json::Value = serde_json::from_slice(BODY).unwrap();
    let again = serde_json::to_vec(&value).unwrap();
    let header = format!("t={NOW},v1={}", good());
    assert_eq!(verify_at(NOW, &[&header], &again), Err(InvalidSignature::Mismatch));
}

#[test]
fn the_tolerance_is_300_seconds_both_ways() {
    let header = format!("t={NOW},v1={}", good());
    for (offset, expected) in [
        (300, Ok(())),
        (-300, Ok(())),
        (301, Err(InvalidSignature::Stale)),
        (-301, Err(InvalidSignature::Stale)),
    ] {
        assert_eq!(verify_at(NOW + offset, &[&header], BODY), expected, "{offset}");
    }
    let ancient = format!("t={},v1={}", i64::MIN, sign("whsec_one", i64::MIN, BODY));
    assert_eq!(verify(&ancient), Err(InvalidSignature::Stale));
}
