//! `cargo xtask bench`: the machine's speed as ratios to native in the same run.
//!
//! The programs of `bench/` are built statically by the host's compiler, run as
//! they are, and run by each host from a copy of the Debian image that holds
//! them. Rounds are interleaved, the median and the spread are kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::{Value, json};

/// Options of the benchmark.
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// Hosts to measure beside native execution
    #[arg(long, value_delimiter = ',', default_value = "native,chromium")]
    pub hosts: Vec<String>,
    /// Word sizes
    #[arg(long, value_delimiter = ',', default_value = "amd64,i386")]
    pub arch: Vec<String>,
    /// Peers to measure beside (none is wired up yet; native execution always runs)
    #[arg(long, value_delimiter = ',', default_value = "native")]
    pub peers: Vec<String>,
    /// Only workloads whose name contains this
    #[arg(long)]
    pub only: Option<String>,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Result, JSON
    #[arg(short, long)]
    pub output: PathBuf,
}

/// (program, workload, count natively, count in the guest). The guest count is
/// smaller where the interpreter would take minutes; figures are per unit.
const WORKLOADS: &[(&str, &str, u64, u64)] = &[
    ("kernels", "fib", 400, 20),
    ("kernels", "sieve", 10, 1),
    ("kernels", "matmul", 20, 2),
    ("kernels", "crc32", 10, 1),
    ("kernels", "states", 10, 1),
    ("kernels", "list", 10, 1),
    ("kernels", "quicksort", 5, 1),
    ("kernels", "sha256", 40, 2),
    ("kernels", "strings", 10, 1),
    ("system", "getppid", 1_000_000, 100_000),
    ("system", "forkexec", 100, 20),
    ("system", "fork", 300, 40),
    ("system", "pipe", 400_000_000, 100_000_000),
    ("system", "spin", 30_000_000, 5_000_000),
    ("system", "spin2", 30_000_000, 5_000_000),
];

type Samples = BTreeMap<(String, String), Vec<f64>>;

fn run_checked(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start {shown}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{shown} ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("{shown} printed no text: {e}"))
}

/// Builds the benchmark programs for one word size.
fn build_programs(root: &Path, arch: &str) -> Result<PathBuf, String> {
    let dir = root.join("build/bench").join(arch);
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let width = if arch == "i386" { "-m32" } else { "-m64" };
    for program in ["kernels", "system"] {
        run_checked(
            Command::new("gcc")
                .args([width, "-O2", "-static", "-o"])
                .arg(dir.join(program))
                .arg(root.join("bench").join(format!("{program}.c"))),
        )
        .map_err(|e| format!("{e} (for i386 the package gcc-multilib is needed)"))?;
    }
    Ok(dir)
}

/// A copy of the image with the programs in `/bench`.
fn bench_image(root: &Path, arch: &str, programs: &Path) -> Result<PathBuf, String> {
    let base = root.join("build").join(format!("debian-{arch}.ext2"));
    let image = root.join("build/bench").join(format!("bench-{arch}.ext2"));
    run_checked(Command::new("cp").arg("--sparse=always").arg(&base).arg(&image))?;
    let mut script = String::from("mkdir /bench\n");
    for program in ["kernels", "system"] {
        script += &format!("write {} /bench/{program}\n", programs.join(program).display());
        script += &format!("sif /bench/{program} mode 0100755\n");
    }
    let path = root.join("build/bench/debugfs.txt");
    std::fs::write(&path, script).map_err(|e| e.to_string())?;
    run_checked(Command::new("debugfs").arg("-w").arg("-f").arg(&path).arg(&image))?;
    Ok(image)
}

/// One line per workload: `name figure` or `name checksum nanoseconds`.
fn parse(output: &str, counts: &BTreeMap<&str, u64>) -> Vec<(String, f64, String)> {
    output
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [name, sum, ns] => {
                    let per = ns.parse::<f64>().ok()? / *counts.get(name)? as f64;
                    Some((name.to_string(), per, sum.to_string()))
                }
                [name, ns] => Some((name.to_string(), ns.parse().ok()?, String::new())),
                _ => None,
            }
        })
        .collect()
}

fn selected(only: Option<&str>) -> impl Iterator<Item = &'static (&'static str, &'static str, u64, u64)> {
    let only = only.map(str::to_owned);
    WORKLOADS.iter().filter(move |w| only.as_ref().is_none_or(|o| w.1.contains(o.as_str())))
}

/// A shell script that runs the selected workloads of one program.
fn guest_script(program: &str, only: Option<&str>) -> String {
    let chosen = selected(only).filter(|w| w.0 == program);
    chosen.map(|(program, name, _, guest)| format!("/bench/{program} {name} {guest};")).collect()
}

/// Page load to shell prompt in Chromium: one JSON object per run.
fn prompt(root: &Path, image: &Path, rounds: usize) -> Result<Vec<Value>, String> {
    let output = run_checked(
        Command::new("node")
            .current_dir(root)
            .arg("tests/browser/prompt.mjs")
            .arg(image)
            .arg(rounds.to_string()),
    )?;
    Ok(output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Median of a numeric member over objects.
fn member(objects: &[Value], name: &str) -> f64 {
    median(&objects.iter().filter_map(|o| o.get(name)?.as_f64()).collect::<Vec<_>>())
}

/// Runs a shell script in the machine; its output and the run's figures.
fn run_guest(root: &Path, host: &str, image: &Path, script: &str) -> Result<(String, Value), String> {
    let stats_path = root.join("build/bench/stats.json");
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let output = run_checked(
        Command::new(exe)
            .args(["run", "--host", host, "--image"])
            .arg(image)
            .arg("--stats")
            .arg(&stats_path)
            .args(["--", "/bin/sh", "-c", script]),
    )?;
    let text = std::fs::read_to_string(&stats_path).map_err(|e| format!("no figures of the run: {e}"))?;
    let stats = serde_json::from_str(&text).map_err(|e| format!("figures of the run: {e}"))?;
    Ok((output, stats))
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|l| l.strip_prefix("model name").map(|m| m.trim_start_matches([' ', '\t', ':'])))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    format!("{model}, {cores} cores")
}

/// Runs the benchmark.
pub fn run(root: &Path, args: &BenchArgs) -> Result<(), String> {
    if let Some(peer) = args.peers.iter().find(|p| *p != "native") {
        return Err(format!("the peer {peer} cannot be measured yet: only native execution can"));
    }
    let only = args.only.as_deref();
    let mut report = Vec::new();
    for arch in &args.arch {
        let programs = build_programs(root, arch)?;
        let image = bench_image(root, arch, &programs)?;
        let mut samples = Samples::new();
        let mut speeds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut extra: Vec<Value> = Vec::new();
        for round in 0..args.rounds {
            eprintln!("bench: {arch}, round {} of {}", round + 1, args.rounds);
            for (program, name, count, _) in selected(only) {
                let output =
                    run_checked(Command::new(programs.join(program)).arg(name).arg(count.to_string()))?;
                let counts = BTreeMap::from([(*name, *count)]);
                for (name, figure, _) in parse(&output, &counts) {
                    samples.entry(("native-execution".into(), name)).or_default().push(figure);
                }
            }
            let counts: BTreeMap<&str, u64> = selected(only).map(|w| (w.1, w.3)).collect();
            for host in &args.hosts {
                for program in ["kernels", "system"] {
                    let script = guest_script(program, only);
                    if script.is_empty() {
                        continue;
                    }
                    let (output, stats) = run_guest(root, host, &image, &script)?;
                    let figures = parse(&output, &counts);
                    if program == "kernels" {
                        let busy: f64 = figures.iter().map(|(n, ns, _)| ns * counts[n.as_str()] as f64).sum();
                        let instructions = stats["instructions_interpreted"].as_f64().unwrap_or(f64::NAN);
                        speeds.entry(host.clone()).or_default().push(instructions / busy * 1e3);
                    }
                    extra.push(json!({ "host": host, "program": program, "round": round, "stats": stats }));
                    for (name, figure, _) in figures {
                        samples.entry((host.clone(), name)).or_default().push(figure);
                    }
                }
            }
        }
        for (host, speed) in &speeds {
            println!("\n{arch} {host}: {:.0} million guest instructions per second", median(speed));
        }
        let mut prompts = Vec::new();
        if args.hosts.iter().any(|h| h == "chromium") && only.is_none_or(|o| "prompt".contains(o)) {
            prompts = prompt(root, &root.join("build").join(format!("debian-{arch}.ext2")), args.rounds)?;
            println!(
                "{arch} chromium: page load to prompt {:.0} ms, {:.2} MB of the image fetched",
                member(&prompts, "prompt_ms"),
                member(&prompts, "bytes_fetched") / 1e6
            );
        }
        println!("\n{arch} ({}), nanoseconds per unit, median of {}", machine(), args.rounds);
        println!("{:<12} {:<18} {:>14} {:>10} {:>22}", "workload", "host", "median", "to native", "min..max");
        let mut rows = Vec::new();
        for ((host, name), values) in &samples {
            let native = samples.get(&("native-execution".to_string(), name.clone()));
            let ratio = native.map_or(f64::NAN, |n| median(values) / median(n));
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            println!("{name:<12} {host:<18} {:>14.3} {ratio:>9.2}x {low:>11.3}..{high:<.3}", median(values));
            rows.push(json!({
                "workload": name, "host": host, "median_ns": median(values),
                "ratio_to_native": ratio, "min_ns": low, "max_ns": high, "samples": values,
            }));
        }
        report.push(json!({ "arch": arch, "rows": rows, "runs": extra, "million_instructions_per_second": speeds, "prompt": prompts }));
    }
    let text = format!("{:#}\n", json!({ "machine": machine(), "results": report }));
    std::fs::write(&args.output, text).map_err(|e| format!("cannot write {}: {e}", args.output.display()))
}
