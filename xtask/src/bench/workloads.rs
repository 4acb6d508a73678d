//! The workloads: rows of `bench/workloads.toml`.

use serde::Deserialize;

/// One workload.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Its name, a file name too.
    pub name: String,
    /// The group whose mean it counts in.
    pub group: String,
    /// Shell commands of one run. Standard output is compared between subjects.
    pub work: String,
    /// Shell commands before the first run, not timed.
    #[serde(default)]
    prepare: String,
    /// Shell commands after the last run whose output is compared too, not timed.
    #[serde(default)]
    verify: String,
    /// Word sizes; both when absent.
    #[serde(default)]
    pub arch: Vec<String>,
    /// Unit of the figure that the workload measures itself.
    pub figure: Option<String>,
    /// Whether the first run counts in the group "first use".
    #[serde(default)]
    pub first: bool,
    /// Whether it is run by the interpreter alone as well, where there is a JIT.
    #[serde(default)]
    pub interpreter: bool,
    /// Leaves out what the guest's processor does not advertise, for everybody.
    #[serde(default)]
    baseline: bool,
}

/// `OPENSSL_ia32cap` without RDRAND, AVX, OSXSAVE, AES, MOVBE, FMA, XOP and
/// PCLMULQDQ, and without all of CPUID leaf 7 (OPENSSL_ia32cap(3)); the same for
/// the C library's string functions.
const BASELINE: &str = "export OPENSSL_ia32cap='~0x5a40180200000000:0' \
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-BMI1,-BMI2,-LZCNT,-MOVBE,-ERMS,-FSRM,-RTM\n";

#[derive(Deserialize)]
struct File {
    workload: Vec<Workload>,
}

/// What an empty run costs: subtracted from every other.
pub const FLOOR: &str = "floor";

/// All workloads, the floor among them.
pub fn all() -> Result<Vec<Workload>, String> {
    let text = include_str!("../../../bench/workloads.toml");
    let file: File = toml::from_str(text).map_err(|e| format!("workloads.toml: {e}"))?;
    Ok(file.workload)
}

impl Workload {
    /// Whether it exists for this word size.
    pub fn runs_on(&self, arch: &str) -> bool {
        self.arch.is_empty() || self.arch.iter().any(|a| a == arch)
    }

    /// The file in `/bench/jobs`.
    pub fn script(&self) -> String {
        let mut text = String::from(if self.baseline { BASELINE } else { "" });
        for (name, body) in [("prepare", &self.prepare), ("work", &self.work), ("verify", &self.verify)] {
            if !body.trim().is_empty() {
                text += &format!("{name}() {{\n{}\n}}\n", body.trim());
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::GROUPS;
    use std::collections::BTreeSet;
    use std::process::Command;

    #[test]
    fn table_is_sound() {
        let all = all().unwrap();
        let names: BTreeSet<&str> = all.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "two workloads of one name");
        assert!(names.contains(FLOOR));
        for workload in &all {
            let known = workload.name == FLOOR || GROUPS.iter().any(|g| g.name == workload.group);
            assert!(known, "{}: no group {}", workload.name, workload.group);
            let parsed = Command::new("bash").args(["-n", "-c", &workload.script()]).output().unwrap();
            assert!(parsed.status.success(), "{}: {parsed:?}", workload.name);
        }
    }
}
