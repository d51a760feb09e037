//! Merkle trees of RFC 6962, section 2: leaves and nodes are hashed under different prefixes, an odd leaf is
//! never doubled, so that no two lists of leaves share a root.

use sha2::{Digest, Sha256};

pub use crate::hex::Hash;

/// Hash of a leaf's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(bytes).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// Root over hashed leaves; of none, the hash of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The way from leaf `index` to the root, lowest sibling first; `None` if there is no such leaf.
pub fn prove(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    climb(leaves, index, &mut path);
    Some(path)
}

fn climb(leaves: &[Hash], index: usize, path: &mut Vec<Hash>) {
    if leaves.len() <= 1 {
        return;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if index < left.len() {
        climb(left, index, path);
        path.push(root(right));
    } else {
        climb(right, index - left.len(), path);
        path.push(root(left));
    }
}

/// Whether `leaf` is number `index` of `size` leaves under `root` (RFC 9162, 2.1.3.2).
pub fn verify(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Largest power of two below `count` (which is at least 2).
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// The leaves and roots of the reference tests of Certificate Transparency (RFC 6962).
    const LEAVES: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hashed(count: usize) -> Vec<Hash> {
        LEAVES[..count].iter().map(|leaf| leaf_hash(leaf)).collect()
    }

    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        for (count, wanted) in ROOTS.iter().enumerate() {
            assert_eq!(hex::encode(&root(&hashed(count))), *wanted, "{count} leaves");
        }
    }

    #[test]
    fn the_proof_of_the_reference_tests_holds() {
        // Leaf 1 of 1, leaf 1 of 8 (ct/merkletree tests).
        assert_eq!(prove(&hashed(1), 0), Some(Vec::new()));
        let path: Vec<String> =
            prove(&hashed(8), 0).expect("leaf").iter().map(|hash| hex::encode(hash)).collect();
        assert_eq!(
            path,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
    }

    #[test]
    fn every_leaf_of_every_tree_is_proven_and_nothing_else_is() {
        for count in 1..=64_usize {
            let leaves: Vec<Hash> = (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            let (top, size) = (root(&leaves), count as u64);
            for index in 0..count {
                let path = prove(&leaves, index).expect("leaf");
                assert!(verify(&leaves[index], index as u64, size, &path, &top));
                assert!(!verify(&leaves[index], index as u64 + 1, size, &path, &top), "another place");
                assert!(!verify(&leaf_hash(b"x"), index as u64, size, &path, &top), "another leaf");
                assert!(!verify(&leaves[index], index as u64, size, &path, &leaf_hash(b"x")), "another root");
                let longer: Vec<Hash> = path.iter().copied().chain([top]).collect();
                assert!(!verify(&leaves[index], index as u64, size, &longer, &top), "a longer way");
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!verify(&leaves[index], index as u64, size, shorter, &top), "a shorter way");
                }
            }
        }
    }

    #[test]
    fn an_odd_leaf_is_not_doubled() {
        let three = hashed(3);
        let four: Vec<Hash> = three.iter().copied().chain([three[2]]).collect();
        assert_ne!(root(&three), root(&four));
    }
}
