//! The extents that compiled code compares addresses with.

use std::ops::Range;

use tawaki_cpu::{GuestMemory, Perms};

const DATA: Perms = Perms(Perms::READ.0 | Perms::WRITE.0);

/// The extents as they are now; they changed with what was done since `before`, which is what says so now.
fn anew(m: &GuestMemory, before: &mut u64) -> [Range<u32>; 2] {
    assert_ne!(m.mappings(), *before, "a change that nobody is told of");
    *before = m.mappings();
    m.extents()
}

#[test]
fn extents_follow_the_permissions() {
    let m = GuestMemory::for_tests();
    let mut seen = 0;
    assert_eq!(anew(&m, &mut seen), [0..0, 0..0]);
    // A program: code, constants, data and heap; something else farther up.
    m.set_perms(0x400..0x410, Perms::READ | Perms::EXEC);
    m.set_perms(0x410..0x418, Perms::READ);
    m.set_perms(0x418..0x430, DATA);
    m.set_perms(0x800..0x900, DATA);
    assert_eq!(anew(&m, &mut seen), [0x400..0x430, 0x418..0x430]);
    // The heap grows.
    m.set_perms(0x430..0x440, DATA);
    assert_eq!(anew(&m, &mut seen), [0x400..0x440, 0x418..0x440]);
    // Pages that lack something, or hold code.
    m.set_perms(0x41c..0x41d, Perms::READ);
    assert_eq!(anew(&m, &mut seen), [0x400..0x440, 0x41d..0x440]);
    assert_eq!(m.reach([0x400, 0x418, 0x440]), [0x40, 4, 0x23]);
    assert_eq!(m.reach([0x3ff, 0x41c, 0x441]), [0, 0, 0]);
    assert_eq!([m.plain_end(0x41d), m.plain_end(0x41c), m.plain_end(u32::MAX)], [0x440, 0x41c, u32::MAX]);
    m.mark_code(0x43f);
    assert_eq!(anew(&m, &mut seen), [0x400..0x440, 0x41d..0x43f]);
    assert_eq!(m.reach([0x43f, 0x43d, 0x43f]), [1, 2, 0x22]);
    m.mark_code(0x41e);
    assert_eq!(anew(&m, &mut seen), [0x400..0x440, 0x41f..0x43f]);
    m.set_perms(0x420..0x421, Perms::MAPPED);
    assert_eq!(anew(&m, &mut seen), [0x400..0x420, 0x418..0x41c]);
    m.set_perms(0x400..0x900, Perms::NONE);
    assert_eq!(anew(&m, &mut seen), [0..0, 0..0]);
    // No more than is looked through in a moment.
    m.set_perms(0x400..0xfff00, DATA);
    assert_eq!(anew(&m, &mut seen), [0x400..0x4400, 0x400..0x4400]);
    assert_eq!(m.reach([0x400, 0xffefe, 0xfff00]), [0x4000, 2, 0x4000]);
    assert_eq!(m.reach([u32::MAX, u32::MAX, u32::MAX]), [0, 0, 0]);
}

#[test]
fn each_memory_tells_of_its_own_changes() {
    let (a, b) = (GuestMemory::for_tests(), GuestMemory::for_tests());
    assert_ne!(a.mappings(), b.mappings());
}

#[test]
fn threads_are_not_taken_over() {
    let m = GuestMemory::for_tests();
    assert!(!m.has_threads());
    m.require_precise_faults();
    m.note_threads();
    assert!(m.has_threads());
    let copy = GuestMemory::for_tests();
    copy.set_facts(m.facts());
    assert!(copy.precise_faults() && !copy.has_threads());
    m.new_program();
    assert!(!m.has_threads());
}
