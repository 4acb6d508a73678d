//! What a benchmark came to: rows of medians and ratios, means of groups against
//! their targets. The JSON file is this, and tables and plot are made from it.

use serde::{Deserialize, Serialize};

use super::subject::Kind;

/// A set of workloads with a common target.
pub struct Group {
    /// Its name in the table of workloads.
    pub name: &'static str,
    /// Its title in reports.
    pub title: &'static str,
    /// Most time relative to native that is acceptable, and what is aimed at.
    pub targets: Option<(f64, f64)>,
}

const fn group(name: &'static str, title: &'static str, targets: Option<(f64, f64)>) -> Group {
    Group { name, title, targets }
}

/// All groups, in the order of reports.
pub const GROUPS: &[Group] = &[
    group("integer", "integer C kernels", Some((2.0, 1.4))),
    group("memory", "memory-bound kernels", Some((2.0, 1.3))),
    group("sse", "floating point, SSE", Some((2.0, 1.4))),
    group("x87", "floating point, x87", Some((15.0, 6.0))),
    group("compress", "compressors, digests", Some((3.0, 2.0))),
    group("language", "interpreted languages", Some((4.0, 2.5))),
    group("tools", "gcc, make, git, pipelines", Some((6.0, 3.0))),
    group("start", "program start", Some((15.0, 5.0))),
    group("node", "node, start", None),
    group("system", "processes, calls, files", None),
];

/// Target of the first runs of gcc, make, python and git in a fresh tab.
pub const FIRST_TITLE: &str = "gcc, make, python, git on first use";
/// See [`FIRST_TITLE`].
pub const FIRST_TARGETS: (f64, f64) = (15.0, 5.0);

/// Median and spread of some measurements.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Stat {
    /// The middle one (of an even number the mean of the two).
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// All, in the order of the rounds.
    pub samples: Vec<f64>,
}

impl Stat {
    /// Of nothing there is none.
    pub fn of(samples: &[f64]) -> Option<Stat> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted.get(sorted.len().saturating_sub(1) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Stat {
            median: (low + high) / 2.0,
            min: *sorted.first()?,
            max: *sorted.last()?,
            samples: samples.to_vec(),
        })
    }
}

/// One workload of one subject on one word size.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Row {
    /// Word size.
    pub arch: String,
    /// Workload.
    pub workload: String,
    /// Its group.
    pub group: String,
    /// Whether its first run counts in "first use".
    pub first_use: bool,
    /// Who ran it.
    pub subject: String,
    /// What went wrong, and in how many rounds of how many; a row with a failure has no ratios.
    pub failure: Option<String>,
    /// Milliseconds of the first run in a fresh tab or machine (absent where nothing is fresh).
    pub cold_ms: Option<Stat>,
    /// Milliseconds of a run when it has been run before.
    pub warm_ms: Option<Stat>,
    /// Median of the first run relative to native, which is warm.
    pub cold_ratio: Option<f64>,
    /// Median relative to native.
    pub warm_ratio: Option<f64>,
    /// What the workload measured itself.
    pub figure: Option<Stat>,
    /// Its unit.
    pub unit: Option<String>,
    /// Millions of guest instructions per second, where they are counted.
    pub million_per_second: Option<Stat>,
}

/// Page load to shell prompt.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Prompt {
    /// Word size.
    pub arch: String,
    /// Milliseconds from the start of the load.
    pub ms: Stat,
    /// Bytes of the image fetched.
    pub bytes: Stat,
}

/// Everything.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Report {
    /// Processor and cores.
    pub machine: String,
    /// Versions of what was measured.
    pub versions: Vec<String>,
    /// Rounds.
    pub rounds: usize,
    /// Seconds that the benchmark took.
    pub seconds: f64,
    /// Seconds of these by subject.
    pub seconds_by_subject: std::collections::BTreeMap<String, f64>,
    /// Word sizes, in order.
    pub archs: Vec<String>,
    /// Subjects, in order.
    pub subjects: Vec<String>,
    /// Rows.
    pub rows: Vec<Row>,
    /// What failed beside workloads.
    #[serde(default)]
    pub problems: Vec<String>,
    /// Page load to prompt.
    pub prompts: Vec<Prompt>,
    /// First boot of v86.
    pub v86_boot: Option<serde_json::Value>,
}

/// Warm or first run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Run before.
    Warm,
    /// First run in a fresh tab.
    Cold,
}

/// A mean over a group's workloads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// Geometric mean of the ratios.
    pub ratio: f64,
    /// Workloads in it.
    pub of: usize,
    /// Workloads that failed and are not in it.
    pub failed: usize,
}

impl Row {
    /// The ratio of a column.
    pub fn ratio(&self, column: Column) -> Option<f64> {
        match column {
            Column::Warm => self.warm_ratio,
            Column::Cold => self.cold_ratio,
        }
    }
}

/// Geometric mean of positive numbers.
pub fn geometric(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|v| v.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

impl Report {
    fn mean_of(
        &self,
        arch: &str,
        subject: &str,
        column: Column,
        fits: impl Fn(&Row) -> bool,
    ) -> Option<Mean> {
        let rows: Vec<&Row> =
            self.rows.iter().filter(|r| r.arch == arch && r.subject == subject && fits(r)).collect();
        let ratios: Vec<f64> = rows.iter().filter_map(|r| r.ratio(column)).collect();
        let failed = rows.iter().filter(|r| r.failure.is_some()).count();
        let ratio = geometric(&ratios).or((failed > 0).then_some(f64::NAN))?;
        Some(Mean { ratio, of: ratios.len(), failed })
    }

    /// Mean of a group.
    pub fn group(&self, group: &str, arch: &str, subject: &str, column: Column) -> Option<Mean> {
        self.mean_of(arch, subject, column, |row| row.group == group)
    }

    /// Mean of the first runs that have a target of their own.
    pub fn first_use(&self, arch: &str, subject: &str) -> Option<Mean> {
        self.mean_of(arch, subject, Column::Cold, |row| row.first_use)
    }

    /// One row.
    pub fn row(&self, arch: &str, workload: &str, subject: &str) -> Option<&Row> {
        self.rows.iter().find(|r| r.arch == arch && r.workload == workload && r.subject == subject)
    }

    /// First runs of Chromium with the JIT against the interpreter alone: mean of the quotients.
    pub fn added_by_jit(&self, arch: &str) -> Option<f64> {
        let pairs = self.rows.iter().filter_map(|row| {
            (row.arch == arch && row.subject == Kind::TawakiInterpreter.name()).then_some(())?;
            let with = self.row(arch, &row.workload, Kind::TawakiChromium.name())?.cold_ratio?;
            Some(with / row.cold_ratio?)
        });
        geometric(&pairs.collect::<Vec<_>>())
    }

    /// Whether native execution of the other word size is comparable: time of i386 over time of amd64.
    pub fn widths(&self, group: &str, subject: &str) -> Option<f64> {
        let of = |arch| self.group(group, arch, subject, Column::Warm).map(|m| m.ratio);
        Some(of("i386")? / of("amd64")?)
    }

    /// Workloads on which Tawaki in Chromium is not faster than v86: (word size, workload, column, quotient).
    pub fn behind_v86(&self) -> Vec<(String, String, Column, f64)> {
        let mut behind = Vec::new();
        let ours = self.rows.iter().filter(|row| row.subject == Kind::TawakiChromium.name());
        for row in ours {
            let Some(other) = self.row("i386", &row.workload, Kind::V86.name()) else { continue };
            let columns =
                [(Column::Warm, &row.warm_ms, &other.warm_ms), (Column::Cold, &row.cold_ms, &other.cold_ms)];
            for (column, mine, its) in columns {
                if let (Some(mine), Some(its), None) = (mine, its, &other.failure)
                    && mine.median >= its.median
                {
                    behind.push((row.arch.clone(), row.workload.clone(), column, mine.median / its.median));
                }
            }
        }
        behind
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A report with one workload of two subjects.
    pub fn small() -> Report {
        let row = |workload: &str, subject: &str, warm: Option<f64>| Row {
            arch: "amd64".into(),
            workload: workload.into(),
            group: "integer".into(),
            first_use: false,
            subject: subject.into(),
            failure: warm.is_none().then(|| "1 of 1: timeout".into()),
            cold_ms: None,
            warm_ms: warm.and_then(|w| Stat::of(&[w])),
            cold_ratio: None,
            warm_ratio: warm,
            figure: None,
            unit: None,
            million_per_second: None,
        };
        Report {
            archs: vec!["amd64".into()],
            subjects: vec!["native".into(), "tawaki-chromium".into()],
            rows: vec![
                row("fib", "native", Some(1.0)),
                row("fib", "tawaki-chromium", Some(4.0)),
                row("sieve", "native", Some(1.0)),
                row("sieve", "tawaki-chromium", Some(9.0)),
                row("states", "native", Some(1.0)),
                row("states", "tawaki-chromium", None),
            ],
            ..Report::default()
        }
    }

    #[test]
    fn medians() {
        let median = |samples: &[f64]| Stat::of(samples).map(|s| (s.median, s.min, s.max));
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some((2.0, 1.0, 3.0)));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some((2.5, 1.0, 4.0)));
    }

    #[test]
    fn means_count_failures() {
        let mean = small().group("integer", "amd64", "tawaki-chromium", Column::Warm).unwrap();
        assert!((mean.ratio - 6.0).abs() < 1e-9);
        assert_eq!((mean.of, mean.failed), (2, 1));
        assert_eq!(small().group("memory", "amd64", "tawaki-chromium", Column::Warm), None);
    }
}
