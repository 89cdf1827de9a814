//! JSON as it was written: exact bytes, order and duplicates kept.
