//! Splits an answer that arrives in pieces into words and lines.

/// Splits at one byte. Keeps what follows the last one until the rest arrives.
pub(super) struct Splitter {
    at: u8,
    rest: Vec<u8>,
}

impl Splitter {
    pub(super) fn at(at: u8) -> Splitter {
        Splitter { at, rest: Vec::new() }
    }

    pub(super) fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        let mut parts = piece.split(|b| *b == self.at);
        // There is always a last one; it has no end yet.
        let Some(mut last) = parts.next() else { return };
        for next in parts {
            if self.rest.is_empty() {
                each(last);
            } else {
                self.rest.extend_from_slice(last);
                each(&self.rest);
                self.rest.clear();
            }
            last = next;
        }
        self.rest.extend_from_slice(last);
    }

    /// What came after the last separator.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_not_matter_where_an_answer_is_torn(answer in "[ab\0]{0,40}", size in 1_usize..9) {
            let mut splitter = Splitter::at(0);
            let mut words: Vec<Vec<u8>> = Vec::new();
            for piece in answer.as_bytes().chunks(size) {
                splitter.feed(piece, |word| words.push(word.to_vec()));
            }
            words.push(splitter.into_rest());
            let whole: Vec<&[u8]> = answer.as_bytes().split(|b| *b == 0).collect();
            prop_assert_eq!(words, whole);
        }
    }
}
