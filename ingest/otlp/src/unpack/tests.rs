use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

const ALL: [Packing; 3] = [Packing::Gzip, Packing::Deflate, Packing::Zstd];

fn packed(packing: Packing, plain: &[u8]) -> Vec<u8> {
    match packing {
        Packing::Gzip => {
            let mut to = GzEncoder::new(Vec::new(), Compression::default());
            to.write_all(plain).and_then(|()| to.finish()).expect("a vector takes all")
        }
        Packing::Deflate => {
            let mut to = ZlibEncoder::new(Vec::new(), Compression::default());
            to.write_all(plain).and_then(|()| to.finish()).expect("a vector takes all")
        }
        Packing::Zstd => zstd::encode_all(plain, 3).expect("a vector takes all"),
    }
}

fn unpacked(packing: Packing, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    packing.open(Bytes::copy_from_slice(body))?.read_to_end(&mut plain)?;
    Ok(plain)
}

#[test]
fn names_are_told_in_any_case_and_lists_are_not_known() {
    assert_eq!(Packing::named(" ZSTD ").ok(), Some(Some(Packing::Zstd)));
    assert_eq!(Packing::named("").ok(), Some(None));
    assert_eq!(Packing::named("Identity").ok(), Some(None));
    for unknown in ["gzip, gzip", "br", "snappy"] {
        assert!(matches!(Packing::named(unknown), Err(Refusal::ContentEncoding { .. })), "{unknown}");
    }
    for packing in ALL {
        assert_eq!(Packing::named(packing.as_str()).ok(), Some(Some(packing)));
        assert!(Packing::NAMES.contains(packing.as_str()));
    }
}

#[test]
fn a_window_that_only_wants_memory_is_refused() {
    let mut to = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    to.window_log(27).expect("a window");
    to.write_all(b"small").expect("a vector takes all");
    let greedy = to.finish().expect("a vector takes all");
    assert!(unpacked(Packing::Zstd, &greedy).is_err_and(|error| error.to_string().contains("too much memory")));
}

proptest! {
    #[test]
    fn what_was_packed_comes_back(plain: Vec<u8>, repeat in 0..300_usize) {
        let plain = plain.repeat(repeat);
        for packing in ALL {
            prop_assert_eq!(&unpacked(packing, &packed(packing, &plain)).unwrap(), &plain);
        }
    }

    #[test]
    fn a_part_is_refused_and_so_is_what_follows_the_end(plain in prop::collection::vec(any::<u8>(), 1..500), at: prop::sample::Index) {
        for packing in ALL {
            let whole = packed(packing, &plain);
            let cut = 1 + at.index(whole.len() - 1);
            if cut < whole.len() {
                prop_assert!(unpacked(packing, &whole[..cut]).is_err());
            }
            prop_assert!(unpacked(packing, &[&whole[..], b"more"].concat()).is_err());
        }
    }

    #[test]
    fn any_bytes_are_unpacked_or_refused(bytes: Vec<u8>) {
        for packing in ALL {
            let _ = unpacked(packing, &bytes);
        }
    }
}
