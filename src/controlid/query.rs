//! What `load_objects` asks, and the statement that answers it.
//!
//! Everything that a server may choose is read into a type: names become entries of the
//! [schema](super::schema), connectors and operators become enums, values stay values and are
//! bound. The text of a statement is put together from these alone.

use super::refusal::Refusal;
use super::schema::{Field, Table};
use super::shape::{self, Members};
use crate::json::Value;

mod condition;
mod join;
mod order;

pub(super) use condition::{Condition, quoted, stored};
use join::Join;
pub(super) use order::Direction;

/// A value as `SQLite` keeps it.
pub(super) use rusqlite::types::Value as Stored;

/// A field, and the object that it is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) table: &'static Table,
    pub(super) field: &'static Field,
}

/// What one member of an answered row holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// The value of a field.
    Field(Column),
    /// `COUNT(*)`.
    Count,
}

impl Output {
    /// The member's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Field(column) => column.field.name,
            Self::Count => "COUNT(*)",
        }
    }
}

/// A statement and the values to bind to it.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Stored>,
}

/// The body of `load_objects`, read.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) table: &'static Table,
    pub(super) outputs: Vec<Output>,
    condition: Condition,
    join: Join,
    group: Vec<Column>,
    order: Vec<(Column, Direction)>,
    limit: Option<i64>,
    offset: i64,
}

impl Query {
    pub(super) fn read(body: Members<'_>) -> Result<Self, Refusal> {
        let table = object(body)?;
        let count = |name: &str| match body.optional_int(name)? {
            Some(count) if count < 0 => Err(Refusal::own(format!("{name} {count} is below 0"))),
            count => Ok(count),
        };
        Ok(Self {
            table,
            outputs: outputs(table, body)?,
            condition: Condition::read(table, body.find("where"))?,
            join: Join::read(body.optional_text("join")?)?,
            group: columns(table, "group", body.find("group"))?,
            order: order::read(table, body.find("order"))?,
            limit: count("limit")?,
            offset: count("offset")?.unwrap_or(0),
        })
    }

    /// Whether it looks at that object.
    pub(super) fn touches(&self, name: &str) -> bool {
        self.tables().any(|table| table.name == name)
    }

    /// Every object that it looks at, the one asked for first.
    fn tables(&self) -> impl Iterator<Item = &'static Table> {
        let outputs = self.outputs.iter().filter_map(|output| match output {
            Output::Field(column) => Some(column.table),
            Output::Count => None,
        });
        std::iter::once(self.table)
            .chain(self.condition.tables())
            .chain(outputs)
            .chain(self.group.iter().map(|column| column.table))
            .chain(self.order.iter().map(|(column, _)| column.table))
    }

    pub(super) fn statement(&self) -> Result<Statement, Refusal> {
        let mut sql = "SELECT ".to_owned();
        for (index, output) in self.outputs.iter().enumerate() {
            if index > 0 {
                sql.push(',');
            }
            match output {
                Output::Field(column) => quoted(*column, &mut sql),
                Output::Count => sql.push_str("COUNT(*)"),
            }
        }
        self.join.from(self.table, self.tables(), &mut sql)?;
        let mut values = Vec::new();
        self.condition.write(&mut sql, &mut values);
        for (index, column) in self.group.iter().enumerate() {
            sql.push_str(if index == 0 { " GROUP BY " } else { "," });
            quoted(*column, &mut sql);
        }
        for (index, (column, direction)) in self.order.iter().enumerate() {
            sql.push_str(if index == 0 { " ORDER BY " } else { "," });
            quoted(*column, &mut sql);
            sql.push_str(direction.sql());
        }
        if self.limit.is_some() || self.offset > 0 {
            // A limit below 0 is none, which an offset alone needs.
            sql.push_str(" LIMIT ? OFFSET ?");
            values.push(Stored::Integer(self.limit.unwrap_or(-1)));
            values.push(Stored::Integer(self.offset));
        }
        Ok(Statement { sql, values })
    }
}

/// The rows that `modify_objects` and `destroy_objects` are about.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) table: &'static Table,
    condition: Condition,
}

impl Selection {
    pub(super) fn read(body: Members<'_>) -> Result<Self, Refusal> {
        let table = object(body)?;
        Ok(Self {
            table,
            condition: Condition::read(table, body.find("where"))?,
        })
    }

    /// Appends ` WHERE …`.
    pub(super) fn write(&self, sql: &mut String, values: &mut Vec<Stored>) -> Result<(), Refusal> {
        let elsewhere = |table: &'static Table| !std::ptr::eq(table, self.table);
        if self.condition.tables().any(elsewhere) {
            // A joined condition selects the rows first, for only SELECT can join.
            sql.push_str(" WHERE rowid IN (SELECT \"");
            sql.push_str(self.table.name);
            sql.push_str("\".rowid");
            Join::Inner.from(self.table, self.condition.tables(), sql)?;
            self.condition.write(sql, values);
            sql.push(')');
        } else {
            self.condition.write(sql, values);
        }
        Ok(())
    }
}

/// The object that a body names.
pub(super) fn object(body: Members<'_>) -> Result<&'static Table, Refusal> {
    table(body.text("object")?)
}

fn table(name: &str) -> Result<&'static Table, Refusal> {
    Table::named(name).ok_or_else(|| Refusal::own(format!("there is no object {name:?}")))
}

/// The device's own text, as seen in the field.
pub(super) fn field(table: &'static Table, name: &str) -> Result<&'static Field, Refusal> {
    table
        .field(name)
        .ok_or_else(|| Refusal::device(format!("{name} is not a column of table {}", table.name)))
}

fn outputs(table: &'static Table, body: Members<'_>) -> Result<Vec<Output>, Refusal> {
    let fields = body.optional_list("fields")?;
    if fields.is_empty() {
        let all = |field| Output::Field(Column { table, field });
        return Ok(table.fields.iter().map(all).collect());
    }
    let output = |value: &Value| match value.as_str() {
        Some("COUNT(*)") => Ok(Output::Count),
        _ => column(table, "fields", value).map(Output::Field),
    };
    fields.iter().map(output).collect()
}

/// A column by its name alone, or as `{"object":"portals","field":"id"}`.
fn column(own: &'static Table, member: &str, value: &Value) -> Result<Column, Refusal> {
    let (table, name) = match value {
        Value::String(name) => (own, name.as_str()),
        Value::Object(_) => {
            let members = Members::of(member, value)?;
            let table = members.optional_text("object")?.map_or(Ok(own), table)?;
            (table, members.text("field")?)
        }
        other => return Err(Refusal::member(member, "string", Some(other))),
    };
    let field = field(table, name)?;
    Ok(Column { table, field })
}

/// A list of columns, or one alone.
fn columns(
    own: &'static Table,
    member: &str,
    value: Option<&Value>,
) -> Result<Vec<Column>, Refusal> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(elements)) => elements
            .iter()
            .map(|element| column(own, member, element))
            .collect(),
        Some(one) => Ok(vec![column(own, member, one)?]),
    }
}

/// A value of the type that a field takes.
pub(super) fn typed(field: &Field, value: Option<&Value>) -> Result<Stored, Refusal> {
    stored(field.kind, value).ok_or_else(|| {
        let expected = match field.kind {
            super::schema::Kind::Int => "int",
            super::schema::Kind::Text => "string",
            super::schema::Kind::Bool => "boolean",
        };
        Refusal::member(field.name, expected, value)
    })
}

/// The integer of a JSON number.
fn integer(value: &Value) -> Option<Stored> {
    shape::as_int(value).map(Stored::Integer)
}

#[cfg(test)]
mod tests;
