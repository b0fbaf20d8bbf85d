//! The configuration.

mod names;
mod quote;
mod template;

pub use template::{Field, Fields, Purpose, Template, TemplateError};
