//! The hash of a key.

/// Bits of a hash. Two ids share one by chance once in a million million pairs, which costs a look into a file.
pub(super) const BITS: u32 = 40;

/// The hash of a key of any length: its words of 8 bytes (little-endian, the last filled with zeros), each mixed in with
/// the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014);
/// of the result the upper [`BITS`] bits. It is part of the file format.
pub(super) fn hash(id: &[u8]) -> u64 {
    let mut hash = id.len() as u64;
    for word in id.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..word.len()].copy_from_slice(word);
        hash = mix(hash ^ u64::from_le_bytes(bytes));
    }
    hash >> (u64::BITS - BITS)
}

/// The hash of the lower case of a word of ASCII letters and digits.
pub(super) fn hash_folded(word: &[u8]) -> u64 {
    // Of a digit this bit is set already.
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let (words, rest) = word.as_chunks::<8>();
    let mut hash = words.iter().fold(word.len() as u64, |hash, word| mix(hash ^ (u64::from_le_bytes(*word) | LOWER)));
    if !rest.is_empty() {
        let mut bytes = [0; 8];
        bytes[..rest.len()].copy_from_slice(rest);
        let present = u64::MAX >> (u64::BITS - 8 * rest.len() as u32);
        hash = mix(hash ^ (u64::from_le_bytes(bytes) | (LOWER & present)));
    }
    hash >> (u64::BITS - BITS)
}

fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_folded_hash_is_the_hash_of_the_lower_case(word in "[A-Za-z0-9]{0,40}") {
            prop_assert_eq!(hash_folded(word.as_bytes()), hash(word.to_ascii_lowercase().as_bytes()));
        }
    }
}
