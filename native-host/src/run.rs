//! One program in a machine, connected to this process's own input and output:
//! `cargo xtask run --host native` and the `tawaki` binary.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use crossbeam_channel::{RecvTimeoutError, select};
use tawaki_cpu::level::{Level, set_level};
use tawaki_kernel::{Event, RequestId, SpawnRequest, Stdio, TerminalId};

use crate::machine::{JitConfig, Machine, MachineConfig, MachineEvent};
use crate::mounts::Mounts;
use crate::terminal::{RawMode, size};

/// The command line of a run.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Disk image
    #[arg(long)]
    pub image: PathBuf,
    /// Write changes to the image
    #[arg(long)]
    pub write: bool,
    /// Host directory made visible, read-only: HOSTDIR:/path
    #[arg(long)]
    pub mount: Vec<String>,
    /// Environment variable NAME=VALUE, more than once
    #[arg(long = "env")]
    pub env: Vec<String>,
    /// Working directory
    #[arg(long, default_value = "/root")]
    pub cwd: String,
    /// User and group
    #[arg(long, default_value = "0:0")]
    pub user: String,
    /// Seconds after which the program is killed (status 124)
    #[arg(long)]
    pub timeout: Option<f64>,
    /// Write figures to this file, JSON
    #[arg(long)]
    pub stats: Option<PathBuf>,
    /// Print system calls to standard error
    #[arg(long)]
    pub strace: bool,
    /// Print the machine's log to standard error
    #[arg(long)]
    pub log: bool,
    /// Compiles hot code: on, off, checked (every memory access tested), helpers
    /// (checked, and all operations by calls). Without it the environment's TAWAKI_JIT
    #[arg(long, value_enum)]
    pub jit: Option<Jit>,
    /// The processor: base (x86-64-v2 and more), or avx2 (x86-64-v3)
    #[arg(long, value_enum, default_value_t = Cpu::Base)]
    pub cpu: Cpu,
    /// How often a block begins before it is hot
    #[arg(long)]
    pub jit_threshold: Option<u32>,
    /// Most blocks compiled as one function
    #[arg(long)]
    pub jit_region: Option<usize>,
    /// Count what runs instead of compiling it, and write code for it to this file, which browsers
    /// find beside the image (IMAGE.code)
    #[arg(long)]
    pub precompile: Option<PathBuf>,
    /// How often a block has to run for that, in all
    #[arg(long, default_value_t = 300)]
    pub precompile_least: u64,
    /// Most processes at once
    #[arg(long, default_value_t = 512)]
    pub max_processes: u32,
    /// Program and its arguments
    #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// Values of `--jit`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jit {
    /// The fast form
    On,
    /// Interpreter only
    Off,
    /// Exact page permissions
    Checked,
    /// For finding out where a bug is
    Helpers,
}

/// Values of `--cpu`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Without AVX
    Base,
    /// With AVX, AVX2, FMA and F16C
    Avx2,
}

/// Environment every program gets unless `--env` says otherwise.
const DEFAULT_ENV: [(&str, &str); 5] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("TERM", "xterm-256color"),
    ("LANG", "C.UTF-8"),
    ("USER", "root"),
];

const REQUEST: RequestId = RequestId(1);
const TERMINAL: TerminalId = TerminalId(0);

fn environment(given: &[String]) -> Vec<Vec<u8>> {
    let named = |name: &str| given.iter().any(|g| g.split('=').next() == Some(name));
    let mut env: Vec<Vec<u8>> = DEFAULT_ENV
        .iter()
        .filter(|(name, _)| !named(name))
        .map(|(name, value)| format!("{name}={value}").into_bytes())
        .collect();
    env.extend(given.iter().map(|g| g.clone().into_bytes()));
    env
}

fn parse_user(user: &str) -> Result<(u32, u32), String> {
    let mut parts = user.splitn(2, ':');
    let number = |part: Option<&str>| part.and_then(|p| p.parse::<u32>().ok());
    let uid = number(parts.next());
    let gid = number(parts.next());
    match (uid, gid) {
        (Some(uid), Some(gid)) => Ok((uid, gid)),
        (Some(uid), None) => Ok((uid, uid)),
        _ => Err(format!("--user wants UID:GID in numbers, not {user}")),
    }
}

/// Exit status a shell would show for a status word of wait(2).
pub fn shell_status(status: i32) -> i32 {
    if status & 0x7f == 0 { status >> 8 & 0xff } else { 128 + (status & 0x7f) }
}

/// Runs the program; the result is the exit status for this process. The error
/// is a sentence for the user.
pub fn run(args: &RunArgs) -> Result<i32, String> {
    let start = Instant::now();
    let (uid, gid) = parse_user(&args.user)?;
    let mounts = Mounts::new(&args.mount)?;
    set_level(match args.cpu {
        Cpu::Base => Level::Base,
        Cpu::Avx2 => Level::Avx2,
    });
    let machine = Machine::boot(&MachineConfig {
        image: args.image.clone(),
        disks: mounts.disks.clone(),
        write: args.write,
        strace: args.strace,
        max_processes: args.max_processes,
        jit: jit_config(args),
    })?;
    let tty = std::io::stdin().is_terminal();
    let (cols, rows) = size();
    let stdio = if tty { Stdio::Terminal { terminal: TERMINAL, cols, rows } } else { Stdio::Streams };
    let program = args.command.first().ok_or("no program given")?;
    let boot = start.elapsed();
    machine.spawn(SpawnRequest {
        request: REQUEST,
        path: program.clone().into_bytes(),
        argv: args.command.iter().map(|a| a.clone().into_bytes()).collect(),
        env: environment(&args.env),
        cwd: args.cwd.clone().into_bytes(),
        uid,
        gid,
        groups: vec![gid],
        stdio,
    });
    let raw = tty.then(RawMode::enter).flatten();
    let result = pump(&machine, args, tty, (cols, rows));
    drop(raw);
    let guest = start.elapsed() - boot;
    for line in machine.log().try_iter() {
        print_log(args, &line);
    }
    if let Some(path) = &args.precompile {
        #[cfg(feature = "jit")]
        eprintln!(
            "tawaki: {}",
            crate::precompile::precompile(&machine.take_profile(), args.precompile_least, path)?
        );
        #[cfg(not(feature = "jit"))]
        return Err(format!("this build cannot compile: {} is not written", path.display()));
    }
    if let Some(path) = &args.stats {
        let stats = machine.stats();
        let json = serde_json::json!({
            "host": "native",
            "boot_ms": boot.as_secs_f64() * 1e3,
            "guest_wall_ms": guest.as_secs_f64() * 1e3,
            "instructions": stats.instructions,
            "instructions_interpreted": stats.interpreted,
            "regions_compiled": stats.regions,
            "modules_compiled": stats.modules,
            "wasm_bytes": stats.wasm_bytes,
            "compile_ms": stats.compile_us as f64 / 1e3,
            "code_entries": stats.entries,
            "modules_shared": stats.adopted,
            "syscalls": stats.syscalls,
            "bytes_fetched": 0,
        });
        std::fs::write(path, format!("{json:#}\n"))
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    result
}

fn jit_config(args: &RunArgs) -> JitConfig {
    if args.precompile.is_some() {
        // Libraries lie where they do in browsers, and all that runs is counted, whatever else is asked for.
        return JitConfig { enabled: true, profile: true, ..JitConfig::default() };
    }
    let from_env = JitConfig::from_env();
    let chosen = match args.jit {
        None => from_env,
        Some(jit) => JitConfig {
            enabled: jit != Jit::Off,
            checked: jit != Jit::On,
            helpers_only: jit == Jit::Helpers,
            ..from_env
        },
    };
    JitConfig {
        threshold: args.jit_threshold.or(chosen.threshold),
        region: args.jit_region.or(chosen.region),
        ..chosen
    }
}

fn print_log(args: &RunArgs, line: &str) {
    if args.log || args.strace {
        eprintln!("tawaki: {line}\r");
    }
}

fn pump(machine: &Machine, args: &RunArgs, tty: bool, mut shown: (u16, u16)) -> Result<i32, String> {
    let deadline = args.timeout.map(|s| Instant::now() + Duration::from_secs_f64(s.clamp(0.0, 1e9)));
    let mut input_room: Option<crossbeam_channel::Sender<u64>> = None;
    if tty {
        let send = machine.sender();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = std::io::stdin().read(&mut buffer) {
                send(Event::TerminalInput { terminal: TERMINAL, bytes: buffer[..n].to_vec() });
            }
            send(Event::TerminalHangup { terminal: TERMINAL });
        });
    } else {
        // Standard input is read only as far as the guest has room for it.
        let (room, wanted) = crossbeam_channel::unbounded::<u64>();
        input_room = Some(room);
        let send = machine.sender();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            for mut want in wanted {
                while want > 0 {
                    let limit = buffer.len().min(want as usize);
                    match std::io::stdin().read(&mut buffer[..limit]) {
                        Ok(n @ 1..) => {
                            want -= n as u64;
                            send(Event::StreamInput { request: REQUEST, bytes: buffer[..n].to_vec() });
                        }
                        _ => return send(Event::StreamEof { request: REQUEST }),
                    }
                }
            }
        });
    }
    let mut timed_out = false;
    loop {
        let wait = Duration::from_millis(250);
        let event = select! {
            recv(machine.events()) -> event => event.map_err(|_| RecvTimeoutError::Disconnected),
            recv(machine.log()) -> line => {
                if let Ok(line) = line {
                    print_log(args, &line);
                }
                continue;
            }
            default(wait) => Err(RecvTimeoutError::Timeout),
        };
        if deadline.is_some_and(|d| Instant::now() > d) && !timed_out {
            timed_out = true;
            machine.send(Event::Signal { pid: -1, signo: tawaki_abi::signal::SIGKILL });
        }
        match event {
            Err(RecvTimeoutError::Timeout) => {
                if machine.crashed() {
                    return Err("the kernel has crashed".into());
                }
                if timed_out && deadline.is_some_and(|d| Instant::now() > d + Duration::from_secs(2)) {
                    return Ok(124);
                }
                if tty && size() != shown {
                    shown = size();
                    machine.send(Event::TerminalResize { terminal: TERMINAL, cols: shown.0, rows: shown.1 });
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err("the kernel has crashed".into()),
            Ok(MachineEvent::StreamOutput { request, stream, bytes }) => {
                let written = if stream == 2 {
                    std::io::stderr().lock().write_all(&bytes)
                } else {
                    let mut out = std::io::stdout().lock();
                    out.write_all(&bytes).and_then(|()| out.flush())
                };
                let bytes = bytes.len() as u64;
                machine.send(match written {
                    Ok(()) => Event::StreamDrained { request, stream, bytes },
                    Err(_) => Event::StreamClosed { request, stream },
                });
            }
            Ok(MachineEvent::TerminalOutput { terminal, bytes }) => {
                let mut out = std::io::stdout().lock();
                // A closed output shows in the next read of the terminal.
                let _ = out.write_all(&bytes).and_then(|()| out.flush());
                machine.send(Event::TerminalDrained { terminal, bytes: bytes.len() as u64 });
            }
            Ok(MachineEvent::StreamWant { bytes, .. }) => {
                if let Some(room) = &input_room {
                    let _ = room.send(bytes);
                }
            }
            Ok(MachineEvent::Refused { errno, .. }) => {
                let program = args.command.first().map_or("", String::as_str);
                return Err(format!("cannot run {program}: {errno}"));
            }
            Ok(MachineEvent::Exited { status, .. }) => {
                // Output still in the queue came before the exit.
                return Ok(if timed_out { 124 } else { shell_status(status) });
            }
            Ok(MachineEvent::Started { .. } | MachineEvent::StreamEnded { .. }) => {}
        }
    }
}
