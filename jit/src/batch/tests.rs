use std::ops::Range;

use super::*;

#[test]
fn where_jumps_lead_is_found_anew_after_some_batches() {
    let mut jumps = Jumps::default();
    jumps.begin(false);
    jumps.known = Some(FxHashMap::default());
    for _ in 2..Jumps::MAX_AGE {
        jumps.begin(false);
        assert!(jumps.known.is_some());
    }
    jumps.begin(false);
    assert!(jumps.known.is_none());
    jumps.known = Some(FxHashMap::default());
    jumps.begin(true);
    assert!(jumps.known.is_none(), "exact: looked for each time");
}

const START: u64 = 0x40_0000;

/// The modules formed for a block of a hot loop of so many blocks, where there is some code already.
fn form_loop(blocks: u64, hot: u64, settings: &Settings, code: &CodeCache, worth: Worth<'_>) -> Vec<Module> {
    let memory = GuestMemory::for_tests();
    memory.set_perms(0x400..0x402, Perms::READ | Perms::WRITE);
    // Each is a branch to the next one; the last jumps back.
    let back = (-(2 * (blocks as i32 - 1) + 5)).to_le_bytes();
    let bytes = [[0x75, 0].repeat(blocks as usize - 1), vec![0xe9], back.to_vec()].concat();
    memory.write_bytes(START, &bytes).expect("mapped");
    memory.set_perms(0x400..0x402, Perms::READ | Perms::EXEC);
    let mut cache = Cache::default();
    cache.set_mode(Mode::Bits64);
    cache.set_threshold(settings.thresholds.hot);
    for block in 0..blocks {
        let number = cache.lookup(&memory, Mode::Bits64, START + 2 * block).expect("code");
        cache.entry(number).rounds.set(1);
    }
    let mut jumps = Jumps::default();
    let policy = Policy::now(settings.thresholds.hot, worth);
    let from = (&mut cache, &memory, Mode::Bits64);
    form(from, &[(START + 2 * hot) as u32], settings, code, &mut jumps, policy).modules
}

/// Nodes of the region that is formed for a hot loop of so many blocks.
fn loop_of(blocks: u64, settings: &Settings) -> usize {
    let modules = form_loop(blocks, 0, settings, &CodeCache::default(), &|_, _, _| true);
    modules[0].regions[0].nodes.len()
}

/// Code for the first of these blocks of such a loop; those of `whole` belong to a region that has all.
fn code_of(blocks: Range<u32>, whole: Range<u32>) -> CodeCache {
    let mut code = CodeCache::new(crate::cache::Limits::default());
    let rips = |blocks: Range<u32>| blocks.map(|n| START as u32 + 2 * n).collect::<Box<[u32]>>();
    let addition = crate::cache::Addition {
        entries: rips(blocks.start..blocks.start + 1),
        blocks: rips(blocks),
        whole: rips(whole),
        first: 0,
        sources: Sources::default(),
        size: 0,
        id: None,
    };
    code.insert(addition, &mut Vec::new());
    code
}

/// The loop of an interpreter that does not fit into one region: what is left of it leads back to where that can be
/// entered, and makes no more regions of what is there.
#[test]
fn an_operation_of_an_interpreter_is_in_one_region() {
    const PLACE: u64 = 0x40;
    let (operations, often) = (100, 80);
    let memory = GuestMemory::for_tests();
    memory.set_perms(0x400..0x402, Perms::READ | Perms::WRITE);
    for n in 0..operations {
        // Five times `test al, 1; jz` to the next instruction; `movzx edx, byte [rsi]; jmp [rdx * 8 + 0x9000]`.
        let code = [&[0xa8, 1, 0x74, 0].repeat(5)[..], &[0x0f, 0xb6, 0x16, 0xff, 0x24, 0xd5, 0, 0x90, 0, 0]];
        memory.write_bytes(START + PLACE * n, &code.concat()).expect("mapped");
    }
    memory.set_perms(0x400..0x402, Perms::READ | Perms::EXEC);
    let mut cache = Cache::default();
    cache.set_mode(Mode::Bits64);
    cache.set_threshold(100);
    let mut hot = Vec::new();
    for n in 0..operations {
        for block in 0..6 {
            let rip = START + PLACE * n + 4 * block;
            let number = cache.lookup(&memory, Mode::Bits64, rip).expect("code");
            cache.entry(number).rounds.set(if n < often { 1000 } else { 100 });
            hot.push(rip as u32);
        }
    }
    let from = START + 20;
    let mut jumps = Jumps::from_ways(&cache, (0..operations).map(|n| (from, START + PLACE * n)).collect());
    let settings = Settings { region: Limits { blocks: 100, ops: 1000 }, ..Settings::default() };
    let policy = Policy::stored((100, 33), Some(1000), 30_000, &|_| 0, &|_, _, _| true);
    let code = CodeCache::default();
    let from = (&mut cache, &memory, Mode::Bits64);
    let formed = form(from, &hot, &settings, &code, &mut jumps, policy);
    let regions: Vec<&Region> = formed.modules.iter().flat_map(|module| &module.regions).collect();
    let mut blocks: Vec<u64> = regions.iter().flat_map(|r| own(r)).map(|node| node.block.rip).collect();
    assert!(regions.iter().any(|r| r.nodes.len() == 6 * often as usize), "what runs most is one region");
    assert!(blocks.len() >= 6 * operations as usize, "and the rest is compiled, too");
    blocks.sort_unstable();
    assert!(blocks.is_sorted_by(|a, b| a < b), "a block is in two of {} regions", regions.len());
}

#[test]
fn a_loop_is_waited_for_until_it_is_worth_it_whole() {
    let settings = Settings::default();
    let none = CodeCache::default();
    // What the usual piece takes has run; what all takes has not.
    let pieces = |_: u64, run: u64, _: bool| run < 2 * 256 * 4000;
    assert_eq!((settings.region.blocks, settings.thresholds.hot), (256, 4000));
    assert_eq!(form_loop(600, 0, &settings, &none, &pieces).len(), 0);
    assert_eq!(form_loop(660, 0, &settings, &none, &pieces).len(), 1, "it does not fit");
}

#[test]
fn pieces_of_a_loop_give_way_to_all_of_it() {
    let settings = Settings::default();
    let all = |_: u64, _: u64, _: bool| true;
    let modules = form_loop(600, 300, &settings, &code_of(0..400, 0..0), &all);
    assert_eq!(modules[0].regions[0].nodes.len(), 600);
    assert_eq!(modules[0].whole.len(), 600);
    // Behind that there are only ways back to where it is entered.
    let modules = form_loop(600, 590, &settings, &code_of(0..600, 0..600), &all);
    assert_eq!(modules[0].regions[0].nodes.len(), 10);
    assert_eq!(modules[0].whole.len(), 0);
}

/// What is formed for two operations of an interpreter with 700, each of which is a jump through one table; a
/// hundred ran fifty times as often as the others. Addresses of the blocks of each region.
fn form_interpreter(hot: &[u32], code: &CodeCache) -> Vec<Vec<u64>> {
    let memory = GuestMemory::for_tests();
    memory.set_perms(0x400..0x403, Perms::READ | Perms::WRITE);
    // jmp [rax * 8 + 0x500000]
    let jump = [0xff, 0x24, 0xc5, 0, 0, 0x50, 0];
    let at = |n: u64| START + 16 * n;
    (0..700).for_each(|n| memory.write_bytes(at(n), &jump).expect("mapped"));
    memory.set_perms(0x400..0x403, Perms::READ | Perms::EXEC);
    let settings = Settings::default();
    let mut cache = Cache::default();
    cache.set_mode(Mode::Bits64);
    cache.set_threshold(settings.thresholds.hot);
    let first = cache.lookup(&memory, Mode::Bits64, START).expect("code");
    for n in 0..700 {
        let number = cache.lookup(&memory, Mode::Bits64, at(n)).expect("code");
        cache.entry(number).rounds.set(if n < 100 { 50 } else { 1 });
        cache.entry(number).from.set(first);
    }
    let hot: Vec<u32> = hot.iter().map(|&n| at(u64::from(n)) as u32).collect();
    let policy = Policy::now(settings.thresholds.hot, &|_, _, _| true);
    let from = (&mut cache, &memory, Mode::Bits64);
    let formed = form(from, &hot, &settings, code, &mut Jumps::default(), policy);
    let regions = formed.modules.into_iter().flat_map(|module| module.regions);
    regions.map(|region| region.nodes.iter().map(|node| node.block.rip).collect()).collect()
}

#[test]
fn of_an_interpreter_what_ran_most_is_one_region_and_the_others_lead_there() {
    let hottest = |rip: &u64| (START..START + 1600).contains(rip);
    let regions = form_interpreter(&[5], &CodeCache::default());
    assert!(regions[0].len() == 100 && regions[0].iter().all(hottest), "{}", regions[0].len());
    assert!(regions.len() > 1 && !regions[1..].iter().flatten().any(hottest));
    // The same where the first is compiled already.
    let rips: Box<[u32]> = (0..100).map(|n| START as u32 + 16 * n).collect();
    let mut code = CodeCache::new(crate::cache::Limits::default());
    let addition = crate::cache::Addition {
        entries: rips.clone(),
        blocks: rips.clone(),
        whole: rips,
        first: 0,
        sources: Sources::default(),
        size: 0,
        id: None,
    };
    code.insert(addition, &mut Vec::new());
    let regions = form_interpreter(&[600], &code);
    assert_eq!(regions[0][0], START + 9600);
    assert!(!regions.iter().flatten().any(hottest));
}

#[test]
fn what_leads_from_code_to_code_is_compiled_before_all_around_it_is_worth_it() {
    let little = |operations: u64, _: u64, _: bool| operations <= 64;
    let settings = Settings::default();
    let modules = form_loop(600, 300, &settings, &code_of(0..400, 0..0), &little);
    assert_eq!(modules[0].regions[0].nodes.len(), STITCH.blocks);
    // Not at the beginning of a function, which would be compiled in pieces.
    assert_eq!(form_loop(600, 0, &settings, &CodeCache::default(), &little).len(), 0);
}

/// Modules formed for two functions, each hot by itself, on a page with these permissions, where each block has
/// run so many rounds and some of them were a reason to compile it before.
fn two_functions(perms: Perms, rounds: u32, paid: u32) -> usize {
    let start = 0x40_0000;
    let memory = GuestMemory::for_tests();
    memory.set_perms(0x400..0x401, Perms::READ | Perms::WRITE);
    memory.write_bytes(start, &[0xeb, 0xfe, 0xeb, 0xfe]).expect("mapped");
    memory.set_perms(0x400..0x401, perms);
    let mut cache = Cache::default();
    cache.set_mode(Mode::Bits64);
    cache.set_threshold(1000);
    for rip in [start, start + 2] {
        let number = cache.lookup(&memory, Mode::Bits64, rip).expect("code");
        cache.entry(number).rounds.set(rounds);
        cache.entry(number).paid.set(paid);
    }
    let (mut jumps, code) = (Jumps::default(), CodeCache::default());
    let worth = |_: u64, run: u64, _: bool| run >= 3000;
    let policy = Policy::now(1000, &worth);
    let from = (&mut cache, &memory, Mode::Bits64);
    let hot = [start as u32, start as u32 + 2];
    form(from, &hot, &Settings::default(), &code, &mut jumps, policy).modules.len()
}

#[test]
fn code_that_may_change_is_not_in_one_module_with_other_code() {
    let fixed = Perms::READ | Perms::EXEC;
    assert_eq!(two_functions(fixed, 3, 0), 1);
    assert_eq!(two_functions(fixed | Perms::WRITE, 3, 0), 2);
}

#[test]
fn what_ran_pays_for_one_compilation() {
    let perms = Perms::READ | Perms::WRITE | Perms::EXEC;
    assert_eq!(two_functions(perms, 5, 3), 0);
    assert_eq!(two_functions(perms, 6, 3), 2);
}

#[test]
fn a_loop_is_whole_up_to_a_limit() {
    let settings = Settings::default();
    let usual = settings.region.blocks;
    assert_eq!(loop_of(600, &settings), 600);
    assert_eq!(loop_of(WHOLE.blocks as u64 + 10, &settings), usual, "too large: a piece of the usual size");
    assert_eq!(loop_of(600, &Settings { pieces: true, ..settings }), usual);
}
