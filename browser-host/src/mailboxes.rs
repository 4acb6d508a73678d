//! The kernel's end of all mailboxes.
#![allow(unsafe_code)] // The buffers are written by other workers: no Rust reference owns them.

use crate::host;
use crate::shared::{BUFFER, GROW, Mailbox, SHARED, SLOTS};
use core::sync::atomic::Ordering;
use tawaki_abi::wire::{self, Call, MAX_MESSAGE, Reply, Slot};

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// Whether a request has come and no answer has gone out.
    in_call: bool,
    /// Whether a worker is bound to the slot.
    open: bool,
}

/// The buffers, and who is inside a call.
pub struct Mailboxes {
    slots: Vec<Buffer>,
}

/// What a worker has put into its mailbox.
pub enum Request {
    /// A call.
    Call(Call),
    /// Something that is no call: the worker is broken.
    Bad(String),
    /// Nothing for the kernel: answered here, or from a slot that is closed.
    Handled,
}

fn mailbox(slot: usize) -> &'static Mailbox {
    &SHARED.mailboxes[slot]
}

impl Default for Mailboxes {
    fn default() -> Self {
        Mailboxes { slots: (0..SLOTS).map(|_| Buffer::default()).collect() }
    }
}

impl Mailboxes {
    fn publish(&mut self, slot: usize) {
        let buffer = &mut self.slots[slot].bytes;
        mailbox(slot).buffer.store(buffer.as_mut_ptr() as u32, Ordering::Relaxed);
        mailbox(slot).capacity.store(buffer.len() as u32, Ordering::Release);
    }

    /// Binds a slot to a new worker. False when there is no such slot.
    pub fn open(&mut self, slot: Slot) -> bool {
        let slot = slot.0 as usize;
        let Some(entry) = self.slots.get_mut(slot) else { return false };
        entry.in_call = false;
        entry.open = true;
        if entry.bytes.len() != BUFFER {
            entry.bytes = vec![0; BUFFER];
        }
        SHARED.pending[slot / 32].fetch_and(!(1 << (slot % 32)), Ordering::SeqCst);
        self.publish(slot);
        true
    }

    /// Unbinds it. True when its worker was inside a call.
    pub fn close(&mut self, slot: Slot) -> bool {
        let Some(entry) = self.slots.get_mut(slot.0 as usize) else { return false };
        entry.open = false;
        entry.bytes.truncate(BUFFER);
        std::mem::take(&mut entry.in_call)
    }

    /// Slots whose bit was set, cleared now.
    pub fn take_pending(&self, into: &mut Vec<u32>) {
        for (group, word) in SHARED.pending.iter().enumerate() {
            let mut bits = if word.load(Ordering::Relaxed) == 0 { 0 } else { word.swap(0, Ordering::SeqCst) };
            while bits != 0 {
                into.push(group as u32 * 32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }

    /// Whether any bit is set.
    pub fn any_pending(&self) -> bool {
        SHARED.pending.iter().any(|word| word.load(Ordering::SeqCst) != 0)
    }

    /// Reads the request of a slot whose bit was set.
    pub fn request(&mut self, slot: u32) -> Request {
        let index = slot as usize;
        let Some(entry) = self.slots.get_mut(index).filter(|entry| entry.open && !entry.in_call) else {
            return Request::Handled;
        };
        let length = mailbox(index).request.load(Ordering::Acquire);
        if length & GROW != 0 {
            let wanted = (length & !GROW) as usize;
            if wanted > MAX_MESSAGE {
                return Request::Bad(format!("asks for a mailbox of {wanted} bytes"));
            }
            if wanted > entry.bytes.len() {
                entry.bytes = vec![0; wanted.next_multiple_of(8)];
                self.publish(index);
            }
            mailbox(index).answer.store(0, Ordering::Release);
            host::answer(slot);
            return Request::Handled;
        }
        let length = length as usize;
        if length > entry.bytes.len() {
            return Request::Bad(format!("sends {length} bytes in a mailbox of {}", entry.bytes.len()));
        }
        entry.in_call = true;
        // The worker has written these bytes behind the compiler's back.
        // SAFETY: the pointer and length are those of the live buffer.
        let bytes = unsafe { core::slice::from_raw_parts(core::hint::black_box(entry.bytes.as_ptr()), length) };
        match wire::decode::<Call>(bytes) {
            Ok(call) => Request::Call(call),
            Err(error) => Request::Bad(format!("sends a request that cannot be read: {error}")),
        }
    }

    /// Answers the call under way at a slot.
    pub fn answer(&mut self, slot: Slot, reply: &Reply) {
        let index = slot.0 as usize;
        let Some(entry) = self.slots.get_mut(index).filter(|entry| entry.in_call) else { return };
        entry.in_call = false;
        let length = match postcard::to_slice(reply, &mut entry.bytes) {
            Ok(used) => used.len(),
            Err(_) => {
                let bytes = wire::encode(reply, Vec::new()).unwrap_or_default();
                let length = bytes.len();
                entry.bytes = bytes;
                entry.bytes.resize(length.next_multiple_of(8).max(BUFFER), 0);
                self.publish(index);
                length
            }
        };
        mailbox(index).answer.store(length as u32, Ordering::Release);
        host::answer(slot.0);
    }
}
