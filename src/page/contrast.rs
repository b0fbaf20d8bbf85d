//! Whether everybody can read the pages: the contrast of the colours of the style sheet, after WCAG 2.2, level AA.

use std::collections::BTreeMap;

use super::STYLE;

/// Text, and what it stands on: 4.5 at least.
const TEXTS: [(&str, &str); 21] = [
    ("text", "page"),
    ("text", "card"),
    ("text", "badge"),
    ("soft", "page"),
    ("soft", "card"),
    ("soft", "badge"),
    ("accent", "page"),
    ("accent", "card"),
    ("accent", "badge"),
    ("page", "accent"),
    ("bad", "page"),
    ("bad", "card"),
    ("bad", "badge"),
    ("completed", "card"),
    ("completed", "badge"),
    ("p0", "badge"),
    ("p1", "badge"),
    ("p2", "badge"),
    ("p0", "card"),
    ("p1", "card"),
    ("p2", "card"),
];

/// Edges and marks without which one would not know what a thing is: 3 at least.
const MARKS: [(&str, &str); 5] = [
    ("edge", "page"),
    ("edge", "card"),
    ("accent", "page"),
    ("completed", "card"),
    ("bad", "card"),
];

/// The colours that a block of the style sheet names.
fn colours(block: &str) -> BTreeMap<&str, [f64; 3]> {
    let named = block.split(['{', ';']).filter_map(|line| line.trim().strip_prefix("--"));
    let named = named.filter_map(|line| line.split_once(": #"));
    named.map(|(name, value)| (name, light(value.trim()))).collect()
}

/// The linear light of `rrggbb`.
fn light(value: &str) -> [f64; 3] {
    [0, 2, 4].map(|at| {
        let part = f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |[red, green, blue]: [f64; 3]| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn everybody_can_read_the_pages_in_light_and_in_dark() {
    assert!((contrast(light("000000"), light("ffffff")) - 21.0).abs() < 1e-9);
    let mut blocks = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap());
    let themes =
        [("light", colours(blocks.next().unwrap())), ("dark", colours(blocks.next().unwrap()))];
    let mut faint = Vec::new();
    for (theme, colours) in &themes {
        for (pairs, least) in [(&TEXTS[..], 4.5), (&MARKS[..], 3.0)] {
            for (front, back) in pairs {
                let found = contrast(colours[front], colours[back]);
                if found < least {
                    faint.push(format!("{theme}: {front} on {back} has {found:.2} of {least}"));
                }
            }
        }
    }
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}
