//! Runs a program in the native host's machine and collects what it prints.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tawaki_kernel::{Event, RequestId, SpawnRequest, Stdio};
use tawaki_native_host::machine::JitConfig;
use tawaki_native_host::run::shell_status;
use tawaki_native_host::{Machine, MachineConfig, MachineEvent};

/// How a program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Status a shell shows: 128+N after signal N.
    pub status: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
    /// The machine's log.
    pub log: Vec<String>,
}

/// Builds an ext2 image of `size` MiB from a host folder with `mke2fs`.
pub fn image_from(folder: &Path, image: &Path, size: u32) -> Result<(), String> {
    let _ = std::fs::remove_file(image);
    let done = Command::new("mke2fs")
        .args(["-q", "-t", "ext2", "-E", "root_owner=0:0", "-d"])
        .args([folder, image])
        .arg(format!("{size}M"))
        .env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
        .output()
        .map_err(|e| format!("mke2fs (package e2fsprogs): {e}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

/// Boots `image`, runs `argv` as root with nothing on its standard input, and waits.
/// The error is the machine's own sentence, or says that time ran out.
pub fn run(image: &Path, argv: &[&str], limit: Duration) -> Result<Ended, String> {
    run_in(&boot(image, JitConfig::from_env())?, argv, limit)
}

/// Boots `image`.
pub fn boot(image: &Path, jit: JitConfig) -> Result<Machine, String> {
    Machine::boot(&MachineConfig {
        image: PathBuf::from(image),
        write: false,
        disks: Vec::new(),
        strace: std::env::var_os("TAWAKI_STRACE").is_some(),
        max_processes: 512,
        jit,
    })
}

/// As [`run`], in a machine that is there.
pub fn run_in(machine: &Machine, argv: &[&str], limit: Duration) -> Result<Ended, String> {
    let request = RequestId(1);
    machine.spawn(SpawnRequest {
        request,
        path: argv.first().ok_or("no program")?.as_bytes().to_vec(),
        argv: argv.iter().map(|a| a.as_bytes().to_vec()).collect(),
        env: vec![b"PATH=/usr/bin:/bin".to_vec(), b"HOME=/root".to_vec()],
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        groups: vec![0],
        stdio: Stdio::Streams,
    });
    machine.send(Event::StreamEof { request });
    let start = Instant::now();
    let mut ended = Ended::default();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        let event = machine.events().recv_timeout(left.min(Duration::from_millis(200)));
        ended.log.extend(machine.log().try_iter());
        match event {
            Ok(MachineEvent::StreamOutput { request, stream, bytes }) => {
                let drained = Event::StreamDrained { request, stream, bytes: bytes.len() as u64 };
                if stream == 2 { &mut ended.err } else { &mut ended.out }.extend(bytes);
                machine.send(drained);
            }
            Ok(MachineEvent::Exited { status, .. }) => {
                ended.status = shell_status(status);
                ended.log.extend(machine.log().try_iter());
                return Ok(ended);
            }
            Ok(MachineEvent::Refused { errno, .. }) => return Err(format!("refused: {errno}")),
            Ok(_) => {}
            Err(_) if machine.crashed() => return Err("the kernel has crashed".into()),
            Err(_) if left.is_zero() => {
                let out = String::from_utf8_lossy(&ended.out).into_owned();
                return Err(format!("no end after {limit:?}; so far:\n{out}"));
            }
            Err(_) => {}
        }
    }
}
