//! What parsing into another language's types does to a value before it is written again.

use std::collections::HashMap;

use super::super::scan;
use super::super::tree::Value;

/// Orders members as a Java `HashMap` iterates over them.
///
/// The hash is `String.hashCode()` with its upper half folded in; the table has 16 buckets,
/// doubled while more than three quarters are used; within a bucket the order of insertion
/// stays. (Java turns buckets of more than eight into trees, which no real body meets.)
pub fn java_hash_order(members: &mut [(String, Value)]) {
    const LOAD: usize = 3; // quarters
    let mut buckets: usize = 16;
    while members.len() * 4 > buckets * LOAD {
        buckets *= 2;
    }
    members.sort_by_cached_key(|(name, _)| {
        let hash = name.encode_utf16().fold(0_u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        });
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
}

/// The value with every object's members changed, the innermost first.
pub(super) fn each_object(value: &Value, change: fn(&mut Vec<(String, Value)>)) -> Value {
    match value {
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .map(|element| each_object(element, change))
                .collect(),
        ),
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), each_object(value, change)))
                .collect();
            change(&mut members);
            Value::Object(members)
        }
        other => other.clone(),
    }
}

/// The value with everything in it that is no array and no object changed.
pub(super) fn each_scalar(value: &Value, change: fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .map(|element| each_scalar(element, change))
                .collect(),
        ),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), each_scalar(value, change)))
                .collect(),
        ),
        other => change(other),
    }
}

/// Of members of one name, the last value at the first place: any ordered map.
pub(super) fn unique(members: &mut Vec<(String, Value)>) {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(members.len());
    for (name, value) in members.drain(..) {
        if let Some(&place) = places.get(&name) {
            kept[place].1 = value;
        } else {
            places.insert(name.clone(), kept.len());
            kept.push((name, value));
        }
    }
    *members = kept;
}

/// Sorted by name, byte by byte, which is by code point.
pub(super) fn sorted(members: &mut Vec<(String, Value)>) {
    unique(members);
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
}

/// In the order of a `HashMap`.
pub(super) fn hashed(members: &mut Vec<(String, Value)>) {
    unique(members);
    java_hash_order(members);
}

/// As JavaScript objects order their names: array indices first, ascending.
pub(super) fn ecmascript(members: &mut Vec<(String, Value)>) {
    unique(members);
    members.sort_by_key(|(name, _)| array_index(name).map_or(u64::MAX, u64::from));
}

/// Gson writes no members that are `null` unless told to (`serializeNulls`).
pub(super) fn without_nulls(members: &mut Vec<(String, Value)>) {
    unique(members);
    members.retain(|(_, value)| *value != Value::Null);
}

/// The value as PHP's associative arrays hold it: objects whose names count up from 0 are lists,
/// the empty object among them.
pub(super) fn php_arrays(value: &Value) -> Value {
    match value {
        Value::Array(elements) => Value::Array(elements.iter().map(php_arrays).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), php_arrays(value)))
                .collect();
            unique(&mut members);
            let list = members
                .iter()
                .enumerate()
                .all(|(index, (name, _))| *name == index.to_string());
            if list {
                Value::Array(members.into_iter().map(|(_, value)| value).collect())
            } else {
                Value::Object(members)
            }
        }
        other => other.clone(),
    }
}

/// Every number as a string.
pub(super) fn quoted(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.clone()),
        other => other.clone(),
    }
}

/// Every string that reads as a JSON number as that number.
pub(super) fn unquoted(value: &Value) -> Value {
    match value {
        Value::String(text) if is_number(text) => Value::Number(text.clone()),
        other => other.clone(),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && scan::value_end(text.as_bytes(), 0) == Ok(text.len())
}

/// An index as ECMAScript defines it: canonical digits below 2^32 - 1.
fn array_index(name: &str) -> Option<u32> {
    let canonical = name == "0" || name.starts_with(|first: char| ('1'..='9').contains(&first));
    let index = canonical.then(|| name.parse().ok()).flatten()?;
    (index != u32::MAX).then_some(index)
}
