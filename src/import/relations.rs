//! Relations that would make a ticket wait for itself.

use std::collections::HashSet;

/// Which of these steps, each from one number to another, close a circle; without them there is none. The numbers are below
/// `count`. The first of them, as many as `standing` says, stay whatever they close.
pub fn circles(count: usize, steps: &[(usize, usize)], standing: usize) -> Vec<bool> {
    let closing = closing(count, steps);
    if !closing.iter().take(standing).any(|closes| *closes) {
        return closing;
    }
    // One that stays would have to go, so the others are tried one by one.
    let mut from: Vec<Vec<usize>> = vec![Vec::new(); count];
    let tried = steps.iter().enumerate().map(|(at, (start, end))| {
        let closes = at >= standing && leads(&from, *end, *start);
        if let Some(list) = from.get_mut(*start).filter(|_| !closes) {
            list.push(*end);
        }
        closes
    });
    tried.collect()
}

/// Whether one number leads to another.
fn leads(from: &[Vec<usize>], start: usize, end: usize) -> bool {
    let (mut seen, mut left) = (HashSet::new(), vec![start]);
    while let Some(node) = left.pop() {
        if node == end {
            return true;
        }
        if seen.insert(node) {
            left.extend(from.get(node).into_iter().flatten());
        }
    }
    false
}

fn closing(count: usize, steps: &[(usize, usize)]) -> Vec<bool> {
    let mut from: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for (step, (start, end)) in steps.iter().enumerate() {
        if let Some(list) = from.get_mut(*start) {
            list.push((step, *end));
        }
    }
    let mut closing = vec![false; steps.len()];
    let mut visits = vec![Visit::Not; count];
    for start in 0..count {
        // A work list instead of recursion, because a chain may have any length.
        let mut left = vec![(start, 0)];
        while let Some((node, next)) = left.pop() {
            if next == 0 {
                if visits.get(node) != Some(&Visit::Not) {
                    continue;
                }
                set(&mut visits, node, Visit::Under);
            }
            let Some((step, end)) = from.get(node).and_then(|list| list.get(next)) else {
                set(&mut visits, node, Visit::Done);
                continue;
            };
            left.push((node, next + 1));
            match visits.get(*end) {
                Some(Visit::Under) => set(&mut closing, *step, true),
                Some(Visit::Not) => left.push((*end, 0)),
                Some(Visit::Done) | None => {}
            }
        }
    }
    closing
}

/// How far the search has come with a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Not,
    /// The way to it is being followed.
    Under,
    Done,
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_that_closes_a_circle_is_found_and_no_other() {
        assert_eq!(circles(3, &[(0, 1), (1, 2), (2, 0)], 0), [false, false, true]);
        assert_eq!(circles(2, &[(0, 0), (0, 1)], 0), [true, false]);
        // Two ways to one place are no circle.
        assert_eq!(circles(4, &[(0, 1), (0, 2), (1, 3), (2, 3)], 0), [false; 4]);
        assert_eq!(circles(4, &[(1, 0), (0, 1), (2, 3), (3, 2)], 0), [true, false, false, true]);
        // What stands stays.
        assert_eq!(circles(2, &[(1, 0), (0, 1)], 1), [false, true]);
        assert_eq!(circles(3, &[(0, 1), (1, 0), (0, 2), (2, 0)], 2), [false, false, false, true]);
    }
}
