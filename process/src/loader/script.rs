//! `#!` lines (execve(2); Linux `fs/binfmt_script.c`).

use tawaki_abi::Errno;

/// Bytes of a file that are looked at.
pub const LINE: usize = 256;

/// Most interpreters in a chain.
pub const MAX_DEPTH: usize = 5;

/// A `#!` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Path of the interpreter.
    pub interpreter: Vec<u8>,
    /// The rest of the line as one argument.
    pub argument: Option<Vec<u8>>,
}

/// Parses the first bytes of a file; `None` when it is not a script. ENOEXEC
/// when the interpreter's name is missing or cut off by the end of the buffer.
pub fn parse(bytes: &[u8]) -> Option<Result<Script, Errno>> {
    let line = bytes.get(..bytes.len().min(LINE))?.strip_prefix(b"#!")?;
    Some(parse_line(line, bytes.len() >= LINE))
}

fn parse_line(line: &[u8], full: bool) -> Result<Script, Errno> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let (line, ended) = match line.iter().position(|b| matches!(b, b'\n' | 0)) {
        Some(end) => (&line[..end], true),
        None => (line, !full),
    };
    let start = line.iter().position(|b| !blank(b)).ok_or(Errno::ENOEXEC)?;
    let line = &line[start..];
    let name_end = line.iter().position(blank);
    if name_end.is_none() && !ended {
        // The name may go on past the buffer.
        return Err(Errno::ENOEXEC);
    }
    let (interpreter, rest) = line.split_at(name_end.unwrap_or(line.len()));
    let argument = rest.iter().position(|b| !blank(b)).map(|from| {
        let to = rest.iter().rposition(|b| !blank(b)).unwrap_or(from);
        rest[from..=to].to_vec()
    });
    Ok(Script { interpreter: interpreter.to_vec(), argument })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], want: Option<Result<(&str, Option<&str>), Errno>>) {
        let got = parse(text);
        let want = want.map(|r| {
            r.map(|(i, a)| Script { interpreter: i.into(), argument: a.map(|a| a.as_bytes().to_vec()) })
        });
        assert_eq!(got, want, "{:?}", String::from_utf8_lossy(text));
    }

    #[test]
    fn lines() {
        check(b"#!/bin/sh\necho", Some(Ok(("/bin/sh", None))));
        check(b"#! /usr/bin/env  python3 -u \nx", Some(Ok(("/usr/bin/env", Some("python3 -u")))));
        check(b"#!/bin/sh", Some(Ok(("/bin/sh", None))));
        check(b"#!\n", Some(Err(Errno::ENOEXEC)));
        check(b"#!   ", Some(Err(Errno::ENOEXEC)));
        check(b"#", None);
        check(b"", None);
        let mut long = b"#!/".to_vec();
        long.resize(300, b'x');
        check(&long, Some(Err(Errno::ENOEXEC)));
        long[40] = b' ';
        assert!(parse(&long).is_some_and(|r| r.is_ok()));
    }
}
