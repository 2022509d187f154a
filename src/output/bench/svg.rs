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

/// A plot, in the units of the wide picture.
#[derive(Debug, Default)]
pub(super) struct Plot {
    pub(super) title: String,
    /// What the left axis is of, with its unit.
    pub(super) unit: String,
    /// What the lower axis is of, with its unit.
    pub(super) below: String,
    pub(super) lines: Vec<(String, Points)>,
    pub(super) bars: Vec<Bar>,
    /// What the colours of the bars mean, with their classes.
    pub(super) kinds: Vec<(&'static str, &'static str)>,
    pub(super) left: Ticks,
    pub(super) bottom: Ticks,
    /// Parts of the lower axis: from where to where, and what they are.
    pub(super) bands: Vec<(f64, f64, String)>,
}

/// A bar of a plot.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Its upper end.
    pub(super) top: f64,
    /// What it shows when the pointer is on it.
    pub(super) text: String,
    /// Gives it its colour.
    pub(super) class: &'static str,
}

/// The place of a part of the lower axis, 0 to 1.
pub(super) fn across(part: f64) -> f64 {
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

/// The place of a part of the left axis, 0 to 1 from below.
pub(super) fn up(part: f64) -> f64 {
    HEIGHT * (1.0 - part)
}

/// One picture of a plot. There are two, and the page shows the one that fits: a wide one would be too small to read, or
/// would be cut, on a telephone.
struct Frame {
    class: &'static str,
    width: f64,
    left: f64,
}

const FRAMES: [Frame; 2] =
    [Frame { class: "wide", width: WIDTH, left: LEFT }, Frame { class: "narrow", width: 372.0, left: 62.0 }];

impl Frame {
    fn right(&self) -> f64 {
        self.width - RIGHT
    }

    /// A place of the wide picture in this one.
    fn x(&self, wide: f64) -> f64 {
        self.left + (wide - LEFT) * (self.right() - self.left) / (WIDTH - LEFT - RIGHT)
    }
}

/// How wide a text is drawn, roughly.
#[expect(clippy::cast_precision_loss, reason = "a few letters")]
fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * 6.8
}

impl Plot {
    /// Adds it to a page, with its legend.
    pub(super) fn draw(&self, page: &mut String) {
        // Writing into a string does not fail.
        let _ = write!(page, "<section class=\"plot\"><h2>{}</h2>", escape(&self.title));
        if self.lines.len() + self.kinds.len() > 0 {
            page.push_str("<p class=\"legend\">");
            for (index, (name, _)) in self.lines.iter().enumerate() {
                let _ = write!(page, "<span class=\"k{}\">{}</span> ", index % COLORS, escape(name));
            }
            for (name, class) in &self.kinds {
                let _ = write!(page, "<span class=\"k-{class}\">{name}</span> ");
            }
            page.push_str("</p>");
        }
        for frame in &FRAMES {
            self.picture(page, frame);
        }
        page.push_str("</section>");
    }

    fn picture(&self, page: &mut String, frame: &Frame) {
        let _ = write!(
            page,
            "<svg class=\"{}\" viewBox=\"0 -44 {} {}\" role=\"img\" aria-label=\"{}\">\
             <text x=\"0\" y=\"-30\">{}</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            frame.class,
            frame.width,
            HEIGHT + 84.0,
            escape(&self.title),
            escape(&self.unit),
            frame.right(),
            HEIGHT + 34.0,
            escape(&self.below),
        );
        self.bands(page, frame);
        self.axes(page, frame);
        for bar in &self.bars {
            let (from, to) = (frame.x(bar.from), frame.x(bar.to));
            let (width, height) = ((to - from - 1.0).max(1.0), HEIGHT - bar.top);
            let _ = write!(
                page,
                "<rect class=\"bar {}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
                 <title>{}</title></rect>",
                bar.class,
                bar.top,
                escape(&bar.text)
            );
        }
        for (index, (_, points)) in self.lines.iter().enumerate() {
            let width = WIDTHS[index % COLORS];
            // From the fifth on with gaps, as the colours begin again.
            let dash = if index >= COLORS { " stroke-dasharray=\"7 4\"" } else { "" };
            for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
                let points = piece.iter().flatten().fold(String::new(), |mut text, (x, y)| {
                    let _ = write!(text, "{:.1},{y:.1} ", frame.x(*x));
                    text
                });
                let class = index % COLORS;
                let _ =
                    write!(page, "<polyline class=\"l{class}\" points=\"{points}\" stroke-width=\"{width}\"{dash}/>");
            }
        }
        page.push_str("</svg>");
    }

    fn axes(&self, page: &mut String, frame: &Frame) {
        let (left, right) = (frame.left, frame.right());
        for (y, text) in &self.left {
            let _ = write!(page, "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>");
            if !text.is_empty() {
                let (x, y) = (left - 6.0, y + 4.0);
                let _ = write!(page, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", escape(text));
            }
        }
        // Where the last text ends.
        let mut end = f64::NEG_INFINITY;
        for (x, text) in &self.bottom {
            let (x, y) = (frame.x(*x), HEIGHT + 16.0);
            let _ = write!(page, "<path class=\"grid\" d=\"M{x:.1} 0V{HEIGHT}\"/>");
            let half = width_of(text) / 2.0;
            if x - half > end {
                end = x + half + 4.0;
                let _ = write!(page, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", escape(text));
            }
        }
    }

    /// Every second part of the run is shaded, and each has its name above where there is room for it.
    fn bands(&self, page: &mut String, frame: &Frame) {
        for (index, (from, to, name)) in self.bands.iter().enumerate() {
            let (from, to) = (frame.x(*from), frame.x(*to));
            let width = (to - from).max(0.0);
            let class = if index % 2 == 0 { "band" } else { "gap" };
            let name = escape(name);
            let _ = write!(
                page,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"-20\" width=\"{width:.1}\" height=\"{}\"><title>{name}</title></rect>",
                HEIGHT + 20.0
            );
            if width_of(&name) + 6.0 <= width {
                let _ = write!(page, "<text x=\"{:.1}\" y=\"-8\">{name}</text>", from + 3.0);
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
    fn there_is_a_picture_for_a_telephone_and_no_label_runs_into_another() {
        let bottom = (0..10).map(|place| (across(f64::from(place) / 9.0), format!("{place} minutes"))).collect();
        let lines = vec![("one".to_owned(), vec![Some((across(0.0), 0.0)), Some((across(1.0), 0.0))])];
        let mut page = String::new();
        Plot { lines, bottom, ..Plot::default() }.draw(&mut page);
        let (wide, narrow) = page.split_once("class=\"narrow\"").unwrap();
        assert!(wide.contains("class=\"wide\"") && narrow.contains("points=\"62.0,0.0 348.0,0.0 \""), "{page}");
        assert_eq!([wide, narrow].map(|picture| picture.matches(" minutes</text>").count()), [10, 4]);
        assert!(page.contains("<span class=\"k0\">one</span>"), "one line has its name too: {page}");
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
