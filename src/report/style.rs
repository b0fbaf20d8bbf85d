//! How the page looks: in light and dark, wide and narrow.

/// The style sheet. The colours of the lanes differ in lightness as well as in hue, so that they can be told apart
/// without seeing colours.
pub(super) const STYLE: &str = include_str!("style.css");
