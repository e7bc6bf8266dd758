//! Payments that may have moved without our hearing of it: asked for at Stripe, one by one.

use kernel::PaymentId;
use uuid::Uuid;

use super::run::{Halt, Run, remains};
use crate::domain::{Payment, Status};
use crate::store::payments;

/// How many ids are read at once.
const PAGE: u64 = 200;

impl Run<'_> {
    /// Those that events were about.
    pub(super) async fn ask_about_touched(&mut self) -> Result<(), Halt> {
        let untold = self.untold();
        self.progress.begin("asking about payments", Some(untold.len()));
        for id in untold {
            self.go_on()?;
            self.ask(id).await?;
            self.progress.advance(1);
        }
        Ok(())
    }

    /// Those that can be paid, as far as we know.
    pub(super) async fn ask_about_open(&mut self) -> Result<(), Halt> {
        let open = self.options.open;
        self.progress.begin("asking about open payments", None);
        let (mut after, mut left) = (open.after, open.at_most.unwrap_or(u64::MAX));
        while left > 0 {
            let page = payments::live_ids(&self.app.db, open.before, after, PAGE.min(left)).await;
            let page: Vec<Uuid> = page.map_err(|error| Halt::Database(error.into()))?;
            let Some(last) = page.last().copied() else {
                self.report.next_open = None;
                return Ok(());
            };
            for id in &page {
                self.go_on()?;
                let id = PaymentId::from(*id);
                if !self.examined.contains(&id) {
                    self.ask(id).await?;
                }
                self.progress.advance(1);
            }
            left -= page.len() as u64;
            after = Some(last);
            self.report.next_open = after;
        }
        Ok(())
    }

    /// Reads one payment's Session and compares.
    async fn ask(&mut self, id: PaymentId) -> Result<(), Halt> {
        let payment = match payments::find(&self.app.db, id).await {
            Ok(Some(payment)) => payment,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.report.payments.unreadable += 1;
                return self.survive(error.into(), remains("payment", id, "its row cannot be read"));
            }
        };
        // One without a Session has a call whose outcome is not known, or none was made.
        let Some(session_id) = payment.session_id.clone().filter(|_| payment.status != Status::Created)
        else {
            return Ok(());
        };
        let answer = self.app.stripe.session(&session_id).await;
        match self.answered(answer)? {
            Ok(seen) => self.examine(id, seen).await,
            Err(error) => {
                self.unreadable_there(&payment, session_id, error);
                Ok(())
            }
        }
    }

    fn unreadable_there(&mut self, payment: &Payment, session_id: String, error: String) {
        self.report.payments.unreadable += 1;
        self.examined.insert(payment.id);
        self.report.money.doubt(payment);
        let mut finding = remains("payment", payment.id, format!("its Session cannot be read: {error}"));
        finding.order_id = Some(payment.purchase_id.clone());
        finding.object = Some(session_id);
        self.report.find(finding);
    }
}
