//! The processor level AVX2 through the whole machine: registers in signal frames, forks and threads, and what the C
//! library chooses when it finds the processor has it. What the same program prints here is what it must print there.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tawaki_cpu::level::{Level, set_level};
use tawaki_tests::guest::{image_from, run};

#[test]
fn avx_programs_run_as_on_this_processor() {
    if !is_x86_feature_detected!("avx2") || !is_x86_feature_detected!("fma") {
        eprintln!("no AVX2 here: skipped");
        return;
    }
    set_level(Level::Avx2);
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("level");
    let _ = std::fs::remove_dir_all(&work);
    let root = work.join("root");
    for folder in ["bin", "dev", "proc", "tmp", "root"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/avx2/avx.c");
    let mut programs = Vec::new();
    for bits in ["64", "32"] {
        let program = root.join(format!("bin/avx{bits}"));
        let options = ["-O1", "-mavx2", "-mfma", "-mf16c", "-static", "-w", "-o"];
        let built =
            Command::new("gcc").arg(format!("-m{bits}")).args(options).args([&program, &source]).status();
        if built.is_ok_and(|status| status.success()) {
            programs.push(program);
        } else {
            eprintln!("avx{bits}: not compiled (package gcc-multilib)");
        }
    }
    if programs.is_empty() {
        return;
    }
    let image = work.join("level.ext2");
    image_from(&root, &image, 32).unwrap();
    for program in programs {
        let here = Command::new(&program).output().unwrap();
        let name = format!("/bin/{}", program.file_name().unwrap().to_string_lossy());
        let there = run(&image, &[&name], Duration::from_secs(60)).unwrap();
        let [here, got] = [&here.stdout, &there.out].map(|out| String::from_utf8_lossy(out));
        assert_eq!(got, here, "{name}: {}", there.log.join("\n"));
        assert_eq!(there.status, 0, "{name}");
    }
}
