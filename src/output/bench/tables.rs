//! The tables of a page.

use std::fmt::Write as _;

use super::escape;

/// A table with more rows than this may be cut at the end of a sheet of paper.
const SHORT: usize = 20;

fn section(rows: usize) -> &'static str {
    if rows <= SHORT { "<section class=\"short\">" } else { "<section>" }
}

/// Names with their values.
pub(super) fn pairs(page: &mut String, title: &str, rows: impl Iterator<Item = [String; 2]>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    // Writing into a string does not fail.
    let _ = write!(page, "{}<h2>{title}</h2><table>", section(rows.len()));
    for [name, value] in rows {
        let _ = write!(page, "<tr><th>{}</th><td>{}</td></tr>", escape(&name), escape(&value));
    }
    page.push_str("</table></section>");
}

/// A table of figures, below heads; what is in the columns `words` is text, and may take several lines.
pub(super) fn grid<const N: usize>(
    page: &mut String,
    title: &str,
    heads: [&str; N],
    words: &[usize],
    rows: impl Iterator<Item = [String; N]>,
) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let class = |place: usize| if words.contains(&place) { " class=\"t\"" } else { "" };
    let _ = write!(page, "{}<h2>{title}</h2><div class=\"scroll\"><table class=\"n\"><tr>", section(rows.len()));
    for (place, head) in heads.into_iter().enumerate() {
        let _ = write!(page, "<th{}>{}</th>", class(place), escape(head));
    }
    for row in rows {
        page.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let tag = if place == 0 { "th" } else { "td" };
            let _ = write!(page, "<{tag}{}>{}</{tag}>", class(place), escape(cell));
        }
    }
    page.push_str("</table></div></section>");
}

/// The conditions of `--fail`, what was measured, and whether each failed.
pub(super) fn thresholds(page: &mut String, rows: impl Iterator<Item = (String, String, bool)>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "{}<h2>Thresholds</h2><table><tr><th>fails if</th><th>measured</th><th>result</th>",
        section(rows.len())
    );
    for (condition, measured, failed) in rows {
        let (class, word) = if failed { ("bad", "failed") } else { ("ok", "ok") };
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td><span class=\"badge {class}\">{word}</span></td></tr>",
            escape(&condition),
            escape(&measured)
        );
    }
    page.push_str("</table></section>");
}

/// Whether a run passed, as a badge.
pub(super) fn badge(page: &mut String, all: usize, failed: usize) {
    let (class, word) = match (all, failed) {
        (0, _) => ("", "no thresholds".to_owned()),
        (all, 0) => (" ok", format!("passed: {all} of {all} thresholds")),
        (all, failed) => (" bad", format!("failed: {failed} of {all} thresholds")),
    };
    let _ = write!(page, "<span class=\"badge{class}\">{word}</span>");
}
