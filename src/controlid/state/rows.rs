//! The object commands.

use super::{Done, State};
use crate::controlid::command::Reply;
use crate::controlid::objects::{self, Modification, Rows};
use crate::controlid::query::{Query, Selection};
use crate::controlid::refusal::Refusal;
use crate::controlid::schema::{Field, Kind, TABLES, Table};
use crate::controlid::shape::{self, Members};
use crate::json::Value;

impl State {
    pub(super) fn load_objects(&self, body: Members<'_>) -> Result<Done, Refusal> {
        let query = Query::read(body)?;
        let whose = query.touches("devices").then_some(&self.identity);
        self.store
            .read(whose, |database| objects::load(database, &query))
            .map(|json| Done::of(Reply::Json(json)))
    }

    pub(super) fn create_objects(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        let rows = Rows::read(body)?;
        self.store
            .write(&self.identity, |database| rows.create(database))
            .map(|ids| Done::json(&ids))
    }

    pub(super) fn create_or_modify_objects(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        let rows = Rows::read(body)?;
        self.store
            .write(&self.identity, |database| rows.create_or_modify(database))
            .map(|changes| Done::json(&changes))
    }

    pub(super) fn modify_objects(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        let modification = Modification::read(body)?;
        self.store
            .write(&self.identity, |database| modification.carry_out(database))
            .map(|changes| Done::json(&changes))
    }

    pub(super) fn destroy_objects(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        let selection = Selection::read(body)?;
        self.store
            .write(&self.identity, |database| {
                objects::destroy(database, &selection)
            })
            .map(|changes| Done::json(&changes))
    }

    /// Nobody is an administrator any more.
    pub(super) fn delete_admins(&mut self) -> Result<Done, Refusal> {
        self.store.write(&self.identity, |database| {
            database.execute("DELETE FROM user_roles WHERE role=1", [])?;
            Ok(Done::empty())
        })
    }
}

/// `object_metadata`; the form is inferred, for what is known is only that it tells the schema.
pub(super) fn object_metadata() -> Done {
    let tables = TABLES.iter().map(|table| {
        let fields = table.fields.iter().map(|field| describe(table, field));
        shape::object([
            ("object", shape::text(table.name)),
            ("fields", Value::Array(fields.collect())),
        ])
    });
    Done::json(&shape::object([(
        "objects",
        Value::Array(tables.collect()),
    )]))
}

fn describe(table: &Table, field: &Field) -> Value {
    let kind = match field.kind {
        Kind::Int => "int",
        Kind::Text => "string",
        Kind::Bool => "bool",
    };
    let mut members = vec![
        ("name".to_owned(), shape::text(field.name)),
        ("type".to_owned(), shape::text(kind)),
    ];
    let flags = [
        ("primary_key", table.key.contains(&field.name)),
        ("required", field.required),
        ("unique", field.unique),
    ];
    for (name, holds) in flags {
        members.push((name.to_owned(), Value::Bool(holds)));
    }
    if let Some(target) = field.refers {
        members.push(("references".to_owned(), shape::text(target)));
    }
    Value::Object(members)
}
