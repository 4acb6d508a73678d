//! Real programs, built by the system's compiler, over the scripted kernel.

mod common;
use common::{FakeHost, FakeKernel, build, run, start_with};
use tawaki_process::Start;

const HELLO: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
    char *heap = malloc(300000);
    memset(heap, 'x', 300000);
    printf("hello %d %s %s %c\n", argc, argv[argc - 1], getenv("KEY"), heap[299999]);
    return 42;
}
"#;

/// Runs `source` on both widths (where the compiler can build it) and checks output and status.
fn check(name: &str, source: &str, want_output: &str, want_status: i32) {
    for width in ["-m64", "-m32"] {
        for link in [&["-static"][..], &["-nostdlib", "-static", "-ffreestanding"][..]] {
            let freestanding = source.contains("_start");
            if freestanding != (link.len() > 1) {
                continue;
            }
            let mut flags = vec![width];
            flags.extend(link);
            let Some(image) = build(name, source, &flags) else {
                eprintln!("skipped: cannot build {name} with {flags:?}");
                continue;
            };
            let mut kernel = FakeKernel::default();
            kernel.files.insert(b"/bin/test".to_vec(), image);
            let ran = run(kernel, "/bin/test", &["test", "last"], &["KEY=value"]);
            assert_eq!(ran.output(), want_output, "{name} {width}");
            assert_eq!(ran.kernel.status, Some(want_status), "{name} {width}");
            // Those of the program and its interpreter end with it.
            assert!(ran.kernel.handles.len() <= 2, "{name} {width}: handles left open");
            let memory = &ran.host.memory;
            assert!((0..1 << 20).all(|page| memory.perms(page).0 == 0), "{name} {width}: pages left");
        }
    }
}

#[test]
fn hello() {
    check("hello.c", HELLO, "hello 2 last value x\n", 42 << 8);
}

#[test]
fn dynamic_programs_run_through_their_own_loader() {
    for width in ["-m64", "-m32"] {
        for pie in ["-pie", "-no-pie"] {
            let Some(image) = build("dynamic.c", HELLO, &[width, pie]) else { continue };
            let mut kernel = FakeKernel { host_files: true, ..FakeKernel::default() };
            kernel.files.insert(b"/bin/test".to_vec(), image);
            let ran = run(kernel, "/bin/test", &["test", "last"], &["KEY=value"]);
            assert_eq!(ran.output(), "hello 2 last value x\n", "{width} {pie}");
            assert_eq!(ran.kernel.status, Some(42 << 8), "{width} {pie}");
            // Libraries have places of their own below 256 MiB (decision 11), where a memory begins.
            assert!(ran.host.end <= 256 << 20 || pie == "-no-pie", "small programs stay small");
        }
    }
}

#[test]
fn signals() {
    let source = r#"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <time.h>
static volatile int got;
static char *fault;
static void plain(int s) { got += s; }
static void info(int s, siginfo_t *i, void *uc) {
    got += 100;
    if (i->si_signo != s || i->si_pid != 100) got += 10000;
}
#include <setjmp.h>
static sigjmp_buf env;
static void segv(int s, siginfo_t *i, void *uc) {
    printf("segv code %d %s\n", i->si_code, i->si_addr == fault ? "right" : "wrong");
    siglongjmp(env, 1);
}
static double half(double x) { return x / 2; }
int main(void) {
    struct sigaction a = {0};
    setvbuf(stdout, 0, _IONBF, 0);
    a.sa_handler = plain;
    sigaction(SIGUSR1, &a, 0);
    a.sa_handler = 0;
    a.sa_sigaction = info;
    a.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR2, &a, 0);
    volatile double d = half(3.0);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    printf("got %d %g\n", got, d);
    struct timespec t = {1, 0};
    printf("sleep %d\n", nanosleep(&t, &t) == -1 && errno == EINTR);
    stack_t ss = {0};
    static char stack[65536];
    ss.ss_sp = stack;
    ss.ss_size = sizeof stack;
    sigaltstack(&ss, 0);
    a.sa_sigaction = segv;
    a.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &a, 0);
    fault = (char *)16;
    if (!sigsetjmp(env, 1)) *fault = 1;
    fault = (char *)main;
    if (!sigsetjmp(env, 1)) *fault = 1;
    return 0;
}
"#;
    for width in ["-m64", "-m32"] {
        let Some(image) = build("signals.c", source, &["-static", width]) else { continue };
        let mut kernel = FakeKernel { interrupt_sleep: Some(10), ..FakeKernel::default() };
        kernel.files.insert(b"/t".to_vec(), image);
        let ran = run(kernel, "/t", &["t"], &[]);
        let want = "got 112 1.5\nsleep 1\nsegv code 1 right\nsegv code 2 right\n";
        // SIGUSR2 is 12 but its handler adds 100.
        assert_eq!(ran.output(), want.replace("112", "110"), "{width}");
        assert_eq!(ran.kernel.status, Some(0));
    }
}

#[test]
fn stack_overflow_is_sigsegv() {
    let source = "int f(int n) { volatile char a[4096]; a[0] = n; return f(n + 1) + a[0]; } int main(void) { return f(0); }";
    check("overflow.c", source, "", 11);
}

#[test]
fn deep_stack_grows() {
    let source = "
int f(int n) { volatile char a[4096]; a[0] = n; return n ? f(n - 1) + a[0] * 0 : 7; }
int main(void) { return f(1500); }";
    check("deep.c", source, "", 7 << 8);
}

#[test]
fn fork_child_runs_on_a_copy() {
    let source = r#"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int data = 5;
int main(void) {
    char *heap = malloc(100000);
    heap[99999] = 9;
    double x = 1.25;
    int pid = fork();
    printf("%d %d %d %g\n", pid, data, heap[99999], x);
    fflush(stdout);
    _exit(pid ? 1 : 2);
}
"#;
    for width in ["-m64", "-m32"] {
        let Some(image) = build("fork.c", source, &["-static", width]) else { continue };
        let mut kernel = FakeKernel::default();
        kernel.files.insert(b"/t".to_vec(), image);
        // The parent's memory must still be there for the child, so it stops in Fork:
        // here the child is run by the parent's own kernel after a copy of its memory.
        let request = tawaki_abi::wire::ExecRequest {
            path: b"/t".to_vec().into(),
            argv: vec![b"t".to_vec().into()],
            ..Default::default()
        };
        let start = Start::Exec(tawaki_abi::wire::encode(&request, Vec::new()).expect("encodes"));
        let mut host = FakeHost::new();
        let mut port = ForkPort { kernel, memory: host.memory.clone(), child: None };
        let mut engine = tawaki_cpu::Interpreter::new();
        tawaki_process::run(start, &mut port, &mut host, &mut engine, Default::default());
        assert_eq!(String::from_utf8_lossy(&port.kernel.output), "101 5 9 1.25\n", "{width}");
        let child = port.child.expect("forked");
        assert_eq!(child, ("0 5 9 1.25\n".to_string(), Some(2 << 8)), "{width}");
    }
}

/// Runs the child inside the parent's `Fork` call.
struct ForkPort {
    kernel: FakeKernel,
    memory: std::sync::Arc<tawaki_cpu::GuestMemory>,
    child: Option<(String, Option<i32>)>,
}

impl tawaki_process::Port for ForkPort {
    fn call(&mut self, call: &tawaki_abi::wire::Call) -> tawaki_abi::wire::Reply {
        if let tawaki_abi::wire::Call::Fork { image, .. } = call {
            let mut host = FakeHost::new();
            host.parent = Some(self.memory.clone());
            let ran = start_with(FakeKernel::default(), host, Start::Fork(image.to_vec()));
            self.child = Some((ran.output(), ran.kernel.status));
        }
        self.kernel.call(call)
    }
    fn attention(&self) -> &std::sync::atomic::AtomicU32 {
        self.kernel.attention()
    }
    fn park(&mut self, timeout: Option<std::time::Duration>) {
        self.kernel.park(timeout);
    }
    fn unparker(&self) -> std::sync::Arc<dyn tawaki_process::Unpark> {
        self.kernel.unparker()
    }
}

#[test]
fn posix_spawn_runs_in_place() {
    let source = r#"
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    char *argv[] = {"x", "y", 0}, *envp[] = {"A=b", 0};
    int pid = 0;
    int r = posix_spawn(&pid, "/missing", 0, 0, argv, envp);
    printf("%s\n", strerror(r));
    r = posix_spawn(&pid, "/script", 0, 0, argv, envp);
    printf("%d %d\n", r, pid);
    return 0;
}
"#;
    for width in ["-m64", "-m32"] {
        let Some(image) = build("spawn.c", source, &["-static", width]) else { continue };
        let mut kernel = FakeKernel::default();
        kernel.files.insert(b"/script".to_vec(), b"#!/t -x\nfoo\n".to_vec());
        kernel.files.insert(b"/t".to_vec(), image);
        let ran = run(kernel, "/t", &["t"], &[]);
        assert_eq!(ran.output(), "No such file or directory\n0 101\n", "{width}");
        let spawned = ran.kernel.spawned.expect("spawned");
        let argv: Vec<&[u8]> = spawned.argv.iter().map(|a| a.as_slice()).collect();
        assert_eq!(argv, [&b"/t"[..], b"-x", b"/script", b"y"]);
    }
}

#[test]
fn rings_are_refused_with_one_line() {
    let source = r#"
        #include <errno.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(void) {
            char params[120] = {0};
            for (int i = 0; i < 9; i++) {
                if (syscall(SYS_io_uring_setup, 8, params) != -1 || errno != ENOSYS) return 1;
                if (syscall(SYS_io_uring_enter, 3, 1, 1, 1, 0, 0) != -1 || errno != ENOSYS) return 2;
                if (syscall(SYS_io_uring_register, 3, 0, 0, 0) != -1 || errno != ENOSYS) return 3;
            }
            return 0;
        }
    "#;
    for width in ["-m64", "-m32"] {
        let Some(image) = build("rings.c", source, &[width, "-static"]) else { continue };
        let mut kernel = FakeKernel::default();
        kernel.files.insert(b"/t".to_vec(), image);
        let ran = run(kernel, "/t", &["t"], &[]);
        assert_eq!(ran.kernel.status, Some(0), "{width}");
        for name in ["io_uring_setup", "io_uring_enter", "io_uring_register"] {
            let lines = ran.host.lines.iter().filter(|line| line.contains(name));
            assert_eq!(lines.count(), 1, "{width} {name}: {:?}", ran.host.lines);
        }
    }
}

#[test]
fn bad_programs() {
    let Some(good) = build("good.c", "int main(void) { return 0; }", &["-static"]) else { return };
    let check = |image: Vec<u8>, want: &str| {
        let mut kernel = FakeKernel::default();
        kernel.files.insert(b"/t".to_vec(), image);
        let ran = run(kernel, "/t", &["t"], &[]);
        let log = ran.host.lines.join("\n");
        assert!(log.contains(want), "{log:?} lacks {want:?}");
        assert_eq!(ran.kernel.status, Some(126 << 8));
    };
    check(Vec::new(), "Exec format error");
    check(b"just text".to_vec(), "Exec format error");
    check(good[..40].to_vec(), "Exec format error");
    check(good[..100].to_vec(), "Exec format error");
    let mut wrong = good.clone();
    wrong[18] = 0xb7; // aarch64
    check(wrong, "Exec format error");
    let mut huge = good.clone();
    // p_memsz of the first segment.
    huge[64 + 40..64 + 48].copy_from_slice(&u64::MAX.to_le_bytes());
    check(huge, "Cannot allocate memory");
    // Nothing in a header can make us panic (the entry point is left alone: any code may loop).
    for at in (0..24).chain(32..400) {
        let mut broken = good.clone();
        broken[at] ^= 0x81;
        let mut kernel = FakeKernel { open_only: true, ..FakeKernel::default() };
        kernel.files.insert(b"/t".to_vec(), broken);
        let ran = run(kernel, "/t", &["t"], &[]);
        assert!(ran.kernel.status.is_some());
    }
}

#[test]
fn script_chains_end() {
    let mut kernel = FakeKernel::default();
    kernel.files.insert(b"/loop".to_vec(), b"#!/loop\n".to_vec());
    let ran = run(kernel, "/loop", &["loop"], &[]);
    assert!(ran.host.lines[0].contains("Too many levels"), "{:?}", ran.host.lines);
    assert!(ran.kernel.handles.is_empty());
}
