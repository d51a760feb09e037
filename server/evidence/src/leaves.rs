//! Every field and every picture of a manifest is a leaf of its own, with its own 128 random bits: one leaf can
//! be shown and its neighbour hidden, and a hidden ID number cannot be guessed from its hash.
//!
//! Objects are flattened with dots (`case.id_number`); an element of an array is one leaf (`pictures.0`), its
//! value compact JSON; an empty array is one leaf, `[]`. The value of a leaf is the exact JSON text that was
//! hashed, so nothing is ever written anew to be checked. Leaves stand in the order of their names.
//!
//! A hidden leaf keeps name and hash. Its name is then only said, not proven; that nothing was added or left
//! out is: their count is signed.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::hex;
use crate::merkle::{self, Hash};

/// One field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Leaf {
    /// With its value.
    Shown(ShownLeaf),
    /// Without.
    Withheld(WithheldLeaf),
}

/// A field with its value. (Alphabetical, as everything that may pass through a sorted map.)
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownLeaf {
    /// Dotted name.
    pub name: String,
    /// 32 hex digits.
    pub salt: String,
    /// JSON text, exactly as hashed.
    pub value: String,
}

/// A field without its value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldLeaf {
    /// Hash of the leaf, 64 hex digits.
    pub hash: String,
    /// Dotted name, as whoever hid it says.
    pub name: String,
}

impl Leaf {
    /// Dotted name.
    pub fn name(&self) -> &str {
        match self {
            Self::Shown(leaf) => &leaf.name,
            Self::Withheld(leaf) => &leaf.name,
        }
    }

    fn hash(&self) -> Option<Hash> {
        match self {
            Self::Shown(leaf) => {
                let salt: [u8; 16] = hex::decode(&leaf.salt)?;
                let length = u32::try_from(leaf.name.len()).ok()?;
                let mut bytes = Vec::with_capacity(20 + leaf.name.len() + leaf.value.len());
                bytes.extend_from_slice(&salt);
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(leaf.name.as_bytes());
                bytes.extend_from_slice(leaf.value.as_bytes());
                Some(merkle::leaf_hash(&bytes))
            }
            Self::Withheld(leaf) => hex::decode(&leaf.hash),
        }
    }
}

/// All fields of a manifest, in the order of their names. Not printable: they are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaves {
    leaves: Vec<Leaf>,
    hashes: Vec<Hash>,
}

impl Leaves {
    /// Takes a JSON object apart, with fresh salts.
    pub fn of(value: &Value, rng: &mut impl CryptoRng) -> Result<Self, Fault> {
        let Value::Object(fields) = value else { return Err(Fault::NotLeaves) };
        let mut flat = Vec::new();
        flatten("", fields, &mut flat)?;
        let leaves = flat.into_iter().map(|(name, value)| {
            let mut salt = [0; 16];
            rng.fill_bytes(&mut salt);
            Leaf::Shown(ShownLeaf { name, salt: hex::encode(&salt), value })
        });
        let mut leaves: Vec<Leaf> = leaves.collect();
        leaves.sort_by(|a, b| a.name().cmp(b.name()));
        Self::checked(leaves)
    }

    /// Reads leaves; only exactly as [`Self::to_bytes`] writes them, and each value as [`Self::of`] writes it: a
    /// doubled key would be read in two ways.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let leaves: Vec<Leaf> = serde_json::from_slice(bytes).map_err(|_| Fault::NotLeaves)?;
        let leaves = Self::checked(leaves)?;
        if !leaves.leaves.iter().all(is_plain) {
            return Err(Fault::NotLeaves);
        }
        if leaves.to_bytes()? == bytes { Ok(leaves) } else { Err(Fault::NotLeaves) }
    }

    /// JSON without spaces: an array of leaves.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(&self.leaves).map_err(|_| Fault::NotLeaves)
    }

    fn checked(leaves: Vec<Leaf>) -> Result<Self, Fault> {
        let in_order = leaves.windows(2).all(|pair| pair[0].name() < pair[1].name());
        let hashes: Option<Vec<Hash>> = leaves.iter().map(Leaf::hash).collect();
        match hashes {
            Some(hashes) if in_order && !leaves.is_empty() => Ok(Self { leaves, hashes }),
            Some(_) | None => Err(Fault::NotLeaves),
        }
    }

    /// Root of the tree over all leaves, hidden ones included.
    pub fn root(&self) -> Hash {
        merkle::root(&self.hashes)
    }

    /// How many, hidden ones included.
    pub fn count(&self) -> usize {
        self.leaves.len()
    }

    /// Each leaf.
    pub fn iter(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter()
    }

    /// Names of the hidden ones.
    pub fn withheld(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().filter_map(|leaf| match leaf {
            Leaf::Withheld(leaf) => Some(leaf.name.as_str()),
            Leaf::Shown(_) => None,
        })
    }

    /// The value of a leaf that is shown, parsed.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.leaves.iter().find_map(|leaf| match leaf {
            Leaf::Shown(leaf) if leaf.name == name => serde_json::from_str(&leaf.value).ok(),
            Leaf::Shown(_) | Leaf::Withheld(_) => None,
        })
    }

    /// Hides the named leaves, and everything below a name (`case` hides all of `case.…`).
    pub fn withhold(&self, names: &[&str]) -> Result<Self, Fault> {
        let covers = |name: &str, leaf: &str| {
            leaf.strip_prefix(name).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        if !names.iter().all(|name| self.leaves.iter().any(|leaf| covers(name, leaf.name()))) {
            return Err(Fault::NoSuchLeaf);
        }
        let leaves = self.leaves.iter().zip(&self.hashes).map(|(leaf, hash)| {
            if names.iter().any(|name| covers(name, leaf.name())) {
                Leaf::Withheld(WithheldLeaf { hash: hex::encode(hash), name: leaf.name().to_owned() })
            } else {
                leaf.clone()
            }
        });
        Self::checked(leaves.collect())
    }

    /// Puts the object together again, if nothing is hidden.
    pub fn to_value(&self) -> Result<Value, Fault> {
        let mut whole = Map::new();
        for leaf in &self.leaves {
            let Leaf::Shown(leaf) = leaf else { return Err(Fault::Withheld) };
            let value = serde_json::from_str(&leaf.value).map_err(|_| Fault::NotLeaves)?;
            place(&mut whole, &leaf.name, value)?;
        }
        Ok(gather(Value::Object(whole)))
    }
}

/// Its value is its own compact writing, with the keys of objects in order, as serde writes them.
fn is_plain(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Shown(leaf) => {
            let read = serde_json::from_str::<Value>(&leaf.value);
            read.and_then(|value| serde_json::to_string(&value)).is_ok_and(|written| written == leaf.value)
        }
        Leaf::Withheld(_) => true,
    }
}

fn flatten(above: &str, fields: &Map<String, Value>, out: &mut Vec<(String, String)>) -> Result<(), Fault> {
    for (key, value) in fields {
        // A dot or a number in a name would read back as another shape.
        if key.is_empty() || key.contains('.') || key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::NotLeaves);
        }
        let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, out)?,
            Value::Array(elements) if !elements.is_empty() => {
                let named = elements.iter().enumerate();
                out.extend(named.map(|(n, element)| (format!("{name}.{n}"), element.to_string())));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                out.push((name, value.to_string()));
            }
        }
    }
    Ok(())
}

fn place(into: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), Fault> {
    let Some((first, rest)) = name.split_once('.') else {
        return if into.insert(name.to_owned(), value).is_none() { Ok(()) } else { Err(Fault::NotLeaves) };
    };
    match into.entry(first).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => place(inner, rest, value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Fault::NotLeaves)
        }
    }
}

/// Objects whose names are 0, 1, 2 … were arrays.
fn gather(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let count = fields.len();
    let mut elements = vec![None; count];
    for (key, value) in &fields {
        let at = key.parse::<usize>().ok().filter(|at| *at < count && at.to_string() == *key);
        let Some(at) = at else {
            return Value::Object(fields.into_iter().map(|(key, value)| (key, gather(value))).collect());
        };
        elements[at] = Some(value.clone());
    }
    Value::Array(elements.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use serde_json::json;

    use super::*;

    fn rng() -> StdRng {
        StdRng::seed_from_u64(1)
    }

    fn example() -> Value {
        let pictures: Vec<Value> = (0..12).map(|n| json!({ "kind": "x", "bytes": n })).collect();
        json!({ "call": "a", "note": null, "case": { "id_number": "079190001234", "papers": [] },
                "pictures": pictures, "counter": 7 })
    }

    #[test]
    fn what_is_taken_apart_is_put_together_again() {
        let leaves = Leaves::of(&example(), &mut rng()).expect("leaves");
        assert_eq!(leaves.to_value(), Ok(example()));
        assert_eq!(leaves.count(), 17);
        let bytes = leaves.to_bytes().expect("json");
        assert_eq!(Leaves::parse(&bytes).expect("parses").root(), leaves.root());
    }

    #[test]
    fn a_leaf_is_hashed_as_documented() {
        let leaves = Leaves::of(&json!({ "ab": "c" }), &mut rng()).expect("leaves");
        let Some(Leaf::Shown(leaf)) = leaves.iter().next() else { panic!("shown") };
        let mut bytes = vec![0x00];
        bytes.extend(hex::decode::<16>(&leaf.salt).expect("salt"));
        bytes.extend(b"\0\0\0\x02ab\"c\"");
        assert_eq!(leaves.root(), hex::sha256(&bytes));
    }

    #[test]
    fn equal_values_have_different_leaves() {
        let leaves = Leaves::of(&json!({ "a": "x", "b": "x" }), &mut rng()).expect("leaves");
        let salts: std::collections::BTreeSet<_> = leaves
            .iter()
            .map(|leaf| match leaf {
                Leaf::Shown(leaf) => leaf.salt.clone(),
                Leaf::Withheld(_) => panic!("nothing is hidden"),
            })
            .collect();
        assert_eq!(salts.len(), 2);
        let again =
            Leaves::of(&json!({ "a": "x", "b": "x" }), &mut StdRng::seed_from_u64(2)).expect("leaves");
        assert_ne!(leaves.root(), again.root());
    }

    #[test]
    fn a_hidden_leaf_keeps_the_root_and_loses_its_value() {
        let leaves = Leaves::of(&example(), &mut rng()).expect("leaves");
        let hidden = leaves.withhold(&["case.id_number"]).expect("hides");
        assert_eq!(hidden.root(), leaves.root());
        assert_eq!(hidden.withheld().collect::<Vec<_>>(), ["case.id_number"]);
        let bytes = hidden.to_bytes().expect("json");
        assert!(!String::from_utf8(bytes.clone()).expect("utf-8").contains("079190001234"));
        assert_eq!(Leaves::parse(&bytes).expect("parses").root(), leaves.root());
        assert_eq!(hidden.to_value(), Err(Fault::Withheld));
        assert_eq!(hidden.get("case.id_number"), None);
        assert_eq!(hidden.get("counter"), Some(json!(7)));
    }

    #[test]
    fn a_name_hides_all_below_it_and_nothing_beside_it() {
        let leaves =
            Leaves::of(&json!({ "case": { "a": 1, "b": 2 }, "casework": 3 }), &mut rng()).expect("leaves");
        let hidden = leaves.withhold(&["case"]).expect("hides");
        assert_eq!(hidden.withheld().collect::<Vec<_>>(), ["case.a", "case.b"]);
        assert!(leaves.withhold(&["cas"]).is_err());
    }

    #[test]
    fn leaves_out_of_order_repeated_or_padded_are_refused() {
        let leaves = Leaves::of(&json!({ "a": 1, "b": 2 }), &mut rng()).expect("leaves");
        let good = leaves.to_bytes().expect("json");
        let mut list: Vec<Value> = serde_json::from_slice(&good).expect("json");
        list.swap(0, 1);
        assert!(Leaves::parse(&serde_json::to_vec(&list).expect("json")).is_err(), "order");
        list[1] = list[0].clone();
        assert!(Leaves::parse(&serde_json::to_vec(&list).expect("json")).is_err(), "repeated");
        assert!(Leaves::parse(&[&good[..], b" "].concat()).is_err(), "padded");
        assert!(Leaves::of(&json!({ "a.b": 1 }), &mut rng()).is_err());
        assert!(Leaves::of(&json!({ "0": 1 }), &mut rng()).is_err());
    }
}
