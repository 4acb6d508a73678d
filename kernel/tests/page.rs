//! `docs/syscalls.md` is what the table prints.

#[test]
fn the_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/syscalls.md");
    let page = tawaki_kernel::syscall_page();
    if std::env::var_os("TAWAKI_WRITE_DOCS").is_some() {
        std::fs::write(path, &page).expect("docs can be written");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page, "docs/syscalls.md differs from the table: run this test with TAWAKI_WRITE_DOCS=1");
}
