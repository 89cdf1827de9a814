//! Where the rows live: in a template that a whole fleet reads, or in a database of one's own.
//!
//! A device of a fleet holds an `Arc` of the [`Template`] until it writes for the first time;
//! then it gets a copy, if the fleet's [`Quota`] has one left. The databases are in memory with
//! small pages: most tables hold a row or none, and a page is the least that a table takes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};

use super::configuration::Configuration;
use super::identity::Identity;
use super::refusal::Refusal;
use super::schema;

/// The id of the row in `devices` that stands for the device itself, in a template.
const NOBODY: i64 = 0;

/// What no server sees: the photos, and what a state file keeps besides the rows.
///
/// A photo is a file of its own on the device. It stays when its user goes, which is why
/// `user_destroy_image` knows `dangling`.
const BEHIND: &str = "\
CREATE TABLE simulator_images(user_id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, image BLOB NOT NULL);
CREATE TABLE simulator_settings(section TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY(section,name)) WITHOUT ROWID;
";

/// The rows that a device leaves the factory with. That the group, the rule, the hours and the
/// portal are linked, and the texts of the names, are inferred.
const FACTORY: &str = "\
INSERT INTO groups(id,name) VALUES(1,'Default');
INSERT INTO time_zones(id,name) VALUES(1,'Always Allowed');
INSERT INTO time_spans(id,time_zone_id,start,\"end\",sun,mon,tue,wed,thu,fri,sat,hol1,hol2,hol3) VALUES(1,1,0,86399,1,1,1,1,1,1,1,1,1,1);
INSERT INTO access_rules(id,name,type,priority) VALUES(1,'Always Allowed',1,0);
INSERT INTO areas(id,name) VALUES(1,'Default');
INSERT INTO portals(id,name,area_from_id,area_to_id) VALUES(1,'Default',1,1);
INSERT INTO group_access_rules(group_id,access_rule_id) VALUES(1,1);
INSERT INTO portal_access_rules(portal_id,access_rule_id) VALUES(1,1);
INSERT INTO access_rule_time_zones(access_rule_id,time_zone_id) VALUES(1,1);
INSERT INTO devices(id,name,ip) VALUES(0,'','');
INSERT INTO sec_boxs(id,version,name,enabled,relay_timeout) VALUES(65793,2,'SecBox',1,3000);
";

/// What marks a file as a state file of this program (`PRAGMA application_id`).
const APPLICATION: i32 = 0x7075_5349;

/// The rows that every device of a fleet begins with. It is never written to.
pub struct Template {
    database: Mutex<Connection>,
    /// What a factory reset goes back to; none where this is it.
    factory: Option<Arc<Template>>,
}

impl Template {
    /// The state of a device that was just unpacked.
    pub fn factory() -> Result<Arc<Self>, Refusal> {
        let database = Connection::open_in_memory()?;
        database.execute_batch("PRAGMA page_size=512")?;
        insist_on_references(&database)?;
        database.execute_batch(&format!(
            "BEGIN;{}{BEHIND}{FACTORY}PRAGMA application_id={APPLICATION};COMMIT",
            schema::definition()
        ))?;
        database.set_prepared_statement_cache_capacity(128);
        Ok(Arc::new(Self {
            database: Mutex::new(database),
            factory: None,
        }))
    }

    /// The factory state and `count` people: user 1 to `count`, each in group 1, each with a
    /// card.
    pub fn with_users(count: u32) -> Result<Arc<Self>, Refusal> {
        let factory = Self::factory()?;
        if count == 0 {
            return Ok(factory);
        }
        let mut database = factory.copy(512)?;
        seed(&mut database, count)?;
        database.set_prepared_statement_cache_capacity(128);
        Ok(Arc::new(Self {
            database: Mutex::new(database),
            factory: Some(factory),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A reader that panicked has changed nothing.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A database with the same rows.
    fn copy(&self, page: u32) -> Result<Connection, Refusal> {
        let mut database = Connection::open_in_memory()?;
        database.execute_batch(&format!("PRAGMA page_size={page}"))?;
        self.copy_to(&mut database)?;
        Ok(database)
    }

    fn copy_to(&self, database: &mut Connection) -> Result<(), Refusal> {
        let step = Backup::new(&self.lock(), database)?.step(-1)?;
        if step != StepResult::Done {
            return Err(Refusal::own("the state is in use by another program"));
        }
        insist_on_references(database)
    }
}

/// Adds `count` people behind those that are there.
fn seed(database: &mut Connection, count: u32) -> Result<(), Refusal> {
    let transaction = database.transaction()?;
    {
        let last: i64 =
            transaction.query_row("SELECT COALESCE(MAX(id),0) FROM users", [], |row| {
                row.get(0)
            })?;
        let mut user =
            transaction.prepare("INSERT INTO users(id,registration,name) VALUES(?,?,?)")?;
        let mut member =
            transaction.prepare("INSERT INTO user_groups(user_id,group_id) VALUES(?,1)")?;
        let mut card = transaction.prepare("INSERT INTO cards(value,user_id) VALUES(?,?)")?;
        for id in last + 1..=last + i64::from(count) {
            user.execute(params![id, id.to_string(), format!("Person {id}")])?;
            member.execute(params![id])?;
            // A Wiegand card: the area code above, the card number below.
            card.execute(params![(100_i64 << 32) | id, id])?;
        }
    }
    Ok(transaction.commit()?)
}

/// `SQLite` checks FOREIGN KEY only where a connection asks for it.
fn insist_on_references(database: &Connection) -> Result<(), Refusal> {
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    Ok(())
}

/// How many devices of a fleet may still get a database of their own.
#[derive(Clone, Debug)]
pub struct Quota(Arc<AtomicUsize>);

impl Quota {
    /// At most `most` of them.
    #[must_use]
    pub fn limited(most: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(most)))
    }

    /// As many as there are devices.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::limited(usize::MAX)
    }

    /// How many are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn take(&self) -> Option<Permit> {
        let take = |left: usize| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
            .then(|| Permit(self.clone()))
    }
}

/// One database out of a [`Quota`], which gets it back.
struct Permit(Quota);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Why a device could not write: the text that a device of a fleet answers beyond the quota.
pub const TOO_MANY_STATES: &str = "too many devices of this fleet have a state of their own";

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no state file.
    #[error("it is a database, and no state file of a device")]
    Foreign,
    /// It is some other file, or a state file that is broken.
    #[error("it is no state file of a device, or a broken one: {0}")]
    Broken(String),
    /// Another program has it.
    #[error("another program has it open")]
    InUse,
    /// It cannot be read or written.
    #[error("{0}")]
    Unusable(String),
}

impl From<rusqlite::Error> for FileError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::InUse,
            Some(NotADatabase | DatabaseCorrupt) => Self::Broken(error.to_string()),
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl From<Refusal> for FileError {
    fn from(refusal: Refusal) -> Self {
        Self::Unusable(refusal.message)
    }
}

/// The rows of one device.
pub struct Store {
    template: Arc<Template>,
    quota: Quota,
    own: Option<Box<Own>>,
}

/// A database that only this device has.
struct Own {
    database: Connection,
    /// Whether it outlives the run.
    is_file: bool,
    _permit: Option<Permit>,
}

impl Store {
    /// Reads the template until the first write.
    #[must_use]
    pub fn shared(template: Arc<Template>, quota: Quota) -> Self {
        Self {
            template,
            quota,
            own: None,
        }
    }

    /// The state of one device in memory.
    #[must_use]
    pub fn alone(template: Arc<Template>) -> Self {
        Self::shared(template, Quota::unlimited())
    }

    /// The state that the file at `path` keeps; a new file begins as `template`.
    ///
    /// The only place of the device that touches the file system. Every command that writes is
    /// on the disk when it is answered, and `SQLite`'s journal heals what a kill left half done.
    ///
    /// It is this program's alone until it is closed: a device does not wait for another one.
    pub fn open_file(path: &Path, template: Arc<Template>) -> Result<Self, FileError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(Duration::ZERO)?;
        database.execute_batch("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
        let tables: i64 =
            database.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let marked: i32 = database.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if tables == 0 {
            database.execute_batch("PRAGMA page_size=512")?;
            template.copy_to(&mut database)?;
        } else if marked != APPLICATION {
            return Err(FileError::Foreign);
        }
        insist_on_references(&database)?;
        let mut store = Self::alone(template);
        store.own = Some(Box::new(Own {
            database,
            is_file: true,
            _permit: None,
        }));
        Ok(store)
    }

    /// Whether this device has a database of its own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Reads. `whose` is the device, where the question is about `devices`: in a shared
    /// template its row is put in place for the length of the question.
    pub(super) fn read<T>(
        &self,
        whose: Option<&Identity>,
        question: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if let Some(own) = &self.own {
            return question(&own.database);
        }
        let mut database = self.template.lock();
        let Some(identity) = whose else {
            return question(&database);
        };
        // Dropped at the end, the transaction takes the row back.
        let transaction = database.transaction()?;
        adopt(&transaction, identity)?;
        question(&transaction)
    }

    /// Writes, all of it or nothing; makes a database of the device's own where there is none.
    pub(super) fn write<T>(
        &mut self,
        identity: &Identity,
        change: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let own = self.own(identity)?;
        let transaction = own.database.transaction()?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    fn own(&mut self, identity: &Identity) -> Result<&mut Own, Refusal> {
        if self.own.is_none() {
            let permit = self
                .quota
                .take()
                .ok_or_else(|| Refusal::own(TOO_MANY_STATES))?;
            let database = self.template.copy(512)?;
            // Each prepared statement keeps some kilobytes; a device repeats few of them.
            database.set_prepared_statement_cache_capacity(4);
            adopt(&database, identity)?;
            self.own = Some(Box::new(Own {
                database,
                is_file: false,
                _permit: Some(permit),
            }));
        }
        self.own
            .as_deref_mut()
            .ok_or_else(|| Refusal::own(TOO_MANY_STATES))
    }

    /// Begins again with the factory's rows.
    pub(super) fn reset(&mut self, identity: &Identity) -> Result<(), Refusal> {
        if let Some(factory) = self.template.factory.clone() {
            self.template = factory;
        }
        match &mut self.own {
            Some(own) if own.is_file => {
                self.template.copy_to(&mut own.database)?;
                adopt(&own.database, identity)
            }
            own => {
                *own = None;
                Ok(())
            }
        }
    }

    /// The settings that a state file keeps; the factory's, and no offset, where there is none.
    pub(super) fn settings(
        &mut self,
        identity: &Identity,
    ) -> Result<(Configuration, i64), Refusal> {
        let mut configuration = Configuration::default();
        let mut offset = 0;
        let Some(own) = self.own.as_deref_mut().filter(|own| own.is_file) else {
            return Ok((configuration, offset));
        };
        adopt(&own.database, identity)?;
        let mut kept = own
            .database
            .prepare("SELECT section,name,value FROM simulator_settings")?;
        let mut rows = kept.query([])?;
        while let Some(row) = rows.next()? {
            let (section, name): (String, String) = (row.get(0)?, row.get(1)?);
            let value: String = row.get(2)?;
            if section.is_empty() && name == DEVICE {
                if value != identity.id().to_string() {
                    return Err(Refusal::own(format!("this is the state of device {value}")));
                }
            } else if section.is_empty() {
                offset = value.parse().unwrap_or(0);
            } else if configuration.value(&section, &name).is_some() {
                configuration.set(&section, &name, &value)?;
            }
        }
        Ok((configuration, offset))
    }

    /// Keeps the settings, where the state is a file.
    pub(super) fn keep_settings(
        &mut self,
        identity: &Identity,
        configuration: &Configuration,
        offset: i64,
    ) -> Result<(), Refusal> {
        let Some(own) = self.own.as_deref_mut().filter(|own| own.is_file) else {
            return Ok(());
        };
        let transaction = own.database.transaction()?;
        transaction.execute("DELETE FROM simulator_settings", [])?;
        let keep = "INSERT INTO simulator_settings(section,name,value) VALUES(?,?,?)";
        transaction.execute(keep, params!["", "clock_offset", offset.to_string()])?;
        transaction.execute(keep, params!["", DEVICE, identity.id().to_string()])?;
        for setting in configuration.changed() {
            transaction.execute(keep, setting)?;
        }
        Ok(transaction.commit()?)
    }
}

/// The setting that says whose state a file is.
const DEVICE: &str = "device_id";

/// Puts the device's own row into `devices`, where the template has nobody's.
fn adopt(database: &Connection, identity: &Identity) -> Result<(), Refusal> {
    database
        .prepare_cached("UPDATE OR REPLACE devices SET id=?,name=?,ip=? WHERE id=?")?
        .execute(params![
            identity.id(),
            identity.serial(),
            identity.ip(),
            NOBODY
        ])?;
    Ok(())
}
