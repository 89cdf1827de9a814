//! The six scenes, and what is said before each.

/// One of the scenes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    Receiver,
    Handshake,
    Pushes,
    Replay,
    Tampered,
    Device,
}

impl Scene {
    /// All of them, in their order.
    pub(super) const ALL: [Self; 6] = [
        Self::Receiver,
        Self::Handshake,
        Self::Pushes,
        Self::Replay,
        Self::Tampered,
        Self::Device,
    ];

    pub(super) fn number(self) -> usize {
        self as usize + 1
    }

    /// Whether it is nothing without that earlier one.
    pub(super) fn needs(self, earlier: Self) -> bool {
        // The last one has a server of its own.
        self != Self::Device && earlier != Self::Device
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Handshake => "handshake",
            Self::Pushes => "pushes",
            Self::Replay => "replay",
            Self::Tampered => "tampered",
            Self::Device => "device",
        }
    }

    /// What is to be seen.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Receiver => "A receiver that knows two platforms, and keeps every byte",
            Self::Handshake => "The handshake: what OneNET asks of a URL before it pushes there",
            Self::Pushes => "Pushes: a plain one, one sealed with AES, one of another platform",
            Self::Replay => "A replay: all three out of the capture, signed anew",
            Self::Tampered => "A tampered push: refused, and the cause proved",
            Self::Device => "A door (Control iD): dispatch hands out commands, device runs them",
        }
    }
}
