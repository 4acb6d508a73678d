//! Pipes and FIFOs: scripts of calls and answers.

mod driver;

use driver::*;
use tawaki_abi::Errno;
use tawaki_abi::signal::*;
use tawaki_abi::wire::*;
use tawaki_kernel::*;

#[test]
fn pipes_between_processes() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (r, w) = s.pipe(a);
    let (b, _) = s.fork(a);
    s.ok(a, Call::Close { fd: r });
    s.ok(b, Call::Close { fd: w });
    s.waits(b, read(r, 100));
    s.write(a, w, b"data");
    assert_eq!(bytes(s.reply(b).body), b"data");
    // A large write goes in pieces, and is answered when all is in.
    let big = vec![7; 100_000];
    s.waits(a, write(w, &big));
    assert_eq!(s.read(b, r, 65_536).len(), 65_536);
    assert_eq!(s.reply(a).result, Ok(100_000));
    assert_eq!(s.read(b, r, 131_072).len(), 100_000 - 65_536);
    // No writers: end of file. No readers: EPIPE and SIGPIPE.
    s.ok(
        a,
        Call::Sigaction {
            signo: SIGPIPE,
            action: Some(SigAction { handler: SIG_IGN, ..Default::default() }),
        },
    );
    s.exit(b, 0);
    assert_eq!(s.err(a, write(w, b"x")), Errno::EPIPE);
    s.ok(a, Call::Sigaction { signo: SIGPIPE, action: Some(SigAction::default()) });
    let reply = s.call(a, write(w, b"x")).unwrap();
    assert_eq!(reply.body, Body::Die(SIGPIPE as i32));
    assert_eq!(s.exited(), Some(SIGPIPE as i32));
}

/// Many small writes do not wake a reader one by one, but it gets them as soon as the writer
/// waits, when there is half a pipe, or a moment later.
#[test]
fn pipes_gather_small_writes() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (r, w) = s.pipe(a);
    let (b, _) = s.fork(a);
    s.ok(a, Call::Close { fd: r });
    s.ok(b, Call::Close { fd: w });
    let line = [7; 1000];
    for _ in 0..5 {
        s.waits(b, read(r, 100_000));
        s.write(a, w, &line);
        if s.replies_to(b) == 0 {
            break;
        }
        assert_eq!(s.read_reply(b), 1000);
    }
    // One of them was left alone; now the writer waits.
    s.write(a, w, &line);
    assert_eq!(s.replies_to(b), 0);
    s.waits(a, read(0, 10));
    assert_eq!(s.read_reply(b), 2000);
    s.event(Event::StreamInput { request: RequestId(1), bytes: b"in".to_vec() });
    assert_eq!(bytes(s.reply(a).body), b"in");
    // Half a pipe.
    for _ in 0..4 {
        s.waits(b, read(r, 100_000));
        s.write(a, w, &line);
        assert_eq!(s.read_reply(b), 1000);
    }
    s.waits(b, read(r, 100_000));
    for n in 1..33 {
        s.write(a, w, &line);
        assert_eq!(s.replies_to(b), 0, "{n}");
    }
    s.write(a, w, &line);
    assert_eq!(s.read_reply(b), 33_000);
    // A moment later.
    s.waits(b, read(r, 100_000));
    s.write(a, w, &line);
    assert_eq!(s.replies_to(b), 0);
    s.tick(1_000_000);
    assert_eq!(s.read_reply(b), 1000);
    // Nobody is kept waiting at the end.
    s.waits(b, read(r, 100_000));
    s.write(a, w, &line);
    assert_eq!(s.replies_to(b), 0);
    s.ok(a, Call::Close { fd: w });
    assert_eq!(s.read_reply(b), 1000);
}

#[test]
fn small_pipe_writes_are_atomic() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (r, w) = s.pipe(a);
    s.ok(a, Call::Fcntl { fd: w, cmd: 4, arg: NONBLOCK as u64 });
    s.write(a, w, &[1; 65_000]);
    assert_eq!(s.err(a, write(w, &[2; 4096])), Errno::EAGAIN);
    assert_eq!(s.write(a, w, &[2; 500]), 500);
    assert_eq!(s.read(a, r, 100_000).len(), 65_500);
}

#[test]
fn fifos_wait_for_both_ends() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    s.ok(a, Call::Mknod { dirfd: -100, path: path("/tmp/fifo"), mode: 0o010644, dev: 0 });
    assert_eq!(s.err(a, open("/tmp/fifo", WRONLY | NONBLOCK)), Errno::ENXIO);
    let (b, pid) = s.fork(a);
    s.waits(b, open("/tmp/fifo", 0));
    let w = s.open(a, "/tmp/fifo", WRONLY);
    let r = s.reply(b).result.unwrap() as i32;
    s.write(a, w, b"through");
    assert_eq!(s.read(b, r, 100), b"through");
    s.ok(a, Call::Close { fd: w });
    assert_eq!(s.read(b, r, 100), b"");
    s.ok(b, Call::Close { fd: r });
    // Interrupted while it waits: nothing stays open.
    s.waits(b, open("/tmp/fifo", 0));
    s.ok(a, Call::Kill { pid, tid: None, signo: SIGKILL, info: None });
    assert_eq!(s.reply(b).body, Body::Die(9));
    assert_eq!(s.err(a, open("/tmp/fifo", WRONLY | NONBLOCK)), Errno::ENXIO);
}
