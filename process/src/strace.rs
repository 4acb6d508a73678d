//! Tracing: `name(args) = result` lines in the manner of strace(1).

use crate::syscall::Args;
use crate::syscall::table::Row;
use crate::thread::{SysResult, Thread, lock};
use tawaki_abi::Errno;

/// Most bytes of a buffer that are shown.
const SHOWN: usize = 48;
/// Most bytes of a string: names are shown whole (`PATH_MAX`).
const SHOWN_NAME: usize = 4096;

/// Bytes as a C string literal; `more` says that they go on.
fn quoted(bytes: &[u8], more: bool) -> String {
    let mut out = String::from("\"");
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:o}")),
        }
    }
    out.push('"');
    if more {
        out.push_str("...");
    }
    out
}

impl Thread<'_> {
    /// A line of the trace, with the task's number.
    pub fn trace(&mut self, line: &str) {
        let tid = self.ids.tid.map_or(String::from("?"), |tid| tid.to_string());
        self.host.strace(&format!("[{tid}] {line}"));
    }

    fn shown_string(&self, addr: u64) -> String {
        if addr == 0 {
            return String::from("NULL");
        }
        let mut bytes = Vec::new();
        while bytes.len() < SHOWN_NAME {
            match self.load::<u8>(addr.wrapping_add(bytes.len() as u64)) {
                Ok(0) => return quoted(&bytes, false),
                Ok(byte) => bytes.push(byte),
                Err(_) => return format!("{addr:#x}"),
            }
        }
        quoted(&bytes, true)
    }

    fn shown_bytes(&self, addr: u64, len: u64) -> String {
        match self.read_vec(addr, len.min(SHOWN as u64)) {
            Ok(bytes) => quoted(&bytes, len > SHOWN as u64),
            Err(_) => format!("{addr:#x}"),
        }
    }

    /// The call as text, made before it is served (it may replace the program).
    pub fn trace_call(&mut self, row: Option<&Row>, number: u64, args: &Args) -> String {
        let Some(row) = row else { return format!("syscall_{number}({args:x?})") };
        let shown: Vec<String> = row
            .args
            .bytes()
            .zip(args.iter().enumerate())
            .map(|(kind, (i, &arg))| match kind {
                b'd' => self.signed(arg).to_string(),
                b'u' => arg.to_string(),
                b'o' => format!("{arg:#o}"),
                b's' => self.shown_string(arg),
                b'b' => self.shown_bytes(arg, args.get(i + 1).copied().unwrap_or(0)),
                b'p' if arg == 0 => String::from("NULL"),
                _ => format!("{arg:#x}"),
            })
            .map(|text| if text == "4294967196" { String::from("AT_FDCWD") } else { text })
            .collect();
        let name = lock(&self.shared.name).clone();
        let text = format!("{name}: {}({})", row.name, shown.join(", "));
        if row.name.starts_with("exit") || row.name.starts_with("exec") {
            self.trace(&text);
        }
        text
    }

    /// The finished line.
    pub fn trace_result(&mut self, call: String, result: SysResult) {
        let result = match result {
            Ok(value) if !(-4096..=65536).contains(&value) => format!("{value:#x}"),
            Ok(value) => value.to_string(),
            Err(errno) if errno.0 >= 512 => String::from("? (interrupted)"),
            Err(errno) => format!("-1 {errno:?} ({})", Errno::message(errno)),
        };
        self.trace(&format!("{call} = {result}"));
    }
}
