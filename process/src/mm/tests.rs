//! The address space against a simple model: one entry per page.

use super::remap::Remap;
use super::space::{AddressSpace, MappedFile};
use super::vma::{Kind, Vma};
use crate::host::{Host, OutOfMemory};
use proptest::prelude::*;
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use tawaki_abi::Errno;
use tawaki_abi::fs::Timespec;
use tawaki_abi::wire::FileId;
use tawaki_cpu::{GuestMemory, Perms};

struct TestHost {
    memory: Arc<GuestMemory>,
    end: u64,
}

impl Host for TestHost {
    fn memory(&self) -> Arc<GuestMemory> {
        self.memory.clone()
    }
    fn memory_end(&self) -> u64 {
        self.end
    }
    fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory> {
        let before = self.end;
        self.end = self.end.max(end);
        Ok(before)
    }
    fn lowest_address(&self) -> u64 {
        0x1_0000
    }
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn realtime_ns(&self) -> u64 {
        0
    }
    fn cpu_ns(&self) -> u64 {
        0
    }
    fn copy_from_parent(&mut self, _: &[Range<u64>]) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }
    fn log(&mut self, _: &str) {}
}

const BASE: u32 = 0x100;

#[derive(Clone, Debug)]
enum Op {
    Map(u32, u32, u32),
    Unmap(u32, u32),
    Protect(u32, u32, u32),
    Discard(u32, u32),
    Store(u32, u8),
    Remap(u32, u32, u32),
}

fn op() -> impl Strategy<Value = Op> {
    let page = 0u32..24;
    let count = 1u32..6;
    let prot = prop_oneof![Just(0u32), Just(1), Just(3), Just(5)];
    prop_oneof![
        (page.clone(), count.clone(), prot.clone()).prop_map(|(p, c, r)| Op::Map(p, c, r)),
        (page.clone(), count.clone()).prop_map(|(p, c)| Op::Unmap(p, c)),
        (page.clone(), count.clone(), prot).prop_map(|(p, c, r)| Op::Protect(p, c, r)),
        (page.clone(), count.clone()).prop_map(|(p, c)| Op::Discard(p, c)),
        (page.clone(), any::<u8>()).prop_map(|(p, v)| Op::Store(p, v)),
        (page, count.clone(), count).prop_map(|(p, c, n)| Op::Remap(p, c, n)),
    ]
}

/// Per page: protection and the byte stored in it.
type Model = BTreeMap<u32, (u32, u8)>;

fn apply(space: &mut AddressSpace, host: &mut TestHost, model: &mut Model, op: &Op) {
    let area = |p: u32, c: u32| BASE + p..BASE + p + c;
    let anon = |prot| Vma { end: 0, prot, shared: false, may_write: true, marks: 0, kind: Kind::Anon };
    match *op {
        Op::Map(p, c, prot) => {
            assert_eq!(space.map(host, area(p, c), anon(prot)), Ok(vec![]));
            model.extend(area(p, c).map(|page| (page, (prot, 0))));
        }
        Op::Unmap(p, c) => {
            space.unmap(area(p, c));
            model.retain(|page, _| !area(p, c).contains(page));
        }
        Op::Protect(p, c, prot) => {
            let whole = area(p, c).all(|page| model.contains_key(&page));
            let result = space.mprotect(host, area(p, c), prot);
            assert_eq!(result, if whole { Ok(()) } else { Err(Errno::ENOMEM) });
            // As on Linux, what lies before the first hole is changed.
            for page in area(p, c) {
                match model.get_mut(&page) {
                    Some(entry) => entry.0 = prot,
                    None => break,
                }
            }
        }
        Op::Discard(p, c) => {
            space.discard(area(p, c));
            for page in area(p, c) {
                if let Some(entry) = model.get_mut(&page) {
                    entry.1 = 0;
                }
            }
        }
        Op::Store(p, value) => {
            let page = BASE + p;
            let writable = model.get(&page).is_some_and(|e| e.0 & 2 != 0);
            let addr = u64::from(page) << 12;
            // As the trap loop does.
            let mut stored = host.memory.store8(addr, value);
            if stored.is_err() && space.fault_in(addr) {
                stored = host.memory.store8(addr, value);
            }
            assert_eq!(stored.is_ok(), writable);
            if let Some(entry) = model.get_mut(&page)
                && writable
            {
                entry.1 = value;
            }
        }
        Op::Remap(p, c, new) => {
            let old = area(p, c);
            let what = Remap { old: old.clone(), count: new, may_move: true, to: None, keep: false };
            let same =
                old.clone().all(|page| model.get(&page).map(|e| e.0) == model.get(&old.start).map(|e| e.0));
            let Some(&(prot, _)) = model.get(&old.start) else {
                assert_eq!(space.remap(host, &what).err(), Some(Errno::EFAULT));
                return;
            };
            if !same {
                assert_eq!(space.remap(host, &what).err(), Some(Errno::EFAULT));
                return;
            }
            let start = space.remap(host, &what).expect("room enough").start;
            let kept: Vec<(u32, u8)> = old.clone().map(|page| model[&page]).collect();
            model.retain(|page, _| !old.contains(page));
            for i in 0..new {
                let value = kept.get(i as usize).map_or((prot, 0), |&entry| entry);
                assert_eq!(model.insert(start + i, value), None, "remap took a mapped page");
            }
        }
    }
}

fn compare(space: &mut AddressSpace, memory: &GuestMemory, model: &Model) {
    for page in BASE..BASE + 64 {
        let entry = model.get(&page);
        assert_eq!(space.vmas().find(page).is_some(), entry.is_some(), "page {page:#x}");
        let want = match entry {
            None | Some((0, _)) => 0,
            Some((prot, _)) => (if *prot & 2 != 0 { 3 } else { *prot as u8 | 1 }) & 7,
        };
        if want != 0 && memory.perms(page) == Perms::NONE && page % 3 == 0 {
            assert!(space.fault_in(u64::from(page) << 12), "page {page:#x} of {entry:?}");
        }
        if want != 0 && memory.perms(page) == Perms::NONE {
            // Not touched yet.
            assert_eq!(entry.map(|e| e.1), Some(0), "page {page:#x} lost its data");
            continue;
        }
        assert_eq!(memory.perms(page).0 & 7, want, "page {page:#x} of {entry:?}");
        if let Some(&(prot, value)) = entry
            && prot != 0
        {
            assert_eq!(memory.load8(u64::from(page) << 12), Ok(value), "page {page:#x}");
        }
    }
    // No area may touch one that could be joined to it.
    let areas: Vec<_> = space.vmas().iter().collect();
    for pair in areas.windows(2) {
        assert!(pair[0].0.end <= pair[1].0.start);
        assert!(pair[0].0.end < pair[1].0.start || pair[0].1.prot != pair[1].1.prot, "not merged");
    }
}

/// What the dynamic loader does: a library mapped whole, then its segments over that.
#[test]
fn a_file_mapped_over_itself_is_not_read_again() {
    let memory = Arc::new(GuestMemory::for_tests());
    let mut host = TestHost { memory: memory.clone(), end: 0x1_0000 };
    let mut space = AddressSpace::new(&host);
    let id = FileId { ino: 7, size: 0x4000, ..FileId::default() };
    let file = space.add_file(MappedFile { id, handle: None, keep: None, hashes: BTreeMap::new() });
    let shows = |prot, page| Vma {
        end: 0,
        prot,
        shared: false,
        may_write: true,
        marks: 0,
        kind: Kind::File { file, page },
    };
    let all = BASE..BASE + 4;
    assert!(!space.map_same(all.clone(), &shows(1, 0)), "nothing is there");
    space.map(&mut host, all.clone(), shows(1, 0)).unwrap();
    assert!(!space.map_same(BASE + 1..BASE + 2, &shows(5, 1)), "not read yet");
    space.load(u64::from(BASE) << 12, &[9; 0x4000]);
    space.note_read(all);
    assert!(space.map_same(BASE + 1..BASE + 2, &shows(5, 1)));
    assert!(!space.map_same(BASE + 2..BASE + 3, &shows(5, 3)), "another page");
    assert!(!space.map_same(BASE + 3..BASE + 5, &shows(1, 3)), "a hole");
    assert!(space.map_same(BASE + 2..BASE + 4, &shows(3, 2)));
    assert!(!space.map_same(BASE + 2..BASE + 4, &shows(1, 2)), "it was writable");
    space.mprotect(&mut host, BASE..BASE + 1, 3).unwrap();
    space.mprotect(&mut host, BASE..BASE + 1, 1).unwrap();
    assert!(!space.map_same(BASE..BASE + 1, &shows(1, 0)), "it was writable");
    space.load(u64::from(BASE + 1) << 12, &[1]);
    assert!(!space.map_same(BASE + 1..BASE + 2, &shows(1, 1)), "a debugger has written");
    assert_eq!(memory.load8(u64::from(BASE + 2) << 12), Ok(9));
    space.clear();
}

#[test]
fn address_space_is_the_model() {
    // One memory for all cases: `clear` must leave it as new.
    let memory = Arc::new(GuestMemory::for_tests());
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(lazy in prop_oneof![Just(u32::MAX), Just(2u32)], ops in proptest::collection::vec(op(), 1..40))| {
        let mut host = TestHost { memory: memory.clone(), end: 0x1_0000 };
        let mut space = AddressSpace::new(&host);
        space.layout.mmap_base = BASE + 32;
        space.lazy = lazy;
        let mut model = Model::new();
        for op in &ops {
            apply(&mut space, &mut host, &mut model, op);
            compare(&mut space, &memory, &model);
        }
        space.clear();
        for page in BASE..BASE + 64 {
            prop_assert_eq!(memory.perms(page), Perms::NONE);
            memory.set_perms(page..page + 1, Perms::READ);
            prop_assert_eq!(memory.load8(u64::from(page) << 12), Ok(0));
            memory.set_perms(page..page + 1, Perms::NONE);
        }
    });
}

#[test]
fn stolen_memory_is_avoided() {
    struct Thief(TestHost, u64);
    impl Host for Thief {
        fn memory(&self) -> Arc<GuestMemory> {
            self.0.memory()
        }
        fn memory_end(&self) -> u64 {
            self.0.end
        }
        fn grow_to(&mut self, end: u64) -> Result<u64, OutOfMemory> {
            // The emulator took some since.
            let before = self.0.end + std::mem::take(&mut self.1);
            self.0.end = before.max(end);
            Ok(before)
        }
        fn monotonic_ns(&self) -> u64 {
            0
        }
        fn realtime_ns(&self) -> u64 {
            0
        }
        fn cpu_ns(&self) -> u64 {
            0
        }
        fn copy_from_parent(&mut self, _: &[Range<u64>]) -> Result<(), OutOfMemory> {
            Err(OutOfMemory)
        }
        fn log(&mut self, _: &str) {}
    }
    let mut host = Thief(TestHost { memory: Arc::new(GuestMemory::for_tests()), end: 0x10_0000 }, 0x1_0000);
    let mut space = AddressSpace::new(&host);
    let stolen = 0x100..0x110;
    let start = space.place(&mut host, 0x200, 0, true).expect("room");
    assert!(start >= stolen.end, "{start:#x} lies in stolen memory");
    // What lies below the theft is still handed out.
    assert_eq!(space.place(&mut host, 0x10, 0, true), Ok(0x10));

    // What is reserved is there to be used, whatever the emulator takes later.
    let anon = |prot| Vma { end: 0, prot, shared: false, may_write: true, marks: 0, kind: Kind::Anon };
    let start = space.place(&mut host, 0x400, 0, false).expect("room");
    space.map(&mut host, start..start + 0x400, anon(0)).expect("reserved");
    host.1 = 0x20_0000;
    let next = space.place(&mut host, 0x400, 0, true).expect("room");
    assert!(next >= start + 0x400 + 0x200, "{next:#x} lies in stolen memory");
    space.mprotect(&mut host, start..start + 0x400, 3).expect("reserved before");

    // Also a heap as high as Java machines have it.
    let heap = 0xa_aa00..0xe_aa00;
    assert_eq!(space.place(&mut host, 0x10, heap.start - 0x10, true), Ok(heap.start - 0x10));
    space.map(&mut host, heap.clone(), anon(0)).expect("reserved");
    host.1 = 0x100_0000;
    space.place(&mut host, 0x10, heap.end + 0x2000, true).expect("room");
    space.mprotect(&mut host, heap.start..heap.start + 0x200, 3).expect("reserved before");
}

#[test]
fn a_library_has_its_place_whatever_was_mapped_before() {
    let id = |ino: u64, path: &str| FileId {
        dev: 1,
        ino,
        size: 0,
        mtime: Timespec::default(),
        path: ByteBuf::from(path),
    };
    let files = [
        (id(10, "/lib/libm.so.6"), 0xe0),
        (id(11, "/lib/libc.so.6"), 0x1d0),
        (id(12, "/lib/ld-linux.so.2"), 0x30),
    ];
    let place = |order: &[usize]| {
        let mut host = TestHost { memory: Arc::new(GuestMemory::for_tests()), end: 0x1000_0000 };
        let mut space = AddressSpace::new(&host);
        let mut places = vec![0; files.len()];
        for &i in order {
            let (id, count) = &files[i];
            let start = space.place_file(&mut host, *count, id).expect("room");
            let vma = Vma { end: 0, prot: 1, shared: false, may_write: true, marks: 0, kind: Kind::Anon };
            space.map(&mut host, start..start + count, vma).expect("room");
            places[i] = start;
        }
        // A second one finds its place taken.
        let again = space.place_file(&mut host, files[1].1, &files[1].0).expect("room");
        assert!(!places.contains(&again));
        // A file that is no library, and one too large, go where anything goes.
        let other = space.place_file(&mut host, 1, &id(10, "/tmp/file")).expect("room");
        let large = space.place_file(&mut host, 0x2000, &files[0].0).expect("room");
        assert!(other < 0x1000 && large < 0x1000, "{other:#x} {large:#x}");
        places
    };
    assert_eq!(place(&[0, 1, 2]), place(&[2, 1, 0]));
}

#[test]
fn a_thread_discards_its_own_stack_whole() {
    let mut host = TestHost { memory: Arc::new(GuestMemory::for_tests()), end: 0x1000_0000 };
    let memory = host.memory();
    let mut space = AddressSpace::new(&host);
    space.lazy = u32::MAX;
    let stack = 0x200..0x600;
    let vma = Vma { end: 0, prot: 3, shared: false, may_write: true, marks: 0, kind: Kind::Anon };
    space.map(&mut host, stack.clone(), vma).expect("room");
    // Far apart: between them nothing was ever used.
    let used = [0x5feu32, 0x5fd, 0x5f0, 0x300];
    for offset in [0, 1, 511, 512, 2048, 4095] {
        for page in used {
            memory.write_bytes((u64::from(page) << 12) + offset, &[7]).unwrap();
        }
        space.discard(0x200..0x5ff);
        for page in used {
            let mut byte = [1];
            memory.read_bytes((u64::from(page) << 12) + offset, &mut byte).unwrap();
            assert_eq!(byte, [0], "{page:#x}");
        }
    }
}
