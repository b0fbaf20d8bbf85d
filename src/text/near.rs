//! What a mistyped name probably meant.

/// The known names that are near `name`: at most one typing mistake per three letters, nearest first. Each known name
/// comes with the text to compare.
pub fn near<T: Ord>(
    name: &str,
    known: impl IntoIterator<Item = (T, impl AsRef<str>)>,
) -> impl Iterator<Item = T> {
    let letters = name.chars().count();
    let tolerated = letters.div_ceil(3).min(letters.saturating_sub(1));
    let distance = |(known, text): (T, _)| {
        let text: &str = AsRef::as_ref(&text);
        // The difference in length is a lower bound, and spares most of a long list the comparison.
        let may_be_near = text.chars().count().abs_diff(letters) <= tolerated;
        let distance = may_be_near.then(|| strsim::osa_distance(text, name))?;
        (distance <= tolerated).then_some((distance, known))
    };
    let mut near: Vec<(usize, T)> = known.into_iter().filter_map(distance).collect();
    near.sort_unstable();
    near.into_iter().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, known: &[&'static str]) -> Vec<&'static str> {
        near(name, known.iter().map(|known| (*known, known))).collect()
    }

    #[test]
    fn the_nearest_comes_first_and_what_is_far_not_at_all() {
        assert_eq!(found("relaese", &["reuse", "release", "activate"]), ["release", "reuse"]);
        assert_eq!(found("codr", &["coder", "boss"]), ["coder"]);
        assert_eq!(found("ab", &["ba", "xy"]), ["ba"]);
    }

    #[test]
    fn one_letter_and_none_are_near_nothing() {
        assert_eq!(found("", &["a"]), [""; 0]);
        assert_eq!(found("a", &["b", "ab"]), [""; 0]);
    }
}
