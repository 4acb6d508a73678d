//! The language of the case files: one operation a line, `->` before what must
//! come out. See `cases/names.txt` for examples of every operation.

use super::until_done;
use std::collections::HashMap;
use tawaki_abi::fs::{OpenFlags, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK, Timespec};
use tawaki_vfs::{
    Access, At, Context, Creds, FileKind, FsError, FsResult, Location, Powers, RenameFlags, SetAttr, TimeSet,
    Vfs,
};

pub struct Machine {
    pub vfs: Vfs,
    creds: Creds,
    now: Timespec,
    cwd: Location,
    root: Location,
    open: HashMap<String, Location>,
}

type Answer = FsResult<String>;

/// Splits at blanks; "double quotes" keep a word together, `@N*c` is N times c.
fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').expect("closing quote");
            out.push(quoted[..end].to_owned());
            rest = quoted[end + 1..].trim_start();
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            out.push(expand(&rest[..end]));
            rest = rest[end..].trim_start();
        }
    }
    out
}

/// `a@3*xy` is `axyxyxy`: long names and paths.
fn expand(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        let Some((count, tail)) = rest[at + 1..].split_once('*') else {
            break;
        };
        out.push_str(&rest[..at]);
        let end = tail.find('@').unwrap_or(tail.len());
        out.push_str(&tail[..end].repeat(count.parse().expect("count")));
        rest = &tail[end..];
    }
    out + rest
}

fn number(word: &str) -> u64 {
    let (digits, unit) = match word.as_bytes().last() {
        Some(b'K') => (&word[..word.len() - 1], 1 << 10),
        Some(b'M') => (&word[..word.len() - 1], 1 << 20),
        Some(b'G') => (&word[..word.len() - 1], 1 << 30),
        _ => (word, 1),
    };
    digits.parse::<u64>().unwrap_or_else(|_| panic!("number {word}")) * unit
}

fn octal(word: &str) -> u32 {
    u32::from_str_radix(word, 8).unwrap_or_else(|_| panic!("octal {word}"))
}

fn flags(word: &str) -> OpenFlags {
    word.split('|').fold(OpenFlags::empty(), |flags, name| {
        flags
            | match name {
                "RDONLY" => OpenFlags::empty(),
                "LARGE" => OpenFlags::LARGEFILE,
                _ => OpenFlags::from_name(name).unwrap_or_else(|| panic!("flag {name}")),
            }
    })
}

fn kind_word(kind: Option<FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Regular) => "reg",
        Some(FileKind::Directory) => "dir",
        Some(FileKind::Symlink) => "lnk",
        Some(FileKind::Fifo) => "fifo",
        Some(FileKind::Socket) => "sock",
        Some(FileKind::CharDevice) => "chr",
        Some(FileKind::BlockDevice) => "blk",
        None => "?",
    }
}

impl Machine {
    pub fn new(vfs: Vfs) -> Self {
        let root = vfs.root().expect("a root");
        Machine { vfs, creds: Creds::root(), now: super::NOW, cwd: root, root, open: HashMap::new() }
    }

    /// Runs a case; panics with the line that went wrong.
    pub fn run(&mut self, file: &str, text: &str) {
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (operation, expected) = match line.split_once("->") {
                Some((operation, expected)) => (operation, Some(expected.trim())),
                None => (line, None),
            };
            let answer = until_done(|| self.step(&words(operation)));
            let got = match &answer {
                Ok(text) => text.trim().to_owned(),
                Err(FsError::Errno(errno)) => format!("{errno:?}"),
                Err(error) => error.to_string(),
            };
            let fine = match expected {
                Some(expected) => got == words(expected).join(" "),
                None => answer.is_ok(),
            };
            assert!(fine, "{file}:{}: {line}\n  gives: {got}", i + 1);
        }
    }

    fn step(&mut self, words: &[String]) -> Answer {
        let creds = self.creds.clone();
        let cx = &Context::new(&creds, self.now);
        let at = &At { root: self.root, base: self.cwd };
        let arg = |i: usize| words.get(i).map_or("", String::as_str);
        let path = |i: usize| arg(i).as_bytes();
        let ok = Ok(String::new());
        let vfs = &mut self.vfs;
        match arg(0) {
            "as" => {
                let mut ids = arg(1).split(':').map(|id| id.parse().expect("id"));
                let uid = ids.next().unwrap_or(0);
                self.creds = Creds {
                    uid,
                    gid: ids.next().unwrap_or(0),
                    groups: ids.collect(),
                    powers: if uid == 0 { Powers::all() } else { Powers::empty() },
                };
            }
            "time" => self.now.sec = number(arg(1)) as i64,
            "cd" => self.cwd = vfs.lookup(cx, at, path(1), true)?,
            "mkdir" => {
                vfs.mkdir(cx, at, path(1), octal(arg(2)))?;
            }
            "create" => {
                let flags = OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::WRONLY;
                let opened = vfs.open(cx, at, path(1), flags, octal(arg(2)))?;
                vfs.close_ref(cx, opened.location);
            }
            "mknod" => {
                let kind = match arg(2) {
                    "fifo" => S_IFIFO,
                    "sock" => S_IFSOCK,
                    "chr" => S_IFCHR,
                    "blk" => S_IFBLK,
                    other => panic!("node type {other}"),
                };
                let rdev = if arg(4).is_empty() { 0 } else { number(arg(4)) };
                vfs.mknod(cx, at, path(1), kind | octal(arg(3)), rdev)?;
            }
            "symlink" => {
                vfs.symlink(cx, path(1), at, path(2))?;
            }
            "link" => {
                let old = vfs.lookup(cx, at, path(1), false)?;
                vfs.link(cx, old, at, path(2))?;
            }
            "unlink" => vfs.unlink(cx, at, path(1))?,
            "rmdir" => vfs.rmdir(cx, at, path(1))?,
            "rename" | "exchange" | "noreplace" => {
                let flags = match arg(0) {
                    "exchange" => RenameFlags::EXCHANGE,
                    "noreplace" => RenameFlags::NOREPLACE,
                    _ => RenameFlags::empty(),
                };
                vfs.rename(cx, at, path(1), at, path(2), flags)?;
            }
            "write" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                let data = arg(3).as_bytes();
                let n = vfs.write(cx, file, number(arg(2)), data)?;
                return Ok(if n == data.len() { String::new() } else { format!("{n}") });
            }
            "fill" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                let byte = arg(4).as_bytes()[0];
                let data = vec![byte; number(arg(3)) as usize];
                let n = vfs.write(cx, file, number(arg(2)), &data)?;
                return Ok(if n == data.len() { String::new() } else { "short".to_owned() });
            }
            "read" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                return read(vfs, cx, file, number(arg(2)), number(arg(3)));
            }
            "count" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                return count(vfs, cx, file);
            }
            "truncate" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                vfs.truncate(cx, file, number(arg(2)), true)?;
            }
            "fallocate" => {
                let file = vfs.lookup(cx, at, path(1), true)?;
                vfs.fallocate(cx, file, number(arg(2)), number(arg(3)), false)?;
            }
            "readlink" => {
                let link = vfs.lookup(cx, at, path(1), false)?;
                let text = vfs.readlink(cx, link)?;
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            "ls" => {
                let dir = vfs.lookup(cx, at, path(1), true)?;
                let mut names = Vec::new();
                vfs.readdir(cx, dir, 0, &mut |entry| {
                    names.push(String::from_utf8_lossy(entry.name).into_owned());
                    true
                })?;
                names.retain(|name| name != "." && name != ".." && name != "lost+found");
                names.sort();
                return Ok(names.join(" "));
            }
            "exists" => {
                vfs.lookup(cx, at, path(1), false)?;
            }
            "same" => {
                let one = vfs.lookup(cx, at, path(1), true)?;
                let two = vfs.lookup(cx, at, path(2), true)?;
                return Ok((one == two).to_string());
            }
            "path" => {
                let place = vfs.lookup(cx, at, path(1), true)?;
                let text = vfs.path_of(cx, at.root, place)?;
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            "stat" | "hstat" => {
                let place =
                    if arg(0) == "hstat" { self.open[arg(1)] } else { vfs.lookup(cx, at, path(1), false)? };
                return stat(vfs, cx, place, arg(2));
            }
            "access" => {
                let place = vfs.lookup(cx, at, path(1), true)?;
                let bits = octal(arg(2));
                vfs.access(cx, place, Access::from_bits_truncate(bits))?;
            }
            "chmod" | "chown" | "utime" => {
                let place = vfs.lookup(cx, at, path(1), arg(0) == "chmod")?;
                let mut set = SetAttr::default();
                let time = |word: &str| match word {
                    "-" => None,
                    "now" => Some(TimeSet::Now),
                    word => Some(TimeSet::At(Timespec { sec: word.parse().expect("seconds"), nsec: 0 })),
                };
                match arg(0) {
                    "chmod" => set.mode = Some(octal(arg(2))),
                    "utime" => (set.atime, set.mtime) = (time(arg(2)), time(arg(3))),
                    _ => {
                        let (uid, gid) = arg(2).split_once(':').expect("uid:gid");
                        (set.uid, set.gid) = (uid.parse().ok(), gid.parse().ok());
                    }
                }
                vfs.setattr(cx, place, &set)?;
            }
            "open" => {
                let mode = if arg(4).is_empty() { 0o644 } else { octal(arg(4)) };
                let opened = vfs.open(cx, at, path(2), flags(arg(3)), mode)?;
                self.open.insert(arg(1).to_owned(), opened.location);
                return Ok(if opened.created { "created" } else { "" }.to_owned());
            }
            "close" => {
                let place = self.open.remove(arg(1)).expect("handle");
                vfs.close_ref(cx, place);
            }
            "hread" => {
                let place = self.open[arg(1)];
                return read(vfs, cx, place, number(arg(2)), number(arg(3)));
            }
            "hwrite" => {
                vfs.write(cx, self.open[arg(1)], number(arg(2)), arg(3).as_bytes())?;
            }
            "hpath" => {
                let text = vfs.path_of(cx, at.root, self.open[arg(1)])?;
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            "hlink" => vfs.link(cx, self.open[arg(1)], at, path(2))?,
            other => panic!("operation {other}"),
        }
        ok
    }

    /// Closes what the case left open, and ends the machine.
    pub fn finish(mut self) -> Vec<String> {
        let creds = Creds::root();
        let cx = Context::new(&creds, self.now);
        for (_, place) in self.open.drain() {
            self.vfs.close_ref(&cx, place);
        }
        until_done(|| self.vfs.shutdown(&cx)).expect("shutdown");
        self.vfs.take_messages()
    }
}

fn read(vfs: &mut Vfs, cx: &Context, file: Location, offset: u64, len: u64) -> Answer {
    let mut buf = vec![0xAA; len as usize];
    let n = vfs.read(cx, file, offset, &mut buf)?;
    Ok(String::from_utf8_lossy(&buf[..n]).replace('\0', "."))
}

/// Contents as runs: `3*a 100*. 1*b`.
fn count(vfs: &mut Vfs, cx: &Context, file: Location) -> Answer {
    let mut runs: Vec<(u8, u64)> = Vec::new();
    let mut buf = vec![0; 1 << 20];
    let mut offset = 0;
    loop {
        let n = vfs.read(cx, file, offset, &mut buf)?;
        if n == 0 {
            break;
        }
        for &byte in &buf[..n] {
            match runs.last_mut() {
                Some((last, len)) if *last == byte => *len += 1,
                _ => runs.push((byte, 1)),
            }
        }
        offset += n as u64;
    }
    let show = |&(byte, len): &(u8, u64)| format!("{len}x{}", if byte == 0 { '.' } else { byte as char });
    Ok(runs.iter().map(show).collect::<Vec<_>>().join(" "))
}

/// Kind, mode, links, owner, size; or the one field asked for.
fn stat(vfs: &mut Vfs, cx: &Context, place: Location, field: &str) -> Answer {
    let s = vfs.stat(cx, place)?;
    let time = |t: Timespec| t.sec.to_string();
    Ok(match field {
        "" => format!(
            "{} {:o} {} {}:{} {}",
            kind_word(FileKind::from_mode(s.mode)),
            s.mode & 0o7777,
            s.nlink,
            s.uid,
            s.gid,
            s.size
        ),
        "mode" => format!("{:o}", s.mode & 0o7777),
        "links" => s.nlink.to_string(),
        "owner" => format!("{}:{}", s.uid, s.gid),
        "size" => s.size.to_string(),
        "blocks" => (s.blocks > 0).to_string(),
        "kind" => kind_word(FileKind::from_mode(s.mode)).to_owned(),
        "rdev" => s.rdev.to_string(),
        "atime" => time(s.atime),
        "mtime" => time(s.mtime),
        "ctime" => time(s.ctime),
        other => panic!("field {other}"),
    })
}
