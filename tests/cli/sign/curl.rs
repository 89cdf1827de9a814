//! The curl form.
