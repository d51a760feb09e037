//! The parts of a verdict's time, as the workstation says them in its log, and their spread.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};

/// Every number of every «verdict sealed», by name.
#[derive(Clone, Default)]
pub struct Parts(Arc<Mutex<BTreeMap<&'static str, Vec<u64>>>>);

impl Parts {
    /// Forgets what was measured so far.
    pub fn clear(&self) {
        self.0.lock().expect("parts").clear();
    }

    /// Half and nearly all of each.
    pub fn spread(&self) -> Map<String, Value> {
        let mut parts = self.0.lock().expect("parts");
        parts.iter_mut().map(|(name, values)| ((*name).to_owned(), spread(values))).collect()
    }
}

/// p50 and p99, in ms where the name of the values says µs.
pub fn spread(values: &mut [u64]) -> Value {
    values.sort_unstable();
    let at = |percent: usize| values.get((values.len() * percent / 100).min(values.len().saturating_sub(1)));
    json!({"p50": at(50), "p99": at(99)})
}

impl<S: tracing::Subscriber> Layer<S> for Parts {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut numbers = Numbers::default();
        event.record(&mut numbers);
        if numbers.is_ours {
            let mut parts = self.0.lock().expect("parts");
            for (name, value) in numbers.found {
                parts.entry(name).or_default().push(value);
            }
        }
    }
}

#[derive(Default)]
struct Numbers {
    is_ours: bool,
    found: Vec<(&'static str, u64)>,
}

impl Visit for Numbers {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.is_ours |= field.name() == "message" && format!("{value:?}") == "verdict sealed";
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.found.push((field.name(), value));
    }
}
