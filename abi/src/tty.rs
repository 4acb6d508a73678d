//! Terminals: `termios`, window size (termios(3), ioctl_tty(2)).

use serde::{Deserialize, Serialize};

/// Number of control characters in the kernel's `struct termios`.
pub const NCCS: usize = 19;

/// Terminal settings (the kernel's `struct termios2`; the same on both widths).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Termios {
    /// Input modes.
    pub iflag: u32,
    /// Output modes.
    pub oflag: u32,
    /// Control modes.
    pub cflag: u32,
    /// Local modes.
    pub lflag: u32,
    /// Line discipline.
    pub line: u8,
    /// Control characters, indexed by `V*`.
    pub cc: [u8; NCCS],
    /// Input speed, bits per second.
    pub ispeed: u32,
    /// Output speed, bits per second.
    pub ospeed: u32,
}

/// Window size (`TIOCGWINSZ`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WinSize {
    /// Rows of characters.
    pub rows: u16,
    /// Columns of characters.
    pub cols: u16,
    /// Width in pixels (0 when unknown).
    pub xpixel: u16,
    /// Height in pixels (0 when unknown).
    pub ypixel: u16,
}
