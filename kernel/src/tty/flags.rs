//! Constants of `struct termios` (termbits.h; octal there as here) and the
//! settings a new terminal has.

use tawaki_abi::tty::{NCCS, Termios};

macro_rules! bits {
    ($($name:ident $value:literal)*) => { $(#[allow(dead_code)] pub const $name: u32 = $value;)* };
}

bits! {
    IGNBRK 0o1 BRKINT 0o2 IGNPAR 0o4 PARMRK 0o10 INPCK 0o20 ISTRIP 0o40 INLCR 0o100 IGNCR 0o200
    ICRNL 0o400 IUCLC 0o1000 IXON 0o2000 IXANY 0o4000 IXOFF 0o10000 IMAXBEL 0o20000 IUTF8 0o40000
    OPOST 0o1 OLCUC 0o2 ONLCR 0o4 OCRNL 0o10 ONOCR 0o20 ONLRET 0o40 TABDLY 0o14000 XTABS 0o14000
    ISIG 0o1 ICANON 0o2 ECHO 0o10 ECHOE 0o20 ECHOK 0o40 ECHONL 0o100 NOFLSH 0o200 TOSTOP 0o400
    ECHOCTL 0o1000 ECHOPRT 0o2000 ECHOKE 0o4000 FLUSHO 0o10000 PENDIN 0o40000 IEXTEN 0o100000
}

macro_rules! chars {
    ($($name:ident $index:literal)*) => { $(#[allow(dead_code)] pub const $name: usize = $index;)* };
}

chars! {
    VINTR 0 VQUIT 1 VERASE 2 VKILL 3 VEOF 4 VTIME 5 VMIN 6 VSWTC 7 VSTART 8 VSTOP 9 VSUSP 10
    VEOL 11 VREPRINT 12 VDISCARD 13 VWERASE 14 VLNEXT 15 VEOL2 16
}

/// What Linux gives a new terminal: `stty sane`.
pub fn sane() -> Termios {
    let mut cc = [0; NCCS];
    for (index, c) in [
        (VINTR, 3),
        (VQUIT, 0x1c),
        (VERASE, 0x7f),
        (VKILL, 0x15),
        (VEOF, 4),
        (VMIN, 1),
        (VSTART, 0x11),
        (VSTOP, 0x13),
        (VSUSP, 0x1a),
        (VREPRINT, 0x12),
        (VDISCARD, 0xf),
        (VWERASE, 0x17),
        (VLNEXT, 0x16),
    ] {
        cc[index] = c;
    }
    Termios {
        iflag: ICRNL | IXON,
        oflag: OPOST | ONLCR,
        cflag: 0o277, // B38400 | CS8 | CREAD
        lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        line: 0,
        cc,
        ispeed: 38400,
        ospeed: 38400,
    }
}
