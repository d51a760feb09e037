//! What a call needs of its agent, and what an agent is able to do.

use std::collections::BTreeSet;

use chinhchu_protocol::case::CustomerType;
use serde::{Deserialize, Serialize};

/// Whom an agent can serve. An empty list leaves nothing out: an agent without entries serves everybody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Skills {
    /// Customer types; empty: all.
    pub customer_types: BTreeSet<CustomerType>,
    /// Languages, BCP 47 primary tags; empty: all.
    pub languages: BTreeSet<String>,
}

/// What a call needs. `None`: nothing in particular.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    /// The customer's type.
    pub customer_type: Option<CustomerType>,
    /// The customer's language, BCP 47 primary tag.
    pub language: Option<String>,
}

impl Skills {
    /// Nothing in particular is entered.
    pub fn is_empty(&self) -> bool {
        self.customer_types.is_empty() && self.languages.is_empty()
    }

    /// The agent can serve a call with these needs.
    pub fn meet(&self, needs: &Needs) -> bool {
        let type_met = needs
            .customer_type
            .is_none_or(|wanted| self.customer_types.is_empty() || self.customer_types.contains(&wanted));
        let language_met = needs
            .language
            .as_ref()
            .is_none_or(|wanted| self.languages.is_empty() || self.languages.contains(wanted));
        type_met && language_met
    }
}

impl Needs {
    /// Nothing in particular is needed.
    pub fn is_empty(&self) -> bool {
        self.customer_type.is_none() && self.language.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_leaves_nothing_out() {
        let needs = Needs { customer_type: Some(CustomerType::Enterprise), language: Some("en".to_owned()) };
        let all = Skills::default();
        let english = Skills { languages: ["en".to_owned()].into(), ..Skills::default() };
        let individuals = Skills { customer_types: [CustomerType::Individual].into(), ..Skills::default() };
        assert!(all.meet(&needs) && english.meet(&needs) && !individuals.meet(&needs));
        let vietnamese = Skills { languages: ["vi".to_owned()].into(), ..Skills::default() };
        assert!(!vietnamese.meet(&needs) && vietnamese.meet(&Needs::default()));
    }
}
