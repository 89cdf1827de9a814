//! The objects one by one.
//!
//! Those of the vendor's own list that servers use. Which fields a new row must give is the
//! vendor's list of obligatory ones, but for `users`, where servers are seen to leave out all
//! but the name. `access_logs` and `alarm_logs` keep what they name when a user is destroyed.

use super::{Field, Table, flag, int, text};

/// A row that links two objects; the pair is its key.
macro_rules! link {
    ($name:literal, $left:literal of $left_table:literal, $right:literal of $right_table:literal) => {
        Table {
            name: $name,
            fields: const {
                &[
                    int($left).required().of($left_table),
                    int($right).required().of($right_table),
                ]
            },
            key: &[$left, $right],
        }
    };
}

const ID: &[&str] = &["id"];

/// Every object of the device.
pub static TABLES: &[Table] = &[
    Table {
        name: "users",
        fields: USERS,
        key: ID,
    },
    Table {
        name: "groups",
        fields: const { &[int("id"), text("name").required()] },
        key: ID,
    },
    link!("user_groups", "user_id" of "users", "group_id" of "groups"),
    Table {
        name: "user_roles",
        fields: const {
            &[
                int("user_id").required().of("users"),
                int("role").required(),
            ]
        },
        key: &["user_id", "role"],
    },
    Table {
        name: "cards",
        fields: const {
            &[
                int("id"),
                int("value").required().unique(),
                int("user_id").required().of("users"),
            ]
        },
        key: ID,
    },
    Table {
        name: "qrcodes",
        fields: UNIQUE_TEXT,
        key: ID,
    },
    Table {
        name: "uhf_tags",
        fields: UNIQUE_TEXT,
        key: ID,
    },
    Table {
        name: "pins",
        fields: const {
            &[
                int("id"),
                text("value").required().unique(),
                int("user_id").required().unique().of("users"),
            ]
        },
        key: ID,
    },
    Table {
        name: "templates",
        fields: const {
            &[
                int("id"),
                int("finger_position"),
                int("finger_type"),
                text("template"),
                int("user_id").required().of("users"),
            ]
        },
        key: ID,
    },
    Table {
        name: "access_rules",
        fields: const {
            &[
                int("id"),
                text("name").required(),
                int("type").required(),
                int("priority").required(),
            ]
        },
        key: ID,
    },
    link!("user_access_rules", "user_id" of "users", "access_rule_id" of "access_rules"),
    link!("group_access_rules", "group_id" of "groups", "access_rule_id" of "access_rules"),
    link!("portal_access_rules", "portal_id" of "portals", "access_rule_id" of "access_rules"),
    link!("area_access_rules", "area_id" of "areas", "access_rule_id" of "access_rules"),
    Table {
        name: "time_zones",
        fields: const { &[int("id"), text("name").required()] },
        key: ID,
    },
    Table {
        name: "time_spans",
        fields: TIME_SPANS,
        key: ID,
    },
    link!("access_rule_time_zones", "access_rule_id" of "access_rules", "time_zone_id" of "time_zones"),
    Table {
        name: "holidays",
        fields: const {
            &[
                int("id"),
                text("name").required(),
                int("start").required(),
                int("end").required(),
                int("hol1").required(),
                int("hol2").required(),
                int("hol3").required(),
                int("repeats").required(),
            ]
        },
        key: ID,
    },
    Table {
        name: "areas",
        fields: const { &[int("id"), text("name").required()] },
        key: ID,
    },
    Table {
        name: "portals",
        fields: const {
            &[
                int("id"),
                text("name").required(),
                int("area_from_id").names("areas"),
                int("area_to_id").names("areas"),
            ]
        },
        key: ID,
    },
    Table {
        name: "actions",
        fields: const {
            &[
                int("id"),
                text("name").required(),
                text("action").required(),
                text("parameters"),
                int("run_at"),
            ]
        },
        key: ID,
    },
    link!("portal_actions", "portal_id" of "portals", "action_id" of "actions"),
    Table {
        name: "devices",
        fields: const {
            &[
                int("id"),
                text("name").required(),
                text("ip").required(),
                text("public_key"),
            ]
        },
        key: ID,
    },
    Table {
        name: "sec_boxs",
        fields: const {
            &[
                int("id"),
                int("version"),
                text("name"),
                flag("enabled"),
                int("relay_timeout").or(3000),
                flag("door_sensor_enabled"),
                flag("door_sensor_idle"),
                int("auto_close_enabled"),
            ]
        },
        key: ID,
    },
    Table {
        name: "access_logs",
        fields: ACCESS_LOGS,
        key: ID,
    },
    Table {
        name: "access_log_access_rules",
        fields: const {
            &[
                int("access_log_id").required().of("access_logs"),
                int("access_rule_id").required().names("access_rules"),
            ]
        },
        key: &["access_log_id", "access_rule_id"],
    },
    Table {
        name: "alarm_logs",
        fields: const {
            &[
                int("id"),
                int("event").required(),
                int("cause").required(),
                int("user_id").names("users"),
                int("time").required(),
                int("access_log_id").names("access_logs"),
                int("door_id"),
            ]
        },
        key: ID,
    },
    Table {
        name: "change_logs",
        fields: const {
            &[
                int("id"),
                text("operation_type").required(),
                text("table_name").required(),
                int("table_id").required(),
                int("timestamp").required(),
            ]
        },
        key: ID,
    },
    Table {
        name: "access_events",
        fields: const {
            &[
                int("id"),
                text("event").required(),
                text("type").required(),
                text("identification").required(),
                int("device_id").required().names("devices"),
                int("timestamp").required(),
            ]
        },
        key: ID,
    },
    Table {
        name: "log_types",
        fields: const { &[int("id"), text("name").required()] },
        key: ID,
    },
    Table {
        name: "contacts",
        fields: const { &[int("id"), text("name"), text("number")] },
        key: ID,
    },
];

const USERS: &[Field] = &[
    int("id"),
    text("registration"),
    text("name").required(),
    text("password"),
    text("salt"),
    int("user_type_id"),
    int("begin_time"),
    int("end_time"),
    int("image_timestamp"),
    int("last_access"),
    int("expires"),
];

const UNIQUE_TEXT: &[Field] = &[
    int("id"),
    text("value").required().unique(),
    int("user_id").required().of("users"),
];

const TIME_SPANS: &[Field] = &[
    int("id"),
    int("time_zone_id").required().of("time_zones"),
    int("start").required(),
    int("end").required(),
    int("sun").required(),
    int("mon").required(),
    int("tue").required(),
    int("wed").required(),
    int("thu").required(),
    int("fri").required(),
    int("sat").required(),
    int("hol1").required(),
    int("hol2").required(),
    int("hol3").required(),
];

const ACCESS_LOGS: &[Field] = &[
    int("id"),
    int("time").required(),
    int("event").required(),
    int("device_id").names("devices"),
    int("identifier_id"),
    int("user_id").names("users"),
    int("portal_id").names("portals"),
    int("identification_rule_id"),
    int("card_value"),
    text("qrcode_value"),
    text("pin_value"),
    int("confidence"),
    int("log_type_id").names("log_types"),
];
