//! `where`, in the four forms that real servers send.
//!
//! ```text
//! {"users":{"id":7}}            a list instead of 7 stands for IN
//! {"access_logs":{"time":{">=":1,"<=":2}}}
//! [{"object":"users","field":"id","operator":"=","value":7,"connector":"AND"}]
//! [{"field":"id","value":7}]    the object asked for is meant
//! ```
//! The connector of a term stands between it and the next one (inferred); `) AND (` and
//! `) OR (` close a bracket and open another.

use super::{Column, Stored, integer};
use crate::controlid::refusal::Refusal;
use crate::controlid::schema::{Kind, Table};
use crate::controlid::shape::Members;
use crate::json::Value;

/// How many values a statement takes; `SQLite`'s own limit on the device.
const MOST_VALUES: usize = 999;

/// A condition on rows; empty, it holds for every row.
#[derive(Debug, Default)]
pub(in crate::controlid) struct Condition {
    terms: Vec<Term>,
}

#[derive(Debug)]
struct Term {
    column: Column,
    operator: Operator,
    values: Vec<Stored>,
    connector: Connector,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connector {
    And,
    Or,
    CloseAndOpen,
    CloseOrOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Like,
    NotLike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
}

impl Connector {
    fn read(text: &str) -> Result<Self, Refusal> {
        // Only blanks and letter case may differ; what glues two terms is one of four texts.
        let words: Vec<String> = text
            .split_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
        match words.concat().as_str() {
            "AND" => Ok(Self::And),
            "OR" => Ok(Self::Or),
            ")AND(" => Ok(Self::CloseAndOpen),
            ")OR(" => Ok(Self::CloseOrOpen),
            _ => Err(Refusal::own(format!("there is no connector {text:?}"))),
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::And => " AND ",
            Self::Or => " OR ",
            Self::CloseAndOpen => ") AND (",
            Self::CloseOrOpen => ") OR (",
        }
    }
}

impl Operator {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words: Vec<String> = text
            .split_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
        Ok(match words.join(" ").as_str() {
            "=" | "==" => Self::Equal,
            "!=" | "<>" => Self::Unequal,
            "<" => Self::Less,
            ">" => Self::Greater,
            "<=" => Self::LessOrEqual,
            ">=" => Self::GreaterOrEqual,
            "LIKE" => Self::Like,
            "NOT LIKE" => Self::NotLike,
            "IN" => Self::In,
            "NOT IN" => Self::NotIn,
            "IS NULL" => Self::IsNull,
            "IS NOT NULL" => Self::IsNotNull,
            _ => return Err(Refusal::own(format!("there is no operator {text:?}"))),
        })
    }

    /// What stands before the value.
    fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "<>",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Like => " LIKE ",
            Self::NotLike => " NOT LIKE ",
            Self::In => " IN ",
            Self::NotIn => " NOT IN ",
            Self::IsNull => " IS NULL",
            Self::IsNotNull => " IS NOT NULL",
        }
    }

    /// The operator that means the same for a list.
    fn for_list(self) -> Result<Self, Refusal> {
        match self {
            Self::Equal | Self::In => Ok(Self::In),
            Self::Unequal | Self::NotIn => Ok(Self::NotIn),
            Self::IsNull | Self::IsNotNull => Ok(self),
            other => Err(Refusal::own(format!(
                "the operator{}takes one value, not a list",
                match other {
                    Self::Like | Self::NotLike => other.sql().to_owned(),
                    _ => format!(" {} ", other.sql()),
                }
            ))),
        }
    }
}

impl Condition {
    /// The condition of a body about `table`.
    pub(in crate::controlid) fn read(
        table: &'static Table,
        value: Option<&Value>,
    ) -> Result<Self, Refusal> {
        let mut condition = Self::default();
        match value {
            None | Some(Value::Null) => {}
            Some(Value::Array(terms)) => {
                for term in terms {
                    let term = Term::read(table, Members::of("where", term)?)?;
                    condition.terms.push(term);
                }
            }
            Some(Value::Object(_)) => condition.objects(value)?,
            other => return Err(Refusal::member("where", "object", other)),
        }
        let values: usize = condition.terms.iter().map(|term| term.values.len()).sum();
        if values > MOST_VALUES || condition.terms.len() > MOST_VALUES {
            // SQLite's words for it; that the device passes them on bare is inferred.
            return Err(Refusal::device("too many SQL variables"));
        }
        Ok(condition)
    }

    /// `{"users":{"id":7}}`, and several objects and fields of it.
    fn objects(&mut self, value: Option<&Value>) -> Result<(), Refusal> {
        let objects = value.map(|value| Members::of("where", value)).transpose()?;
        for (object, fields) in objects.into_iter().flat_map(Members::iter) {
            let table = super::table(object)?;
            for (name, wanted) in Members::of(object, fields)?.iter() {
                let field = super::field(table, name)?;
                let column = Column { table, field };
                if let Value::Object(_) = wanted {
                    for (operator, value) in Members::of(name, wanted)?.iter() {
                        self.and(column, Operator::read(operator)?, Some(value))?;
                    }
                } else {
                    self.and(column, Operator::Equal, Some(wanted))?;
                }
            }
        }
        Ok(())
    }

    fn and(
        &mut self,
        column: Column,
        operator: Operator,
        value: Option<&Value>,
    ) -> Result<(), Refusal> {
        self.terms
            .push(Term::new(column, operator, value, Connector::And)?);
        Ok(())
    }

    /// The objects that it looks at.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static Table> {
        self.terms.iter().map(|term| term.column.table)
    }

    /// Appends ` WHERE (…)`, or nothing.
    pub(super) fn write(&self, sql: &mut String, values: &mut Vec<Stored>) {
        for (index, term) in self.terms.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|last| self.terms.get(last));
            sql.push_str(before.map_or(" WHERE (", |term| term.connector.sql()));
            quoted(term.column, sql);
            sql.push_str(term.operator.sql());
            match term.operator {
                Operator::In | Operator::NotIn => {
                    sql.push('(');
                    let marks = vec!["?"; term.values.len()];
                    sql.push_str(&marks.join(","));
                    sql.push(')');
                }
                Operator::IsNull | Operator::IsNotNull => {}
                _ => sql.push('?'),
            }
            values.extend(term.values.iter().cloned());
        }
        if !self.terms.is_empty() {
            sql.push(')');
        }
    }
}

impl Term {
    fn read(own: &'static Table, members: Members<'_>) -> Result<Self, Refusal> {
        let table = members
            .optional_text("object")?
            .map_or(Ok(own), super::table)?;
        let field = super::field(table, members.text("field")?)?;
        let operator = members
            .optional_text("operator")?
            .map_or(Ok(Operator::Equal), Operator::read)?;
        let connector = members
            .optional_text("connector")?
            .map_or(Ok(Connector::And), Connector::read)?;
        let column = Column { table, field };
        Self::new(column, operator, members.find("value"), connector)
    }

    fn new(
        column: Column,
        operator: Operator,
        value: Option<&Value>,
        connector: Connector,
    ) -> Result<Self, Refusal> {
        let field = column.field;
        let (operator, values) = match (operator, value) {
            (Operator::IsNull | Operator::IsNotNull, _) => (operator, Vec::new()),
            (_, Some(Value::Array(list))) => {
                let values = list.iter().map(|value| super::typed(field, Some(value)));
                (operator.for_list()?, values.collect::<Result<_, _>>()?)
            }
            // A pattern is a text, whatever the field holds.
            (Operator::Like | Operator::NotLike, Some(Value::String(pattern))) => {
                (operator, vec![Stored::Text(pattern.clone())])
            }
            (_, value) => (operator, vec![super::typed(field, value)?]),
        };
        Ok(Self {
            column,
            operator,
            values,
            connector,
        })
    }
}

/// Appends `"users"."id"`. Both names are static texts of the schema.
pub(in crate::controlid) fn quoted(column: Column, sql: &mut String) {
    for part in ["\"", column.table.name, "\".\"", column.field.name, "\""] {
        sql.push_str(part);
    }
}

/// The value as `SQLite` keeps it, if it is of that kind.
pub(in crate::controlid) fn stored(kind: Kind, value: Option<&Value>) -> Option<Stored> {
    match (kind, value?) {
        (Kind::Text, Value::String(text)) => Some(Stored::Text(text.clone())),
        (Kind::Bool, Value::Bool(flag)) => Some(Stored::Integer(i64::from(*flag))),
        // Servers send 0 and 1 for these as well.
        (Kind::Bool, Value::Number(number)) if number == "0" || number == "1" => {
            Some(Stored::Integer(i64::from(number == "1")))
        }
        (Kind::Int, value) => integer(value),
        _ => None,
    }
}
