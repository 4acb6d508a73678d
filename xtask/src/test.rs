//! `cargo xtask test`: every test there is, one count at the end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::guest::{self, Tally};
use crate::run::Host;
use crate::{image, tidy, tools, web};

/// Options of the tests.
#[derive(Args, Clone, Debug)]
pub struct TestArgs {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Hosts of the guest tests
    #[arg(long, value_enum, value_delimiter = ',', default_value = "native,chromium")]
    pub hosts: Vec<Host>,
    /// Word sizes of the guest tests
    #[arg(long, value_delimiter = ',', default_value = "amd64,i386", value_parser = guest::ARCHS)]
    pub arch: Vec<String>,
    /// Guest and browser tests whose name contains this
    #[arg(long)]
    pub name: Option<String>,
    /// Only the programs of docs/programs.md, on their own image
    #[arg(long)]
    pub programs: bool,
    /// Only the soak test: 10,000 processes, random ones killed, the disk filled and emptied
    #[arg(long)]
    pub soak: bool,
}

/// How long random code is tried, both word sizes in turn.
const FUZZ_SECONDS: u64 = 120;

/// What the tests consist of, in their order.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// rustfmt
    Format,
    /// clippy, warnings denied
    Lint,
    /// House rules
    Tidy,
    /// The JavaScript API's declarations, by the TypeScript compiler
    Types,
    /// The crates' own tests
    Unit,
    /// Random code on the processor and in the engine, two minutes with a fresh seed
    Fuzz,
    /// Shell scripts on the Debian images
    Guest,
    /// Programs that compute, bit for bit as on a processor, on images that have them
    Exact,
    /// The page and its API in a browser
    Browser,
}

/// Runs the tests; the result is the exit status.
pub fn run(root: &Path, args: &TestArgs) -> Result<i32, String> {
    if args.programs || args.soak {
        let suite = if args.soak { guest::Suite::Soak } else { guest::Suite::Programs };
        let tally = guest_tests(root, args, suite)?;
        println!("{} passed, {} failed", tally.passed, tally.failed);
        return Ok(i32::from(tally.failed > 0));
    }
    let wanted = |part: Part| args.only.is_empty() || args.only.contains(&part);
    let mut needed = vec![("gcc", "gcc"), ("e2fsck", "e2fsprogs")];
    if wanted(Part::Unit) && !Path::new("/usr/lib32/libc.a").exists() {
        // Guest programs of both widths come from this machine's compiler.
        needed.push(("(the 32-bit C library)", "gcc-multilib"));
    }
    let scripts = wanted(Part::Guest) || wanted(Part::Exact);
    if wanted(Part::Browser) || scripts && args.hosts.contains(&Host::Chromium) {
        needed.extend([("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")]);
    }
    if wanted(Part::Types) {
        needed.extend([("node", "nodejs"), ("npm", "npm")]);
    }
    tools::require(&needed)?;
    let (plain, exact) = (wanted(Part::Guest) || wanted(Part::Browser), wanted(Part::Exact));
    // Installing packages is mostly waiting: it goes on beside the compiler.
    let mut images = (plain || exact).then(|| {
        let root = root.to_path_buf();
        std::thread::spawn(move || {
            guest::ARCHS
                .iter()
                .filter(|_| plain)
                .try_for_each(|arch| image::default_image(&root, arch).map(drop))?;
            guest::ARCHS
                .iter()
                .filter(|_| exact)
                .try_for_each(|arch| image::exact_image(&root, arch).map(drop))
        })
    });
    let mut total = Tally::default();
    for part in Part::value_variants().iter().copied().filter(|part| wanted(*part)) {
        let started = Instant::now();
        eprintln!("== {part:?}");
        if let Some(thread) = images.take_if(|_| matches!(part, Part::Guest | Part::Exact | Part::Browser)) {
            thread.join().map_err(|_| "the image builder failed")??;
        }
        let tally = match part {
            Part::Format => one(cargo(root, &["fmt", "--all", "--check"])),
            Part::Lint => one(cargo(
                root,
                &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
            )),
            Part::Tidy => tidy::check(root)?,
            Part::Types => one(types(root)),
            Part::Unit => unit(root)?,
            Part::Fuzz => one(crate::fuzz::random(root, FUZZ_SECONDS)),
            Part::Guest => guest_tests(root, args, guest::Suite::Pipelines)?,
            Part::Exact => guest_tests(root, args, guest::Suite::Exact)?,
            Part::Browser => browser(root, args.name.as_deref())?,
        };
        total.passed += tally.passed;
        total.failed += tally.failed;
        eprintln!(
            "== {part:?}: {} passed, {} failed, {:.0} s",
            tally.passed,
            tally.failed,
            started.elapsed().as_secs_f64()
        );
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(i32::from(total.failed > 0))
}

fn one(result: Result<(), String>) -> Tally {
    match result {
        Ok(()) => Tally { passed: 1, failed: 0 },
        Err(message) => {
            eprintln!("FAIL  {message}");
            Tally { passed: 0, failed: 1 }
        }
    }
}

fn cargo_command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(args).stdin(Stdio::null());
    // The surrounding `cargo run` speaks of its own package there.
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_PKG_NAME");
    command
}

fn cargo(root: &Path, args: &[&str]) -> Result<(), String> {
    tools::checked(cargo_command(root, args).stdout(std::io::stderr()))
        .map_err(|e| format!("cargo {}: {e}", args.first().unwrap_or(&"")))
}

/// Checks `tawaki.d.ts` and a page's typical use of it.
fn types(root: &Path) -> Result<(), String> {
    let compiler = web::node_modules(root)?.join("typescript/bin/tsc");
    let mut command = Command::new("node");
    command.arg(compiler).args(["--noEmit", "-p", "tests/types"]).current_dir(root).stdin(Stdio::null());
    tools::checked(command.stdout(std::io::stderr()))
}

/// Runs the crates' tests and adds up the harness's own counts.
fn unit(root: &Path) -> Result<Tally, String> {
    let output = cargo_command(root, &["test", "--workspace", "--no-fail-fast", "--quiet"])
        .stdout(Stdio::piped())
        .output()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tally = text.lines().filter_map(result_line).fold(Tally::default(), |sum, one| Tally {
        passed: sum.passed + one.passed,
        failed: sum.failed + one.failed,
    });
    if !output.status.success() {
        // What did not build, or died, has no line of its own.
        tally.failed = tally.failed.max(1);
        eprintln!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(tally)
}

/// `test result: ok. 3 passed; 0 failed; ...`
fn result_line(line: &str) -> Option<Tally> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let number =
        |what: &str| rest.split([';', '.']).find_map(|p| p.trim().strip_suffix(what)?.trim().parse().ok());
    Some(Tally { passed: number("passed")?, failed: number("failed")? })
}

fn guest_tests(root: &Path, args: &TestArgs, suite: guest::Suite) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for host in &args.hosts {
        for arch in &args.arch {
            let part = guest::test(root, suite, *host, arch, args.name.as_deref())?;
            tally.passed += part.passed;
            tally.failed += part.failed;
        }
    }
    Ok(tally)
}

/// Runs every `tests/browser/*.test.mjs`, each a program that ends with status 0.
fn browser(root: &Path, only: Option<&str>) -> Result<Tally, String> {
    web::build(root)?;
    let dir = root.join("tests/browser");
    let mut scripts: Vec<_> = std::fs::read_dir(&dir)
        .map_err(|e| format!("{}: {e}", dir.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .filter(|path| only.is_none_or(|only| path.to_string_lossy().contains(only)))
        .collect();
    scripts.sort();
    let mut tally = Tally::default();
    for script in scripts {
        let started = Instant::now();
        let mut command = Command::new("timeout");
        command.args(["-k", "5", "600", "node"]).arg(&script).current_dir(root);
        if let Ok(exe) = std::env::current_exe() {
            command.env("TAWAKI_XTASK", exe);
        }
        let result = tools::checked(command.stdin(Stdio::null()).stdout(std::io::stderr()));
        let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!(
            "{} {name} {:.1} s",
            if result.is_ok() { "ok   " } else { "FAIL " },
            started.elapsed().as_secs_f64()
        );
        *(if result.is_ok() { &mut tally.passed } else { &mut tally.failed }) += 1;
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::result_line;

    #[test]
    fn harness_lines() {
        let tally = result_line("test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured")
            .map(|t| (t.passed, t.failed));
        assert_eq!(tally, Some((12, 3)));
        assert_eq!(result_line("running 3 tests").map(|t| t.passed), None);
    }
}
