//! A report as a picture: a bar for each group and subject on a logarithmic
//! scale, first runs as an outline behind the later ones.

use super::report::{Column, GROUPS, Report};
use super::subject::{KINDS, Kind};
use super::table::ratio;

/// Colour of each kind's bars.
const COLOURS: &[(Kind, &str)] = &[
    (Kind::Qemu, "#9aa5b1"),
    (Kind::V86, "#d98a3d"),
    (Kind::TawakiNative, "#7fb3a6"),
    (Kind::TawakiChromium, "#1f7a5c"),
    (Kind::TawakiFirefox, "#6a4c93"),
];

/// Left edge of the bars, pixels.
const LEFT: f64 = 210.0;
/// Width of the scale.
const WIDTH: f64 = 560.0;
/// Height of a bar.
const BAR: f64 = 13.0;
/// Space between groups.
const GAP: f64 = 12.0;

/// One bar: colour, ratio when warm, ratio of the first run.
struct Bar {
    colour: &'static str,
    warm: f64,
    cold: Option<f64>,
}

/// Left end of the scale: nothing is expected to be much faster than native.
const LEAST: f64 = 0.5;

/// Where a ratio stands on the scale.
fn x(value: f64, most: f64) -> f64 {
    LEFT + WIDTH * (value.max(LEAST) / LEAST).ln() / (most / LEAST).ln()
}

/// The bars of a group on one word size.
fn bars(report: &Report, group: &str, arch: &str) -> Vec<Bar> {
    let of = |name: &str, column| {
        report.group(group, arch, name, column).map(|m| m.ratio).filter(|r| r.is_finite())
    };
    let bar = |(kind, colour): &(Kind, &'static str)| {
        let name = kind.name();
        Some(Bar { colour, warm: of(name, Column::Warm)?, cold: of(name, Column::Cold) })
    };
    COLOURS.iter().filter_map(bar).collect()
}

fn text(x: f64, y: f64, anchor: &str, content: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{content}</text>\n")
}

/// The picture.
pub fn svg(report: &Report) -> String {
    let mut rows = Vec::new();
    for group in GROUPS {
        for arch in &report.archs {
            let bars = bars(report, group.name, arch);
            if !bars.is_empty() {
                rows.push((format!("{}, {arch}", group.title), group.targets, bars));
            }
        }
    }
    let largest =
        rows.iter().flat_map(|r| &r.2).map(|b| b.cold.unwrap_or(0.0).max(b.warm)).fold(9.0, f64::max);
    let most = largest * 1.3;
    let mut y = 58.0;
    let mut body = String::new();
    for (title, targets, bars) in &rows {
        let height = bars.len() as f64 * BAR;
        body += &text(LEFT - 8.0, y + height / 2.0 + 4.0, "end", title);
        for (at, bar) in bars.iter().enumerate() {
            let top = y + at as f64 * BAR;
            if let Some(cold) = bar.cold {
                body += &format!(
                    "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{c}\" fill-opacity=\"0.2\" stroke=\"{c}\" stroke-width=\"0.5\"/>\n",
                    x(cold, most) - LEFT,
                    BAR - 2.0,
                    c = bar.colour
                );
            }
            body += &format!(
                "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>\n",
                x(bar.warm, most) - LEFT,
                BAR - 2.0,
                bar.colour
            );
            let end = bar.cold.unwrap_or(0.0).max(bar.warm);
            body += &text(x(end, most) + 4.0, top + BAR - 3.5, "start", &ratio(bar.warm));
        }
        if let Some((required, _)) = targets {
            let at = x(*required, most);
            body += &format!(
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#c0392b\" stroke-width=\"1.5\"/>\n",
                y - 2.0,
                y + height
            );
        }
        y += height + GAP;
    }
    let mut scale = String::new();
    for tick in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0].iter().filter(|t| **t < most) {
        let at = x(*tick, most);
        scale += &format!(
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"50\" y2=\"{y:.1}\" stroke=\"#ccc\" stroke-width=\"0.7\"/>\n"
        );
        scale += &text(at, 46.0, "middle", &format!("{tick}×"));
    }
    let mut legend = String::new();
    let mut at = 12.0;
    for (kind, colour) in COLOURS {
        let name = KINDS.iter().find(|k| k.0 == *kind).map_or("", |k| k.1);
        if report.subjects.iter().any(|s| s == name) {
            legend += &format!("<rect x=\"{at}\" y=\"14\" width=\"12\" height=\"11\" fill=\"{colour}\"/>\n");
            legend += &text(at + 17.0, 24.0, "start", name);
            at += 40.0 + 7.0 * name.len() as f64;
        }
    }
    legend += &text(at, 24.0, "start", "pale: first run in a fresh tab; red: required");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0} {1:.0}\" width=\"{0:.0}\" height=\"{1:.0}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         {legend}{scale}{body}</svg>\n",
        LEFT + WIDTH + 60.0,
        y + 8.0
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::small;
    use super::*;

    #[test]
    fn bars_follow_ratios() {
        let svg = svg(&small());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains(">6.00</text>"), "{svg}");
        assert!(x(1.0, 10.0) < x(2.0, 10.0) && x(10.0, 10.0) <= LEFT + WIDTH + 0.01);
        assert_eq!(x(0.0, 10.0), LEFT);
    }
}
