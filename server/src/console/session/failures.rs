//! Sign-ins that failed, told to the audit so that it shows an attack and cannot be flooded by one.
//!
//! Of each account the first wrong try is told, the one that locks it (the fifth in a row), and then one an hour; each
//! entry says how many wrong tries there were since the one before, and the sign-in that succeeds tells the rest. User
//! names that nobody has share one such account: what was typed there may be anything, and is kept nowhere. Counts live
//! in memory: a restart forgets those that were not told yet.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chinhchu_protocol::ids::PersonId;
use chinhchu_protocol::time::Timestamp;
use serde_json::json;

use crate::agents::attempts::{FORGET_MS, FREE_TRIES};
use crate::audit::{self, Entry};
use crate::http::App;
use crate::store::StoreError;

/// Between two entries of an account that say nothing but that it goes on.
const TELL_AGAIN_MS: i64 = 60 * 60_000;

/// What was wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The password of a sign-in.
    Password,
    /// The second factor of a sign-in.
    SecondFactor,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// Wrong tries by account; `None` stands for all names that nobody has.
#[derive(Default)]
pub struct Failures {
    counts: Mutex<HashMap<Option<PersonId>, Count>>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    untold: u32,
    in_a_row: u32,
    last: Option<Timestamp>,
    told: Option<Timestamp>,
}

/// What an entry says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Wrong tries since the entry before.
    pub wrong: u32,
    /// This one locked the account for a minute.
    pub locked: bool,
}

impl Failures {
    /// Counts a wrong try; gives what is to be written down now, if anything.
    pub fn wrong(&self, who: Option<PersonId>, now: Timestamp) -> Option<Told> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(who).or_default();
        if count.last.is_none_or(|last| now.ms_since(last) >= FORGET_MS) {
            count.in_a_row = 0;
        }
        (count.untold, count.in_a_row) = (count.untold.saturating_add(1), count.in_a_row.saturating_add(1));
        count.last = Some(now);
        // Names that nobody has are locked one by one: what they share is no row of tries.
        let locked = who.is_some() && count.in_a_row == FREE_TRIES;
        if !locked && count.told.is_some_and(|told| now.ms_since(told) < TELL_AGAIN_MS) {
            return None;
        }
        count.told = Some(now);
        Some(Told { wrong: std::mem::take(&mut count.untold), locked })
    }

    /// Wrong tries that no entry has told.
    pub fn untold(&self, who: PersonId) -> u32 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&Some(who)).map_or(0, |count| count.untold)
    }

    /// The sign-in has succeeded, and told the rest.
    pub fn over(&self, who: PersonId) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&Some(who)) {
            (count.untold, count.in_a_row) = (0, 0);
        }
    }
}

/// Counts a wrong try and writes it down where it is due, beside the answer: how long that takes must not tell whether
/// there is such an account.
pub fn note_wrong(app: &App, who: Option<PersonId>, step: Step) {
    let now = app.clock.now();
    let Some(Told { wrong, locked }) = app.console.failures.wrong(who, now) else { return };
    let app = app.clone();
    tokio::spawn(async move {
        let written = app.db.write(move |tx| {
            let subject = who.map_or("sign_in:unknown".to_owned(), |id| format!("person:{id}"));
            let detail = json!({ "step": step.name(), "wrong": wrong, "locked": locked });
            let action = "person.sign_in_failed";
            let entry = Entry { actor: "server", action, subject: &subject, detail: &detail };
            audit::append(tx, now, &entry).map(drop)
        });
        if let Err(error) = written.await {
            let error: StoreError = error;
            tracing::error!(%error, "a failed sign-in is not in the audit");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn somebody(n: u128) -> PersonId {
        PersonId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn an_attack_of_a_day_leaves_an_entry_an_hour_and_no_try_is_forgotten() {
        let failures = Failures::default();
        let (mut entries, mut told) = (0, 0);
        for minute in 0..24 * 60 {
            if let Some(entry) = failures.wrong(Some(somebody(1)), NOW.plus_ms(minute * 60_000)) {
                (entries, told) = (entries + 1, told + entry.wrong);
            }
        }
        assert_eq!(entries, 25, "the first, the lock, and then one an hour");
        assert_eq!(told + failures.untold(somebody(1)), 24 * 60);
    }

    #[test]
    fn the_fifth_wrong_try_in_a_row_is_told_as_the_lock_with_those_before() {
        let failures = Failures::default();
        let told: Vec<_> = (0..6).map(|n| failures.wrong(Some(somebody(1)), NOW.plus_ms(n))).collect();
        let first = Told { wrong: 1, locked: false };
        let lock = Told { wrong: 4, locked: true };
        assert_eq!(told, [Some(first), None, None, None, Some(lock), None]);
        assert_eq!(failures.untold(somebody(1)), 1);
        failures.over(somebody(1));
        assert_eq!(failures.untold(somebody(1)), 0);
        assert_eq!(failures.wrong(Some(somebody(2)), NOW), Some(first), "another account");
    }

    #[test]
    fn names_that_nobody_has_share_one_count_and_lock_nothing() {
        let failures = Failures::default();
        let told: Vec<_> = (0..7).filter_map(|n| failures.wrong(None, NOW.plus_ms(n))).collect();
        assert_eq!(told, [Told { wrong: 1, locked: false }]);
    }
}
