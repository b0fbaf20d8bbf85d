//! The one integration program of tix.
