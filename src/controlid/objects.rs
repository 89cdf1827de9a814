//! The object commands, carried out on a database.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::query::{self, Output, Query, Selection, Stored};
use super::refusal::Refusal;
use super::schema::{Field, Kind, Table};
use super::shape::{self, Members};
use crate::json::Value;

/// How many steps of `SQLite`'s machine pass between two looks at how long a command takes.
const LOOK: std::ffi::c_int = 1_000_000;

/// After how many looks a command is given up; some seconds.
const LOOKS: u32 = 100;

/// What an answer may hold, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;

/// Runs a statement that a server composed, with an end to it: a join of large objects can
/// have more rows than anyone will ever read.
fn bounded<T>(
    database: &Connection,
    run: impl FnOnce() -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut looks = 0;
    let give_up = move || {
        looks += 1;
        looks > LOOKS
    };
    database.progress_handler(LOOK, Some(give_up))?;
    let result = run();
    database.progress_handler(0, None::<fn() -> bool>)?;
    result
}

/// `load_objects`: `{"users":[{…}]}`, written straight into the answer.
pub(super) fn load(database: &Connection, query: &Query) -> Result<Vec<u8>, Refusal> {
    bounded(database, || rows(database, query))
}

fn rows(database: &Connection, query: &Query) -> Result<Vec<u8>, Refusal> {
    let statement = query.statement()?;
    let mut prepared = database.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(params_from_iter(&statement.values))?;
    let mut out = b"{\"".to_vec();
    out.extend_from_slice(query.table.name.as_bytes());
    out.extend_from_slice(b"\":[");
    let mut first = true;
    while let Some(row) = rows.next()? {
        if !first {
            out.push(b',');
        }
        first = false;
        for (index, output) in query.outputs.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"{\"" } else { b",\"" });
            out.extend_from_slice(output.name().as_bytes());
            out.extend_from_slice(b"\":");
            write_value(*output, row.get_ref(index)?, &mut out);
        }
        out.push(b'}');
        if out.len() > LARGEST_ANSWER {
            return Err(Refusal::own("the answer would be larger than 64 MB"));
        }
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

fn write_value(output: Output, value: ValueRef<'_>, out: &mut Vec<u8>) {
    let kind = match output {
        Output::Field(column) => column.field.kind,
        Output::Count => Kind::Int,
    };
    match (value, kind) {
        (ValueRef::Integer(number), Kind::Bool) => {
            out.extend_from_slice(if number == 0 { b"false" } else { b"true" });
        }
        (ValueRef::Integer(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
        (ValueRef::Text(text), _) => shape::write_text(&String::from_utf8_lossy(text), out),
        // What a LEFT join did not find; no column keeps anything else.
        _ => out.extend_from_slice(b"null"),
    }
}

/// The rows of `create_objects` and `create_or_modify_objects`, checked.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) table: &'static Table,
    rows: Vec<Row>,
}

/// The fields that a row gives, in the table's order.
type Row = Vec<(&'static Field, Stored)>;

impl Rows {
    pub(super) fn read(body: Members<'_>) -> Result<Self, Refusal> {
        let table = query::object(body)?;
        let rows = body.list("values")?.iter().map(|value| row(table, value));
        Ok(Self {
            table,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    /// `create_objects`: `{"ids":[8]}`, or nothing is created.
    ///
    /// A row of a pair of ids has no id of its own; the number in its place is the one that
    /// `SQLite` gives rows (inferred).
    pub(super) fn create(&self, database: &Connection) -> Result<Value, Refusal> {
        let mut ids = Vec::new();
        for row in &self.rows {
            ids.push(shape::int(insert(database, self.table, row)?));
        }
        Ok(shape::object([("ids", Value::Array(ids))]))
    }

    /// `create_or_modify_objects`: `{"changes":n}`.
    pub(super) fn create_or_modify(&self, database: &Connection) -> Result<Value, Refusal> {
        let mut changes = 0;
        for row in &self.rows {
            let known = match key(self.table, row) {
                Some(key) => exists(database, self.table, &key)?,
                None => false,
            };
            if known {
                update(database, self.table, row)?;
            } else {
                insert(database, self.table, row)?;
            }
            changes += 1;
        }
        Ok(shape::object([("changes", shape::int(changes))]))
    }
}

/// One row of `values`; what it must give is only checked when it turns out to be new.
fn row(table: &'static Table, value: &Value) -> Result<Row, Refusal> {
    let members = Members::of("values", value)?;
    for (name, _) in members.iter() {
        query::field(table, name)?;
    }
    let given = table.fields.iter().filter_map(|field| {
        let value = members.find(field.name)?;
        Some(query::typed(field, Some(value)).map(|value| (field, value)))
    });
    given.collect()
}

fn insert(database: &Connection, table: &'static Table, row: &Row) -> Result<i64, Refusal> {
    let given = |name: &str| row.iter().any(|(field, _)| field.name == name);
    if let Some(missing) = table
        .fields
        .iter()
        .find(|field| field.required && !given(field.name))
    {
        query::typed(missing, None)?;
    }
    let mut names = Vec::new();
    let mut values = Vec::new();
    if table.has_id() && !given("id") {
        names.push("id");
        values.push(Stored::Integer(next_id(database, table)?));
    }
    for (field, value) in row {
        names.push(field.name);
        values.push(value.clone());
    }
    let sql = format!(
        "INSERT INTO \"{}\"(\"{}\") VALUES({})",
        table.name,
        names.join("\",\""),
        vec!["?"; names.len()].join(",")
    );
    database
        .prepare_cached(&sql)?
        .execute(params_from_iter(&values))?;
    Ok(database.last_insert_rowid())
}

/// The largest id, and one.
///
/// `SQLite` would give the same, but falls back on random ids where the largest possible one is
/// taken.
fn next_id(database: &Connection, table: &Table) -> Result<i64, Refusal> {
    let sql = format!("SELECT COALESCE(MAX(id),0) FROM \"{}\"", table.name);
    let last: i64 = database
        .prepare_cached(&sql)?
        .query_row([], |row| row.get(0))?;
    last.checked_add(1)
        .ok_or_else(|| Refusal::own(format!("{} has no id left", table.name)))
}

/// The key of a row, if it gives all of it.
fn key(table: &Table, row: &Row) -> Option<Vec<Stored>> {
    let value = |name: &&str| {
        let (_, value) = row.iter().find(|(field, _)| field.name == *name)?;
        Some(value.clone())
    };
    table.key.iter().map(value).collect()
}

fn exists(database: &Connection, table: &Table, key: &[Stored]) -> Result<bool, Refusal> {
    let sql = format!("SELECT 1 FROM \"{}\"{}", table.name, by_key(table));
    let mut prepared = database.prepare_cached(&sql)?;
    Ok(prepared.exists(params_from_iter(key))?)
}

fn by_key(table: &Table) -> String {
    format!(" WHERE \"{}\"=?", table.key.join("\"=? AND \""))
}

fn update(database: &Connection, table: &'static Table, row: &Row) -> Result<(), Refusal> {
    let mut values: Vec<_> = row.iter().map(|(_, value)| value.clone()).collect();
    values.extend(key(table, row).unwrap_or_default());
    let sql = format!("{}{}", set(table, row), by_key(table));
    database
        .prepare_cached(&sql)?
        .execute(params_from_iter(&values))?;
    Ok(())
}

/// `UPDATE "users" SET "name"=?`
fn set(table: &Table, row: &Row) -> String {
    let names: Vec<_> = row.iter().map(|(field, _)| field.name).collect();
    format!(
        "UPDATE \"{}\" SET \"{}\"=?",
        table.name,
        names.join("\"=?,\"")
    )
}

/// The body of `modify_objects`, checked.
#[derive(Debug)]
pub(super) struct Modification {
    selection: Selection,
    row: Row,
}

impl Modification {
    pub(super) fn read(body: Members<'_>) -> Result<Self, Refusal> {
        let selection = Selection::read(body)?;
        let Some(values @ Value::Object(_)) = body.find("values") else {
            return Err(Refusal::member("values", "object", body.find("values")));
        };
        let row = row(selection.table, values)?;
        Ok(Self { selection, row })
    }

    /// `{"changes":n}`.
    pub(super) fn carry_out(&self, database: &Connection) -> Result<Value, Refusal> {
        if self.row.is_empty() {
            return Ok(changes(0));
        }
        let mut sql = set(self.selection.table, &self.row);
        let mut values: Vec<_> = self.row.iter().map(|(_, value)| value.clone()).collect();
        self.selection.write(&mut sql, &mut values)?;
        change(database, &sql, &values)
    }
}

/// `destroy_objects`: `{"changes":n}`; what hangs on the rows goes with them, uncounted.
pub(super) fn destroy(database: &Connection, selection: &Selection) -> Result<Value, Refusal> {
    let mut sql = format!("DELETE FROM \"{}\"", selection.table.name);
    let mut values = Vec::new();
    selection.write(&mut sql, &mut values)?;
    change(database, &sql, &values)
}

fn change(database: &Connection, sql: &str, values: &[Stored]) -> Result<Value, Refusal> {
    bounded(database, || {
        let mut prepared = database.prepare_cached(sql)?;
        Ok(changes(prepared.execute(params_from_iter(values))?))
    })
}

fn changes(count: usize) -> Value {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    shape::object([("changes", shape::int(count))])
}
