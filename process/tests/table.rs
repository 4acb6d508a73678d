//! `docs/syscall-numbers.md` is the table, printed.

#[test]
fn page_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/syscall-numbers.md");
    let want = tawaki_process::syscall::table::markdown();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &want).expect("docs/ is writable");
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(have == want, "docs/syscall-numbers.md is not the table: run with UPDATE=1 to print it anew");
}
