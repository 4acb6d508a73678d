//! The line discipline's input side: editing, echo, signals and flow control.

use super::*;
use tawaki_abi::signal::{SIGINT, SIGQUIT, SIGTSTP};

/// A control character's slot is disabled with this value.
const DISABLED: u8 = 0;

impl Tty {
    /// Takes typed bytes in.
    pub(super) fn receive(&mut self, bytes: &[u8], asked: &mut Vec<Asked>) {
        let plain = ISIG | ICANON | ECHO;
        if self.termios.lflag & plain == 0
            && self.termios.iflag & (ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IXON) == 0
        {
            let n = bytes.len().min(self.input_room());
            return self.add_raw(&bytes[..n]);
        }
        for &c in bytes {
            self.receive_char(c, asked);
        }
    }

    fn is(&self, c: u8, index: usize) -> bool {
        c != DISABLED && self.termios.cc[index] == c
    }

    fn receive_char(&mut self, c: u8, asked: &mut Vec<Asked>) {
        let iflag = self.termios.iflag;
        let mut c = if iflag & ISTRIP != 0 { c & 0x7f } else { c };
        if iflag & IUCLC != 0 && self.has(IEXTEN) {
            c = c.to_ascii_lowercase();
        }
        if core::mem::take(&mut self.literal) {
            return self.insert(c);
        }
        if iflag & IXON != 0 {
            if self.is(c, VSTART) {
                return self.stop(false);
            }
            if self.is(c, VSTOP) {
                return self.stop(true);
            }
        }
        if self.has(ISIG) {
            for (index, signo) in [(VINTR, SIGINT), (VQUIT, SIGQUIT), (VSUSP, SIGTSTP)] {
                if self.is(c, index) {
                    return self.signal_char(c, signo, asked);
                }
            }
        }
        if self.stopped && iflag & IXON != 0 && iflag & IXANY != 0 {
            self.stop(false);
        }
        match c {
            b'\r' if iflag & IGNCR != 0 => return,
            b'\r' if iflag & ICRNL != 0 => c = b'\n',
            b'\n' if iflag & INLCR != 0 => c = b'\r',
            _ => {}
        }
        if self.has(ICANON) { self.edit_char(c) } else { self.raw_char(c) }
    }

    fn signal_char(&mut self, c: u8, signo: u32, asked: &mut Vec<Asked>) {
        if !self.has(NOFLSH) {
            self.flush_input();
            self.flush_output();
            self.tell(PKT_FLUSHREAD | PKT_FLUSHWRITE);
        }
        self.stop(false);
        if self.has(ECHO) {
            self.echo(c);
        }
        asked.push(Asked::Signal(signo));
    }

    fn raw_char(&mut self, c: u8) {
        if self.input_room() == 0 {
            return self.overflow();
        }
        if self.has(ECHO) {
            self.echo(c);
        }
        self.add_raw(&[c]);
    }

    fn overflow(&mut self) {
        if self.termios.iflag & IMAXBEL != 0 {
            self.echo_plain(7);
        }
    }

    /// Makes bytes readable without regard to lines.
    pub(super) fn add_raw(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.ready += bytes.len();
        match self.lines.back_mut() {
            Some(last) if last.bytes.len() < 4096 => last.bytes.extend_from_slice(bytes),
            _ => self.lines.push_back(Line { bytes: bytes.to_vec(), pos: 0 }),
        }
    }

    fn edit_char(&mut self, c: u8) {
        let extended = self.has(IEXTEN);
        if self.is(c, VERASE) {
            return self.erase_char();
        }
        if extended && self.is(c, VWERASE) {
            return self.erase_word();
        }
        if self.is(c, VKILL) {
            return self.kill_line();
        }
        if extended && self.is(c, VLNEXT) {
            self.literal = true;
            if self.has(ECHO) && self.has(ECHOCTL) {
                self.echo_str(b"^\x08");
            }
            return;
        }
        if extended && self.has(ECHO) && self.is(c, VREPRINT) {
            self.echo(c);
            self.echo_plain(b'\n');
            for c in self.edit.clone() {
                self.echo(c);
            }
            return;
        }
        if c == b'\n' {
            if self.has(ECHO) || self.has(ECHONL) {
                self.echo_plain(b'\n');
            }
            return self.finish_line(Some(c));
        }
        if self.is(c, VEOF) {
            return self.finish_line(None);
        }
        if self.is(c, VEOL) || extended && self.is(c, VEOL2) {
            if self.has(ECHO) {
                self.echo(c);
            }
            return self.finish_line(Some(c));
        }
        self.insert(c);
    }

    /// Adds a character to the line (or, raw, to the input) literally.
    fn insert(&mut self, c: u8) {
        if !self.has(ICANON) {
            return self.raw_char(c);
        }
        if self.edit.len() + 1 >= MAX_LINE || self.input_room() == 0 {
            return self.overflow();
        }
        if self.edit.is_empty() {
            self.edit_column = self.column();
        }
        self.edit.push(c);
        if self.has(ECHO) {
            self.echo(c);
        }
    }

    fn finish_line(&mut self, last: Option<u8>) {
        let mut bytes = core::mem::take(&mut self.edit);
        bytes.extend(last);
        self.ready += bytes.len();
        self.lines.push_back(Line { bytes, pos: 0 });
    }

    /// Removes the last character from the line; returns its bytes.
    fn pop_char(&mut self) -> Option<Vec<u8>> {
        let mut at = self.edit.len().checked_sub(1)?;
        if self.termios.iflag & IUTF8 != 0 {
            while at > 0 && self.edit[at] & 0xc0 == 0x80 {
                at -= 1;
            }
        }
        Some(self.edit.split_off(at))
    }

    fn erase_char(&mut self) {
        let Some(char) = self.pop_char() else { return };
        self.unecho(&char);
    }

    /// Rubs an erased character out on the screen.
    fn unecho(&mut self, char: &[u8]) {
        if !self.has(ECHO) {
            return;
        }
        if !self.has(ECHOE) {
            let c = self.termios.cc[VERASE];
            return self.echo(c);
        }
        let first = char.first().copied().unwrap_or(0);
        if first == b'\t' {
            // As wide as it was: from where the text before it ends.
            let mut column = self.edit_column;
            for &c in &self.edit {
                column = match c {
                    b'\t' => (column / 8 + 1) * 8,
                    c if self.shows_caret(c) => column + 2,
                    c if c < 0x20 || c == 0x7f || c & 0xc0 == 0x80 => column,
                    _ => column + 1,
                };
            }
            for _ in column..(column / 8 + 1) * 8 {
                self.echo_plain(8);
            }
            return;
        }
        let width = match first {
            c if self.shows_caret(c) => 2,
            c if c < 0x20 || c == 0x7f => 0,
            _ => 1,
        };
        for _ in 0..width {
            self.echo_str(b"\x08 \x08");
        }
    }

    fn erase_word(&mut self) {
        let mut seen = false;
        while let Some(&c) = self.edit.last() {
            let word = c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80;
            if seen && !word {
                break;
            }
            seen |= word;
            let Some(char) = self.pop_char() else { break };
            self.unecho(&char);
        }
    }

    fn kill_line(&mut self) {
        if self.has(ECHO) && self.has(ECHOK) && self.has(ECHOKE) && self.has(ECHOE) {
            while let Some(char) = self.pop_char() {
                self.unecho(&char);
            }
            return;
        }
        self.edit.clear();
        if self.has(ECHO) {
            let c = self.termios.cc[VKILL];
            self.echo(c);
            if self.has(ECHOK) {
                self.echo_plain(b'\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tty() -> Tty {
        let mut tty = Tty::new(Side::Master { opens: 1, locked: false }, WinSize::default());
        tty.termios.iflag |= IUTF8;
        tty
    }

    /// Types `keys`; what can be read, and what is on the screen.
    fn typed(tty: &mut Tty, keys: &[u8]) -> (Vec<Vec<u8>>, String) {
        tty.receive(keys, &mut Vec::new());
        let mut lines = Vec::new();
        while tty.input_ready() {
            lines.push(tty.take_input(4096));
        }
        let shown = String::from_utf8_lossy(&tty.take_output(usize::MAX)).into_owned();
        (lines, shown)
    }

    #[test]
    fn canonical_editing() {
        type Case<'a> = (&'a [u8], &'a [&'a [u8]], &'a str);
        #[rustfmt::skip]
        let cases: &[Case] = &[
            (b"ab\r", &[b"ab\n"], "ab\r\n"),
            (b"abc\x7f\n", &[b"ab\n"], "abc\x08 \x08\r\n"),
            ("é\x7f\n".as_bytes(), &[b"\n"], "é\x08 \x08\r\n"),
            (b"\x01\x7f\n", &[b"\n"], "^A\x08 \x08\x08 \x08\r\n"),
            (b"two words\x17\n", &[b"two \n"], "two words\x08 \x08\x08 \x08\x08 \x08\x08 \x08\x08 \x08\r\n"),
            (b"ab\x15\n", &[b"\n"], "ab\x08 \x08\x08 \x08\r\n"),
            (b"a\tb\x7f\x7f\n", &[b"a\n"], "a\tb\x08 \x08\x08\x08\x08\x08\x08\x08\x08\r\n"),
            (b"\x16\x03\n", &[b"\x03\n"], "^\x08^C\r\n"),
            (b"ab\x12c\n", &[b"abc\n"], "ab^R\r\nabc\r\n"),
            (b"x\x04", &[b"x"], "x"),
            (b"\x04", &[b""], ""),
            (b"a\nb\n", &[b"a\n", b"b\n"], "a\r\nb\r\n"),
        ];
        for (keys, lines, shown) in cases {
            let (got, screen) = typed(&mut tty(), keys);
            assert_eq!(got, *lines, "{:?}", String::from_utf8_lossy(keys));
            assert_eq!(screen, *shown, "{:?}", String::from_utf8_lossy(keys));
        }
    }

    #[test]
    fn signals_flush_and_show() {
        let mut tty = tty();
        let mut asked = Vec::new();
        tty.receive(b"abc\x03", &mut asked);
        assert_eq!(asked, [Asked::Signal(SIGINT)]);
        assert!(!tty.input_ready());
        assert_eq!(tty.take_output(100), b"^C");
    }

    #[test]
    fn raw_mode() {
        let mut tty = tty();
        tty.receive(b"half", &mut Vec::new());
        tty.take_output(100);
        let mut raw = tty.termios;
        raw.lflag = 0;
        raw.iflag = 0;
        tty.set_termios(raw);
        assert_eq!(tty.take_input(100), b"half");
        let (got, shown) = typed(&mut tty, b"\x03\r\x7f");
        assert_eq!((got, shown.as_str()), (vec![b"\x03\r\x7f".to_vec()], ""));
        raw.cc[VMIN] = 3;
        tty.set_termios(raw);
        tty.receive(b"ab", &mut Vec::new());
        assert!(!tty.input_ready());
        tty.receive(b"c", &mut Vec::new());
        assert!(tty.input_ready());
    }

    #[test]
    fn flow_control() {
        let mut tty = tty();
        tty.receive(b"\x13", &mut Vec::new());
        assert!(tty.stopped);
        tty.receive(b"\x11", &mut Vec::new());
        assert!(!tty.stopped);
    }
}
