//! `docs/syscalls.md` and `docs/syscall-numbers.md` call nothing complete that no program in `guest` makes, or of
//! which they say that something is missing; and what is partial says why.

use std::path::Path;

use tawaki_process::syscall::table::{Support, TABLE};

/// What a row is called in C, where that is not its name.
const NAMES: &[(&str, &str)] = &[
    ("_newselect", "select"),
    ("chown32", "chown"),
    ("fcntl64", "fcntl"),
    ("newfstatat", "fstatat"),
    ("exit_group", "_exit"),
    ("mmap2", "mmap"),
    ("olduname", "uname"),
    ("prlimit64", "prlimit|setrlimit|getrlimit"),
    ("ugetrlimit", "getrlimit|setrlimit"),
    ("mq_getsetattr", "mq_getattr|mq_setattr"),
    ("socketcall", "socket"),
    ("wait4", "waitpid|wait4"),
    ("signalfd4", "signalfd"),
    ("eventfd2", "eventfd"),
    ("faccessat2", "faccessat2"),
    ("rt_sigreturn", "sigaction"),
    ("sigreturn", "sigaction"),
    ("umount", "umount"),
    ("pselect6", "pselect"),
];

/// Endings that only say how wide something is.
const ENDINGS: &[&str] = &["_time64", "64", "32"];

fn word_in(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].strip_suffix("SYS_").unwrap_or(&text[..at]);
        !before.ends_with(|c: char| part(c) || c == '_')
            && !text[at + word.len()..].starts_with(|c: char| part(c) || c == '_')
    })
}

#[test]
fn complete_calls_are_tested() {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest");
    let mut text = String::new();
    for entry in std::fs::read_dir(guest).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "c" || e == "h") {
            text += &std::fs::read_to_string(entry.path()).unwrap();
        }
    }
    let missing: Vec<&str> = TABLE
        .iter()
        .filter(|row| row.support == Support::Full)
        .map(|row| row.name)
        .filter(|name| {
            let mut names = vec![*name, name.trim_start_matches("rt_"), name.trim_start_matches('_')];
            names.extend(ENDINGS.iter().filter_map(|ending| name.strip_suffix(ending)));
            names.extend(ENDINGS.iter().filter_map(|e| name.strip_prefix("rt_")?.strip_suffix(e)));
            let known = NAMES.iter().filter(|(row, _)| row == name).flat_map(|(_, c)| c.split('|'));
            names.extend(known);
            !names.iter().any(|name| word_in(&text, name))
        })
        .collect();
    assert!(missing.is_empty(), "no guest program makes these calls: {missing:?}");
}

#[test]
fn complete_calls_lack_nothing_and_others_say_what() {
    let kernel = tawaki_kernel::TABLE.iter().map(|row| (row.names, format!("{:?}", row.support), row.note));
    let process = TABLE.iter().map(|row| (row.name, format!("{:?}", row.support), row.note));
    let wrong: Vec<String> = kernel
        .chain(process)
        .filter(|(_, support, note)| match support.as_str() {
            "Full" => !note.is_empty(),
            "Partial" => note.is_empty(),
            _ => false,
        })
        .map(|(name, support, note)| format!("{name}: {support}, {note:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The calls that a row's note is about: those before a colon, or all.
fn concerned(row: &tawaki_kernel::Row) -> Vec<&'static str> {
    let names: Vec<_> = row.names.split(' ').collect();
    let head: Vec<_> =
        row.note.split_once(": ").map_or_else(Vec::new, |(head, _)| head.split(", ").collect());
    if !head.is_empty() && head.iter().all(|name| names.contains(name)) { head } else { names }
}

#[test]
fn the_two_tables_agree() {
    let mut wrong = Vec::new();
    for row in tawaki_kernel::TABLE.iter().filter(|row| !row.names.contains('(')) {
        let partial = concerned(row);
        for name in row.names.split(' ') {
            let mut found = TABLE.iter().filter(|r| r.name == name).peekable();
            if found.peek().is_none() {
                wrong.push(format!("{name}: no number"));
            }
            let full = found.any(|r| r.support == Support::Full);
            if full && row.support == tawaki_kernel::Support::Partial && partial.contains(&name) {
                wrong.push(format!("{name}: full by number, but {}", row.note));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
