//! Guest memory: permissions at every edge, and nothing outside reached.

use tawaki_cpu::mem::{ADDRESS_END, AtomicFn, Partial};
use tawaki_cpu::{Access, Fault, FaultKind, GuestMemory, Perms};

fn memory() -> GuestMemory {
    let memory = GuestMemory::for_tests();
    memory.set_perms(0x100..0x102, Perms::READ | Perms::WRITE);
    memory.set_perms(0x102..0x103, Perms::READ);
    memory.set_perms(0xfffff..0x100000, Perms::READ | Perms::WRITE);
    memory
}

const EDGE: u64 = 0x10_2000;

#[test]
fn addresses_outside_fault_at_every_width() {
    let m = memory();
    for addr in [ADDRESS_END, ADDRESS_END + 0x10_0000, u64::MAX - 1, u64::MAX, 1 << 63] {
        let fault = |access| Fault { addr, kind: FaultKind::Unmapped, access };
        assert_eq!(m.load8(addr), Err(fault(Access::Read)));
        assert_eq!(m.load64(addr), Err(fault(Access::Read)));
        assert_eq!(m.load128(addr), Err(fault(Access::Read)));
        assert_eq!(m.store8(addr, 1), Err(fault(Access::Write)));
        assert_eq!(m.store32(addr, 1), Err(fault(Access::Write)));
        assert_eq!(m.load_rmw16(addr), Err(fault(Access::Write)));
        assert_eq!(m.atomic_rmw(2, addr, AtomicFn::Add, 1), Err(fault(Access::Write)));
        assert_eq!(m.atomic_cmpxchg128(addr, 0, 0), Err(fault(Access::Write)));
        assert!(m.read_bytes(addr, &mut [0; 3]).is_err());
        assert!(m.write_bytes(addr, &[0; 3]).is_err());
        assert!(m.fetch(addr, &mut [0; 15]).is_err());
        assert!(m.copy_in(addr, &[1]).is_err() && m.zero_range(addr..u64::MAX).is_err() == (addr < u64::MAX));
        assert!(m.fill(addr, 1, u64::MAX).is_err());
        assert!(m.copy_within(addr, EDGE - 8, 8).is_err() && m.copy_within(EDGE - 8, addr, 8).is_err());
    }
}

#[test]
fn the_last_page_ends_the_address_space() {
    let m = memory();
    assert_eq!(m.store64(ADDRESS_END - 8, 7), Ok(()));
    let fault = Fault { addr: ADDRESS_END, kind: FaultKind::Unmapped, access: Access::Write };
    assert_eq!(m.store64(ADDRESS_END - 7, 9), Err(fault));
    assert_eq!(m.load64(ADDRESS_END - 8), Ok(7));
}

#[test]
fn crossing_into_a_read_only_page() {
    let m = memory();
    assert_eq!(m.load32(EDGE - 2), Ok(0));
    let fault = Fault { addr: EDGE, kind: FaultKind::Protection, access: Access::Write };
    assert_eq!(m.store32(EDGE - 2, u32::MAX), Err(fault));
    assert_eq!(m.load16(EDGE - 2), Ok(0));
    assert_eq!(m.atomic_rmw(3, EDGE - 4, AtomicFn::Xchg, 5), Err(fault));
    assert_eq!(m.write_bytes(EDGE - 3, b"abcdef"), Err(Partial { done: 3, fault }));
    assert_eq!(m.load8(EDGE - 1), Ok(b'c'));
    // Loading a file into a read-only mapping is allowed; into nothing it is not.
    assert_eq!(m.copy_in(EDGE - 3, b"xyzuvw"), Ok(()));
    assert_eq!(m.load8(EDGE), Ok(b'u'));
    assert!(m.copy_in(EDGE + 0x1000, b"x").is_err());
}

#[test]
fn permissions_imply_what_x86_implies() {
    let m = memory();
    m.set_perms(1..2, Perms::WRITE);
    assert!(m.perms(1).contains(Perms::READ | Perms::MAPPED));
    m.set_perms(1..2, Perms::MAPPED);
    let fault = Fault { addr: 0x1000, kind: FaultKind::Protection, access: Access::Read };
    assert_eq!(m.load8(0x1000), Err(fault));
    m.set_perms(1..2, Perms::MAPPED | Perms::BUS);
    assert_eq!(m.load8(0x1000), Err(Fault { kind: FaultKind::Bus, ..fault }));
    m.set_perms(1..2, Perms::NONE);
    assert_eq!(m.load8(0x1000), Err(Fault { kind: FaultKind::Unmapped, ..fault }));
}

#[test]
fn writes_to_code_pages_are_noticed_once() {
    let m = memory();
    let generation = m.mark_code(0x100);
    let epoch = m.code_epoch();
    assert_eq!(m.load8(0x10_0000), Ok(0));
    assert_eq!((m.generation(0x100), m.code_epoch()), (generation, epoch));
    m.store8(0x10_0000, 1).unwrap();
    assert_ne!(m.generation(0x100), generation);
    assert_ne!(m.code_epoch(), epoch);
    let epoch = m.code_epoch();
    m.store8(0x10_0001, 1).unwrap();
    assert_eq!(m.code_epoch(), epoch, "only the first write pays");
    for write in 0..4 {
        let generation = m.mark_code(0x101);
        match write {
            0 => m.write_bytes(0x10_0ffe, &[0; 4]).unwrap(),
            1 => m.fill(0x10_1000, 0, 1).unwrap(),
            2 => m.zero_range(0x10_1000..0x10_1001).unwrap(),
            _ => m.set_perms(0x101..0x102, Perms::READ),
        }
        assert_ne!(m.generation(0x101), generation, "{write}");
    }
}

#[test]
fn a_failed_exchange_changes_nothing() {
    let m = memory();
    for (log2, offset) in [(0, 0), (1, 1), (1, 7), (2, 3), (2, 6), (3, 0), (3, 5)] {
        let at = 0x10_0100 + offset;
        m.store64(at, 0x1122_3344_5566_7788).unwrap();
        let mask = u64::MAX >> (64 - (8u32 << log2));
        let old = 0x1122_3344_5566_7788 & mask;
        assert_eq!(m.atomic_cmpxchg(log2, at, old ^ 1, 0), Ok(old));
        assert_eq!(m.load64(at), Ok(0x1122_3344_5566_7788));
        assert_eq!(m.atomic_cmpxchg(log2, at, old, !old), Ok(old));
        assert_eq!(m.load64(at), Ok((0x1122_3344_5566_7788 & !mask) | (!old & mask)));
    }
}
