#![allow(unsafe_code)] // The table of permissions is read as compiled code reads it: by its address.
//! The bits of the table that tell of two pages.

use std::sync::atomic::Ordering::SeqCst;

use tawaki_cpu::{GuestMemory, Perms};

/// The byte of a page.
fn byte(m: &GuestMemory, page: usize) -> Perms {
    assert!(page < tawaki_cpu::mem::PAGES);
    // SAFETY: the table has a byte for each page and lives as long as the memory.
    Perms(unsafe { &*m.perms_table().add(page) }.load(SeqCst))
}

/// What a page's byte says of it and the next.
fn both(m: &GuestMemory, page: usize) -> (bool, bool) {
    let byte = byte(m, page);
    (byte.contains(Perms::READ_BOTH), byte.contains(Perms::WRITE_BOTH))
}

#[test]
fn the_table_tells_of_the_next_page() {
    let m = GuestMemory::for_tests();
    let all = |m: &GuestMemory, pages: std::ops::Range<usize>| pages.map(|p| both(m, p)).collect::<Vec<_>>();
    m.set_perms(0x100..0x103, Perms::READ | Perms::WRITE);
    assert_eq!(all(&m, 0xff..0x103), [(false, false), (true, true), (true, true), (false, false)]);
    // Before, behind, and in the middle.
    m.set_perms(0xff..0x100, Perms::READ);
    m.set_perms(0x103..0x104, Perms::READ | Perms::WRITE);
    assert_eq!(
        all(&m, 0xff..0x104),
        [(true, false), (true, true), (true, true), (true, true), (false, false)]
    );
    m.set_perms(0x101..0x102, Perms::READ);
    assert_eq!(all(&m, 0x100..0x103), [(true, false), (true, false), (true, true)]);
    m.set_perms(0x101..0x102, Perms::MAPPED);
    assert_eq!(all(&m, 0x100..0x103), [(false, false), (false, false), (true, true)]);
    m.set_perms(0x101..0x102, Perms::READ | Perms::WRITE);
    assert_eq!(all(&m, 0x100..0x103), [(true, true), (true, true), (true, true)]);
    // A page that code is decoded from must not be written without notice.
    m.mark_code(0x102);
    assert_eq!(all(&m, 0x100..0x104), [(true, true), (true, false), (true, false), (false, false)]);
    // It is not asked for, and not told.
    m.set_perms(0x104..0x105, Perms::READ_BOTH | Perms::WRITE_BOTH);
    assert_eq!((both(&m, 0x104), m.perms(0x104)), ((false, false), Perms::NONE));
    assert_eq!(m.perms(0x100), Perms::READ | Perms::WRITE | Perms::MAPPED);
    // The last page of all has no next.
    m.set_perms(0xfffff..0x100000, Perms::READ | Perms::WRITE);
    assert_eq!(both(&m, 0xfffff), (false, false));
}

/// Whoever changes one of two pages, and in whatever order: never is more promised than is so.
#[test]
fn the_table_promises_nothing_too_much() {
    let m = GuestMemory::for_tests();
    for round in 0..2000u32 {
        std::thread::scope(|s| {
            s.spawn(|| m.set_perms(0x100..0x102, Perms::READ | Perms::WRITE));
            s.spawn(|| {
                if round % 3 == 0 { _ = m.mark_code(0x101) } else { m.set_perms(0x101..0x103, Perms::NONE) }
            });
            s.spawn(|| m.set_perms(0x100..0x103, Perms::READ));
        });
        for page in 0xff..0x103 {
            let two = [page, page + 1].map(|p| byte(&m, p));
            let (read, write) = both(&m, page);
            assert!(!read || two.iter().all(|p| p.contains(Perms::READ)), "{round} {page:#x} {two:?}");
            let plain = |p: &Perms| p.contains(Perms::WRITE) && !p.contains(Perms::CODE);
            assert!(!write || two.iter().all(plain), "{round} {page:#x} {two:?}");
        }
    }
}
