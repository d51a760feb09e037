//! Who wants to know when something changed. A topic tells *that* it changed; what it is now stands in the
//! snapshot, so a slow listener misses nothing that matters.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use chinhchu_protocol::ids::{AgentId, CallId};
use tokio::sync::watch;

/// All topics.
pub struct Topics {
    calls: Group<CallId>,
    agents: Group<AgentId>,
    queues: watch::Sender<u64>,
}

type Group<K> = Mutex<HashMap<K, watch::Sender<u64>>>;

impl Default for Topics {
    fn default() -> Self {
        Self { calls: Group::default(), agents: Group::default(), queues: watch::Sender::new(0) }
    }
}

impl Topics {
    /// Changes of one call.
    pub fn call(&self, call: CallId) -> watch::Receiver<u64> {
        subscribe(&self.calls, call)
    }

    /// Changes of one agent.
    pub fn agent(&self, agent: AgentId) -> watch::Receiver<u64> {
        subscribe(&self.agents, agent)
    }

    /// Any change of any queue. Many: listen to it with a pause in between.
    pub fn queues(&self) -> watch::Receiver<u64> {
        self.queues.subscribe()
    }

    /// Tells the listeners.
    pub fn publish(
        &self,
        seq: u64,
        calls: impl IntoIterator<Item = CallId>,
        agents: impl IntoIterator<Item = AgentId>,
        queues: bool,
    ) {
        tell(&self.calls, seq, calls);
        tell(&self.agents, seq, agents);
        if queues {
            self.queues.send_replace(seq);
        }
    }
}

fn subscribe<K: Hash + Eq>(group: &Group<K>, key: K) -> watch::Receiver<u64> {
    let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
    group.entry(key).or_insert_with(|| watch::Sender::new(0)).subscribe()
}

fn tell<K: Hash + Eq>(group: &Group<K>, seq: u64, keys: impl IntoIterator<Item = K>) {
    let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
    for key in keys {
        if let Some(sender) = group.get(&key) {
            if sender.receiver_count() == 0 {
                group.remove(&key);
            } else {
                sender.send_replace(seq);
            }
        }
    }
}
