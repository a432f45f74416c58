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

fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
