//! The guest programs: what they print in Tawaki is what they printed on Linux.
//!
//! `guest/NAME.c` is compiled by the host's gcc, static, for both widths where it
//! can, and run from an ext2 image on the native host. `guest/record.sh` wrote
//! `guest/expected/NAME.txt` on a real kernel. Lines of `guest/known.txt`
//! (`NAME: reason`) are known failures: they shout when they pass.

#![cfg(target_arch = "x86_64")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use tawaki_tests::guest::{image_from, run};

/// Longest a program may take.
const LIMIT: Duration = Duration::from_secs(40);

fn guest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guest")
}

/// Compiles every program into `folder`; the names that were compiled (`faults64`).
fn compile(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut sources: Vec<_> = std::fs::read_dir(guest()).unwrap().flatten().map(|e| e.path()).collect();
    sources.sort();
    for source in sources.iter().filter(|p| p.extension().is_some_and(|e| e == "c")) {
        for bits in ["64", "32"] {
            let name = format!("{}{bits}", source.file_stem().unwrap().to_string_lossy());
            let done = Command::new("gcc")
                .args([&format!("-m{bits}"), "-O1", "-static", "-w", "-o"])
                .args([&folder.join(&name), source])
                .output();
            match done {
                Ok(done) if done.status.success() => names.push(name),
                Ok(done) if bits == "64" => panic!("{name}: {}", String::from_utf8_lossy(&done.stderr)),
                Ok(_) => eprintln!("{name}: not compiled (package gcc-multilib)"),
                Err(error) => {
                    eprintln!("no gcc: {error}; skipped");
                    return Vec::new();
                }
            }
        }
    }
    names
}

/// The first lines that differ, with the line before them.
fn difference(want: &str, got: &str) -> Option<String> {
    let (want, got): (Vec<_>, Vec<_>) = (want.lines().collect(), got.lines().collect());
    let at = (0..want.len().max(got.len())).find(|i| want.get(*i) != got.get(*i))?;
    let show = |lines: &[&str]| lines.get(at).map_or("(end)".to_string(), |l| l.to_string());
    let before = at.checked_sub(1).and_then(|i| want.get(i)).unwrap_or(&"(start)");
    let count = (0..want.len()).filter(|i| want.get(*i) != got.get(*i)).count();
    Some(format!(
        "  after {before}\n  want  {}\n  got   {}\n  ({count} lines differ)",
        show(&want),
        show(&got)
    ))
}

#[test]
fn prints_what_linux_prints() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
    let _ = std::fs::remove_dir_all(&work);
    let root = work.join("root");
    for folder in ["bin", "dev", "proc", "tmp", "root", "etc"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let names = compile(&root.join("bin"));
    if names.is_empty() {
        return;
    }
    let image = work.join("guest.ext2");
    image_from(&root, &image, 128).unwrap();
    let known = std::fs::read_to_string(guest().join("known.txt")).unwrap_or_default();
    let only = std::env::var("TAWAKI_GUEST").ok();
    let queue =
        Mutex::new(names.into_iter().filter(|n| only.as_ref().is_none_or(|o| n.starts_with(o.as_str()))));
    let report = Mutex::new(Vec::new());
    // Two at a time: many of them mostly sleep.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(name) = queue.lock().unwrap().next() else { break };
                    if let Some(line) = one(&name, &image, &work, &known, only.is_some()) {
                        report.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let report = report.into_inner().unwrap().concat();
    assert!(report.is_empty(), "\n{report}");
}

/// Runs one program; what to report.
fn one(name: &str, image: &Path, work: &Path, known: &str, log: bool) -> Option<String> {
    let stem = &name[..name.len() - 2];
    let want = std::fs::read_to_string(guest().join(format!("expected/{stem}.txt"))).unwrap();
    let wrong = match run(image, &[&format!("/bin/{name}")], LIMIT) {
        Err(error) => Some(format!("  {error}")),
        Ok(ended) => {
            if log {
                eprintln!("{}", ended.log.join("\n"));
            }
            let got = String::from_utf8_lossy(&ended.out).into_owned();
            std::fs::write(work.join(format!("{name}.out")), &got).unwrap();
            difference(&want, &got)
                .or_else(|| (ended.status != 0).then(|| format!("  status {}", ended.status)))
        }
    };
    let reason = known.lines().find_map(|l| l.strip_prefix(&format!("{name}: ")));
    match (wrong, reason) {
        (Some(wrong), None) => Some(format!("{name}:\n{wrong}\n")),
        (None, Some(_)) => Some(format!("{name}: passes now, remove it from known.txt\n")),
        _ => None,
    }
}
