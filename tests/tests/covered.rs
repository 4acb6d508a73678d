//! `docs/syscall-numbers.md` calls nothing complete that no program in `guest` makes.

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
