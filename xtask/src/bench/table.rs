//! A report as Markdown: the whole for `docs/benchmarks.md`, a summary for the README.

use std::path::Path;

use super::report::{Column, FIRST_TARGETS, FIRST_TITLE, GROUPS, Mean, Report, Row, Stat};
use super::subject::{KINDS, Kind};

/// Where generated text goes in a document.
const MARKS: (&str, &str) = ("<!-- bench: begin -->", "<!-- bench: end -->");

/// Replaces what stands between the marks of a document.
pub fn publish(path: &Path, text: &str) -> Result<(), String> {
    let old = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let new = replaced(&old, text).ok_or_else(|| format!("{} has no marks for figures", path.display()))?;
    super::put(path, &new)
}

fn replaced(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(MARKS.0)?;
    let (_, after) = rest.split_once(MARKS.1)?;
    Some(format!("{before}{}\n{}\n{}{after}", MARKS.0, text.trim(), MARKS.1))
}

/// Three digits are more than the spread allows.
pub fn ratio(value: f64) -> String {
    match value {
        v if v.is_nan() => "failed".into(),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn milliseconds(stat: &Stat) -> String {
    let spread = match stat.samples.len() {
        0 | 1 => String::new(),
        _ => format!(" ±{:.0} %", (stat.max - stat.min) / stat.median * 50.0),
    };
    let digits = if stat.median < 10.0 { 2 } else { usize::from(stat.median < 1000.0) };
    format!("{:.digits$}{spread}", stat.median)
}

fn mean(mean: Option<Mean>) -> String {
    let Some(mean) = mean else { return "–".into() };
    let failed = if mean.failed > 0 { format!(" ({} failed)", mean.failed) } else { String::new() };
    format!("{}{failed}", ratio(mean.ratio))
}

/// Bold where the required figure is missed by one of ours.
fn judged(value: Option<Mean>, targets: Option<(f64, f64)>, ours: bool) -> String {
    let text = mean(value);
    let missed =
        ours && value.zip(targets).is_some_and(|(m, t)| m.failed > 0 || m.ratio.is_nan() || m.ratio > t.0);
    if missed { format!("**{text}**") } else { text }
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

fn header(cells: &[String]) -> String {
    let rule = cells.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }.to_owned());
    line(cells.iter().cloned()) + &line(rule)
}

/// Subjects that were measured for a word size, native execution left out.
fn subjects<'a>(report: &'a Report, arch: &str) -> Vec<(&'a str, bool)> {
    let measured = |name: &&String| report.rows.iter().any(|r| r.arch == arch && r.subject == **name);
    let ours = |name: &str| KINDS.iter().any(|k| k.1 == name && k.0.is_tawaki());
    let partial = |name: &str| name == Kind::Native.name() || name == Kind::TawakiInterpreter.name();
    report.subjects.iter().filter(measured).filter(|s| !partial(s)).map(|s| (s.as_str(), ours(s))).collect()
}

/// Whether a subject has first runs of its own.
fn has_cold(report: &Report, arch: &str, subject: &str) -> bool {
    report.rows.iter().any(|r| r.arch == arch && r.subject == subject && r.cold_ratio.is_some())
}

/// Means of the groups against their targets, one word size.
fn groups(report: &Report, arch: &str) -> String {
    let subjects = subjects(report, arch);
    let mut columns = Vec::new();
    for (name, ours) in &subjects {
        columns.push((*name, *ours, Column::Warm));
        if has_cold(report, arch, name) {
            columns.push((*name, *ours, Column::Cold));
        }
    }
    let mut titles = vec![format!("{arch}: time relative to native")];
    titles.extend(columns.iter().map(|(name, _, column)| match column {
        Column::Warm => (*name).to_owned(),
        Column::Cold => format!("{name}, first run"),
    }));
    titles.extend(["required".to_owned(), "aim".to_owned()]);
    let mut text = header(&titles);
    let targets = |t: Option<(f64, f64)>| match t {
        Some((required, aim)) => [ratio(required), ratio(aim)],
        None => ["–".to_owned(), "–".to_owned()],
    };
    for group in GROUPS {
        let rows: std::collections::BTreeSet<&str> = report
            .rows
            .iter()
            .filter(|r| r.arch == arch && r.group == group.name)
            .map(|r| r.workload.as_str())
            .collect();
        if rows.is_empty() {
            continue;
        }
        let mut cells = vec![format!("{} ({})", group.title, rows.len())];
        cells.extend(columns.iter().map(|(name, ours, column)| {
            let target = group.targets.filter(|_| *column == Column::Warm);
            judged(report.group(group.name, arch, name, *column), target, *ours)
        }));
        cells.extend(targets(group.targets));
        text += &line(cells);
    }
    if report.rows.iter().any(|r| r.arch == arch && r.first_use) {
        let mut cells = vec![FIRST_TITLE.to_owned()];
        cells.extend(columns.iter().map(|(name, ours, column)| match column {
            Column::Warm => String::new(),
            Column::Cold => judged(report.first_use(arch, name), Some(FIRST_TARGETS), *ours),
        }));
        cells.extend(targets(Some(FIRST_TARGETS)));
        text += &line(cells);
    }
    text
}

/// Every workload of one word size.
fn workloads(report: &Report, arch: &str) -> String {
    let subjects = subjects(report, arch);
    let mut titles = vec![arch.to_owned(), "native, ms".into()];
    for (name, _) in &subjects {
        titles.push((*name).to_owned());
        if has_cold(report, arch, name) {
            titles.push(format!("{name}, first run"));
        }
    }
    let mut text = header(&titles);
    for native in report.rows.iter().filter(|r| r.arch == arch && r.subject == Kind::Native.name()) {
        let mut cells = vec![native.workload.clone()];
        cells.push(match &native.failure {
            Some(_) => "failed".into(),
            None => native.warm_ms.as_ref().map_or("–".into(), milliseconds),
        });
        for (name, _) in &subjects {
            let row = report.row(arch, &native.workload, name);
            let cell = |column: Column| match row {
                None => "–".into(),
                Some(Row { failure: Some(_), .. }) => "failed".into(),
                Some(row) => row.ratio(column).map_or("–".into(), ratio),
            };
            cells.push(cell(Column::Warm));
            if has_cold(report, arch, name) {
                cells.push(cell(Column::Cold));
            }
        }
        text += &line(cells);
    }
    text
}

/// Figures that are no ratios: prompt, system call, fork, pipe, parallel work, interpreter.
fn figures(report: &Report) -> String {
    let mut titles = vec!["figure".to_owned()];
    titles.extend(report.archs.iter().cloned());
    titles.push("target".into());
    let mut text = header(&titles);
    let mut add = |name: &str, target: &str, cell: &dyn Fn(&str) -> Option<String>| {
        let cells: Vec<Option<String>> = report.archs.iter().map(|arch| cell(arch)).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter().map(|c| c.unwrap_or_else(|| "–".into()));
            text += &line([name.to_owned()].into_iter().chain(cells).chain([target.to_owned()]));
        }
    };
    let prompt = |arch: &str| report.prompts.iter().find(|p| p.arch == arch);
    let spread = |stat: &Stat, scale: f64, unit: &str, digits: usize| {
        let number = |v: f64| format!("{:.digits$}", v * scale);
        match stat.samples.len() {
            0 | 1 => format!("{} {unit}", number(stat.median)),
            _ => format!("{} ({}–{}) {unit}", number(stat.median), number(stat.min), number(stat.max)),
        }
    };
    add("page load to shell prompt, cold cache, local server", "3 s", &|arch| {
        Some(spread(&prompt(arch)?.ms, 1e-3, "s", 2))
    });
    add("bytes of the image fetched to the prompt", "8 MB", &|arch| {
        Some(spread(&prompt(arch)?.bytes, 1e-6, "MB", 2))
    });
    for host in [Kind::TawakiChromium, Kind::TawakiFirefox, Kind::TawakiNative] {
        let name = host.name();
        let figure = |arch: &str, workload: &str| {
            report.row(arch, workload, name).filter(|r| r.failure.is_none())?.figure.clone()
        };
        add(&format!("{name}: `getppid`"), "1 µs", &|arch| {
            Some(spread(&figure(arch, "getppid")?, 1e-3, "µs", 2))
        });
        add(&format!("{name}: `fork`, `exec`, `wait` of `/bin/true`"), "10 ms", &|arch| {
            Some(spread(&figure(arch, "fork-exec")?, 1e-6, "ms", 2))
        });
        add(&format!("{name}: pipe"), "0.3 GB/s", &|arch| {
            let per_byte = figure(arch, "pipe")?;
            let rates: Vec<f64> = per_byte.samples.iter().map(|ns| 1.0 / ns).collect();
            Some(spread(&Stat::of(&rates)?, 1.0, "GB/s", 2))
        });
        add(&format!("{name}: two busy processes against one"), "1.4 times", &|arch| {
            let (one, two) = (figure(arch, "spin")?, figure(arch, "spin-two")?);
            let quotients: Vec<f64> =
                two.samples.iter().zip(&one.samples).map(|(two, one)| two / one).collect();
            Some(spread(&Stat::of(&quotients)?, 1.0, "times", 2))
        });
        add(&format!("{name}: work of one thread done by two"), "0.6 times", &|arch| {
            Some(spread(&figure(arch, "two-threads")?, 1.0, "times", 2))
        });
    }
    add("interpreter: guest instructions per second, compute kernels", "50 million", &|arch| {
        let speeds = |subject: &str| {
            let rows = report.rows.iter().filter(|r| {
                r.arch == arch && r.subject == subject && r.group == "integer" && r.failure.is_none()
            });
            rows.filter_map(|r| Some(r.million_per_second.as_ref()?.median)).collect::<Vec<_>>()
        };
        // Where there is a JIT, only the interpreter alone counts every instruction.
        let alone = speeds(Kind::TawakiInterpreter.name());
        let stat = Stat::of(&alone)?;
        Some(spread(&stat, 1.0, "million", 0))
    });
    add("first run with the JIT against the interpreter alone", "1 times", &|arch| {
        Some(format!("{} times", ratio(report.added_by_jit(arch)?)))
    });
    text
}

fn failures(report: &Report) -> String {
    let row = |r: &Row| Some(format!("- {} {} {}: {}", r.subject, r.arch, r.workload, r.failure.as_ref()?));
    let mut failed: Vec<String> = report.rows.iter().filter_map(row).collect();
    failed.extend(report.problems.iter().map(|problem| format!("- {problem}")));
    if failed.is_empty() { "Nothing failed.\n".into() } else { format!("Failed:\n\n{}\n", failed.join("\n")) }
}

fn comparisons(report: &Report) -> String {
    let mut text = String::new();
    let name = Kind::TawakiChromium.name();
    let widths: Vec<String> = GROUPS
        .iter()
        .filter_map(|g| Some(format!("{} {}", g.title, ratio(report.widths(g.name, name)?))))
        .collect();
    if !widths.is_empty() {
        text += &format!(
            "i386 relative to amd64 (required 1.2, quotient of the ratios to native): {}.\n\n",
            widths.join("; ")
        );
    }
    let measured = |kind: Kind| report.subjects.iter().any(|s| s == kind.name());
    if measured(Kind::V86) && measured(Kind::TawakiChromium) {
        let behind = report.behind_v86();
        let list: Vec<String> = behind
            .iter()
            .map(|(arch, workload, column, by)| {
                let first = if *column == Column::Cold { ", first run" } else { "" };
                format!("{workload} ({arch}{first}, {} times)", ratio(*by))
            })
            .collect();
        text += &match list.len() {
            0 => "Tawaki in Chromium is faster than v86 on every workload, warm and on first use.\n\n"
                .to_owned(),
            _ => format!("Not faster than v86: {}.\n\n", list.join("; ")),
        };
    }
    if let Some(boot) = &report.v86_boot {
        text += &format!(
            "v86 boots to the session's shell in {:.1} s with {:.1} MB served.\n\n",
            boot["shell_ms"].as_f64().unwrap_or(f64::NAN) / 1e3,
            boot["bytes_served"].as_f64().unwrap_or(f64::NAN) / 1e6
        );
    }
    text
}

fn setting(report: &Report) -> String {
    let by: Vec<String> =
        report.seconds_by_subject.iter().map(|(name, s)| format!("{name} {s:.0} s")).collect();
    format!(
        "{}; {}. Rounds: {}; the whole took {:.0} min ({}).\n",
        report.machine,
        report.versions.join("; "),
        report.rounds,
        report.seconds / 60.0,
        by.join(", ")
    )
}

/// Everything.
pub fn whole(report: &Report) -> String {
    let mut text = format!("{}\n", setting(report));
    for arch in &report.archs {
        text += &format!("{}\n", groups(report, arch));
    }
    text += &format!("{}{}\n{}", comparisons(report), figures(report), failures(report));
    for arch in &report.archs {
        text += &format!("\n{}", workloads(report, arch));
    }
    text
}

/// What the README shows.
pub fn summary(report: &Report) -> String {
    let mut text = String::from("![Time relative to native, by group of workloads](docs/benchmarks.svg)\n\n");
    for arch in &report.archs {
        text += &format!("{}\n", groups(report, arch));
    }
    text += &format!("{}\n{}", figures(report), setting(report));
    text
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::small;
    use super::*;

    #[test]
    fn failures_stand_in_every_table() {
        let text = whole(&small());
        assert!(text.contains("| integer C kernels (3) | **6.00 (1 failed)** | 2.00 | 1.40 |"), "{text}");
        assert!(text.contains("| states | 1.00 | failed |"), "{text}");
        assert!(text.contains("- tawaki-chromium amd64 states: 1 of 1: timeout"), "{text}");
    }

    #[test]
    fn text_between_marks_is_replaced() {
        let old = format!("a\n{}\nold\n{}\nb\n", MARKS.0, MARKS.1);
        let new = replaced(&old, "new\n").unwrap();
        assert_eq!(new, format!("a\n{}\nnew\n{}\nb\n", MARKS.0, MARKS.1));
        assert_eq!(replaced(&new, "new").as_deref(), Some(new.as_str()));
        assert_eq!(replaced("no marks", "new"), None);
    }
}
