//! The heads of tickets that were read before, kept by the id of their blob.
//!
//! To read 20,000 tickets through `cat-file --batch` and to find their front matter takes an eighth of a second; to
//! find them here takes a hundredth. A blob's id names its contents for ever, so nothing here grows old. The file may
//! be deleted at any time, and one that was written by another version, by a machine of another kind or by half is
//! passed over: a reader then reads the tickets themselves. A cache that cannot be written is not worth a word.
//!
//! The file: a header, an index of ids sorted for a binary search, and the heads. It is read with one call and none
//! of it is parsed but what is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::view::View;
use crate::git::{GitError, Repo};
use crate::lifecycle::{Refusal, TicketEntry};
use crate::lock::Lock;
use crate::names::Oid;
use crate::ticket::FrontMatter;

/// How the file begins. The number changes with what [`FrontMatter`] holds and with how it is results from a document.
const MAGIC: &[u8; 8] = b"tixhead2";

/// Behind the magic: the checksum of the rest, the length of an id, and how many ids there are.
const HEADER: usize = MAGIC.len() + 3 * NUMBER;

/// The size of a number: 32 bits, little-endian.
const NUMBER: usize = 4;

/// Beyond this many heads those that nobody asked for are dropped. About 20 MB.
const LIMIT: usize = 100_000;

/// The file is written anew when more than one in so many of the heads asked for was missing: to write 20,000 heads
/// costs as much as to read a few hundred tickets.
const WORTH_WRITING: usize = 64;

impl View<'_> {
    /// Gives `each` the heads of many tickets, each once: those that were read before come first, the others
    /// are read like [`View::read_all`] does and remembered.
    pub fn heads<'e>(
        &self,
        repo: &Repo,
        entries: &[&'e TicketEntry],
        mut each: impl FnMut(&'e TicketEntry, Result<FrontMatter, Refusal>),
    ) -> Result<(), GitError> {
        let path = repo.tix_dir().join("cache/heads");
        let cache = Cache::load(&path);
        let mut missing: Vec<&'e TicketEntry> = Vec::new();
        for entry in entries {
            match cache.head(&entry.oid) {
                Some(head) => each(entry, Ok(head)),
                None => missing.push(entry),
            }
        }
        let mut fresh: Vec<(&Oid, Vec<u8>)> = Vec::new();
        self.read_all(&missing, |entry, document| {
            let head = document.map(|document| FrontMatter::of(&document));
            let bytes = head.as_ref().ok().and_then(|head| postcard::to_allocvec(head).ok());
            fresh.extend(bytes.map(|bytes| (&entry.oid, bytes)));
            each(entry, head);
        })?;
        if fresh.len() * WORTH_WRITING > entries.len() {
            save(&path, &fresh, entries);
        }
        Ok(())
    }
}

/// Adds heads to the file. Whoever writes at the same time writes about the same, so that the second one leaves it.
fn save(path: &Path, fresh: &[(&Oid, Vec<u8>)], asked: &[&TicketEntry]) {
    let write = || {
        let Some(_lock) = Lock::try_take(&path.with_extension("lock"))? else { return Ok(()) };
        let stored = Cache::load(path);
        let mut records = stored.records();
        records.extend(fresh.iter().map(|(id, head)| (id.as_str().as_bytes(), head.as_slice())));
        if records.len() > LIMIT {
            let asked: BTreeSet<&[u8]> = asked.iter().map(|e| e.oid.as_str().as_bytes()).collect();
            records.retain(|id, _| asked.contains(id));
        }
        // Under the lock the name is ours; what a killed run left under it is written over.
        let new = path.with_extension("new");
        std::fs::write(&new, assemble(&records))?;
        std::fs::rename(&new, path)
    };
    if let Err(error) = write() {
        tracing::debug!(path = %path.display(), %error, "cache");
    }
}

/// The file as it was read; empty where there is none that can be used.
#[derive(Default)]
struct Cache {
    bytes: Vec<u8>,
    id_len: usize,
    count: usize,
}

impl Cache {
    fn load(path: &Path) -> Cache {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "cache");
                return Cache::default();
            }
        };
        Cache::open(bytes).unwrap_or_default()
    }

    /// `None` when this is no such file, or not all of it.
    fn open(bytes: Vec<u8>) -> Option<Cache> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_at_checked(NUMBER)?;
        if sum != checksum(rest) {
            return None;
        }
        let id_len = number(rest, 0)?;
        let count = number(rest, NUMBER)?;
        let index = count.checked_mul(id_len.checked_add(NUMBER)?)?;
        (bytes.len() >= HEADER.checked_add(index)?).then_some(Cache { bytes, id_len, count })
    }

    /// The id at a place of the index, and where its head ends; it begins where the one before ends.
    fn slot(&self, at: usize) -> Option<(&[u8], usize)> {
        let start = HEADER + at * (self.id_len + NUMBER);
        let id = self.bytes.get(start..start + self.id_len)?;
        Some((id, number(&self.bytes, start + self.id_len)?))
    }

    fn record(&self, at: usize) -> Option<&[u8]> {
        let heads = self.bytes.get(HEADER + self.count * (self.id_len + NUMBER)..)?;
        let start = match at.checked_sub(1) {
            Some(before) => self.slot(before)?.1,
            None => 0,
        };
        heads.get(start..self.slot(at)?.1)
    }

    fn head(&self, oid: &Oid) -> Option<FrontMatter> {
        let wanted = oid.as_str().as_bytes();
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.slot(middle)?.0.cmp(wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    return postcard::from_bytes(self.record(middle)?).ok();
                }
            }
        }
        None
    }

    fn records(&self) -> BTreeMap<&[u8], &[u8]> {
        (0..self.count).filter_map(|at| Some((self.slot(at)?.0, self.record(at)?))).collect()
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at + NUMBER)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

/// The whole file. Ids of another length than most, of which a repository has none, are left out.
fn assemble(records: &BTreeMap<&[u8], &[u8]>) -> Vec<u8> {
    let id_len = records.keys().next().map_or(0, |id| id.len());
    let fitting = || records.iter().filter(|(id, _)| id.len() == id_len);
    let mut index = Vec::new();
    let mut heads: Vec<u8> = Vec::new();
    for (id, head) in fitting() {
        heads.extend_from_slice(head);
        index.extend_from_slice(id);
        index.extend_from_slice(&little(heads.len()));
    }
    let counts = [little(id_len), little(fitting().count())].concat();
    let rest = [counts, index, heads].concat();
    [MAGIC.as_slice(), &checksum(&rest), &rest].concat()
}

/// Counts the ways in which a head was made of the same document by one version of tix.
const READING: &[u8] = b"3";

/// Of another version of tix it is another one: a document may be read differently there.
fn checksum(rest: &[u8]) -> [u8; NUMBER] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(env!("CARGO_PKG_VERSION").as_bytes());
    sum.update(READING);
    sum.update(rest);
    sum.finalize().to_le_bytes()
}

/// 100,000 heads of 40 kB each would be the first that do not fit; the file is then found broken and not used.
fn little(number: usize) -> [u8; NUMBER] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ticket::Document;

    fn id(digit: char) -> Oid {
        Oid::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn head(text: &str) -> FrontMatter {
        FrontMatter::of(&Document::parse(text.as_bytes().to_vec()).unwrap())
    }

    /// Every key that a head holds, each with a value of its own.
    fn full() -> FrontMatter {
        head(
            "---\nstatus: open\nblocked: b\ntitle: t\npriority: P1\nlabels: [l]\ncreated: c\nclaimed_by: cb\n\
             claimed_at: ca\nclaim_id: ci\nbranch: br\nworktree_path: w\ncompleted_at: co\nclosed_at: cl\nresolution: r\n\
             ticket_id: ti\nsession_id: si\nsequence: 001\ndepends_on: [d]\nblocks: [x]\nparent_ticket: p\n\
             related: [re]\nduplicate_of: du\n---\n",
        )
    }

    fn two() -> Vec<u8> {
        let heads =
            [full(), FrontMatter::default()].map(|head| postcard::to_allocvec(&head).unwrap());
        let ids = [id('b'), id('a')];
        let records = ids.iter().zip(&heads).map(|(id, h)| (id.as_str().as_bytes(), h.as_slice()));
        assemble(&records.collect())
    }

    #[test]
    fn what_was_stored_is_found_and_nothing_else() {
        let cache = Cache::open(two()).unwrap();
        assert_eq!(cache.head(&id('b')), Some(full()));
        assert_eq!(cache.head(&id('a')), Some(FrontMatter::default()));
        for other in ['0', '9', 'c', 'f'] {
            assert_eq!(cache.head(&id(other)), None);
        }
        assert_eq!(assemble(&cache.records()), two());
        assert!(Cache::open(assemble(&BTreeMap::new())).unwrap().head(&id('a')).is_none());
    }

    /// Whoever changes what a head holds changes these bytes, and then [`MAGIC`] must change too.
    #[test]
    fn the_form_of_a_head_belongs_to_the_number_in_the_magic() {
        let bytes = [MAGIC.as_slice(), &postcard::to_allocvec(&full()).unwrap()].concat();
        insta::assert_snapshot!(bytes.escape_ascii(), @r"tixhead2\x01\x01\x01\x01b\x01\x01t\x01\x02P1\x01\x01l\x01\x01c\x01\x02cb\x01\x02ca\x01\x02ci\x01\x02br\x01\x01w\x01\x02co\x01\x02cl\x01\x01r\x01\x02ti\x01\x02si\x01\x03001\x01\x01d\x01\x01x\x01\x01p\x01\x02re\x01\x02du\x00");
    }

    #[test]
    fn heads_that_nobody_asked_for_go_when_there_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/heads");
        let ids: Vec<Oid> =
            (0..=LIMIT).map(|n| Oid::parse(&format!("{n:040x}")).unwrap()).collect();
        let fresh: Vec<(&Oid, Vec<u8>)> = ids
            .iter()
            .map(|id| (id, postcard::to_allocvec(&FrontMatter::default()).unwrap()))
            .collect();
        save(&path, &fresh[..LIMIT], &[]);
        assert_eq!(Cache::load(&path).count, LIMIT);
        save(&path, &fresh[LIMIT..], &[]);
        assert_eq!(Cache::load(&path).count, 0);
        save(&path, &fresh[..1], &[]);
        save(&path, &fresh[1..2], &[]);
        assert_eq!(Cache::load(&path).count, 2);
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    proptest! {
        #[test]
        fn a_file_that_is_not_whole_is_not_used(cut in 0..two().len(), flip in 0..two().len(), bit in 0_u8..8) {
            prop_assert!(Cache::open(two()[..cut].to_vec()).is_none());
            let mut bytes = two();
            bytes[flip] ^= 1_u8 << bit;
            prop_assert!(Cache::open(bytes).is_none());
        }

        #[test]
        fn no_file_panics_a_reader(rest: Vec<u8>) {
            let bytes = [MAGIC.as_slice(), &checksum(&rest), &rest].concat();
            if let Some(cache) = Cache::open(bytes) {
                cache.head(&id('a'));
                cache.records();
            }
        }
    }
}
