//! Guest pointers become bytes here and nowhere else.
//!
//! Every function fails with EFAULT exactly when the pages forbid the access
//! (after untouched memory was populated and the stack had its chance to grow), and never trusts a length.

use crate::thread::{Thread, Width, lock};
use bytemuck::{AnyBitPattern, NoUninit, Zeroable};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_cpu::{Access, Fault};

/// Longest path with its NUL (`PATH_MAX`).
pub const PATH_MAX: usize = 4096;

/// Most elements of an `iovec` array (`UIO_MAXIOV`).
pub const IOV_MAX: u64 = 1024;

/// Most bytes that one read or write moves (`MAX_RW_COUNT`).
pub const RW_MAX: u64 = 0x7fff_f000;

/// One element of an `iovec` array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoVec {
    /// Guest address.
    pub base: u64,
    /// Bytes.
    pub len: u64,
}

impl Thread<'_> {
    /// Populates untouched memory or lets the stack grow after a fault, or says EFAULT.
    fn forgive(&self, fault: Fault) -> Result<(), Errno> {
        if lock(&self.shared.mm).fault_in(fault.addr) { Ok(()) } else { Err(Errno::EFAULT) }
    }

    /// Fills `out` from guest memory.
    pub fn read_mem(&self, addr: u64, out: &mut [u8]) -> Result<(), Errno> {
        while let Err(partial) = self.memory.read_bytes(addr, out) {
            self.forgive(partial.fault)?;
        }
        Ok(())
    }

    /// Writes `bytes` to guest memory; on EFAULT the bytes before the fault are written.
    pub fn write_mem(&self, addr: u64, bytes: &[u8]) -> Result<(), Errno> {
        while let Err(partial) = self.memory.write_bytes(addr, bytes) {
            self.forgive(partial.fault)?;
        }
        Ok(())
    }

    /// How many of `len` bytes at `addr` allow `access`.
    pub fn reach(&self, addr: u64, len: u64, access: Access) -> u64 {
        loop {
            match self.memory.accessible(addr, len, access) {
                (_, Some(fault)) if self.forgive(fault).is_ok() => {}
                (count, _) => return count,
            }
        }
    }

    /// Fails with EFAULT unless all of `len` bytes at `addr` are writable.
    pub fn check_writable(&self, addr: u64, len: u64) -> Result<(), Errno> {
        if self.reach(addr, len, Access::Write) == len { Ok(()) } else { Err(Errno::EFAULT) }
    }

    /// A structure in guest memory.
    pub fn load<T: AnyBitPattern + NoUninit + Zeroable>(&self, addr: u64) -> Result<T, Errno> {
        let mut value = T::zeroed();
        self.read_mem(addr, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Stores a structure.
    pub fn store<T: NoUninit>(&self, addr: u64, value: &T) -> Result<(), Errno> {
        self.write_mem(addr, bytemuck::bytes_of(value))
    }

    /// Stores a structure unless the pointer is null.
    pub fn store_if<T: NoUninit>(&self, addr: u64, value: &T) -> Result<(), Errno> {
        if addr == 0 { Ok(()) } else { self.store(addr, value) }
    }

    /// `len` bytes, which the caller has bounded. What is not there is not allocated.
    pub fn read_vec(&self, addr: u64, len: u64) -> Result<Vec<u8>, Errno> {
        if self.reach(addr, len, Access::Read) < len {
            return Err(Errno::EFAULT);
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| Errno::EFAULT)?];
        self.read_mem(addr, &mut bytes)?;
        Ok(bytes)
    }

    /// A NUL-terminated string of at most `max` bytes with its NUL; `too_long` otherwise.
    pub fn cstr(&self, addr: u64, max: usize, too_long: Errno) -> Result<Vec<u8>, Errno> {
        let mut out = Vec::new();
        let mut at = addr;
        while out.len() < max {
            // To the end of the page at most: the string may end before the next.
            let chunk = (4096 - (at & 4095)).min((max - out.len()) as u64).min(256) as usize;
            let mut bytes = [0; 256];
            self.read_mem(at, &mut bytes[..chunk])?;
            if let Some(end) = bytes[..chunk].iter().position(|&b| b == 0) {
                out.extend_from_slice(&bytes[..end]);
                return Ok(out);
            }
            out.extend_from_slice(&bytes[..chunk]);
            at = at.checked_add(chunk as u64).ok_or(Errno::EFAULT)?;
        }
        Err(too_long)
    }

    /// A path.
    pub fn path(&self, addr: u64) -> Result<ByteBuf, Errno> {
        self.cstr(addr, PATH_MAX, Errno::ENAMETOOLONG).map(ByteBuf::from)
    }

    /// Bytes in a pointer or `long` of the system call's ABI.
    pub fn word_size(&self) -> u64 {
        match self.width {
            Width::W32 => 4,
            Width::W64 => 8,
        }
    }

    /// A pointer or `unsigned long`.
    pub fn load_word(&self, addr: u64) -> Result<u64, Errno> {
        match self.width {
            Width::W32 => self.load::<u32>(addr).map(u64::from),
            Width::W64 => self.load(addr),
        }
    }

    /// Stores a pointer or `unsigned long`.
    pub fn store_word(&self, addr: u64, value: u64) -> Result<(), Errno> {
        match self.width {
            Width::W32 => self.store(addr, &(value as u32)),
            Width::W64 => self.store(addr, &value),
        }
    }

    /// A `long` argument, sign-extended from the ABI's width.
    pub fn signed(&self, argument: u64) -> i64 {
        match self.width {
            Width::W32 => i64::from(argument as i32),
            Width::W64 => argument as i64,
        }
    }

    /// A 64-bit argument: one register in 64-bit code, two (low first) in 32-bit.
    pub fn pair(&self, arguments: &[u64], index: usize) -> u64 {
        let at = |i: usize| arguments.get(i).copied().unwrap_or(0);
        match self.width {
            Width::W32 => (at(index) & 0xffff_ffff) | (at(index + 1) << 32),
            Width::W64 => at(index),
        }
    }

    /// An `iovec` array; the lengths sum up to at most [`RW_MAX`] (cut, as Linux does).
    pub fn iovecs(&self, addr: u64, count: u64) -> Result<Vec<IoVec>, Errno> {
        if count > IOV_MAX {
            return Err(Errno::EINVAL);
        }
        let size = self.word_size();
        let mut left = RW_MAX;
        let mut vecs = Vec::with_capacity(count as usize);
        for i in 0..count {
            let at = addr.wrapping_add(i * 2 * size);
            let base = self.load_word(at)?;
            let len = self.load_word(at.wrapping_add(size))?;
            if self.signed(len) < 0 {
                return Err(Errno::EINVAL);
            }
            let len = len.min(left);
            left -= len;
            vecs.push(IoVec { base, len });
        }
        Ok(vecs)
    }
}
