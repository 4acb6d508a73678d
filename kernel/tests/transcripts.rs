//! Transcripts: calls and events in, replies and effects out, by family.

mod driver;

use driver::*;
use tawaki_abi::Errno;
use tawaki_abi::signal::*;
use tawaki_abi::wire::{Body, Call, IdKind, PollFd, WaitWhich};
use tawaki_kernel::*;

fn wait_any(options: u32) -> Call {
    Call::Wait { which: WaitWhich::Any, options }
}

fn kill(pid: i32, signo: u32) -> Call {
    Call::Kill { pid, tid: None, signo, info: None }
}

fn handle(signo: u32, flags: u32) -> Call {
    let action = SigAction { handler: 0x1000, flags, ..SigAction::default() };
    Call::Sigaction { signo, action: Some(action) }
}

#[test]
fn hello_over_streams() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    assert_eq!(s.write(a, 1, b"hello\n"), 6);
    let out = s.effects.iter().find_map(|e| match e {
        Effect::StreamOutput { stream: 1, bytes, .. } => Some(bytes.clone()),
        _ => None,
    });
    assert_eq!(out.as_deref(), Some(b"hello\n".as_slice()));
    s.waits(a, read(0, 10));
    s.event(Event::StreamInput { request: RequestId(1), bytes: b"in".to_vec() });
    assert_eq!(bytes(s.reply(a).body), b"in");
    s.event(Event::StreamEof { request: RequestId(1) });
    assert_eq!(s.read(a, 0, 10), b"");
    s.exit(a, 7);
    assert_eq!(s.exited(), Some(7 << 8));
    assert_eq!(s.effects.iter().filter(|e| matches!(e, Effect::StreamEnded { .. })).count(), 2);
}

#[test]
fn output_waits_for_the_host() {
    let mut s = Script::new();
    s.drain = false;
    let a = s.spawn(Stdio::Streams);
    let block = vec![b'y'; 64 * 1024];
    s.write(a, 1, &block);
    s.write(a, 1, &block);
    s.waits(a, write(1, &block));
    s.event(Event::StreamDrained { request: RequestId(1), stream: 1, bytes: 64 * 1024 });
    assert_eq!(s.reply(a).result, Ok(64 * 1024));
}

#[test]
fn wait_and_zombies() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    assert_eq!(s.err(a, wait_any(4)), Errno::ECHILD);
    let (b, pid) = s.fork(a);
    assert_eq!(s.full(a, wait_any(4 | 1)).0, 0);
    s.waits(a, wait_any(4));
    s.exit(b, 3);
    let reply = s.reply(a);
    let Body::Waited(waited) = reply.body else { panic!("{reply:?}") };
    assert_eq!((reply.result, waited.pid, waited.status), (Ok(pid as i64), pid, 3 << 8));
    assert_eq!(s.err(a, wait_any(4)), Errno::ECHILD);
    // Ignored SIGCHLD: no zombie.
    let ignore = SigAction { handler: SIG_IGN, ..Default::default() };
    s.ok(a, Call::Sigaction { signo: SIGCHLD, action: Some(ignore) });
    let (b, _) = s.fork(a);
    s.waits(a, wait_any(4));
    s.exit(b, 0);
    assert_eq!(s.reply(a).result, Err(Errno::ECHILD));
}

#[test]
fn orphans_go_to_init() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (b, _) = s.fork(a);
    let (c, _) = s.fork(b);
    s.exit(b, 0);
    assert_eq!(s.ok(c, Call::GetId { which: IdKind::Ppid }), 1);
    s.exit(c, 0);
    s.exit(a, 0);
    assert_eq!(s.kernel.tasks(), 0);
}

#[test]
fn vfork_speaks_through_its_parent() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let parent = s.ok(a, Call::GetId { which: IdKind::Pid });
    let vfork = Call::Fork { flags: 0x4100, exit_signal: 17, image: ByteBuf::new() };
    assert_eq!(s.ok(a, vfork.clone()), 0);
    let child = s.ok(a, Call::GetId { which: IdKind::Pid });
    assert_ne!(child, parent);
    // The child closes a descriptor of its own, then execs elsewhere.
    s.ok(a, Call::Close { fd: 0 });
    let fd = s.open(a, "/prog", CREAT | RDWR);
    s.ok(a, Call::Chmod { dirfd: -100, path: path("/prog"), mode: 0o755, flags: 0 });
    s.ok(a, Call::Close { fd });
    let handle = s.ok(a, Call::ExecOpen { dirfd: -100, path: path("/prog"), flags: 0 }) as u32;
    let effects = s.event(Event::Call { slot: a, call: Call::ExecSpawn { handle, request: path("r") } });
    assert_eq!(s.reply(a).result, Ok(child));
    let new = effects.iter().find_map(|e| match e {
        Effect::Spawn { slot, payload, .. } => Some((*slot, payload.clone())),
        _ => None,
    });
    let (b, payload) = new.expect("a worker");
    assert_eq!(payload, b"r");
    assert_eq!(s.ok(a, Call::GetId { which: IdKind::Pid }), parent);
    let commit = Call::ExecCommit {
        handle,
        path: path("/prog"),
        argv: vec![path("prog")],
        environ: path(""),
        comm: path("prog"),
    };
    let (_, body) = s.full(b, commit);
    assert!(matches!(body, Body::ExecStarted(e) if e.pid as i64 == child), "{body:?}");
    s.exit(b, 0);
    // A vfork child that exits: the slot is the parent's again.
    assert_eq!(s.ok(a, vfork.clone()), 0);
    let (child, body) = s.full(a, Call::ExitGroup { status: 1 });
    assert_eq!(body, Body::None);
    assert_eq!(s.ok(a, Call::GetId { which: IdKind::Pid }), parent);
    assert!(child > parent);
    // One that is killed.
    assert_eq!(s.ok(a, vfork), 0);
    let child = s.ok(a, Call::GetId { which: IdKind::Pid });
    s.event(Event::Signal { pid: child as i32, signo: SIGKILL });
    let (pid, body) = s.full(a, Call::TakeSignal);
    assert_eq!((pid, body), (child, Body::Die(SIGKILL as i32)));
    assert_eq!(s.ok(a, Call::GetId { which: IdKind::Pid }), parent);
}

#[test]
fn handlers_masks_and_restarts() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (b, pid) = s.fork(a);
    s.ok(b, handle(SIGUSR1, SA_RESTART));
    // A running task gets the attention word.
    let effects = s.event(Event::Call { slot: a, call: kill(pid, SIGUSR1) });
    s.reply(a);
    assert!(s.attention(&effects, b));
    let (_, body) = s.full(b, Call::TakeSignal);
    let Body::Deliver(d) = body else { panic!("{body:?}") };
    assert_eq!((d.info.signo, d.info.code, d.old_mask), (SIGUSR1, SI_USER, 0));
    let (_, body) = s.full(b, Call::Sigprocmask { how: 0, set: None });
    assert_eq!(body, Body::Mask(sigbit(SIGUSR1)));
    // Blocked: pending, not delivered.
    s.ok(a, kill(pid, SIGUSR1));
    assert_eq!(s.full(b, Call::Sigpending).1, Body::Mask(sigbit(SIGUSR1)));
    assert_eq!(s.full(b, Call::TakeSignal).1, Body::None);
    s.ok(b, Call::Sigprocmask { how: 2, set: Some(0) });
    assert!(matches!(s.full(b, Call::TakeSignal).1, Body::Deliver(_)));
    s.ok(b, Call::Sigprocmask { how: 2, set: Some(0) });
    // A waiting call is interrupted.
    let (r, _w) = s.pipe(b);
    s.waits(b, read(r, 1));
    s.ok(a, kill(pid, SIGUSR1));
    assert_eq!(s.reply(b).result, Err(Errno::ERESTARTSYS));
    assert!(matches!(s.full(b, Call::TakeSignal).1, Body::Deliver(_)));
    s.ok(b, Call::Sigprocmask { how: 2, set: Some(sigbit(SIGUSR1)) });
    // sigsuspend swaps the mask and the handler restores the old one.
    s.waits(b, Call::Sigsuspend { mask: 0 });
    s.ok(a, kill(pid, SIGUSR1));
    assert_eq!(s.reply(b).result, Err(Errno::ERESTARTNOHAND));
    let (_, body) = s.full(b, Call::TakeSignal);
    assert!(matches!(body, Body::Deliver(d) if d.old_mask == sigbit(SIGUSR1)), "{body:?}");
    // A signal whose default is to end.
    s.waits(a, Call::Wait { which: WaitWhich::Pid(pid), options: 4 });
    let effects = s.event(Event::Signal { pid, signo: SIGTERM });
    assert!(s.attention(&effects, b));
    assert_eq!(s.call(b, Call::TakeSignal).unwrap().body, Body::Die(15));
    assert!(matches!(s.reply(a).body, Body::Waited(w) if w.status == 15));
}

#[test]
fn faults_kill_when_blocked() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let info = SigInfo { signo: SIGSEGV, code: SEGV_MAPERR, addr: 0x10, ..SigInfo::default() };
    s.ok(a, handle(SIGSEGV, SA_SIGINFO));
    let (_, body) = s.full(a, Call::Fault { info });
    assert!(matches!(body, Body::Deliver(d) if d.info.addr == 0x10), "{body:?}");
    // In the handler it is blocked: the second one kills.
    assert_eq!(s.call(a, Call::Fault { info }).unwrap().body, Body::Die(SIGSEGV as i32));
    assert_eq!(s.exited(), Some(SIGSEGV as i32));
}

#[test]
fn real_time_signals_queue_in_order() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let pid = s.ok(a, Call::GetId { which: IdKind::Pid }) as i32;
    let set = sigbit(34) | sigbit(SIGUSR1);
    s.ok(a, Call::Sigprocmask { how: 0, set: Some(set) });
    for value in 1..=3 {
        let info = SigInfo { signo: 34, code: SI_QUEUE, value, ..SigInfo::default() };
        s.ok(a, Call::Kill { pid, tid: None, signo: 34, info: Some(info) });
    }
    s.ok(a, kill(pid, SIGUSR1));
    s.ok(a, kill(pid, SIGUSR1));
    let mut got = Vec::new();
    for _ in 0..4 {
        let (signo, body) = s.full(a, Call::Sigtimedwait { set, deadline: Some(0) });
        let Body::Info(info) = body else { panic!("{body:?}") };
        got.push((signo, info.value));
    }
    assert_eq!(got, [(10, 0), (34, 1), (34, 2), (34, 3)]);
    assert_eq!(s.err(a, Call::Sigtimedwait { set, deadline: Some(0) }), Errno::EAGAIN);
    s.waits(a, Call::Sigtimedwait { set, deadline: None });
    s.event(Event::Signal { pid, signo: SIGUSR1 });
    assert_eq!(s.reply(a).result, Ok(10));
}

#[test]
fn sleeping_and_timers() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let until = s.now + 5_000_000;
    s.waits(a, Call::Sleep { clock: 1, deadline: Some(until) });
    assert_eq!(s.kernel.next_timer(), Some(until));
    s.tick(5_000_000);
    assert_eq!(s.reply(a).result, Ok(0));
    s.ok(a, handle(SIGALRM, 0));
    s.ok(a, Call::Setitimer { which: 0, interval: 0, value: 1_000_000 });
    s.waits(a, Call::Sleep { clock: 1, deadline: None });
    s.tick(1_000_000);
    assert_eq!(s.reply(a).result, Err(Errno::ERESTARTNOHAND));
    assert!(matches!(s.full(a, Call::TakeSignal).1, Body::Deliver(d) if d.info.signo == SIGALRM));
    assert_eq!(s.kernel.next_timer(), None);
    let fd = s.ok(a, Call::TimerfdCreate { clock: 1, flags: 0 }) as i32;
    s.ok(a, Call::TimerfdSet { fd, flags: 0, interval: 1_000_000, value: 1_000_000 });
    s.tick(3_500_000);
    assert_eq!(s.read(a, fd, 8), 3u64.to_le_bytes());
    s.ok(a, Call::Close { fd });
    assert_eq!(s.kernel.next_timer(), None);
}

#[test]
fn poll_and_epoll() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (r, w) = s.pipe(a);
    let fds = vec![PollFd { fd: r, events: 1 }, PollFd { fd: w, events: 4 }, PollFd { fd: 99, events: 1 }];
    let (n, body) = s.full(a, Call::Poll { fds: fds.clone(), deadline: None, mask: None });
    assert_eq!((n, body), (2, Body::Poll(vec![0, 4, 0x20])));
    let one = vec![fds[0]];
    let until = s.now + 1000;
    s.waits(a, Call::Poll { fds: one.clone(), deadline: Some(until), mask: None });
    s.tick(1000);
    let reply = s.reply(a);
    assert_eq!((reply.result, reply.body), (Ok(0), Body::Poll(vec![0])));
    let (b, _) = s.fork(a);
    s.waits(a, Call::Poll { fds: one, deadline: None, mask: None });
    s.write(b, w, b"x");
    assert_eq!(s.reply(a).result, Ok(1));
    // Edge-triggered: once per arrival.
    let ep = s.ok(a, Call::EpollCreate { flags: 0 }) as i32;
    s.ok(a, Call::EpollCtl { epfd: ep, op: 1, fd: r, events: 1 | 1 << 31, data: 77 });
    let wait = Call::EpollWait { epfd: ep, max: 8, deadline: Some(0), mask: None };
    assert_eq!(s.full(a, wait.clone()).1, Body::Epoll(vec![(1, 77)]));
    assert_eq!(s.full(a, wait.clone()).1, Body::Epoll(vec![]));
    s.write(b, w, b"y");
    assert_eq!(s.full(a, wait.clone()).1, Body::Epoll(vec![(1, 77)]));
    s.ok(a, Call::Close { fd: r });
    let ev = s.ok(a, Call::Eventfd { count: 0, flags: 0 }) as i32;
    s.ok(a, Call::EpollCtl { epfd: ep, op: 1, fd: ev, events: 1, data: 5 });
    let (b, _) = s.fork(a);
    s.waits(a, Call::EpollWait { epfd: ep, max: 8, deadline: None, mask: None });
    s.write(b, ev, &3u64.to_le_bytes());
    assert_eq!(s.reply(a).body, Body::Epoll(vec![(1, 5)]));
}

#[test]
fn terminal_reads_lines_and_interrupts() {
    let mut s = Script::new();
    let a = s.terminal();
    s.waits(a, read(0, 100));
    s.type_keys(b"ls\x7fs\r");
    assert_eq!(bytes(s.reply(a).body), b"ls\n");
    assert_eq!(s.screen(), "ls\x08 \x08s\r\n");
    s.write(a, 1, b"out\n");
    assert!(s.screen().ends_with("out\r\n"));
    s.waits(a, read(0, 100));
    s.type_keys(b"\x03");
    assert_eq!(s.exited(), Some(SIGINT as i32));
    assert_eq!(s.reply(a).body, Body::Die(2));
    assert!(s.screen().ends_with("^C"));
}

#[test]
fn endless_output_can_be_interrupted() {
    let mut s = Script::new();
    s.drain = false;
    let a = s.terminal();
    let block = vec![b'y'; 8192];
    let mut calls = 0;
    while s.call(a, write(1, &block)).is_some() {
        calls += 1;
        assert!(calls < 100);
    }
    s.type_keys(b"\x03");
    assert_eq!(s.reply(a).body, Body::Die(2));
}

#[test]
fn job_control() {
    let mut s = Script::new();
    let shell = s.terminal();
    let me = s.ok(shell, Call::GetId { which: IdKind::Pid }) as i32;
    s.ok(
        shell,
        Call::Sigaction {
            signo: SIGTTOU,
            action: Some(SigAction { handler: SIG_IGN, ..Default::default() }),
        },
    );
    let (job, pid) = s.fork(shell);
    s.ok(shell, Call::Setpgid { pid, pgid: pid });
    // The background job reads: it stops by SIGTTIN and the shell hears of it.
    s.waits(shell, wait_any(2 | 4));
    assert_eq!(s.err(job, read(0, 10)), Errno::ERESTARTSYS);
    s.waits(job, Call::TakeSignal);
    assert!(matches!(s.reply(shell).body, Body::Waited(w) if w.pid == pid && w.status == (21 << 8 | 0x7f)));
    // fg: the terminal is given to it and it goes on.
    s.ok(shell, Call::Ioctl { fd: 0, op: tawaki_abi::wire::IoctlOp::SetPgrp(pid) });
    s.ok(shell, kill(-pid, SIGCONT));
    assert_eq!(s.reply(job).body, Body::None);
    s.waits(job, read(0, 10));
    s.waits(shell, wait_any(2 | 4));
    s.type_keys(b"\x1a");
    assert_eq!(s.reply(job).result, Err(Errno::ERESTARTSYS));
    s.waits(job, Call::TakeSignal);
    assert!(matches!(s.reply(shell).body, Body::Waited(w) if w.status == (20 << 8 | 0x7f)));
    // The shell takes the terminal back from the background (SIGTTOU ignored).
    s.ok(shell, Call::Ioctl { fd: 0, op: tawaki_abi::wire::IoctlOp::SetPgrp(me) });
    s.ok(shell, kill(-pid, SIGKILL));
    assert_eq!(s.reply(job).body, Body::Die(9));
    assert!(matches!(s.full(shell, wait_any(4)).1, Body::Waited(w) if w.status == 9));
}

#[test]
fn resize_and_hangup() {
    let mut s = Script::new();
    let a = s.terminal();
    s.ok(a, handle(SIGWINCH, 0));
    let effects = s.event(Event::TerminalResize { terminal: TerminalId(1), cols: 100, rows: 30 });
    assert!(s.attention(&effects, a));
    assert!(matches!(s.full(a, Call::TakeSignal).1, Body::Deliver(_)));
    let (_, body) = s.full(a, Call::Ioctl { fd: 0, op: tawaki_abi::wire::IoctlOp::GetWinSize });
    assert!(matches!(body, Body::WinSize(w) if (w.cols, w.rows) == (100, 30)));
    s.event(Event::TerminalHangup { terminal: TerminalId(1) });
    assert_eq!(s.call(a, Call::TakeSignal).unwrap().body, Body::Die(SIGHUP as i32));
}

#[test]
fn proc_and_dev() {
    let mut s = Script::new();
    let a = s.terminal();
    let fd = s.open(a, "/proc/self/status", 0);
    assert_eq!(s.err(a, read(fd, 4096)), tawaki_abi::wire::NEED_MAPS);
    s.ok(a, Call::Maps { text: path("maps"), vsize: 8 << 20, rss: 4 << 20, auxv: path("") });
    let text = String::from_utf8(s.read(a, fd, 8192)).unwrap();
    assert!(text.contains("VmRSS:\t    4096 kB"), "{text}");
    let (_, link) = s.full(a, Call::Readlink { dirfd: -100, path: path("/proc/self/fd/0") });
    assert_eq!(bytes(link), b"/dev/pts/0");
    for name in [
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/uptime",
        "/proc/mounts",
        "/proc/sys/kernel/osrelease",
        "/sys/devices/system/cpu/online",
        "/proc/1/stat",
        "/proc/self/limits",
        "/proc/self/cmdline",
        "/proc/thread-self/comm",
        "/proc/self/fdinfo/0",
    ] {
        let fd = s.open(a, name, 0);
        let mut reply = s.call(a, read(fd, 65_536)).unwrap();
        if reply.result == Err(tawaki_abi::wire::NEED_MAPS) {
            s.ok(a, Call::Maps { text: path("maps"), vsize: 8 << 20, rss: 4 << 20, auxv: path("") });
            reply = s.call(a, read(fd, 65_536)).unwrap();
        }
        assert!(reply.result.is_ok(), "{name}: {reply:?}");
        s.ok(a, Call::Close { fd });
    }
    let fd = s.open(a, "/proc", 0);
    let (_, body) = s.full(a, Call::Getdents { fd, len: 32_768 });
    let Body::Dirents(entries) = body else { panic!() };
    assert!(entries.iter().any(|e| e.name == b"1") && entries.iter().any(|e| e.name == b"meminfo"));
    let (_, body) = s.full(a, Call::Getdents { fd, len: 32_768 });
    assert_eq!(body, Body::Dirents(vec![]));
    let null = s.open(a, "/dev/null", RDWR);
    assert_eq!(s.write(a, null, b"gone"), 4);
    assert_eq!(s.read(a, null, 10), b"");
    let full = s.open(a, "/dev/full", RDWR);
    assert_eq!(s.err(a, write(full, b"x")), Errno::ENOSPC);
    let tty = s.open(a, "/dev/tty", RDWR);
    s.write(a, tty, b"direct");
    assert!(s.screen().ends_with("direct"));
    // /dev/stdin through the descriptor of a pipe.
    let (r, w) = s.pipe(a);
    s.ok(a, Call::Dup3 { old: r, new: 0, flags: None });
    s.write(a, w, b"piped");
    let again = s.open(a, "/dev/stdin", 0);
    assert_eq!(s.read(a, again, 100), b"piped");
    let (_, link) = s.full(a, Call::Readlink { dirfd: -100, path: path("/proc/self/fd/0") });
    assert!(bytes(link).starts_with(b"pipe:["));
}

#[test]
fn limits_are_errors() {
    let mut s = Script::with(Config { max_processes: 3, ..Config::default() });
    let a = s.spawn(Stdio::Streams);
    let (b, _) = s.fork(a);
    let (_c, _) = s.fork(b);
    assert_eq!(s.err(a, Call::Fork { flags: 0, exit_signal: 17, image: ByteBuf::new() }), Errno::EAGAIN);
    // 10,000 open files when the limit allows.
    s.ok(a, Call::Prlimit { pid: 0, resource: 7, new: Some((10_000, 10_000)) });
    for _ in 3..10_000 {
        s.ok(a, Call::Dup { fd: 0 });
    }
    assert_eq!(s.err(a, Call::Dup { fd: 0 }), Errno::EMFILE);
    assert_eq!(s.err(a, open("/dev/null", 0)), Errno::EMFILE);
}

/// RLIMIT_NICE (getrlimit(2)): without privilege, 20 minus the nice value may not be more.
#[test]
fn nice_as_far_as_the_limit() {
    let mut s = Script::new();
    let user = s.spawn(Stdio::Streams);
    let nice = |n: i32| Call::Priority { which: 0, who: 0, set: Some(n) };
    let limit = |soft: u64| Call::Prlimit { pid: 0, resource: 13, new: Some((soft, 30)) };
    s.ok(user, limit(25));
    s.ok(user, Call::SetIds { op: tawaki_abi::wire::SetIds::Uid(1000) });
    assert_eq!(s.err(user, nice(-6)), Errno::EACCES);
    s.ok(user, nice(-5));
    assert_eq!(s.ok(user, Call::Priority { which: 0, who: 0, set: None }), 25);
    s.ok(user, nice(10));
    s.ok(user, nice(-3));
    s.ok(user, limit(0));
    s.ok(user, nice(-3));
    assert_eq!(s.err(user, nice(-4)), Errno::EACCES);
    s.ok(user, nice(19));
    assert_eq!(s.err(user, nice(18)), Errno::EACCES);
    s.ok(user, limit(1));
    assert_eq!(s.err(user, nice(18)), Errno::EACCES);
    s.ok(user, limit(2));
    s.ok(user, nice(18));
}

#[test]
fn a_thread_whose_worker_has_its_work() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let start = |s: &mut Script, flags: u64| {
        let call = Call::Fork { flags, exit_signal: 17, image: ByteBuf::new() };
        let effects = s.event(Event::Call { slot: a, call });
        effects
            .iter()
            .find_map(|e| if let Effect::Spawn { slot, .. } = e { Some(*slot) } else { None })
            .unwrap()
    };
    // CLONE_VM | CLONE_SIGHAND | CLONE_THREAD: the creator goes on before the thread does, once.
    let thread = start(&mut s, 0x1_0900);
    assert_eq!(s.replies_to(a), 0);
    s.event(Event::SpawnStarted { slot: thread });
    let tid = s.reply(a).result.unwrap();
    assert_eq!(s.ok(thread, Call::GetId { which: IdKind::Tid }), tid);
    s.ok(thread, Call::ChildReady);
    assert_eq!(s.replies_to(a), 0, "one answer is enough");
    // A fork's parent waits for the copy of its memory.
    let child = start(&mut s, 0);
    s.event(Event::SpawnStarted { slot: child });
    assert_eq!(s.replies_to(a), 0);
    s.ok(child, Call::ChildReady);
    assert_eq!(s.replies_to(a), 1);
}

#[test]
fn a_worker_that_fails_to_start() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let effects = s.event(Event::Call {
        slot: a,
        call: Call::Fork { flags: 0, exit_signal: 17, image: ByteBuf::new() },
    });
    let child = effects.iter().find_map(|e| match e {
        Effect::Spawn { slot, .. } => Some(*slot),
        _ => None,
    });
    s.event(Event::SpawnFailed { slot: child.unwrap() });
    assert_eq!(s.reply(a).result, Err(Errno::EAGAIN));
    assert_eq!(s.err(a, wait_any(4)), Errno::ECHILD);
    // And one that crashes.
    let (b, pid) = s.fork(a);
    s.event(Event::WorkerCrashed { slot: b, message: "trap".into() });
    assert!(matches!(s.full(a, wait_any(4)).1, Body::Waited(w) if (w.pid, w.status) == (pid, 9)));
    // One that does not come when killed is terminated.
    let (b, pid) = s.fork(a);
    s.ok(a, kill(pid, SIGKILL));
    s.waits(a, wait_any(4));
    s.tick(4_000_000_000);
    assert!(s.effects.contains(&Effect::Release { slot: b, told: false }));
    assert!(matches!(s.reply(a).body, Body::Waited(w) if w.status == 9));
}

#[test]
fn threads_end_together() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let flags = 0x10f00;
    let effects =
        s.event(Event::Call { slot: a, call: Call::Fork { flags, exit_signal: 0, image: path("t") } });
    let (t, kind) = effects
        .iter()
        .find_map(|e| match e {
            Effect::Spawn { slot, kind, .. } => Some((*slot, *kind)),
            _ => None,
        })
        .unwrap();
    assert_eq!(kind, SpawnKind::Thread { leader: a });
    let tid = s.ok(t, Call::ChildReady);
    assert_eq!(s.reply(a).result, Ok(tid));
    let pid = s.ok(t, Call::GetId { which: IdKind::Pid });
    assert_eq!(pid, s.ok(a, Call::GetId { which: IdKind::Tid }));
    let (r, _) = s.pipe(a);
    s.waits(t, read(r, 1));
    s.exit(a, 5);
    assert!(matches!(s.reply(t).body, Body::Die(_)));
    assert_eq!(s.exited(), Some(5 << 8));
    assert_eq!(s.kernel.tasks(), 0);
}

#[test]
fn identity_and_set_id_programs() {
    let mut s = Script::new();
    let root = s.spawn(Stdio::Streams);
    let fd = s.open(root, "/su", CREAT | RDWR);
    s.ok(root, Call::Close { fd });
    s.ok(root, Call::Chmod { dirfd: -100, path: path("/su"), mode: 0o4755, flags: 0 });
    let user = s.spawn_as(Stdio::Streams, 1000);
    assert_eq!(s.err(user, Call::SetIds { op: tawaki_abi::wire::SetIds::Uid(0) }), Errno::EPERM);
    assert_eq!(s.err(user, open("/new", CREAT | WRONLY)), Errno::EACCES);
    let root_pid = s.ok(root, Call::GetId { which: IdKind::Pid }) as i32;
    assert_eq!(s.err(user, kill(root_pid, SIGTERM)), Errno::EPERM);
    let handle = s.ok(user, Call::ExecOpen { dirfd: -100, path: path("/su"), flags: 0 }) as u32;
    let commit = Call::ExecCommit {
        handle,
        path: path("/su"),
        argv: vec![path("su")],
        environ: path(""),
        comm: path("su"),
    };
    let (_, body) = s.full(user, commit);
    assert!(matches!(body, Body::ExecStarted(e) if (e.uid, e.euid, e.secure) == (1000, 0, true)), "{body:?}");
    s.ok(user, Call::SetIds { op: tawaki_abi::wire::SetIds::Uid(0) });
    assert_eq!(s.ok(user, Call::GetId { which: IdKind::Uid }), 0);
}

#[test]
fn locks() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let fd = s.open(a, "/tmp/lock", CREAT | RDWR);
    let (b, _) = s.fork(a);
    let lock = |kind, start, len| tawaki_abi::wire::Flock { kind, whence: 0, start, len, pid: 0 };
    let set = |kind, start, len| Call::FcntlLock { fd, cmd: 6, lock: lock(kind, start, len) };
    let wait = |kind, start, len| Call::FcntlLock { fd, cmd: 7, lock: lock(kind, start, len) };
    s.ok(a, set(1, 0, 10));
    assert_eq!(s.err(b, set(1, 5, 10)), Errno::EAGAIN);
    s.ok(b, set(1, 10, 10));
    s.waits(b, wait(1, 0, 5));
    assert_eq!(s.err(a, wait(1, 10, 5)), Errno::EDEADLK);
    s.ok(a, set(2, 0, 5));
    assert_eq!(s.reply(b).result, Ok(0));
    let other = s.open(b, "/tmp/lock", RDWR);
    s.ok(a, Call::Flock { fd, op: 2 });
    assert_eq!(s.err(b, Call::Flock { fd: other, op: 2 | 4 }), Errno::EAGAIN);
    s.waits(b, Call::Flock { fd: other, op: 2 });
    s.ok(a, Call::Flock { fd, op: 8 });
    assert_eq!(s.reply(b).result, Ok(0));
}

#[test]
fn unix_sockets() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let (_, body) = s.full(a, Call::Socketpair { domain: 1, kind: 1, protocol: 0 });
    let Body::Fds(x, y) = body else { panic!() };
    s.write(a, x, b"ping");
    assert_eq!(s.read(a, y, 100), b"ping");
    // A descriptor passes.
    let (r, w) = s.pipe(a);
    let send = Call::Send { fd: x, data: path("d"), flags: 0, addr: None, fds: vec![w], creds: None };
    s.ok(a, send);
    s.ok(a, Call::Close { fd: w });
    let (_, body) = s.full(a, Call::Recv { fd: y, len: 10, flags: 0 });
    let Body::Received(received) = body else { panic!() };
    assert_eq!(received.data.as_slice(), b"d");
    s.write(a, received.fds[0], b"via");
    assert_eq!(s.read(a, r, 10), b"via");
    s.ok(a, Call::Close { fd: x });
    assert_eq!(s.read(a, y, 10), b"");
    // By name.
    let addr = path("\x01\0/tmp/sock\0");
    let l = s.ok(a, Call::Socket { domain: 1, kind: 1, protocol: 0 }) as i32;
    s.ok(a, Call::Bind { fd: l, addr: addr.clone() });
    s.ok(a, Call::Listen { fd: l, backlog: 5 });
    let (b, _) = s.fork(a);
    s.waits(a, Call::Accept { fd: l, flags: 0 });
    let c = s.ok(b, Call::Socket { domain: 1, kind: 1, protocol: 0 }) as i32;
    s.ok(b, Call::Connect { fd: c, addr });
    let conn = s.reply(a).result.unwrap() as i32;
    s.write(b, c, b"hello");
    assert_eq!(s.read(a, conn, 10), b"hello");
    assert_eq!(s.err(a, Call::Socket { domain: 17, kind: 1, protocol: 0 }), Errno::EAFNOSUPPORT);
}

#[test]
fn pseudo_terminals() {
    let mut s = Script::new();
    let a = s.terminal();
    use tawaki_abi::wire::IoctlOp;
    let m = s.open(a, "/dev/ptmx", RDWR | 0o400);
    let n = s.ok(a, Call::Ioctl { fd: m, op: IoctlOp::PtyNumber });
    assert_eq!(s.err(a, open(&format!("/dev/pts/{n}"), RDWR)), Errno::EIO);
    s.ok(a, Call::Ioctl { fd: m, op: IoctlOp::PtyLock(false) });
    let (b, _) = s.fork(a);
    s.ok(b, Call::Setsid);
    let t = s.open(b, &format!("/dev/pts/{n}"), RDWR);
    s.ok(b, Call::Close { fd: m });
    s.write(a, m, b"line\n");
    assert_eq!(s.read(a, m, 100), b"line\r\n");
    assert_eq!(s.read(b, t, 100), b"line\n");
    s.write(b, t, b"back\n");
    assert_eq!(s.read(a, m, 100), b"back\r\n");
    s.ok(a, Call::Close { fd: m });
    assert_eq!(s.call(b, Call::TakeSignal).unwrap().body, Body::Die(SIGHUP as i32));
}

#[test]
fn malformed_calls_get_errors() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    assert_eq!(s.err(a, read(-1, 1)), Errno::EBADF);
    assert_eq!(s.err(a, read(i32::MAX, 1)), Errno::EBADF);
    let source = tawaki_abi::wire::MapSource::Handle(9);
    assert_eq!(s.err(a, Call::MapRead { source, offset: 0, len: 1, ahead: 0 }), Errno::EBADF);
    assert_eq!(s.err(a, Call::ExecSpawn { handle: 1, request: ByteBuf::new() }), Errno::EINVAL);
    assert_eq!(s.err(a, kill(i32::MIN, 9)), Errno::ESRCH);
    assert_eq!(s.err(a, kill(1 << 20, 9)), Errno::ESRCH);
    assert_eq!(s.err(a, Call::Kill { pid: 1, tid: None, signo: 65, info: None }), Errno::EINVAL);
}

#[test]
fn files_that_arrive_block_by_block() {
    let mut s = Script::slow(Config::default(), 77);
    let a = s.spawn(Stdio::Streams);
    let fd = s.open(a, "/bin/file", CREAT | RDWR);
    for n in 0..50u8 {
        assert_eq!(s.write(a, fd, &[n; 1000]), 1000);
    }
    s.ok(a, Call::Lseek { fd, offset: 0, whence: 0 });
    for n in 0..50u8 {
        assert_eq!(s.read(a, fd, 1000), [n; 1000]);
    }
    s.ok(a, Call::Mkdir { dirfd: -100, path: path("/bin/d"), mode: 0o755 });
    s.ok(
        a,
        Call::Rename { olddir: -100, old: path("/bin/file"), newdir: -100, new: path("/bin/d/f"), flags: 0 },
    );
    s.ok(a, Call::Chdir { path: path("/bin/d") });
    assert_eq!(bytes(s.full(a, Call::Getcwd).1), b"/bin/d");
    s.ok(a, Call::Unlink { dirfd: -100, path: path("f"), flags: 0 });
    assert_eq!(s.err(a, open("f", 0)), Errno::ENOENT);
    s.exit(a, 0);
    assert_eq!(s.kernel.audit(), Vec::<String>::new());
}

#[test]
fn holes_are_zeros() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let fd = s.open(a, "/tmp/holes", 0o102);
    s.write(a, fd, b"0123456789");
    let call = |mode, offset, len| Call::Fallocate { fd, mode, offset, len };
    assert_eq!(s.err(a, call(2, 2, 3)), Errno::EOPNOTSUPP);
    assert_eq!(s.err(a, call(3, 2, 0)), Errno::EINVAL);
    s.ok(a, call(3, 2, 3));
    s.ok(a, call(3, 8, 100));
    let (_, body) = s.full(a, Call::Read { fd, len: 100, offset: Some(0), more: false });
    assert_eq!(bytes(body), [b"01", &[0; 3][..], b"567", &[0; 2]].concat());
}

#[test]
fn connections_over_the_loopback() {
    let mut s = Script::new();
    let a = s.spawn(Stdio::Streams);
    let addr = ByteBuf::from(vec![2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let socket = Call::Socket { domain: 2, kind: 1, protocol: 0 };
    let l = s.ok(a, socket.clone()) as i32;
    let c = s.ok(a, socket.clone()) as i32;
    assert_eq!(s.err(a, Call::Connect { fd: c, addr: addr.clone() }), Errno::ECONNREFUSED);
    s.ok(a, Call::Bind { fd: l, addr: addr.clone() });
    s.ok(a, Call::Listen { fd: l, backlog: 0 });
    s.ok(a, Call::Connect { fd: c, addr: addr.clone() });
    // The queue is full: the next waits until there is room, and then learns it.
    let (b, _) = s.fork(a);
    let d = s.ok(b, socket.clone()) as i32;
    s.waits(b, Call::Connect { fd: d, addr: addr.clone() });
    let x = s.ok(a, Call::Accept { fd: l, flags: 0 }) as i32;
    assert_eq!(s.reply(b).result, Ok(0));
    s.write(a, c, b"first");
    assert_eq!(s.read(a, x, 10), b"first");
    let y = s.ok(a, Call::Accept { fd: l, flags: 0 }) as i32;
    s.write(b, d, b"second");
    assert_eq!(s.read(a, y, 10), b"second");
    // One whose listener goes away is refused.
    let _ = s.ok(b, socket.clone());
    assert_eq!(s.kernel.audit(), Vec::<String>::new());
}
