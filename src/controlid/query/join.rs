//! How objects hang together: from one to another along the fields that refer.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::controlid::refusal::Refusal;
use crate::controlid::schema::{TABLES, Table};

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    Inner,
    Left,
}

/// One step: the new object, and the fields that must be equal.
struct Step {
    from: &'static Table,
    from_field: &'static str,
    to: &'static Table,
    to_field: &'static str,
}

impl Join {
    pub(super) fn read(text: Option<&str>) -> Result<Self, Refusal> {
        match text.map(str::to_ascii_uppercase).as_deref() {
            None | Some("" | "INNER") => Ok(Self::Inner),
            Some("LEFT" | "LEFT OUTER") => Ok(Self::Left),
            _ => {
                let join = text.unwrap_or_default();
                Err(Refusal::own(format!("there is no join {join:?}")))
            }
        }
    }

    /// Appends ` FROM …` with every object of `wanted`, and those on the way to it.
    pub(super) fn from(
        self,
        start: &'static Table,
        wanted: impl Iterator<Item = &'static Table>,
        sql: &mut String,
    ) -> Result<(), Refusal> {
        // Writing to a string cannot fail, here and below.
        let _ = write!(sql, " FROM \"{}\"", start.name);
        let mut joined = vec![start.name];
        for table in wanted {
            if joined.contains(&table.name) {
                continue;
            }
            for step in way(start, table)? {
                if joined.contains(&step.to.name) {
                    continue;
                }
                joined.push(step.to.name);
                let word = match self {
                    Self::Inner => "JOIN",
                    Self::Left => "LEFT JOIN",
                };
                let (to, to_field) = (step.to.name, step.to_field);
                let (from, from_field) = (step.from.name, step.from_field);
                let _ = write!(
                    sql,
                    " {word} \"{to}\" ON \"{to}\".\"{to_field}\"=\"{from}\".\"{from_field}\""
                );
            }
        }
        Ok(())
    }
}

/// The shortest way; of several as long the one that the schema lists first.
fn way(start: &'static Table, end: &'static Table) -> Result<Vec<Step>, Refusal> {
    let mut reached: Vec<(&'static Table, Option<Step>)> = vec![(start, None)];
    let mut waiting = VecDeque::from([start]);
    while let Some(at) = waiting.pop_front() {
        if at.name == end.name {
            return Ok(back(reached, end));
        }
        for step in steps(at) {
            if reached.iter().all(|(table, _)| table.name != step.to.name) {
                waiting.push_back(step.to);
                reached.push((step.to, Some(step)));
            }
        }
    }
    Err(Refusal::own(format!(
        "nothing links {} with {}",
        start.name, end.name
    )))
}

/// The steps that lead to `end`, first step first.
fn back(mut reached: Vec<(&'static Table, Option<Step>)>, end: &'static Table) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = end.name;
    while let Some((_, Some(step))) = reached
        .iter()
        .position(|(table, _)| table.name == at)
        .map(|index| reached.swap_remove(index))
    {
        at = step.from.name;
        steps.push(step);
    }
    steps.reverse();
    steps
}

/// Where one can go from an object: what its fields refer to, and what refers to it.
fn steps(at: &'static Table) -> impl Iterator<Item = Step> {
    let out = at.fields.iter().filter_map(move |field| {
        let to = Table::named(field.refers?)?;
        Some(Step {
            from: at,
            from_field: field.name,
            to,
            to_field: to.key[0],
        })
    });
    let back = TABLES.iter().flat_map(move |to| {
        let refers = |field: &&crate::controlid::schema::Field| field.refers == Some(at.name);
        to.fields.iter().filter(refers).map(move |field| Step {
            from: at,
            from_field: at.key[0],
            to,
            to_field: field.name,
        })
    });
    out.chain(back)
}
