//! What programs have run is counted for code compiled beforehand.
#![cfg(all(target_os = "linux", target_arch = "x86_64", feature = "jit"))]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tawaki_native_host::machine::JitConfig;
use tawaki_tests::guest::{boot, image_from, run_in};

/// Prints a little. With an argument its other thread ends last.
const SOURCE: &str = r#"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *wait_a_little(void *end) {
    if (end) usleep(300000);
    return 0;
}
int main(int argc, char **argv) {
    pthread_t other;
    for (int i = 0; i < 3; i++) printf("%d %s %g\n", i, argv[0], i / 4.0);
    fflush(stdout);
    pthread_create(&other, 0, wait_a_little, argv[1]);
    if (!argv[1]) return pthread_join(other, 0);
    pthread_exit(0);
}
"#;

#[test]
fn what_threads_ran_that_ended_earlier_counts() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("training");
    let _ = std::fs::remove_dir_all(&work);
    let root = work.join("root");
    for folder in ["bin", "dev", "proc", "tmp", "root"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let source = work.join("threads.c");
    std::fs::write(&source, SOURCE).unwrap();
    let built = Command::new("gcc")
        .args(["-O1", "-static", "-pthread", "-o"])
        .args([&root.join("bin/threads"), &source])
        .status();
    assert!(built.is_ok_and(|status| status.success()), "gcc is needed");
    let image = work.join("training.ext2");
    image_from(&root, &image, 16).unwrap();
    let blocks = |argv: &[&str]| {
        let machine =
            boot(&image, JitConfig { enabled: true, profile: true, ..JitConfig::default() }).unwrap();
        let ended = run_in(&machine, argv, Duration::from_secs(60)).unwrap();
        assert_eq!(ended.out.iter().filter(|&&byte| byte == b'\n').count(), 3, "{}", ended.log.join("\n"));
        machine.take_profile().blocks()
    };
    let (first, last) = (blocks(&["/bin/threads"]), blocks(&["/bin/threads", "last"]));
    assert!(first > 500, "{first} blocks");
    assert!(
        last * 10 > first * 9,
        "{last} blocks where the first thread ends first, {first} where it ends last"
    );
}
