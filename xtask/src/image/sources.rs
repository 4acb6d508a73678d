//! The machine's own apt configuration, as far as an image build needs it.
//!
//! Packages come from where this machine gets its Debian packages. The addresses
//! are handed on and never shown: an image does not tell where it was built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One deb822 stanza of sources.list(5), or a one-line entry turned into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stanza {
    uris: String,
    suites: Vec<String>,
    components: String,
    signed_by: Option<String>,
}

impl Stanza {
    /// A deb822 paragraph; `None` when it is disabled, has no binary packages or lacks a field.
    fn from_deb822(text: &str) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with([' ', '\t']) {
                let last = fields.last_mut()?;
                last.1.push('\n');
                last.1.push_str(line);
            } else {
                let (name, value) = line.split_once(':')?;
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        let field = |name: &str| fields.iter().find(|f| f.0 == name).map(|f| f.1.clone());
        if field("enabled").is_some_and(|v| matches!(v.as_str(), "no" | "false")) {
            return None;
        }
        field("types")?.split_whitespace().any(|kind| kind == "deb").then_some(())?;
        Some(Stanza {
            uris: field("uris")?,
            suites: field("suites")?.split_whitespace().map(str::to_owned).collect(),
            components: field("components").unwrap_or_default(),
            signed_by: field("signed-by"),
        })
    }

    /// `deb [options] uri suite components...`
    fn from_line(line: &str) -> Option<Self> {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let signed_by =
            options.split_whitespace().find_map(|o| o.strip_prefix("signed-by=")).map(str::to_owned);
        Some(Stanza {
            uris: words.next()?.to_owned(),
            suites: vec![words.next()?.to_owned()],
            components: words.collect::<Vec<_>>().join(" "),
            signed_by,
        })
    }

    /// Whether all suites belong to the release `codename` and `main` is offered.
    fn is_debian(&self, codename: &str) -> bool {
        let known = ["", "-updates", "-security"];
        !self.suites.is_empty()
            && self.components.split_whitespace().any(|c| c == "main")
            && self.suites.iter().all(|suite| {
                let suite = suite.strip_suffix("/updates").unwrap_or(suite);
                suite.strip_prefix(codename).is_some_and(|rest| known.contains(&rest))
            })
    }

    fn text(&self, codename: &str, suite: &str) -> String {
        let suites: Vec<String> = self.suites.iter().map(|s| s.replacen(codename, suite, 1)).collect();
        let signed = self.signed_by.as_ref().map_or(String::new(), |s| format!("Signed-By: {s}\n"));
        format!("Types: deb\nURIs: {}\nSuites: {}\nComponents: main\n{signed}", self.uris, suites.join(" "))
    }
}

fn parse(path: &Path, text: &str) -> Vec<Stanza> {
    if path.extension().is_some_and(|e| e == "sources") {
        let plain: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        plain.join("\n").split("\n\n").filter_map(Stanza::from_deb822).collect()
    } else {
        text.lines().filter_map(Stanza::from_line).collect()
    }
}

fn source_files() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        let parts = entries.flatten().map(|entry| entry.path());
        files.extend(parts.filter(|p| p.extension().is_some_and(|e| e == "sources" || e == "list")));
    }
    files.sort();
    files
}

/// This machine's Debian release, e.g. `bookworm`; `None` on another system.
fn codename() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let field = |name: &str| {
        text.lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix('='))
            .map(|v| v.trim_matches('"').to_owned())
    };
    (field("ID")? == "debian").then(|| field("VERSION_CODENAME")).flatten()
}

/// Debian's sources of this machine for `suite`, in deb822 form. Empty where the
/// machine is not Debian: mmdebstrap then takes its own default.
pub fn debian(suite: &str) -> String {
    let Some(codename) = codename() else { return String::new() };
    let stanzas: Vec<String> = source_files()
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok().map(|text| parse(path, &text)))
        .flatten()
        .filter(|stanza| stanza.is_debian(&codename))
        .map(|stanza| stanza.text(&codename, suite))
        .collect();
    stanzas.join("\n")
}

/// The same sources with their source packages.
pub fn with_source_packages(sources: &str) -> String {
    sources.replace("Types: deb\n", "Types: deb deb-src\n")
}

/// The same sources without the security archive; `None` when that changes nothing
/// or leaves nothing.
pub fn without_security(sources: &str) -> Option<String> {
    let kept: Vec<&str> = sources.split("\n\n").filter(|s| !s.contains("-security")).collect();
    let text = kept.join("\n\n");
    (!text.is_empty() && text != sources).then_some(text)
}

/// The host names behind Debian's sources of this machine, except Debian's own.
pub fn hosts() -> Vec<String> {
    let stanzas = source_files().into_iter().filter_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        Some(parse(&path, &text))
    });
    let mut hosts: Vec<String> = stanzas
        .flatten()
        .flat_map(|stanza| stanza.uris.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|uri| Some(uri.split_once("://")?.1.split(['/', ':']).next()?.to_owned()))
        .filter(|host| host.contains('.') && !host.ends_with("debian.org") && host != "127.0.0.1")
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// What apt was told about fetching (proxies, retries, checks), in apt.conf(5) form.
pub fn fetch_options() -> String {
    let keys = ["Check-", "Retries", "http", "https", "Force", "Languages"];
    let output = Command::new("apt-config").arg("dump").output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.lines()
        .filter(|line| {
            line.strip_prefix("Acquire::").is_some_and(|rest| keys.iter().any(|key| rest.starts_with(key)))
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: &str = "# ours\nTypes: deb\n# was elsewhere\nURIs: http://mirror.invalid/debian\n\
        Suites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /k.gpg\n\n\
        Types: deb\nURIs: http://other.invalid\nSuites: nodistro\nComponents: main\n\n\
        Types: deb-src\nURIs: http://mirror.invalid/debian\nSuites: bookworm\nComponents: main\n\n\
        Enabled: no\nTypes: deb\nURIs: http://off.invalid/debian\nSuites: bookworm\nComponents: main\n";

    #[test]
    fn deb822_keeps_only_debian() {
        let all = parse(Path::new("x.sources"), SOURCES);
        let debian: Vec<_> = all.iter().filter(|s| s.is_debian("bookworm")).collect();
        assert_eq!(debian.len(), 1, "{all:?}");
        assert_eq!(
            debian[0].text("bookworm", "trixie"),
            "Types: deb\nURIs: http://mirror.invalid/debian\nSuites: trixie trixie-updates\n\
             Components: main\nSigned-By: /k.gpg\n"
        );
    }

    #[test]
    fn source_packages_can_be_added() {
        let text = "Types: deb\nURIs: http://m.invalid\n\nTypes: deb\nSuites: bookworm\n";
        let with = with_source_packages(text);
        assert_eq!(with.matches("Types: deb deb-src\n").count(), 2, "{with}");
        assert_eq!(with.lines().count(), text.lines().count());
    }

    #[test]
    fn security_can_be_left_out() {
        let main = "Types: deb\nSuites: bookworm";
        let both = format!("{main}\n\nTypes: deb\nSuites: bookworm-security\n");
        assert_eq!(without_security(&both).as_deref(), Some(main));
        assert_eq!(without_security(main), None);
        assert_eq!(without_security("Suites: bookworm-security"), None);
    }

    #[test]
    fn one_line_entries() {
        let text = "# deb http://no.invalid bookworm main\n\
            deb [arch=amd64 signed-by=/k.gpg] http://m.invalid/d bookworm-security main contrib\n\
            deb-src http://m.invalid/d bookworm main\ndeb http://x.invalid cloud main\n";
        let all = parse(Path::new("sources.list"), text);
        assert_eq!(all.len(), 2);
        assert!(all[0].is_debian("bookworm") && !all[1].is_debian("bookworm"));
        assert_eq!(all[0].signed_by.as_deref(), Some("/k.gpg"));
    }
}
