//! Output processing (OPOST) and echo.

use super::{ECHO_SLACK, ECHOCTL, OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, Tty, XTABS};
use crate::event::OUTPUT_WINDOW;

impl Tty {
    /// Writes a program's output: as much as there is room for. Returns how much.
    pub fn write(&mut self, data: &[u8]) -> usize {
        let limit = self.output.len() + self.output_room();
        self.activity += 1;
        if self.termios.oflag & OPOST == 0 {
            let n = data.len().min(limit - self.output.len());
            self.output.extend(&data[..n]);
            return n;
        }
        for (n, &c) in data.iter().enumerate() {
            if self.output.len() >= limit {
                return n;
            }
            self.put(c);
        }
        data.len()
    }

    /// One character through output processing.
    pub(super) fn put(&mut self, c: u8) {
        let oflag = self.termios.oflag;
        if oflag & OPOST == 0 {
            self.output.push_back(c);
            return;
        }
        match c {
            b'\n' => {
                if oflag & ONLCR != 0 {
                    self.output.push_back(b'\r');
                }
                if oflag & (ONLCR | ONLRET) != 0 {
                    self.column = 0;
                }
                self.output.push_back(b'\n');
            }
            b'\r' if oflag & ONOCR != 0 && self.column == 0 => {}
            b'\r' if oflag & OCRNL != 0 => self.output.push_back(b'\n'),
            b'\r' => {
                self.column = 0;
                self.output.push_back(c);
            }
            b'\t' => {
                let spaces = 8 - self.column % 8;
                self.column = self.column.wrapping_add(spaces);
                if oflag & TABDLY == XTABS {
                    self.output.extend(core::iter::repeat_n(b' ', spaces as usize));
                } else {
                    self.output.push_back(c);
                }
            }
            8 => {
                self.column = self.column.saturating_sub(1);
                self.output.push_back(c);
            }
            _ => {
                // Bytes that continue a UTF-8 character take no column.
                if c >= 0x20 && c != 0x7f && c & 0xc0 != 0x80 {
                    self.column = self.column.wrapping_add(1);
                }
                let upper = oflag & OLCUC != 0;
                self.output.push_back(if upper { c.to_ascii_uppercase() } else { c });
            }
        }
    }

    fn echo_room(&self) -> bool {
        self.output.len() < OUTPUT_WINDOW as usize + ECHO_SLACK
    }

    /// Echoes a character as it is.
    pub(super) fn echo_plain(&mut self, c: u8) {
        if self.echo_room() {
            self.put(c);
        }
    }

    /// Echoes a typed character: control characters as `^X`.
    pub(super) fn echo(&mut self, c: u8) {
        if self.shows_caret(c) {
            self.echo_plain(b'^');
            self.echo_plain(c ^ 0x40);
        } else {
            self.echo_plain(c);
        }
    }

    /// Whether a character is echoed as two.
    pub(super) fn shows_caret(&self, c: u8) -> bool {
        self.has(ECHOCTL) && (c < 0x20 || c == 0x7f) && c != b'\t' && c != b'\n'
    }

    pub(super) fn echo_str(&mut self, text: &[u8]) {
        for &c in text {
            self.echo_plain(c);
        }
    }

    pub(super) fn column(&self) -> u32 {
        self.column
    }
}
