//! The parameters that a device has, and the values that it leaves the factory with.
//!
//! `push_server` and its values are the vendor's; the other names occur in what servers send
//! and read. Their values are inferred: plausible for an access controller that stands alone.

/// A section and its parameters.
type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// Every section in the order in which the whole configuration is answered.
pub(super) const FACTORY: &[Section] = &[
    (
        "general",
        &[
            ("online", "0"),
            ("local_identification", "1"),
            ("beep_enabled", "1"),
            ("language", "pt_BR"),
            ("ssh_enabled", "0"),
            ("bell_enabled", "0"),
            ("bell_relay", "2"),
            ("catra_timeout", "30000"),
            ("exception_mode", "none"),
            ("attendance_mode", "0"),
            ("clear_expired_users", "disabled"),
            ("keep_user_image", "1"),
            ("show_logo", "1"),
            ("screen_always_on", "0"),
            ("usb_port_enabled", "1"),
            ("web_server_enabled", "1"),
            ("auto_reboot_hour", "0"),
            ("auto_reboot_minute", "0"),
            ("daylight_savings_time_start", "0"),
            ("daylight_savings_time_end", "0"),
            ("relay1_enabled", "1"),
            ("relay1_auto_close", "1"),
            ("relay1_timeout", "3000"),
            ("relay_out_mode", "0"),
            ("sec_box_out_mode", "0"),
        ],
    ),
    (
        "online_client",
        &[
            ("server_id", "0"),
            ("extract_template", "0"),
            ("max_request_attempts", "3"),
            ("request_timeout", "5000"),
            ("alive_interval", "30000"),
        ],
    ),
    (
        "push_server",
        &[
            ("push_remote_address", ""),
            ("push_request_period", "60"),
            ("push_request_timeout", "15000"),
        ],
    ),
    (
        "monitor",
        &[
            ("hostname", ""),
            ("port", "80"),
            ("path", "api/notifications"),
            ("request_timeout", "5000"),
            ("alive_interval", "0"),
        ],
    ),
    (
        "identifier",
        &[
            ("multi_factor_authentication", "0"),
            ("verbose_logging", "1"),
            ("log_type", "0"),
            ("card_identification_enabled", "1"),
            ("face_identification_enabled", "1"),
            ("qrcode_identification_enabled", "0"),
            ("pin_identification_enabled", "0"),
        ],
    ),
    (
        "alarm",
        &[
            ("siren_enabled", "0"),
            ("siren_relay", "2"),
            ("device_violation_enabled", "0"),
            ("door_sensor_enabled", "0"),
            ("door_sensor_delay", "5"),
            ("forced_access_enabled", "0"),
            ("panic_card_enabled", "0"),
        ],
    ),
    (
        "catra",
        &[
            ("anti_passback", "0"),
            ("daily_reset", "0"),
            ("gateway", "clockwise"),
            ("operation_mode", "blocked"),
        ],
    ),
    (
        "face_id",
        &[
            ("mask_detection_enabled", "0"),
            ("max_identified_duration", "30000"),
            ("min_detect_bounds_width", "0.29"),
        ],
    ),
    ("ntp", &[("enabled", "0"), ("timezone", "UTC-3")]),
    ("buzzer", &[("audio_message_volume_gain", "2")]),
];
