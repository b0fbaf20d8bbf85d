//! Reads contents that git has just written, without starting git.
//!
//! Staged contents are in a file of their own until the next `git gc`: gitformat-loose(5). Reading that file takes a
//! fraction of the time that starting a git process takes.

use std::path::Path;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::ObjectKind;
use crate::names::Oid;

/// Larger contents are left to git: they are not a ticket, and would waste memory.
const LARGEST: usize = 1 << 20;

/// The contents of a blob, if it has a file of its own below this object directory and is not too large. Everything
/// else, including a damaged file, is `None`: ask git.
pub fn loose_blob(objects: &Path, oid: &Oid) -> Option<Vec<u8>> {
    loose(objects, ObjectKind::Blob, oid)
}

/// The same for an object of any kind.
pub(super) fn loose(objects: &Path, kind: ObjectKind, oid: &Oid) -> Option<Vec<u8>> {
    let (directory, name) = oid.as_str().split_at_checked(2)?;
    let packed = std::fs::read(objects.join(directory).join(name)).ok()?;
    let mut data = decompress_to_vec_zlib_with_limit(&packed, LARGEST).ok()?;
    let header = data.iter().position(|b| *b == 0)?;
    let contents = data.split_off(header + 1);
    let (word, size) = std::str::from_utf8(data.get(..header)?).ok()?.split_once(' ')?;
    (word == kind.as_str() && size.parse() == Ok(contents.len())).then_some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::deflate::compress_to_vec_zlib;

    #[test]
    fn only_a_whole_blob_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let oid = Oid::parse(&"ab".repeat(20)).unwrap();
        let path = dir.path().join("ab");
        std::fs::create_dir(&path).unwrap();
        let path = path.join("ab".repeat(19));
        assert_eq!(loose_blob(dir.path(), &oid), None);
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            loose_blob(dir.path(), &oid)
        };
        let packed = |data: &[u8]| compress_to_vec_zlib(data, 1);
        assert_eq!(read(&packed(b"blob 3\0a\0b")), Some(b"a\0b".to_vec()));
        assert_eq!(read(&packed(b"blob 0\0")), Some(Vec::new()));
        for bad in [b"tree 3\0abc".as_slice(), b"blob 4\0abc", b"blob 3", b"blob x\0abc", b""] {
            assert_eq!(read(&packed(bad)), None);
        }
        let whole = packed(b"blob 3\0abc");
        assert_eq!(read(&whole[..whole.len() - 1]), None);
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(read(&damaged), None);
        let large = [format!("blob {LARGEST}\0").into_bytes(), vec![0; LARGEST]].concat();
        assert_eq!(read(&packed(&large)), None);
    }
}
