//! The instruction tables as a page: `docs/instructions.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::FAMILIES;

/// Markdown listing of every instruction that is lifted, by family, with caveats.
pub fn markdown() -> String {
    let total: usize = FAMILIES.iter().map(|(_, rows)| rows.len()).sum();
    let mut page = format!(
        "# Instructions\n\nPrinted from the tables in `cpu/src/lift`; {total} mnemonics. What is not here raises \
         #UD (SIGILL) and is not advertised by CPUID.\n"
    );
    for (family, rows) in FAMILIES {
        if rows.is_empty() {
            continue;
        }
        let _ = write!(page, "\n## {family}\n\n");
        let mut plain: Vec<String> = Vec::new();
        let mut noted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in *rows {
            let name = format!("{:?}", row.mnemonic).to_uppercase();
            if row.note.is_empty() {
                plain.push(name);
            } else {
                noted.entry(row.note).or_default().push(name);
            }
        }
        if !plain.is_empty() {
            let _ = writeln!(page, "{}.", plain.join(", "));
        }
        for (note, names) in noted {
            let _ = writeln!(page, "\n- {}: {note}.", names.join(", "));
        }
    }
    page
}
