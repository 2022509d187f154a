//! Drawing of plots as SVG: axes with units and ticks, a grid, bands for the parts of a run, lines and bars.

use std::fmt::Write as _;

use super::escape;

pub(super) const WIDTH: f64 = 860.0;
pub(super) const HEIGHT: f64 = 220.0;
/// Room for the labels of the left axis.
pub(super) const LEFT: f64 = 78.0;
/// Room for half of the last label of the lower axis.
pub(super) const RIGHT: f64 = 24.0;
/// Colours of the page's style.
const COLORS: usize = 4;
/// Widths of the lines: one that is hidden behind another is still seen at its sides.
const WIDTHS: [f64; COLORS] = [5.0, 3.0, 1.5, 1.5];

/// Points of a line, with gaps.
pub(super) type Points = Vec<Option<(f64, f64)>>;

/// Ticks of an axis: where, and what is written there.
pub(super) type Ticks = Vec<(f64, String)>;

/// A plot, in the units of the picture.
#[derive(Debug, Default)]
pub(super) struct Plot {
    pub(super) title: String,
    /// What the left axis is of, with its unit.
    pub(super) unit: String,
    /// What the lower axis is of, with its unit.
    pub(super) below: String,
    pub(super) lines: Vec<(String, Points)>,
    /// From where to where, how high, and what it says.
    pub(super) bars: Vec<(f64, f64, f64, String)>,
    pub(super) left: Ticks,
    pub(super) bottom: Ticks,
    /// Parts of the lower axis: from where to where, and what they are.
    pub(super) bands: Vec<(f64, f64, String)>,
}

/// The place of a part of the lower axis, 0 to 1.
pub(super) fn across(part: f64) -> f64 {
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

/// The place of a part of the left axis, 0 to 1 from below.
pub(super) fn up(part: f64) -> f64 {
    HEIGHT * (1.0 - part)
}

impl Plot {
    /// Adds it to a page, with its legend.
    pub(super) fn draw(&self, page: &mut String) {
        let title = escape(&self.title);
        // Writing into a string does not fail.
        let _ = write!(page, "<section class=\"plot\"><h2>{title}</h2>");
        if self.lines.len() > 1 {
            page.push_str("<p class=\"legend\">");
            for (index, (name, _)) in self.lines.iter().enumerate() {
                let _ = write!(page, "<span class=\"k{}\">{}</span> ", index % COLORS, escape(name));
            }
            page.push_str("</p>");
        }
        let _ = write!(
            page,
            "<div class=\"scroll\"><svg viewBox=\"0 -34 {WIDTH} {}\" role=\"img\" aria-label=\"{title}\">\
             <text x=\"0\" y=\"-20\">{}</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            HEIGHT + 72.0,
            escape(&self.unit),
            WIDTH - RIGHT,
            HEIGHT + 34.0,
            escape(&self.below),
        );
        self.bands(page);
        let right = WIDTH - RIGHT;
        for (y, text) in &self.left {
            let _ = write!(page, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>");
            if !text.is_empty() {
                let (x, y) = (LEFT - 6.0, y + 4.0);
                let _ = write!(page, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", escape(text));
            }
        }
        for (x, text) in &self.bottom {
            let y = HEIGHT + 16.0;
            let _ = write!(
                page,
                "<path class=\"grid\" d=\"M{x:.1} 0V{HEIGHT}\"/>\
                 <text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
                escape(text)
            );
        }
        for (from, to, top, text) in &self.bars {
            let (width, height) = ((to - from - 1.0).max(1.0), HEIGHT - top);
            let _ = write!(
                page,
                "<rect class=\"bar\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
                 <title>{}</title></rect>",
                escape(text)
            );
        }
        for (index, (_, points)) in self.lines.iter().enumerate() {
            let width = WIDTHS[index % COLORS];
            // From the fifth on with gaps, as the colours begin again.
            let dash = if index >= COLORS { " stroke-dasharray=\"7 4\"" } else { "" };
            for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
                let points = piece.iter().flatten().fold(String::new(), |mut text, (x, y)| {
                    let _ = write!(text, "{x:.1},{y:.1} ");
                    text
                });
                let class = index % COLORS;
                let _ =
                    write!(page, "<polyline class=\"l{class}\" points=\"{points}\" stroke-width=\"{width}\"{dash}/>");
            }
        }
        page.push_str("</svg></div></section>");
    }

    /// Every second part of the run is shaded, and each has its name above where there is room for it.
    fn bands(&self, page: &mut String) {
        for (index, (from, to, name)) in self.bands.iter().enumerate() {
            let width = (to - from).max(0.0);
            let class = if index % 2 == 0 { "band" } else { "gap" };
            let name = escape(name);
            let _ = write!(
                page,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"-14\" width=\"{width:.1}\" height=\"{}\"><title>{name}</title></rect>",
                HEIGHT + 14.0
            );
            #[expect(clippy::cast_precision_loss, reason = "a few letters")]
            let needed = name.chars().count() as f64 * 6.6 + 6.0;
            if needed <= width {
                let _ = write!(page, "<text x=\"{:.1}\" y=\"-3\">{name}</text>", from + 3.0);
            }
        }
    }
}

/// Round values from 0 up to the first that is not below `most`, about five of them.
pub(super) fn ticks(most: f64) -> Vec<f64> {
    let raw = (most / 5.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw * 0.999);
    let step = step.unwrap_or(raw);
    let mut values = vec![0.0];
    while values.last().is_some_and(|last| *last < most * 0.999) && values.len() < 20 {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        values.push(values.len() as f64 * step);
    }
    values
}

/// The decades of a logarithmic axis from below `least` to above `most`, as exponents of ten.
pub(super) fn decades(least: f64, most: f64) -> (f64, f64) {
    let low = least.max(1.0).log10().floor();
    (low, most.max(1.0).log10().ceil().max(low + 1.0))
}

/// Ticks of a logarithmic axis: each decade has its value written, and lines at 2 and 5 where there are few.
pub(super) fn log_ticks((low, high): (f64, f64), label: impl Fn(f64) -> String) -> Ticks {
    let mut ticks = Ticks::new();
    let place = |value: f64| up((value.log10() - low) / (high - low));
    let mut exponent = low;
    while exponent <= high {
        let value = 10_f64.powf(exponent);
        ticks.push((place(value), label(value)));
        if exponent < high && high - low <= 3.0 {
            for factor in [2.0, 5.0] {
                let text = if high - low <= 2.0 { label(factor * value) } else { String::new() };
                ticks.push((place(factor * value), text));
            }
        }
        exponent += 1.0;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        assert_eq!(ticks(10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(870.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks(1.0).last(), Some(&1.0));
        assert_eq!(ticks(0.0).len(), 1);
    }

    #[test]
    fn a_logarithmic_axis_has_whole_decades() {
        assert_eq!(decades(250_000.0, 3_000_000.0), (5.0, 7.0));
        assert_eq!(decades(1000.0, 1000.0), (3.0, 4.0));
        let written: Vec<_> =
            log_ticks((3.0, 5.0), |value| format!("{value:.0}")).into_iter().map(|tick| tick.1).collect();
        assert_eq!(written, ["1000", "2000", "5000", "10000", "20000", "50000", "100000"]);
        assert_eq!(log_ticks((3.0, 9.0), |value| format!("{value:.0}")).len(), 7);
    }

    #[test]
    fn a_name_that_has_no_room_is_not_written_over_the_next() {
        let bands = vec![(80.0, 90.0, "connecting".to_owned()), (90.0, 300.0, "<load>".to_owned())];
        let mut page = String::new();
        Plot { bands, ..Plot::default() }.draw(&mut page);
        assert!(page.contains("<title>connecting</title>") && !page.contains(">connecting</text>"), "{page}");
        assert!(page.contains(">&lt;load&gt;</text>"), "{page}");
    }
}
