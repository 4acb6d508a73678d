//! The mailbox measured alone: a kernel that sends every request back.
#![allow(unsafe_code)] // Exports need an unmangled name.

use crate::shared::{ASLEEP, BUFFER, SHARED, ThreadWords, WAITING};
use crate::{host, wait};
use core::sync::atomic::Ordering;

/// Gives slot 0 a buffer and answers until `calls` calls have come.
#[unsafe(no_mangle)]
pub extern "C" fn echo_serve(calls: u32) {
    let mut spinner = wait::Spinner::default();
    let mut served = 0;
    while served < calls {
        let bell = SHARED.doorbell.load(Ordering::SeqCst);
        let mut worked = false;
        for (group, word) in SHARED.pending.iter().enumerate() {
            let mut bits = if word.load(Ordering::Relaxed) == 0 { 0 } else { word.swap(0, Ordering::SeqCst) };
            while bits != 0 {
                let slot = group as u32 * 32 + bits.trailing_zeros();
                bits &= bits - 1;
                SHARED.running.store(0, Ordering::Relaxed);
                let mailbox = &SHARED.mailboxes[slot as usize];
                mailbox.answer.store(mailbox.request.load(Ordering::Relaxed), Ordering::Relaxed);
                SHARED.running.store(1, Ordering::Relaxed);
                host::answer(slot);
                served += 1;
                worked = true;
            }
        }
        if !worked {
            spinner.wait(SHARED.may_spin(), &SHARED.doorbell, bell, || {
                SHARED.sleeping.store(1, Ordering::SeqCst);
                wait::sleep(&SHARED.doorbell, bell, 100_000_000);
                SHARED.sleeping.store(0, Ordering::SeqCst);
            });
        }
    }
}

/// Makes the buffer of a slot.
#[unsafe(no_mangle)]
pub extern "C" fn echo_open(slot: u32) {
    let buffer = vec![0u8; BUFFER].leak();
    let mailbox = &SHARED.mailboxes[slot as usize];
    mailbox.buffer.store(buffer.as_ptr() as u32, Ordering::SeqCst);
    mailbox.capacity.store(BUFFER as u32, Ordering::SeqCst);
}

/// Sends `calls` requests of `len` bytes and returns milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn echo_calls(words: &'static ThreadWords, calls: u32, len: u32) -> f64 {
    let request = vec![1u8; len as usize];
    let mut into = vec![0u8; (len as usize).next_multiple_of(8)];
    let mut spinner = wait::Spinner::default();
    let start = host::now();
    for _ in 0..calls {
        words.reply.store(WAITING, Ordering::SeqCst);
        let (spin, reply) = (host::call(&request), &words.reply);
        spinner.wait(spin, reply, WAITING, || {
            if reply.compare_exchange(WAITING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                while reply.load(Ordering::SeqCst) == ASLEEP {
                    wait::sleep(reply, ASLEEP, -1);
                }
            }
        });
        host::reply(&mut into);
    }
    host::now() - start
}
