//! Error numbers of Linux (errno(3); the same for i386 and x86-64).

use serde::{Deserialize, Serialize};

/// A Linux error number, positive, as errno(3) lists them.
///
/// The three above 511 are internal to the kernel and the process crate (they
/// say how an interrupted call restarts) and never reach a guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Errno(pub u16);

macro_rules! errnos {
    ($($name:ident $number:literal $text:literal)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Errno = Errno($number);)*

            /// The symbolic name, or `None` for a number not in the table.
            pub fn name(self) -> Option<&'static str> {
                match self.0 { $($number => Some(stringify!($name)),)* _ => None }
            }

            /// The C library's message for this number.
            pub fn message(self) -> &'static str {
                match self.0 { $($number => $text,)* _ => "Unknown error" }
            }
        }
    };
}

errnos! {
    EPERM 1 "Operation not permitted"
    ENOENT 2 "No such file or directory"
    ESRCH 3 "No such process"
    EINTR 4 "Interrupted system call"
    EIO 5 "Input/output error"
    ENXIO 6 "No such device or address"
    E2BIG 7 "Argument list too long"
    ENOEXEC 8 "Exec format error"
    EBADF 9 "Bad file descriptor"
    ECHILD 10 "No child processes"
    EAGAIN 11 "Resource temporarily unavailable"
    ENOMEM 12 "Cannot allocate memory"
    EACCES 13 "Permission denied"
    EFAULT 14 "Bad address"
    ENOTBLK 15 "Block device required"
    EBUSY 16 "Device or resource busy"
    EEXIST 17 "File exists"
    EXDEV 18 "Invalid cross-device link"
    ENODEV 19 "No such device"
    ENOTDIR 20 "Not a directory"
    EISDIR 21 "Is a directory"
    EINVAL 22 "Invalid argument"
    ENFILE 23 "Too many open files in system"
    EMFILE 24 "Too many open files"
    ENOTTY 25 "Inappropriate ioctl for device"
    ETXTBSY 26 "Text file busy"
    EFBIG 27 "File too large"
    ENOSPC 28 "No space left on device"
    ESPIPE 29 "Illegal seek"
    EROFS 30 "Read-only file system"
    EMLINK 31 "Too many links"
    EPIPE 32 "Broken pipe"
    EDOM 33 "Numerical argument out of domain"
    ERANGE 34 "Numerical result out of range"
    EDEADLK 35 "Resource deadlock avoided"
    ENAMETOOLONG 36 "File name too long"
    ENOLCK 37 "No locks available"
    ENOSYS 38 "Function not implemented"
    ENOTEMPTY 39 "Directory not empty"
    ELOOP 40 "Too many levels of symbolic links"
    ENOMSG 42 "No message of desired type"
    EIDRM 43 "Identifier removed"
    ENODATA 61 "No data available"
    ETIME 62 "Timer expired"
    EPROTO 71 "Protocol error"
    EOVERFLOW 75 "Value too large for defined data type"
    ELIBBAD 80 "Accessing a corrupted shared library"
    EUSERS 87 "Too many users"
    ENOTSOCK 88 "Socket operation on non-socket"
    EDESTADDRREQ 89 "Destination address required"
    EMSGSIZE 90 "Message too long"
    EPROTOTYPE 91 "Protocol wrong type for socket"
    ENOPROTOOPT 92 "Protocol not available"
    EPROTONOSUPPORT 93 "Protocol not supported"
    ESOCKTNOSUPPORT 94 "Socket type not supported"
    EOPNOTSUPP 95 "Operation not supported"
    EAFNOSUPPORT 97 "Address family not supported by protocol"
    EADDRINUSE 98 "Address already in use"
    EADDRNOTAVAIL 99 "Cannot assign requested address"
    ENETUNREACH 101 "Network is unreachable"
    ECONNABORTED 103 "Software caused connection abort"
    ECONNRESET 104 "Connection reset by peer"
    ENOBUFS 105 "No buffer space available"
    EISCONN 106 "Transport endpoint is already connected"
    ENOTCONN 107 "Transport endpoint is not connected"
    ESHUTDOWN 108 "Cannot send after transport endpoint shutdown"
    ETIMEDOUT 110 "Connection timed out"
    ECONNREFUSED 111 "Connection refused"
    EHOSTUNREACH 113 "No route to host"
    EALREADY 114 "Operation already in progress"
    EINPROGRESS 115 "Operation now in progress"
    ESTALE 116 "Stale file handle"
    EUCLEAN 117 "Structure needs cleaning"
    EDQUOT 122 "Disk quota exceeded"
    ECANCELED 125 "Operation canceled"
    EOWNERDEAD 130 "Owner died"
    ENOTRECOVERABLE 131 "State not recoverable"
    ERESTARTSYS 512 "Internal: restart if SA_RESTART, else EINTR"
    ERESTARTNOINTR 513 "Internal: always restart"
    ERESTARTNOHAND 514 "Internal: restart if no handler ran, else EINTR"
}

impl core::fmt::Debug for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.0),
        }
    }
}

impl core::fmt::Display for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Errno {}
