//! The style of the page: light and dark, wide and narrow.

/// The style sheet. The colours of the lanes differ in lightness as well as in hue, so that colour-blind people can
/// distinguish them.
pub(super) const STYLE: &str = include_str!("style.css");
