//! The objects of the device as data: the only names that ever reach `SQLite`.
//!
//! A server's names are looked up here, and what goes into a statement is the static text that
//! was found. What a field takes, and how objects hang together, is written once: statements,
//! type checks, joins and `object_metadata` all read it.

use std::fmt::Write as _;

mod tables;

pub use tables::TABLES;

/// An object, and the table that keeps it.
#[derive(Debug)]
pub struct Table {
    /// The vendor's name, `users`.
    pub name: &'static str,
    /// The fields in the order in which a row is answered.
    pub fields: &'static [Field],
    /// The fields of the primary key.
    pub key: &'static [&'static str],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Int,
    /// A text.
    Text,
    /// `true` or `false`, kept as 1 or 0.
    Bool,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The vendor's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a new row must give it.
    pub required: bool,
    /// Whether no two rows may have the same.
    pub unique: bool,
    /// What it is where a new row does not give it, for an integer; a text is empty.
    pub default: i64,
    /// The object whose first key field it holds.
    pub refers: Option<&'static str>,
    /// Whether `SQLite` insists that the row exists, and takes this one along when it goes. A log
    /// outlives what it names.
    pub enforced: bool,
}

/// An integer field.
const fn int(name: &'static str) -> Field {
    Field {
        name,
        kind: Kind::Int,
        required: false,
        unique: false,
        default: 0,
        refers: None,
        enforced: false,
    }
}

/// A text field.
const fn text(name: &'static str) -> Field {
    Field {
        kind: Kind::Text,
        ..int(name)
    }
}

/// A field that is true or false.
const fn flag(name: &'static str) -> Field {
    Field {
        kind: Kind::Bool,
        ..int(name)
    }
}

impl Field {
    const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    const fn unique(self) -> Self {
        Self {
            unique: true,
            ..self
        }
    }

    const fn or(self, default: i64) -> Self {
        Self { default, ..self }
    }

    /// A row of `table` that must exist.
    const fn of(self, table: &'static str) -> Self {
        Self {
            refers: Some(table),
            enforced: true,
            ..self
        }
    }

    /// A row of `table` that may be gone, or 0.
    const fn names(self, table: &'static str) -> Self {
        Self {
            refers: Some(table),
            ..self
        }
    }
}

impl Table {
    /// The object of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether a new row gets an `id`: the largest, and one.
    #[must_use]
    pub fn has_id(&self) -> bool {
        self.key == ["id"]
    }

    /// The statement that makes the table.
    fn definition(&self) -> String {
        let mut sql = format!("CREATE TABLE \"{}\"(", self.name);
        for field in self.fields {
            // Writing to a string cannot fail, here and below.
            let _ = write!(sql, "\"{}\" ", field.name);
            if self.key == [field.name] {
                sql.push_str("INTEGER PRIMARY KEY,");
                continue;
            }
            let _ = match field.kind {
                Kind::Text => write!(sql, "TEXT NOT NULL DEFAULT ''"),
                Kind::Int | Kind::Bool => write!(sql, "INTEGER NOT NULL DEFAULT {}", field.default),
            };
            if field.unique {
                sql.push_str(" UNIQUE");
            }
            if let Some(target) = field
                .refers
                .filter(|_| field.enforced)
                .and_then(Self::named)
            {
                let key = target.key[0];
                let _ = write!(
                    sql,
                    " REFERENCES \"{}\"(\"{key}\") ON DELETE CASCADE",
                    target.name
                );
            }
            sql.push(',');
        }
        if self.key.len() > 1 {
            let _ = write!(sql, "PRIMARY KEY(\"{}\"),", self.key.join("\",\""));
        }
        sql.pop();
        sql.push_str(");\n");
        sql
    }
}

/// The statements that make an empty device.
#[must_use]
pub(super) fn definition() -> String {
    TABLES.iter().map(Table::definition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_and_every_key_names_what_exists() {
        for table in TABLES {
            for key in table.key {
                assert!(table.field(key).is_some(), "{}.{key}", table.name);
            }
            for field in table.fields {
                if let Some(target) = field.refers {
                    assert!(
                        Table::named(target).is_some(),
                        "{}.{}",
                        table.name,
                        field.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_table_is_defined_with_its_constraints() {
        assert_eq!(
            Table::named("pins").unwrap().definition(),
            "CREATE TABLE \"pins\"(\"id\" INTEGER PRIMARY KEY,\
             \"value\" TEXT NOT NULL DEFAULT '' UNIQUE,\
             \"user_id\" INTEGER NOT NULL DEFAULT 0 UNIQUE \
             REFERENCES \"users\"(\"id\") ON DELETE CASCADE);\n"
        );
        assert!(
            Table::named("user_groups")
                .unwrap()
                .definition()
                .ends_with("PRIMARY KEY(\"user_id\",\"group_id\"));\n")
        );
    }
}
