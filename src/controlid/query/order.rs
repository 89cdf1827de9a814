//! `order`, in its three spellings: `["name"]`, `["time","descending"]`, `["ascending","name"]`.

use super::{Column, column};
use crate::controlid::refusal::Refusal;
use crate::controlid::schema::Table;
use crate::json::Value;

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::controlid) enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    fn read(value: &Value) -> Option<Self> {
        match value.as_str()? {
            "ascending" => Some(Self::Ascending),
            "descending" => Some(Self::Descending),
            _ => None,
        }
    }

    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => " ASC",
            Self::Descending => " DESC",
        }
    }
}

/// Reads `order`. A direction at the very front goes for the fields behind it; anywhere else
/// for the field before it.
pub(super) fn read(
    table: &'static Table,
    value: Option<&Value>,
) -> Result<Vec<(Column, Direction)>, Refusal> {
    let words = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(words)) => words.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let front = words.first().and_then(Direction::read);
    let mut direction = front.unwrap_or(Direction::Ascending);
    let mut order: Vec<(Column, Direction)> = Vec::new();
    for word in words {
        match (Direction::read(word), order.last_mut()) {
            (Some(next), _) if front.is_some() => direction = next,
            (Some(next), Some((_, of_last))) => *of_last = next,
            _ => order.push((column(table, "order", word)?, direction)),
        }
    }
    Ok(order)
}
