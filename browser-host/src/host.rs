//! What JavaScript gives the module, and the only place that calls it.
#![allow(unsafe_code)] // Imports are foreign functions.

mod import {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        pub fn now() -> f64;
        pub fn log(ptr: *const u8, len: usize);

        pub fn call(ptr: *const u8, len: usize) -> i32;
        pub fn grow_mailbox(len: usize) -> i32;
        pub fn mailbox_capacity() -> usize;
        pub fn reply(ptr: *mut u8, len: usize) -> usize;
        pub fn parked(now: i32);
        pub fn copy_from_parent(linear: usize, len: usize) -> i32;
        pub fn jit_install(ptr: *const u8, len: usize, functions: u32) -> i32;
        pub fn jit_publish(
            offer: *const u8,
            offer_len: usize,
            recipe: *const u8,
            recipe_len: usize,
            size: u32,
            low: u32,
            high: u32,
        ) -> i32;
        pub fn jit_recipe(id: u32, into: *mut u8, len: usize) -> i32;
        pub fn jit_install_shared(id: u32, functions: u32) -> i32;
        pub fn jit_is_used(id: u32) -> i32;
        pub fn jit_ready(id: u32) -> i32;
        pub fn jit_votes(id: u32, function: u32) -> u32;
        pub fn jit_called(id: u32, function: u32);
        pub fn jit_vote(id: u32, function: u32) -> u32;
        pub fn jit_used(id: u32);
        pub fn jit_drop(first: u32, functions: u32);
        pub fn jit_guard(body: *mut u8) -> i32;

        pub fn answer(mailbox: u32);
        pub fn attention(slot: u32);
        pub fn spawn(slot: u32, kind: u32, other: u32, ptr: *const u8, len: usize) -> i32;
        pub fn release(slot: u32, told: i32, in_call: i32);
        pub fn end_of_turn();
        pub fn fetch(disk: u32, chunk: f64, offset: f64, len: usize);
        pub fn page(kind: u32, a: u32, b: u32, ptr: *const u8, len: usize);
    }
}

/// Milliseconds since 1970 as a monotonic clock, equal in all workers.
pub fn now() -> f64 {
    // SAFETY: no memory is involved.
    unsafe { import::now() }
}

/// One line for the machine's log.
pub fn log(line: &str) {
    // SAFETY: the callee reads within the slice only.
    unsafe { import::log(line.as_ptr(), line.len()) }
}

/// Process worker: sends a request. True when spinning for the answer is worth it.
pub fn call(request: &[u8]) -> bool {
    // SAFETY: the callee reads within the slice only.
    unsafe { import::call(request.as_ptr(), request.len()) != 0 }
}

/// Process worker: asks for a mailbox of this length; the answer is empty.
pub fn grow_mailbox(len: usize) -> bool {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::grow_mailbox(len) != 0 }
}

/// Process worker: the length of the mailbox's buffer.
pub fn mailbox_capacity() -> usize {
    // SAFETY: no memory is involved.
    unsafe { import::mailbox_capacity() }
}

/// Process worker: copies the answer unless it is longer than `into`, and returns its length. `into` lies at
/// a word's address and is whole words long, of which the last may be filled with anything.
pub fn reply(into: &mut [u8]) -> usize {
    // SAFETY: the callee writes within the slice only, and any bytes are valid.
    unsafe { import::reply(into.as_mut_ptr(), into.len()) }
}

/// Process worker: its thread waits for another of its process from now on, or no longer.
pub fn parked(now: bool) {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::parked(now.into()) }
}

/// Forked child: copies linear memory from the parent's, same address. False
/// when there is no parent or the range does not exist in both.
pub fn copy_from_parent(linear: usize, len: usize) -> bool {
    // SAFETY: the callers name guest pages only, which no Rust object lives in.
    unsafe { import::copy_from_parent(linear, len) != 0 }
}

/// Process worker: compiles a module and puts its functions into this instance's table.
/// The index of the first one.
pub fn jit_install(wasm: &[u8], functions: u32) -> Option<u32> {
    // SAFETY: the callee reads within the slice only.
    let first = unsafe { import::jit_install(wasm.as_ptr(), wasm.len(), functions) };
    u32::try_from(first).ok()
}

/// Process worker: the module compiled last is for other workers too. Its number.
pub fn jit_publish(offer: &[u8], recipe: &[u8], size: u32, fingerprint: u64) -> Option<u32> {
    let (low, high) = (fingerprint as u32, (fingerprint >> 32) as u32);
    // SAFETY: the callee reads within the slices only.
    let id = unsafe {
        import::jit_publish(offer.as_ptr(), offer.len(), recipe.as_ptr(), recipe.len(), size, low, high)
    };
    u32::try_from(id).ok()
}

/// Process worker: the recipe of a module that some worker compiled, if this one has that module.
pub fn jit_recipe(id: u32) -> Option<Vec<u8>> {
    let mut recipe = Vec::new();
    loop {
        // SAFETY: the callee writes within the slice only.
        let len = unsafe { import::jit_recipe(id, recipe.as_mut_ptr(), recipe.len()) };
        let len = usize::try_from(len).ok()?;
        if len <= recipe.len() {
            recipe.truncate(len);
            return Some(recipe);
        }
        recipe.resize(len, 0);
    }
}

/// Process worker: puts the functions of such a module into this instance's table.
pub fn jit_install_shared(id: u32, functions: u32) -> Option<u32> {
    // SAFETY: no memory is involved.
    let first = unsafe { import::jit_install_shared(id, functions) };
    u32::try_from(first).ok()
}

/// Process worker: whether some worker has installed a module.
pub fn jit_is_used(id: u32) -> bool {
    // SAFETY: no memory is involved.
    unsafe { import::jit_is_used(id) != 0 }
}

/// Process worker: whether a module can be installed at once; a stored one is fetched from now on if it cannot.
pub fn jit_ready(id: u32) -> bool {
    // SAFETY: no memory is involved.
    unsafe { import::jit_ready(id) != 0 }
}

/// Process worker: how often workers have found a function of a module worth calling.
pub fn jit_votes(id: u32, function: u32) -> u32 {
    // SAFETY: no memory is involved.
    unsafe { import::jit_votes(id, function) }
}

/// Process worker: this one calls it whatever others found.
pub fn jit_called(id: u32, function: u32) {
    // SAFETY: no memory is involved.
    unsafe { import::jit_called(id, function) }
}

/// Process worker: this one finds so. How often that was.
pub fn jit_vote(id: u32, function: u32) -> u32 {
    // SAFETY: no memory is involved.
    unsafe { import::jit_vote(id, function) }
}

/// Process worker: a module is in use.
pub fn jit_used(id: u32) {
    // SAFETY: no memory is involved.
    unsafe { import::jit_used(id) }
}

/// Process worker: forgets functions of the table.
pub fn jit_drop(first: u32, functions: u32) {
    // SAFETY: no memory is involved; the engine calls none of them any more.
    unsafe { import::jit_drop(first, functions) }
}

/// Process worker: calls `jit_body` with this argument; false when a trap ended it.
pub fn jit_guard(body: *mut u8) -> bool {
    // SAFETY: the callee hands the pointer back to `jit_body` before it returns.
    unsafe { import::jit_guard(body) == 0 }
}

/// Kernel worker: tells the worker of a mailbox that its answer is complete.
pub fn answer(mailbox: u32) {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::answer(mailbox) }
}

/// Kernel worker: sets the attention word of a slot's thread.
pub fn attention(slot: u32) {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::attention(slot) }
}

/// Kernel worker: starts work for a slot on an idle worker, now or as soon as
/// there is one. `kind` 0 program, 1 fork of `other`, 2 thread of `other`.
pub fn spawn(slot: u32, kind: u32, other: u32, payload: &[u8]) -> Spawned {
    // SAFETY: the callee reads within the slice only.
    match unsafe { import::spawn(slot, kind, other, payload.as_ptr(), payload.len()) } {
        0 => Spawned::Refused,
        1 => Spawned::Waits,
        _ => Spawned::Started,
    }
}

/// What became of work for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spawned {
    /// The page can make no more workers.
    Refused,
    /// It waits for a worker.
    Waits,
    /// A worker has it.
    Started,
}

/// Kernel worker: a slot has no worker any more. A worker that was not `told`
/// is terminated.
pub fn release(slot: u32, told: bool, in_call: bool) {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::release(slot, told.into(), in_call.into()) }
}

/// Kernel worker: asks for the ranges wanted since the last turn, and gives spawns
/// that wait for a worker to those now idle.
pub fn end_of_turn() {
    // SAFETY: no memory of this instance is involved.
    unsafe { import::end_of_turn() }
}

/// Kernel worker: asks the I/O worker for a range of an image.
pub fn fetch(disk: u32, chunk: u64, offset: u64, len: usize) {
    // SAFETY: no memory is involved. Image offsets are below 2^53.
    unsafe { import::fetch(disk, chunk as f64, offset as f64, len) }
}

/// Messages from the kernel worker to the page; `js/machine.js` has the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Page {
    /// The root is mounted.
    Booted = 0,
    /// The image is no good; text.
    BootFailed = 1,
    /// a: terminal; bytes.
    TerminalOutput = 2,
    /// a: request, b: stream; bytes.
    StreamOutput = 3,
    /// a: request, b: stream.
    StreamEnded = 4,
    /// a: request, b: bytes.
    StreamWant = 5,
    /// a: request, b: pid.
    Started = 6,
    /// a: request, b: errno; text.
    SpawnRefused = 7,
    /// a: request, b: status word.
    Exited = 8,
    /// a: request, b: first block of `tawaki_blockdev::BLOCK_SIZE` bytes; contents.
    Changed = 9,
    /// Programs have changed as much of the disk as the limit allows.
    DiskFull = 11,
    /// a: request, b: 1 if all changes were sent.
    ChangesEnd = 10,
}

/// Kernel worker: a message to the page.
pub fn page(kind: Page, a: u32, b: u32, bytes: &[u8]) {
    // SAFETY: the callee reads within the slice only.
    unsafe { import::page(kind as u32, a, b, bytes.as_ptr(), bytes.len()) }
}
