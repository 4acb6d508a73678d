//! Where most of a program's accesses go, for a look that needs no table.

use tawaki_cpu::GuestMemory;
use tawaki_cpu::mem::PAGE_SIZE;

use crate::layout;

/// What of a memory can be read and written from and up to some addresses, as it was found last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extents {
    /// [`GuestMemory::mappings`] then.
    seen: Option<u64>,
    /// The pages from which on, and up to which.
    pages: [u32; 3],
    /// A page of the stack.
    pub stack: u32,
    /// [`layout::JitContext::reach`].
    pub reach: [u32; 3],
}

impl Extents {
    /// Makes it right for now.
    pub fn update(&mut self, memory: &GuestMemory) {
        // Before the look: what changes meanwhile is looked at again.
        let now = memory.mappings();
        if self.seen != Some(now) {
            self.reach = memory.reach(self.pages).map(layout::reach);
            self.seen = Some(now);
        }
    }

    /// The [marks](layout::Options::marks) to compile with, which are looked for if the program is `new`: others are
    /// other code.
    pub fn marks(&mut self, memory: &GuestMemory, new: bool) -> [u32; 3] {
        if new {
            let [read, write] = memory.extents();
            self.pages = [read.start, write.start, memory.plain_end(self.stack)];
            self.seen = None;
        }
        self.pages.map(|page| page.wrapping_mul(PAGE_SIZE as u32))
    }
}
