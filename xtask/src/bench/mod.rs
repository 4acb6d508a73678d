//! `cargo xtask bench`: the machine's speed beside native execution and the peers,
//! in one go and interleaved.
//!
//! Everybody runs the same shell session on the same image (`bench/session.sh`)
//! and is told which workload to run how often; the first run in a fresh tab and
//! later ones are measured apart, outputs are compared with native execution's.
//! `docs/benchmarks.md` describes the method.

mod image;
mod peers;
mod plot;
mod report;
mod session;
mod subject;
mod table;
mod workloads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use report::{Prompt, Report, Row, Stat};
use session::Sample;
use subject::{KINDS, Kind, Subject};
use workloads::{FLOOR, Workload};

/// Options of the benchmark.
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// Hosts of Tawaki: native, chromium, firefox, interpreter (Chromium without the JIT); "" for none
    #[arg(long, value_delimiter = ',', default_value = "native,chromium,interpreter")]
    pub hosts: Vec<String>,
    /// Peers to measure beside: native (always), qemu, v86
    #[arg(long, value_delimiter = ',', default_value = "native")]
    pub peers: Vec<String>,
    /// Word sizes: amd64, i386 or both
    #[arg(long, default_value = "both", value_parser = ["amd64", "i386", "both"])]
    pub arch: String,
    /// Only this workload or group; several with commas
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Rounds of everything but native execution and Tawaki in Chromium
    #[arg(long, default_value_t = 1)]
    pub peer_rounds: usize,
    /// Seconds that one command may take before it counts as failed
    #[arg(long, default_value_t = 90)]
    pub limit: u64,
    /// The page's files, built already (for comparing builds)
    #[arg(long)]
    pub web: Option<PathBuf>,
    /// Measure nothing: read this earlier result
    #[arg(long)]
    pub from: Option<PathBuf>,
    /// Put tables and plot into docs/benchmarks.md, docs/benchmarks.svg and README.md
    #[arg(long)]
    pub publish: bool,
    /// Result, JSON; table and plot go beside it
    #[arg(short, long)]
    pub output: PathBuf,
}

/// What has been measured of one workload, one subject, one word size.
#[derive(Default)]
struct Cell {
    samples: Vec<Sample>,
    failures: Vec<String>,
}

type Cells = BTreeMap<(usize, usize), Cell>;

/// Runs the benchmark.
pub fn run(root: &Path, args: &BenchArgs) -> Result<(), String> {
    let report = match &args.from {
        Some(from) => {
            let text = std::fs::read_to_string(from).map_err(|e| format!("{}: {e}", from.display()))?;
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", from.display()))?
        }
        None => measure(root, args)?,
    };
    write(&args.output, &report)?;
    let table = table::whole(&report);
    print!("{table}");
    put(&args.output.with_extension("md"), &table)?;
    let plot = plot::svg(&report);
    put(&args.output.with_extension("svg"), &plot)?;
    if args.publish {
        put(&root.join("docs/benchmarks.svg"), &plot)?;
        table::publish(&root.join("docs/benchmarks.md"), &table)?;
        table::publish(&root.join("README.md"), &table::summary(&report))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn write(path: &Path, report: &Report) -> Result<(), String> {
    let text = serde_json::to_string_pretty(report).map_err(|e| format!("the result: {e}"))?;
    put(path, &format!("{text}\n"))
}

/// The kinds that the options ask for, native execution first.
fn kinds(args: &BenchArgs) -> Result<Vec<Kind>, String> {
    for (option, words) in [("hosts", &args.hosts), ("peers", &args.peers)] {
        let known = |word: &&String| KINDS.iter().any(|k| k.2 == option && k.3 == *word);
        if let Some(word) = words.iter().find(|word| !word.is_empty() && !known(word)) {
            return Err(format!("--{option}: there is no {word}"));
        }
    }
    let asked = |k: &&(Kind, &str, &str, &str)| {
        let words = if k.2 == "hosts" { &args.hosts } else { &args.peers };
        k.0 == Kind::Native || words.iter().any(|word| word == k.3)
    };
    Ok(KINDS.iter().filter(asked).map(|k| k.0).collect())
}

fn measure(root: &Path, args: &BenchArgs) -> Result<Report, String> {
    let began = Instant::now();
    let kinds = kinds(args)?;
    let archs: Vec<&str> =
        crate::guest::ARCHS.into_iter().filter(|a| args.arch == "both" || args.arch == *a).collect();
    let all = workloads::all()?;
    let chosen = |w: &&Workload| {
        w.name != FLOOR && (args.only.is_empty() || args.only.iter().any(|o| w.name == *o || w.group == *o))
    };
    let chosen: Vec<&Workload> = all.iter().filter(chosen).collect();
    let prompt = args.only.is_empty() || args.only.iter().any(|o| o == "prompt");
    if chosen.is_empty() && !prompt {
        return Err(format!("there is no workload {}", args.only.join(",")));
    }
    let mut subjects = Vec::new();
    for arch in &archs {
        let image = image::image(root, arch, &all)?;
        read_once(&image)?;
        for kind in kinds.iter().filter(|kind| kind.runs(arch)) {
            subjects.push((*arch, Subject::new(root, *kind, &image, args.web.as_deref())?));
        }
    }
    let mut cells = Cells::new();
    let mut prompts: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
    let mut report = Report {
        machine: machine(),
        versions: versions(&kinds),
        rounds: args.rounds,
        archs: archs.iter().map(|a| (*a).to_owned()).collect(),
        subjects: kinds.iter().map(|k| k.name().to_owned()).collect(),
        ..Report::default()
    };
    for round in 0..args.rounds {
        if prompt && kinds.contains(&Kind::TawakiChromium) {
            for (at, arch) in archs.iter().enumerate() {
                match measure_prompt(root, arch) {
                    Ok(figures) => prompts.entry(at).or_default().push(figures),
                    Err(message) => report.problems.push(format!("prompt, {arch}: {message}")),
                }
            }
        }
        for (w, workload) in chosen.iter().enumerate() {
            for (s, (arch, subject)) in subjects.iter_mut().enumerate() {
                let main = matches!(subject.kind, Kind::Native | Kind::TawakiChromium);
                let most = if main { args.rounds } else { args.peer_rounds };
                let wanted = subject.kind != Kind::TawakiInterpreter || workload.interpreter;
                if !workload.runs_on(arch) || round >= most || !wanted {
                    continue;
                }
                let started = Instant::now();
                let result = subject.measure(&workload.name, Duration::from_secs(args.limit));
                let seconds = started.elapsed().as_secs_f64();
                *report.seconds_by_subject.entry(subject.kind.name().into()).or_default() += seconds;
                let label = format!(
                    "{}/{} {arch} {:<16} {:<18}",
                    round + 1,
                    args.rounds,
                    workload.name,
                    subject.kind.name()
                );
                let cell = cells.entry((w, s)).or_default();
                match result {
                    Ok(sample) => {
                        eprintln!(
                            "{label} first {:9.2} ms, warm {:9.2} ms, {seconds:5.1} s",
                            sample.cold, sample.warm
                        );
                        cell.samples.push(sample);
                    }
                    Err(message) => {
                        eprintln!("{label} FAILED: {message}, {seconds:5.1} s");
                        cell.failures.push(message);
                    }
                }
            }
            // What there is so far outlives an interruption.
            report.rows = rows(&chosen, &subjects, &cells);
            report.seconds = began.elapsed().as_secs_f64();
            write(&args.output, &report)?;
        }
    }
    let stats = prompts.iter().filter_map(|(at, runs)| {
        let (ms, bytes): (Vec<f64>, Vec<f64>) = runs.iter().copied().unzip();
        Some(Prompt { arch: archs[*at].into(), ms: Stat::of(&ms)?, bytes: Stat::of(&bytes)? })
    });
    report.prompts = stats.collect();
    report.v86_boot = subjects.iter_mut().find_map(|(_, subject)| subject.boot.take());
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// Reads a file, so that no first run waits for this machine's own disk.
fn read_once(path: &Path) -> Result<(), String> {
    let read = std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
    read.map(|_| ()).map_err(|e| format!("{}: {e}", path.display()))
}

/// Rows from cells: medians, ratios to native, and outputs compared with native's.
fn rows(workloads: &[&Workload], subjects: &[(&str, Subject)], cells: &Cells) -> Vec<Row> {
    let mut rows = Vec::new();
    for (w, workload) in workloads.iter().enumerate() {
        for (s, (arch, subject)) in subjects.iter().enumerate() {
            let Some(cell) = cells.get(&(w, s)) else { continue };
            let native = subjects.iter().position(|(a, n)| a == arch && n.kind == Kind::Native);
            let native = native.and_then(|at| cells.get(&(w, at)));
            rows.push(row(workload, arch, subject.kind, cell, native));
        }
    }
    rows
}

fn row(workload: &Workload, arch: &str, kind: Kind, cell: &Cell, native: Option<&Cell>) -> Row {
    let stat = |pick: &dyn Fn(&Sample) -> Option<f64>| {
        Stat::of(&cell.samples.iter().filter_map(pick).collect::<Vec<_>>())
    };
    let right = native.and_then(|n| n.samples.first()).map(|sample| sample.sum.clone());
    let wrong = cell.samples.iter().filter(|s| right.as_ref().is_some_and(|r| *r != s.sum)).count();
    let mut failures = cell.failures.clone();
    failures.extend((0..wrong).map(|_| "the output differs from native's".to_owned()));
    let rounds = cell.samples.len() + cell.failures.len();
    let failure = failures.first().map(|first| format!("{} of {rounds}: {first}", failures.len()));
    let good = |stat: &Option<Stat>| stat.as_ref().filter(|_| failure.is_none()).map(|s| s.median);
    // Native execution and qemu keep their shell: nothing of theirs is a first use.
    let fresh = !matches!(kind, Kind::Native | Kind::Qemu);
    let cold_ms = if fresh { stat(&|s| Some(s.cold)) } else { None };
    let warm_ms = stat(&|s| Some(s.warm));
    let base = native.and_then(|n| Stat::of(&n.samples.iter().map(|s| s.warm).collect::<Vec<_>>()));
    let relative = |ms: Option<f64>| Some(ms? / base.as_ref()?.median);
    Row {
        arch: arch.into(),
        workload: workload.name.clone(),
        group: workload.group.clone(),
        first_use: workload.first,
        subject: kind.name().into(),
        cold_ratio: relative(good(&cold_ms)),
        warm_ratio: relative(good(&warm_ms)),
        failure,
        cold_ms,
        warm_ms,
        figure: stat(&|s| s.figure),
        unit: workload.figure.clone(),
        million_per_second: stat(&|s| s.speed),
    }
}

/// Page load to shell prompt in Chromium: milliseconds, bytes of the image.
fn measure_prompt(root: &Path, arch: &str) -> Result<(f64, f64), String> {
    let image = crate::image::default_image(root, arch)?;
    let output = Command::new("node")
        .current_dir(root)
        .arg("tests/browser/prompt.mjs")
        .arg(image)
        .arg("1")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("node does not start: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let value: Value =
        serde_json::from_str(text.trim()).map_err(|e| format!("no prompt in the page ({e}): {text}"))?;
    let number = |name: &str| value[name].as_f64().ok_or_else(|| format!("prompt.mjs gives no {name}"));
    Ok((number("prompt_ms")?, number("bytes_fetched")?))
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": ").map(|m| m.1));
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    format!("{}, {cores} cores", model.unwrap_or("unknown processor").trim())
}

fn versions(kinds: &[Kind]) -> Vec<String> {
    let ask = |program: &str| {
        let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned())
    };
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
    let firefox = std::env::var("FIREFOX").unwrap_or_else(|_| "firefox-esr".into());
    let mut versions = vec![ask("gcc")];
    if kinds.iter().any(|k| matches!(k, Kind::V86 | Kind::TawakiChromium | Kind::TawakiInterpreter)) {
        versions.push(ask(&chromium));
    }
    if kinds.contains(&Kind::TawakiFirefox) {
        versions.push(ask(&firefox));
    }
    versions.push(Some("Debian bookworm in the guest".into()));
    versions.into_iter().flatten().collect()
}
