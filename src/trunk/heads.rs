//! The front matter of tickets that were read before, cached by the id of their blob.
//!
//! Reading 20,000 tickets through `cat-file --batch` and finding their front matter takes an eighth of a second;
//! finding them here takes a hundredth. A blob's id names its contents for ever, so no entry gets outdated.
//!
//! The file has a header, an index of ids sorted for a binary search, and the front matter of each. It is read with one
//! call, and only what is asked for is parsed.

use std::collections::{BTreeMap, BTreeSet};

use super::view::View;
use crate::cache::{CacheFile, CacheForm};
use crate::git::{GitError, Repo};
use crate::lifecycle::{Refusal, TicketEntry};
use crate::names::Oid;
use crate::ticket::FrontMatter;

/// The form changes with what [`FrontMatter`] holds, and the reading with how that results from a document.
const FORM: CacheForm = CacheForm { magic: b"tixhead6", reading: b"4" };

/// The length of an id, and how many ids there are.
const HEADER: usize = 2 * NUMBER;

/// The size of a number: 32 bits, little-endian.
const NUMBER: usize = 4;

/// Beyond this many entries, those that nobody asked for are dropped. About 20 MB.
const LIMIT: usize = 100_000;

/// The file is rewritten when more than one in this many of the requested entries was missing: writing 20,000 entries
/// costs as much as reading a few hundred tickets.
const WORTH_WRITING: usize = 64;

impl View<'_> {
    /// Passes the front matter of many tickets to `each`, each once: cached ones first; the others are read as
    /// [`View::read_all`] does, and cached.
    pub fn heads<'e>(
        &self,
        repo: &Repo,
        entries: &[&'e TicketEntry],
        each: impl FnMut(&'e TicketEntry, Result<FrontMatter, Refusal>),
    ) -> Result<(), GitError> {
        self.heads_where(repo, entries, |_| true, each)
    }

    /// The same for only those tickets that say that others cannot be done before them. A ticket that blocks nothing is
    /// skipped early: of 20,000 tickets, hardly any blocks another.
    pub fn blocking_heads<'e>(
        &self,
        repo: &Repo,
        entries: &[&'e TicketEntry],
        mut each: impl FnMut(&'e TicketEntry, FrontMatter),
    ) -> Result<(), GitError> {
        self.heads_where(repo, entries, blocks_any, |entry, head| match head {
            Ok(head) if !head.blocks.is_empty() => each(entry, head),
            Ok(_) | Err(_) => {}
        })
    }

    /// The same for only those tickets that are parts of others.
    pub fn heads_of_parts<'e>(
        &self,
        repo: &Repo,
        entries: &[&'e TicketEntry],
        mut each: impl FnMut(&'e TicketEntry, FrontMatter),
    ) -> Result<(), GitError> {
        self.heads_where(repo, entries, may_be_a_part, |entry, head| match head {
            Ok(head) if head.parent.is_some() => each(entry, head),
            Ok(_) | Err(_) => {}
        })
    }

    /// Skips cached tickets that are not wanted, by their record.
    fn heads_where<'e>(
        &self,
        repo: &Repo,
        entries: &[&'e TicketEntry],
        wanted: impl Fn(&[u8]) -> bool,
        mut each: impl FnMut(&'e TicketEntry, Result<FrontMatter, Refusal>),
    ) -> Result<(), GitError> {
        let file = CacheFile::new(repo.tix_dir().join("cache/heads"), FORM);
        let cache = Cache::load(&file);
        let mut missing: Vec<&'e TicketEntry> = Vec::new();
        for entry in entries {
            let Some(record) = cache.find(&entry.oid) else {
                missing.push(entry);
                continue;
            };
            if !wanted(record) {
                continue;
            }
            match postcard::from_bytes(record) {
                Ok(head) => each(entry, Ok(head)),
                Err(_) => missing.push(entry),
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
            save(&file, &fresh, entries);
        }
        Ok(())
    }
}

/// Whether a record belongs to a ticket that blocks others: it begins with the number of these.
fn blocks_any(record: &[u8]) -> bool {
    record.first() != Some(&0)
}

/// Whether a record may belong to a ticket that is a part of another: that comes second, so of one that blocks others it is not
/// known without reading it.
fn may_be_a_part(record: &[u8]) -> bool {
    blocks_any(record) || record.get(1) != Some(&0)
}

/// Adds entries to the file.
fn save(file: &CacheFile, fresh: &[(&Oid, Vec<u8>)], asked: &[&TicketEntry]) {
    file.keep(|| {
        let stored = Cache::load(file);
        let mut records = stored.records();
        records.extend(fresh.iter().map(|(id, head)| (id.as_str().as_bytes(), head.as_slice())));
        if records.len() > LIMIT {
            let asked: BTreeSet<&[u8]> = asked.iter().map(|e| e.oid.as_str().as_bytes()).collect();
            records.retain(|id, _| asked.contains(id));
        }
        assemble(&records)
    });
}

/// The file as it was read; empty if there is none that can be used.
#[derive(Default)]
struct Cache {
    bytes: Vec<u8>,
    id_len: usize,
    count: usize,
}

impl Cache {
    fn load(file: &CacheFile) -> Cache {
        file.load().and_then(Cache::open).unwrap_or_default()
    }

    fn open(bytes: Vec<u8>) -> Option<Cache> {
        let id_len = number(&bytes, 0)?;
        let count = number(&bytes, NUMBER)?;
        let index = count.checked_mul(id_len.checked_add(NUMBER)?)?;
        (bytes.len() >= HEADER.checked_add(index)?).then_some(Cache { bytes, id_len, count })
    }

    /// The id at a place of the index, and where its entry ends; the entry begins where the one before it ends.
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

    #[cfg(test)]
    fn head(&self, oid: &Oid) -> Option<FrontMatter> {
        postcard::from_bytes(self.find(oid)?).ok()
    }

    /// The cached record of a blob.
    fn find(&self, oid: &Oid) -> Option<&[u8]> {
        let wanted = oid.as_str().as_bytes();
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.slot(middle)?.0.cmp(wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.record(middle),
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

/// The whole file. Leaves out ids of another length than most; one repository has only one length.
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
    [counts, index, heads].concat()
}

/// 100,000 entries of 40 kB each would be the first not to fit; the file is then found broken and not used.
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

    /// Front matter with every key, each with a value of its own.
    fn full() -> FrontMatter {
        head(
            "---\nstatus: open\nblocked: b\ntitle: t\npriority: P1\nlabels: [l]\ncreated: c\nclaimed_by: cb\n\
             claimed_at: ca\nclaim_id: ci\nbranch: br\nworktree_path: w\ncompleted_at: co\nclosed_at: cl\nresolution: r\n\
             ticket_id: ti\nsession_id: si\nsequence: 001\ndepends_on: [d]\nblocks: [x]\nparent_ticket: p\n\
             related: [re]\nduplicate_of: du\napprovals: [a]\npull_request: pr\n---\n",
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

    /// If you change what front matter holds, these bytes change, and then the magic of [`FORM`] must change too.
    #[test]
    fn the_form_of_a_head_belongs_to_the_number_in_the_magic() {
        let bytes = [FORM.magic.as_slice(), &postcard::to_allocvec(&full()).unwrap()].concat();
        insta::assert_snapshot!(bytes.escape_ascii(), @r"tixhead6\x01\x01x\x01\x01p\x01\x01\x01\x01b\x01\x01t\x01\x02P1\x01\x01l\x01\x01c\x01\x02cb\x01\x02ca\x01\x02ci\x01\x02br\x01\x01w\x01\x02co\x01\x02cl\x01\x01r\x00\x01\x02ti\x01\x02si\x01\x03001\x01\x01d\x01\x02re\x01\x02du\x01\x02pr\x00");
    }

    #[test]
    fn a_record_says_first_whether_its_ticket_blocks_others_or_is_a_part() {
        let record = |text| postcard::to_allocvec(&head(text)).unwrap();
        assert!(blocks_any(&record("---\nstatus: open\nblocks: [x]\n---\n")));
        assert!(!blocks_any(&record("---\nstatus: open\ndepends_on: [x]\n---\n")));
        assert!(may_be_a_part(&record("---\nstatus: open\nparent_ticket: x\n---\n")));
        assert!(!may_be_a_part(&record("---\nstatus: open\ndepends_on: [x]\n---\n")));
    }

    #[test]
    fn heads_that_nobody_asked_for_go_when_there_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let file = CacheFile::new(dir.path().join("heads"), FORM);
        let ids: Vec<Oid> =
            (0..=LIMIT).map(|n| Oid::parse(&format!("{n:040x}")).unwrap()).collect();
        let fresh: Vec<(&Oid, Vec<u8>)> = ids
            .iter()
            .map(|id| (id, postcard::to_allocvec(&FrontMatter::default()).unwrap()))
            .collect();
        save(&file, &fresh[..LIMIT], &[]);
        assert_eq!(Cache::load(&file).count, LIMIT);
        save(&file, &fresh[LIMIT..], &[]);
        assert_eq!(Cache::load(&file).count, 0);
        save(&file, &fresh[..1], &[]);
        save(&file, &fresh[1..2], &[]);
        assert_eq!(Cache::load(&file).count, 2);
    }

    proptest! {
        #[test]
        fn no_file_panics_a_reader(rest: Vec<u8>) {
            if let Some(cache) = Cache::open(rest) {
                cache.head(&id('a'));
                cache.records();
            }
        }
    }
}
