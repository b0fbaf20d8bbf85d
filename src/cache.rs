//! Cached answers, in files.
//!
//! A cache file may be deleted at any time. tix ignores one that is incomplete, or that another version or another kind
//! of machine wrote; it then computes the answer and writes the file again. A cache file that cannot be written is not
//! reported.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::file;
use crate::lock::Lock;

/// The size of a checksum: 32 bits, little-endian.
const SUM: usize = 4;

/// A kind of cache file, and where its file is.
#[derive(Debug)]
pub struct CacheFile {
    path: PathBuf,
    form: CacheForm,
}

/// How the contents of a kind of cache file are made. Another version of tix makes them differently.
#[derive(Clone, Copy, Debug)]
pub struct CacheForm {
    /// How the file begins. Its number changes with the format of the contents.
    pub magic: &'static [u8; 8],
    /// Changes when one version of tix derives the contents from the same facts in a new way.
    pub reading: &'static [u8],
}

impl CacheFile {
    pub fn new(path: PathBuf, form: CacheForm) -> CacheFile {
        CacheFile { path, form }
    }

    /// The cached contents; `None` where there are none that can be used.
    pub fn load(&self) -> Option<Vec<u8>> {
        let read = || {
            file::require_own(&self.path)?;
            let mut file = File::open(&self.path)?;
            let mut head = [0; 8 + SUM];
            file.read_exact(&mut head)?;
            let mut contents = Vec::new();
            file.read_to_end(&mut contents)?;
            Ok::<_, io::Error>((head, contents))
        };
        match read() {
            Ok((head, contents)) => (head == self.form.head(&contents)).then_some(contents),
            Err(error) => {
                tracing::debug!(path = %self.path.display(), %error, "cache");
                None
            }
        }
    }

    /// Stores what `contents` returns. If another process is storing at the same time, this one does not: its contents
    /// would be much the same. Nobody else changes what `contents` reads meanwhile.
    pub fn keep(&self, contents: impl FnOnce() -> Vec<u8>) {
        if let Err(error) = self.write(contents) {
            tracing::debug!(path = %self.path.display(), %error, "cache");
        }
    }

    fn write(&self, contents: impl FnOnce() -> Vec<u8>) -> io::Result<()> {
        let path: &Path = &self.path;
        let Some(_lock) = Lock::try_take(&path.with_extension("lock"))? else { return Ok(()) };
        // Under the lock the name is ours; this overwrites what a killed run left.
        let new = path.with_extension("new");
        let contents = contents();
        let mut file = File::create(&new)?;
        file.write_all(&self.form.head(&contents))?;
        file.write_all(&contents)?;
        std::fs::rename(&new, path)
    }
}

impl CacheForm {
    fn head(self, contents: &[u8]) -> [u8; 8 + SUM] {
        let mut sum = crc32fast::Hasher::new();
        sum.update(env!("CARGO_PKG_VERSION").as_bytes());
        sum.update(self.reading);
        sum.update(contents);
        let mut head = [0; 8 + SUM];
        let whole = self.magic.iter().copied().chain(sum.finalize().to_le_bytes());
        head.iter_mut().zip(whole).for_each(|(place, byte)| *place = byte);
        head
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: CacheForm = CacheForm { magic: b"tixtest1", reading: b"1" };

    fn kept(dir: &Path, form: CacheForm) -> CacheFile {
        CacheFile::new(dir.join("deep/kept"), form)
    }

    #[test]
    fn what_was_kept_is_there_for_the_same_form_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = kept(dir.path(), FORM);
        assert_eq!(file.load(), None);
        file.keep(|| b"facts".to_vec());
        assert_eq!(file.load().as_deref(), Some(&b"facts"[..]));
        for other in [CacheForm { magic: b"tixtest2", ..FORM }, CacheForm { reading: b"2", ..FORM }]
        {
            assert_eq!(kept(dir.path(), other).load(), None);
        }
        let left: Vec<_> = std::fs::read_dir(dir.path().join("deep")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_second_writer_leaves_it_to_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let file = kept(dir.path(), FORM);
        file.keep(|| {
            kept(dir.path(), FORM).keep(|| panic!("two at once"));
            b"first".to_vec()
        });
        assert_eq!(file.load().as_deref(), Some(&b"first"[..]));
    }

    proptest! {
        #[test]
        fn a_file_that_is_not_whole_is_not_used(cut in 0_usize..17, flip in 0_usize..17, bit in 0_u8..8) {
            let dir = tempfile::tempdir().unwrap();
            let file = kept(dir.path(), FORM);
            file.keep(|| b"facts".to_vec());
            let whole = std::fs::read(&file.path).unwrap();
            prop_assert_eq!(whole.len(), 17);
            std::fs::write(&file.path, &whole[..cut]).unwrap();
            prop_assert!(file.load().is_none());
            let mut bytes = whole;
            bytes[flip] ^= 1 << bit;
            std::fs::write(&file.path, bytes).unwrap();
            prop_assert!(file.load().is_none());
        }
    }
}
