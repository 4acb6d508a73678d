#![allow(unsafe_code)] // Part of the fence of guest memory: block copies of checked ranges.
//! Copies and fills of whole ranges, for system calls, loaders and string instructions.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use super::{Access, Fault, GuestMemory, Perms};

/// Outcome of a bulk access that met a fault: how much was done before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Bytes transferred before the fault.
    pub done: u64,
    /// The fault.
    pub fault: Fault,
}

impl GuestMemory {
    /// Unchecked copy from guest memory; the caller has checked the range.
    pub(super) fn copy_out(&self, addr: u32, out: &mut [u8]) {
        // SAFETY: every caller checked that the pages are accessible; `out` is
        // host memory outside the guest's pages, so the ranges do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(self.ptr(addr), out.as_mut_ptr(), out.len()) }
    }

    /// Unchecked copy to guest memory; the caller has checked the range.
    pub(super) fn copy_over(&self, addr: u32, bytes: &[u8]) {
        // SAFETY: as for `copy_out`.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.ptr(addr), bytes.len()) }
    }

    /// How many bytes from `addr`, at most `len`, allow `access`, and the fault
    /// after them if that is not all.
    pub fn accessible(&self, addr: u64, len: u64, access: Access) -> (u64, Option<Fault>) {
        match self.check(addr, len, access) {
            Ok(()) => (len, None),
            Err(fault) => (fault.addr.saturating_sub(addr), Some(fault)),
        }
    }

    /// Copies guest memory out. On a fault, the bytes before it were copied.
    pub fn read_bytes(&self, addr: u64, out: &mut [u8]) -> Result<(), Partial> {
        let (done, fault) = self.accessible(addr, out.len() as u64, Access::Read);
        self.copy_out(addr as u32, &mut out[..done as usize]);
        fault.map_or(Ok(()), |fault| Err(Partial { done, fault }))
    }

    /// Copies instruction bytes out, checking execute permission.
    pub fn fetch(&self, addr: u64, out: &mut [u8]) -> Result<(), Partial> {
        let (done, fault) = self.accessible(addr, out.len() as u64, Access::Exec);
        self.copy_out(addr as u32, &mut out[..done as usize]);
        fault.map_or(Ok(()), |fault| Err(Partial { done, fault }))
    }

    /// Copies into guest memory. On a fault, the bytes before it were written.
    pub fn write_bytes(&self, addr: u64, bytes: &[u8]) -> Result<(), Partial> {
        let (done, fault) = self.accessible(addr, bytes.len() as u64, Access::Write);
        if done > 0 {
            self.note_write(addr, done);
            self.copy_over(addr as u32, &bytes[..done as usize]);
        }
        fault.map_or(Ok(()), |fault| Err(Partial { done, fault }))
    }

    /// Fills `len` bytes. On a fault, the bytes before it were written.
    pub fn fill(&self, addr: u64, value: u8, len: u64) -> Result<(), Partial> {
        let (done, fault) = self.accessible(addr, len, Access::Write);
        if done > 0 {
            self.note_write(addr, done);
            // SAFETY: `done` bytes were found writable.
            unsafe { std::ptr::write_bytes(self.ptr(addr as u32), value, done as usize) };
        }
        fault.map_or(Ok(()), |fault| Err(Partial { done, fault }))
    }

    /// Copies `len` bytes inside guest memory as `memmove`. Both ranges must be
    /// accessible: nothing is done on a fault.
    pub fn copy_within(&self, to: u64, from: u64, len: u64) -> Result<(), Fault> {
        self.check(from, len, Access::Read)?;
        self.check(to, len, Access::Write)?;
        self.note_write(to, len);
        // SAFETY: both ranges were checked; `copy` allows overlap.
        unsafe { std::ptr::copy(self.ptr(from as u32), self.ptr(to as u32), len as usize) };
        Ok(())
    }

    /// Copies into mapped pages whatever their permissions (loading a file into a
    /// read-only mapping). Nothing is done on a fault.
    pub fn copy_in(&self, addr: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.check_bits(addr, bytes.len() as u64, Perms::MAPPED, Access::Write)?;
        self.note_write(addr, bytes.len() as u64);
        self.copy_over(addr as u32, bytes);
        Ok(())
    }

    /// Copies out of mapped pages whatever their permissions (fork, core dumps).
    /// Nothing is done on a fault.
    pub fn copy_from(&self, addr: u64, out: &mut [u8]) -> Result<(), Fault> {
        self.check_bits(addr, out.len() as u64, Perms::MAPPED, Access::Read)?;
        self.copy_out(addr as u32, out);
        Ok(())
    }

    /// Zeroes a mapped range whatever its permissions (fresh mappings). Nothing
    /// is done on a fault.
    pub fn zero_range(&self, range: Range<u64>) -> Result<(), Fault> {
        let len = range.end.saturating_sub(range.start);
        self.check_bits(range.start, len, Perms::MAPPED, Access::Write)?;
        self.note_write(range.start, len);
        // SAFETY: mapped pages have host memory behind them (`from_raw`).
        unsafe { std::ptr::write_bytes(self.ptr(range.start as u32), 0, len as usize) };
        Ok(())
    }

    /// As [`Self::zero_range`] for whole pages, but those that are zero are only read: of a large area most pages were
    /// never touched, and the first write to one costs the host more than reading a hundred.
    pub fn zero_used(&self, range: Range<u64>) -> Result<(), Fault> {
        let len = range.end.saturating_sub(range.start);
        self.check_bits(range.start, len, Perms::MAPPED, Access::Write)?;
        for page in (range.start >> 12) as u32..range.end.div_ceil(1 << 12) as u32 {
            if !self.page_is_zero(page) {
                self.note_write(u64::from(page) << 12, 1);
                // SAFETY: mapped pages have host memory behind them (`from_raw`).
                unsafe { std::ptr::write_bytes(self.ptr(page << 12), 0, 1 << 12) };
            }
        }
        Ok(())
    }

    /// Whether a mapped page holds nothing but zeros.
    fn page_is_zero(&self, page: u32) -> bool {
        const LINE: usize = 512;
        let base = self.ptr(page << 12).cast_const();
        (0..(1 << 12) / LINE).all(|line| {
            // SAFETY: mapped pages have host memory behind them (`from_raw`); any bytes are a number.
            let words = unsafe { base.add(line * LINE).cast::<[u64; LINE / 8]>().read_unaligned() };
            words.iter().fold(0, |all, word| all | word) == 0
        })
    }

    /// Accounts for a bulk write over pages that may hold decoded code.
    fn note_write(&self, addr: u64, len: u64) {
        if len == 0 {
            return;
        }
        for page in (addr >> 12) as u32..=((addr + len - 1) >> 12) as u32 {
            if self.perms[page as usize].load(Relaxed) & Perms::CODE.0 != 0 {
                self.code_written(page);
            }
        }
    }
}
