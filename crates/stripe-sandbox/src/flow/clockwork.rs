//! What happens by itself: Sessions expire and delayed payments settle when the clock says so.

use super::{checkout, refunds, settle};
use crate::state::{Due, IntentStatus, Origin, SessionStatus, State};

/// Does everything that is due by now. The clock may have jumped.
pub(crate) fn tick(state: &mut State) {
    let now = state.now_ms();
    while state.schedule.first().is_some_and(|(at, _)| *at <= now) {
        let Some((_, due)) = state.schedule.pop_first() else { return };
        state.origin = Origin::default();
        let done = match &due {
            Due::Expiry(id) => match state.sessions.get(id).map(|session| session.status) {
                Some(SessionStatus::Open) => checkout::expire(state, id),
                _ => Ok(()),
            },
            Due::Settlement(id) => match state.intents.get(id).map(|intent| intent.status) {
                Some(IntentStatus::Processing) => settle::finish(state, id, None),
                _ => Ok(()),
            },
            Due::Reference(id) => {
                refunds::referenced(state, id);
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(?due, message = error.message, "what was due could not be done");
        }
    }
}
