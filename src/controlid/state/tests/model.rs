//! Any sequence of object commands leaves the state equal to a plain model.
//!
//! The model is written from the vendor's page alone: maps, and the rules of unique values,
//! references and cascades in plain code.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::bench;

const UNIQUE_USER: &str = "error 1: constraint failed: UNIQUE constraint failed: users.id";
const UNIQUE_CARD: &str = "error 1: constraint failed: UNIQUE constraint failed: cards.value";
const UNIQUE_CARD_ID: &str = "error 1: constraint failed: UNIQUE constraint failed: cards.id";
const UNIQUE_MEMBER: &str = "error 1: constraint failed: UNIQUE constraint failed: user_groups.user_id, user_groups.group_id";
const FOREIGN_KEY: &str = "error 1: constraint failed: FOREIGN KEY constraint failed";

#[derive(Clone, Debug, Default)]
struct Model {
    /// id → name
    users: BTreeMap<i64, String>,
    /// id → value, user
    cards: BTreeMap<i64, (i64, i64)>,
    /// user, group; the factory has group 1 only
    members: BTreeSet<(i64, i64)>,
}

#[derive(Clone, Debug)]
enum Command {
    CreateUsers(Vec<(Option<i64>, String)>),
    UpsertUsers(Vec<(Option<i64>, String)>),
    CreateCards(Vec<(i64, i64)>),
    UpsertCard(i64, i64, i64),
    CreateMembers(Vec<(i64, i64)>),
    RenameUsers(Vec<i64>, String),
    RenameAll(String),
    GiveCards(i64, i64),
    DestroyUsers(Vec<i64>),
    DestroyUsersFrom(i64, i64),
    DestroyCardsOf(String),
    DestroyAllCards,
}

fn command() -> impl Strategy<Value = Command> {
    let id = || 1..6_i64;
    let name = || {
        prop::sample::select(vec!["Ana", "Bea", "", "O'Neil \\\" %", "中"]).prop_map(str::to_owned)
    };
    let users = || prop::collection::vec((prop::option::of(id()), name()), 1..4);
    prop_oneof![
        users().prop_map(Command::CreateUsers),
        users().prop_map(Command::UpsertUsers),
        prop::collection::vec((id(), id()), 1..3).prop_map(Command::CreateCards),
        (id(), id(), id()).prop_map(|(id, value, user)| Command::UpsertCard(id, value, user)),
        prop::collection::vec((id(), 1..3_i64), 1..3).prop_map(Command::CreateMembers),
        (prop::collection::vec(id(), 0..3), name())
            .prop_map(|(ids, name)| Command::RenameUsers(ids, name)),
        name().prop_map(Command::RenameAll),
        (id(), id()).prop_map(|(from, to)| Command::GiveCards(from, to)),
        prop::collection::vec(id(), 0..3).prop_map(Command::DestroyUsers),
        (id(), id()).prop_map(|(from, to)| Command::DestroyUsersFrom(from, to)),
        name().prop_map(Command::DestroyCardsOf),
        Just(Command::DestroyAllCards),
    ]
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = items.iter().map(show).collect();
    format!("[{}]", items.join(","))
}

fn users_body(users: &[(Option<i64>, String)]) -> String {
    let values = list(users, |(id, name)| match id {
        Some(id) => format!(r#"{{"id":{id},"name":"{name}"}}"#),
        None => format!(r#"{{"name":"{name}"}}"#),
    });
    format!(r#"{{"object":"users","values":{values}}}"#)
}

impl Command {
    /// The endpoint and its body.
    fn request(&self) -> (&'static str, String) {
        match self {
            Self::CreateUsers(users) => ("create_objects", users_body(users)),
            Self::UpsertUsers(users) => ("create_or_modify_objects", users_body(users)),
            Self::CreateCards(cards) => {
                let values = list(cards, |(value, user)| {
                    format!(r#"{{"value":{value},"user_id":{user}}}"#)
                });
                (
                    "create_objects",
                    format!(r#"{{"object":"cards","values":{values}}}"#),
                )
            }
            Self::UpsertCard(id, value, user) => (
                "create_or_modify_objects",
                format!(
                    r#"{{"object":"cards","values":[{{"id":{id},"value":{value},"user_id":{user}}}]}}"#
                ),
            ),
            Self::CreateMembers(members) => {
                let values = list(members, |(user, group)| {
                    format!(r#"{{"user_id":{user},"group_id":{group}}}"#)
                });
                (
                    "create_objects",
                    format!(r#"{{"object":"user_groups","values":{values}}}"#),
                )
            }
            Self::RenameUsers(ids, name) => {
                let ids = list(ids, i64::to_string);
                (
                    "modify_objects",
                    format!(
                        r#"{{"object":"users","values":{{"name":"{name}"}},"where":{{"users":{{"id":{ids}}}}}}}"#
                    ),
                )
            }
            Self::RenameAll(name) => (
                "modify_objects",
                format!(r#"{{"object":"users","values":{{"name":"{name}"}}}}"#),
            ),
            Self::GiveCards(from, to) => (
                "modify_objects",
                format!(
                    r#"{{"object":"cards","values":{{"user_id":{to}}},"where":[{{"field":"user_id","value":{from}}}]}}"#
                ),
            ),
            Self::DestroyUsers(ids) => {
                let ids = list(ids, i64::to_string);
                (
                    "destroy_objects",
                    format!(r#"{{"object":"users","where":{{"users":{{"id":{ids}}}}}}}"#),
                )
            }
            Self::DestroyUsersFrom(from, to) => (
                "destroy_objects",
                format!(
                    r#"{{"object":"users","where":{{"users":{{"id":{{">=":{from},"<=":{to}}}}}}}}}"#
                ),
            ),
            Self::DestroyCardsOf(name) => (
                "destroy_objects",
                format!(r#"{{"object":"cards","where":{{"users":{{"name":"{name}"}}}}}}"#),
            ),
            Self::DestroyAllCards => ("destroy_objects", r#"{"object":"cards"}"#.to_owned()),
        }
    }
}

fn next<T>(map: &BTreeMap<i64, T>) -> i64 {
    map.keys().last().map_or(1, |last| last + 1)
}

/// What JSON reads the names in `command` as.
fn plain(name: &str) -> String {
    name.replace("\\\"", "\"")
}

impl Model {
    /// Runs a command: its answer, and the state behind it. A failure changes nothing.
    fn run(&mut self, command: &Command) -> String {
        let mut next = self.clone();
        match next.attempt(command) {
            Ok(answer) => {
                *self = next;
                answer
            }
            Err(error) => error.to_owned(),
        }
    }

    fn attempt(&mut self, command: &Command) -> Result<String, &'static str> {
        let changes = match command {
            Command::CreateUsers(users) => return self.create_users(users),
            Command::CreateCards(cards) => return self.create_cards(cards),
            Command::CreateMembers(members) => return self.create_members(members),
            Command::UpsertUsers(users) => {
                for (id, name) in users {
                    let id = id.unwrap_or_else(|| next(&self.users));
                    self.users.insert(id, plain(name));
                }
                users.len()
            }
            Command::UpsertCard(id, value, user) => {
                self.upsert_card(*id, *value, *user)?;
                1
            }
            Command::RenameUsers(ids, name) => {
                let ids: BTreeSet<_> = ids.iter().collect();
                let found = self.users.iter_mut().filter(|(id, _)| ids.contains(id));
                found.map(|(_, have)| *have = plain(name)).count()
            }
            Command::RenameAll(name) => self
                .users
                .values_mut()
                .map(|have| *have = plain(name))
                .count(),
            Command::GiveCards(from, to) => {
                let user_exists = self.users.contains_key(to);
                let cards = self.cards.values_mut().filter(|(_, user)| user == from);
                let count = cards.map(|(_, user)| *user = *to).count();
                if count > 0 && !user_exists {
                    return Err(FOREIGN_KEY);
                }
                count
            }
            Command::DestroyUsers(ids) => self.destroy_users(|id| ids.contains(&id)),
            Command::DestroyUsersFrom(from, to) => {
                self.destroy_users(|id| (*from..=*to).contains(&id))
            }
            Command::DestroyCardsOf(name) => {
                let before = self.cards.len();
                let name = plain(name);
                self.cards
                    .retain(|_, (_, user)| self.users.get(user) != Some(&name));
                before - self.cards.len()
            }
            Command::DestroyAllCards => std::mem::take(&mut self.cards).len(),
        };
        Ok(format!(r#"{{"changes":{changes}}}"#))
    }

    fn create_users(&mut self, users: &[(Option<i64>, String)]) -> Result<String, &'static str> {
        let mut ids = Vec::new();
        for (id, name) in users {
            let id = id.unwrap_or_else(|| next(&self.users));
            if self.users.insert(id, plain(name)).is_some() {
                return Err(UNIQUE_USER);
            }
            ids.push(id);
        }
        Ok(format!(r#"{{"ids":{}}}"#, list(&ids, i64::to_string)))
    }

    fn create_cards(&mut self, cards: &[(i64, i64)]) -> Result<String, &'static str> {
        let mut ids = Vec::new();
        for (value, user) in cards {
            let id = next(&self.cards);
            self.new_card(id, *value, *user)?;
            ids.push(id);
        }
        Ok(format!(r#"{{"ids":{}}}"#, list(&ids, i64::to_string)))
    }

    fn new_card(&mut self, id: i64, value: i64, user: i64) -> Result<(), &'static str> {
        if self.cards.contains_key(&id) {
            return Err(UNIQUE_CARD_ID);
        }
        if self.cards.values().any(|(have, _)| *have == value) {
            return Err(UNIQUE_CARD);
        }
        if !self.users.contains_key(&user) {
            return Err(FOREIGN_KEY);
        }
        self.cards.insert(id, (value, user));
        Ok(())
    }

    fn upsert_card(&mut self, id: i64, value: i64, user: i64) -> Result<(), &'static str> {
        self.cards.remove(&id);
        self.new_card(id, value, user)
    }

    /// The ids in the answer are `SQLite`'s own count of rows, so only success is told.
    fn create_members(&mut self, members: &[(i64, i64)]) -> Result<String, &'static str> {
        for member in members {
            if self.members.contains(member) {
                return Err(UNIQUE_MEMBER);
            }
            if !self.users.contains_key(&member.0) || member.1 != 1 {
                return Err(FOREIGN_KEY);
            }
            self.members.insert(*member);
        }
        Ok(r#"{"ids":["#.to_owned())
    }

    fn destroy_users(&mut self, goes: impl Fn(i64) -> bool) -> usize {
        let before = self.users.len();
        self.users.retain(|id, _| !goes(*id));
        self.cards.retain(|_, (_, user)| !goes(*user));
        self.members.retain(|(user, _)| !goes(*user));
        before - self.users.len()
    }

    /// All rows as the device writes them.
    fn rows(&self) -> String {
        let text = |name: &str| name.replace('"', "\\\"");
        let users: Vec<_> = self.users.iter().collect();
        let cards: Vec<_> = self.cards.iter().collect();
        let members: Vec<_> = self.members.iter().collect();
        [
            list(&users, |(id, name)| {
                format!(r#"{{"id":{id},"name":"{}"}}"#, text(name))
            }),
            list(&cards, |(id, (value, user))| {
                format!(r#"{{"id":{id},"value":{value},"user_id":{user}}}"#)
            }),
            list(&members, |(user, group)| {
                format!(r#"{{"user_id":{user},"group_id":{group}}}"#)
            }),
        ]
        .concat()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_sequence_of_object_commands_leaves_the_state_equal_to_the_model(
        commands in prop::collection::vec(command(), 1..40)
    ) {
        let mut bench = bench();
        let mut model = Model::default();
        for command in &commands {
            let (endpoint, body) = command.request();
            let answer = bench.run(endpoint, &body);
            let expected = model.run(command);
            if expected == r#"{"ids":["# {
                prop_assert!(answer.starts_with(&expected), "{:?}: {}", command, answer);
            } else {
                prop_assert_eq!(answer, expected, "{:?}", command);
            }
        }
        let rows = [
            ("users", r#"{"object":"users","fields":["id","name"],"order":["id"]}"#),
            ("cards", r#"{"object":"cards","order":["id"]}"#),
            ("user_groups", r#"{"object":"user_groups","order":["user_id","group_id"]}"#),
        ]
        .map(|(object, body)| {
            let answer = bench.run("load_objects", body);
            answer[object.len() + 4..answer.len() - 1].to_owned()
        });
        prop_assert_eq!(rows.concat(), model.rows());
    }
}
