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
}

/// The buffers, and who is inside a call.
pub struct Mailboxes {
    buffers: Vec<Buffer>,
}

/// What a worker has put into its mailbox.
pub enum Request {
    /// A call.
    Call(Slot, Call),
    /// Something that is no call: the worker is broken.
    Bad(Slot, String),
    /// Nothing for the kernel: answered here, or from a worker that runs no task.
    Handled,
}

fn mailbox(index: usize) -> &'static Mailbox {
    &SHARED.mailboxes[index]
}

/// The mailbox of the worker that runs a slot's task.
fn of_slot(slot: Slot) -> Option<usize> {
    let word = SHARED.mailbox_of.get(slot.0 as usize)?.load(Ordering::Acquire);
    (word as usize).checked_sub(1).filter(|&index| index < SLOTS)
}

impl Default for Mailboxes {
    fn default() -> Self {
        Mailboxes { buffers: (0..SLOTS).map(|_| Buffer::default()).collect() }
    }
}

impl Mailboxes {
    fn publish(&mut self, index: usize) {
        let buffer = &mut self.buffers[index].bytes;
        mailbox(index).buffer.store(buffer.as_mut_ptr() as u32, Ordering::Relaxed);
        mailbox(index).capacity.store(buffer.len() as u32, Ordering::Release);
    }

    /// A new worker has this mailbox.
    pub fn add(&mut self, index: u32) {
        let index = index as usize;
        let Some(entry) = self.buffers.get_mut(index) else { return };
        *entry = Buffer { bytes: vec![0; BUFFER], in_call: false };
        mailbox(index).slot.store(0, Ordering::SeqCst);
        SHARED.pending[index / 32].fetch_and(!(1 << (index % 32)), Ordering::SeqCst);
        self.publish(index);
    }

    /// The task of a slot is gone. True when its worker was inside a call.
    pub fn close(&mut self, slot: Slot) -> bool {
        let Some(index) = of_slot(slot) else { return false };
        SHARED.mailbox_of[slot.0 as usize].store(0, Ordering::SeqCst);
        mailbox(index).slot.store(0, Ordering::SeqCst);
        std::mem::take(&mut self.buffers[index].in_call)
    }

    /// Mailboxes whose bit was set, cleared now.
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

    /// Reads the request in a mailbox whose bit was set.
    pub fn request(&mut self, index: u32) -> Request {
        let index = index as usize;
        let Some(slot) = mailbox(index).slot.load(Ordering::Acquire).checked_sub(1).map(Slot) else {
            return Request::Handled;
        };
        let Some(entry) = self.buffers.get_mut(index).filter(|entry| !entry.in_call) else {
            return Request::Handled;
        };
        let length = mailbox(index).request.load(Ordering::Acquire);
        if length & GROW != 0 {
            let wanted = (length & !GROW) as usize;
            if wanted > MAX_MESSAGE {
                return Request::Bad(slot, format!("asks for a mailbox of {wanted} bytes"));
            }
            if wanted > entry.bytes.len() {
                entry.bytes = vec![0; wanted.next_multiple_of(8)];
                self.publish(index);
            }
            mailbox(index).answer.store(0, Ordering::Release);
            host::answer(index as u32);
            return Request::Handled;
        }
        let length = length as usize;
        if length > entry.bytes.len() {
            let message = format!("sends {length} bytes in a mailbox of {}", entry.bytes.len());
            return Request::Bad(slot, message);
        }
        entry.in_call = true;
        SHARED.running.fetch_sub(1, Ordering::Relaxed);
        // The worker has written these bytes behind the compiler's back.
        // SAFETY: the pointer and length are those of the live buffer.
        let bytes =
            unsafe { core::slice::from_raw_parts(core::hint::black_box(entry.bytes.as_ptr()), length) };
        match wire::decode::<Call>(bytes) {
            Ok(call) => Request::Call(slot, call),
            Err(error) => Request::Bad(slot, format!("sends a request that cannot be read: {error}")),
        }
    }

    /// Answers the call under way at a slot.
    pub fn answer(&mut self, slot: Slot, reply: &Reply) {
        let Some(index) = of_slot(slot) else { return };
        let Some(entry) = self.buffers.get_mut(index).filter(|entry| entry.in_call) else { return };
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
        SHARED.running.fetch_add(1, Ordering::Relaxed);
        host::answer(index as u32);
    }
}
