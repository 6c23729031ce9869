//! Plots as SVG that needs nothing else: curves and points with axes, a legend below, and their numbers as a table.
//!
//! A series is told from the others by its dashes and the shape of its marks; colour only repeats that. Colours are
//! classes that the style sheet of the page sets for light, dark and paper.

use super::typeset;
use crate::enclosure::Enclosure;
use crate::ledger::text::short;
use maud::{Markup, PreEscaped, html};

/// Width of a figure in its own units, in which text is 13 high.
const WIDTH: f64 = 480.0;
/// Height of the frame.
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 30.0;
const BELOW: f64 = 46.0;
/// Height of a line of the legend, and letters that it takes.
const LINE: f64 = 19.0;
const LETTERS: usize = 64;
/// Number of looks of series before they repeat.
const LOOKS: usize = 7;

/// How numbers become places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// An axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) label: String,
    pub(super) scale: Scale,
    /// Ends; from the data if absent.
    pub(super) range: Option<(f64, f64)>,
    /// Places with names instead of round numbers.
    pub(super) names: Vec<(f64, String)>,
}

impl Axis {
    pub(super) fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Linear, range: None, names: Vec::new() }
    }

    pub(super) fn logarithmic(label: impl Into<String>) -> Self {
        Self { scale: Scale::Logarithmic, ..Self::linear(label) }
    }

    pub(super) fn within(mut self, lo: f64, hi: f64) -> Self {
        self.range = Some((lo, hi));
        self
    }

    fn coordinate(&self, x: f64) -> f64 {
        match self.scale {
            Scale::Linear => x,
            Scale::Logarithmic => core_math::log10(x),
        }
    }

    /// Ends in coordinates: of the range, or of the data with a little room.
    fn ends(&self, values: impl Iterator<Item = f64>) -> (f64, f64) {
        if let Some((lo, hi)) = self.range {
            return (self.coordinate(lo), self.coordinate(hi));
        }
        let coordinates = values.map(|v| self.coordinate(v)).filter(|c| c.is_finite());
        let (lo, hi) = coordinates.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), c| (a.min(c), b.max(c)));
        if lo > hi {
            return (0.0, 1.0);
        }
        let room = 0.03 * (hi - lo).max(1e-9 * hi.abs()).max(1e-12);
        (lo - room, hi + room)
    }

    /// Coordinates of the ticks with their texts.
    fn ticks(&self, (lo, hi): (f64, f64)) -> Vec<(f64, String)> {
        if !self.names.is_empty() {
            return self.names.iter().map(|(at, name)| (self.coordinate(*at), name.clone())).collect();
        }
        if self.scale == Scale::Logarithmic && hi - lo >= 1.5 {
            let step = ((hi - lo) / 7.0).ceil().max(1.0);
            let first = (lo / step).ceil();
            return (0..20)
                .map(|i| (first + f64::from(i)) * step)
                .take_while(|c| *c <= hi)
                .map(|c| (c, power_of_ten(c)))
                .collect();
        }
        let (a, b) = match self.scale {
            Scale::Linear => (lo, hi),
            Scale::Logarithmic => (core_math::exp10(lo), core_math::exp10(hi)),
        };
        let step = round_step((b - a) / 5.0);
        let first = (a / step).ceil();
        (0..20)
            .map(|i| (first + f64::from(i)) * step)
            .take_while(|v| *v <= b + 1e-9 * step)
            .filter(|v| self.scale == Scale::Linear || *v > 0.0)
            .map(|v| {
                (
                    self.coordinate(v),
                    short(Enclosure::exact(if v.abs() < 1e-9 * step { 0.0 } else { v })).replace('-', "−"),
                )
            })
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, at least `size`.
fn round_step(size: f64) -> f64 {
    let power = core_math::exp10(core_math::log10(size).floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|s| *s >= size * (1.0 - 1e-9)).unwrap_or(size)
}

fn power_of_ten(exponent: f64) -> String {
    let digits = format!("{exponent:.0}");
    match digits.as_str() {
        "-2" => "0.01".to_owned(),
        "-1" => "0.1".to_owned(),
        "0" | "-0" => "1".to_owned(),
        "1" => "10".to_owned(),
        "2" => "100".to_owned(),
        _ => format!("10^{{{}}}", digits.replace('-', "−")),
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// A curve.
    Curve,
    /// A curve with a mark at each point.
    Marked,
    /// Marks, with bars from end to end where an enclosure is wide.
    Marks,
    /// The area between the curve and the value at its ends.
    Area,
    /// Arrows along the horizontal axis: `x`, and `x + length` at `y`.
    Arrows,
}

/// A point with what is known of its height.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Ends of the enclosure; the end of an arrow and nothing.
    pub(super) ends: (f64, f64),
}

impl Point {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Self { x, y, ends: (y, y) }
    }

    /// An enclosure at a place; infinite ones are left out of the picture.
    pub(super) fn enclosed(x: f64, y: Enclosure) -> Self {
        let middle = match (y.lo().is_finite(), y.hi().is_finite()) {
            (true, true) => y.mid(),
            (true, false) => y.lo(),
            (false, true) => y.hi(),
            (false, false) => f64::NAN,
        };
        let middle = if y.is_infinite() { f64::NAN } else { middle };
        Self { x, y: middle, ends: (y.lo(), y.hi()) }
    }
}

/// Points that belong together.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) label: String,
    pub(super) look: Look,
    pub(super) points: Vec<Point>,
    /// Number of the look; series of the same number and label share a line of the legend.
    pub(super) style: usize,
}

impl Series {
    pub(super) fn new(style: usize, look: Look, label: impl Into<String>, points: Vec<Point>) -> Self {
        Self { label: label.into(), look, points, style }
    }
}

/// A figure.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// Part of an address: unique on a page.
    pub(super) name: String,
    pub(super) title: String,
    /// What it shows and how it is to be read.
    pub(super) caption: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
    /// A vertical line at this place, with its name.
    pub(super) line: Option<(f64, String)>,
    /// Height of the frame, if not the usual.
    pub(super) height: Option<f64>,
    /// Whether the numbers are worth a table.
    pub(super) tabulated: bool,
}

impl Plot {
    pub(super) fn new(
        name: impl Into<String>,
        title: impl Into<String>,
        caption: impl Into<String>,
        x: Axis,
        y: Axis,
    ) -> Self {
        let (name, title, caption) = (name.into(), title.into(), caption.into());
        Self { name, title, caption, x, y, series: Vec::new(), line: None, height: None, tabulated: true }
    }

    pub(super) fn with(mut self, series: Series) -> Self {
        if series.points.iter().any(|p| p.y.is_finite()) {
            self.series.push(series);
        }
        self
    }

    /// Whether there is anything to see.
    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The figure with its caption and its numbers, as part of a page.
    pub(super) fn figure(&self) -> Markup {
        html! {
            figure.plot id={ "figure-" (self.name) } {
                (self.svg(""))
                figcaption { strong { (typeset::text(&self.title)) ". " } (typeset::text(&self.caption)) }
                @if self.tabulated { (self.table()) }
            }
        }
    }

    /// The picture as a file of its own.
    pub(super) fn file(&self) -> String {
        let style = concat!("text{font-family:sans-serif}", include_str!("plot.css"));
        let colours = include_str!("colours.css").replace(":root", "svg");
        let own = format!("<style>{colours}{style} svg{{background:var(--page)}}</style>");
        self.svg(&own).into_string() + "\n"
    }

    fn svg(&self, style: &str) -> Markup {
        let frame = self.frame();
        let legend = self.legend();
        let lines: usize = legend.iter().map(|(_, lines)| lines.len()).sum();
        let height = frame.bottom + BELOW + LINE * lines as f64 + 4.0;
        let (title, description) = (format!("{}-t", self.name), format!("{}-d", self.name));
        let mut row = 0.0;
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img"
                aria-labelledby={ (title) " " (description) } font-size="13" {
                title id=(title) { (self.title) }
                desc id=(description) { (self.caption) }
                (PreEscaped(style))
                (self.axes(&frame))
                @for series in &self.series { (draw(series, &frame, &self.x, &self.y)) }
                @for (series, lines) in &legend {
                    @let y = frame.bottom + BELOW + LINE * row + 8.0;
                    ({ row += lines.len() as f64; sample(series, y) })
                    @for (i, line) in lines.iter().enumerate() {
                        text.key x=(LEFT) y=(n(y + 4.0 + LINE * i as f64)) { (typeset::svg(line)) }
                    }
                }
            }
        }
    }

    fn frame(&self) -> Frame {
        let points = || self.series.iter().flat_map(|s| &s.points).filter(|p| p.y.is_finite());
        let arrows = self.series.iter().filter(|s| s.look == Look::Arrows).flat_map(|s| &s.points);
        let mut x = self.x.ends(points().map(|p| p.x).chain(arrows.map(|p| p.ends.0)));
        if let (Some((at, _)), None) = (&self.line, self.x.range) {
            let at = self.x.coordinate(*at);
            x = (x.0.min(at - 0.02 * (x.1 - x.0)), x.1.max(at + 0.02 * (x.1 - x.0)));
        }
        let y = self.y.ends(points().map(|p| p.y));
        Frame { x, y, bottom: TOP + self.height.unwrap_or(HEIGHT) }
    }

    fn axes(&self, frame: &Frame) -> Markup {
        let (right, bottom) = (WIDTH - RIGHT, frame.bottom);
        html! {
            g.axes {
                @for (at, name) in self.x.ticks(frame.x) {
                    @let x = frame.across(at);
                    @if (LEFT - 1.0..=right + 1.0).contains(&x) {
                        line.grid x1=(n(x)) x2=(n(x)) y1=(n(TOP)) y2=(n(bottom)) {}
                        text x=(n(x)) y=(n(bottom + 17.0)) text-anchor="middle" { (typeset::svg(&name)) }
                    }
                }
                @for (at, name) in self.y.ticks(frame.y) {
                    @let y = frame.up(at);
                    @if (TOP - 1.0..=bottom + 1.0).contains(&y) {
                        line.grid x1=(n(LEFT)) x2=(n(right)) y1=(n(y)) y2=(n(y)) {}
                        text x=(n(LEFT - 6.0)) y=(n(y + 4.0)) text-anchor="end" { (typeset::svg(&name)) }
                    }
                }
                line.axis x1=(n(LEFT)) x2=(n(right)) y1=(n(bottom)) y2=(n(bottom)) {}
                text x=(n(0.5 * (LEFT + right))) y=(n(bottom + 37.0)) text-anchor="middle" { (typeset::svg(&self.x.label)) }
                text x="4" y="14" { (typeset::svg(&self.y.label)) }
                @if let Some((at, name)) = &self.line {
                    @let x = frame.across(self.x.coordinate(*at));
                    line.limit x1=(n(x)) x2=(n(x)) y1=(n(TOP)) y2=(n(bottom)) {}
                    @let anchor = if x > 0.6 * WIDTH { "end" } else { "start" };
                    @let shift = if x > 0.6 * WIDTH { -4.0 } else { 4.0 };
                    text x=(n(x + shift)) y=(n(TOP + 10.0)) text-anchor=(anchor) { (typeset::svg(name)) }
                }
            }
        }
    }

    /// Each label once, cut into lines.
    fn legend(&self) -> Vec<(&Series, Vec<String>)> {
        let mut seen: Vec<(&Series, Vec<String>)> = Vec::new();
        for series in self.series.iter().filter(|s| !s.label.is_empty()) {
            if seen.iter().all(|(other, _)| other.label != series.label) {
                seen.push((series, cut(&series.label)));
            }
        }
        seen
    }

    fn table(&self) -> Markup {
        let mut places: Vec<f64> =
            self.series.iter().flat_map(|s| s.points.iter().map(|p| p.x)).filter(|x| x.is_finite()).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let value = |s: &Series, x: f64| {
            let point = s.points.iter().find(|p| p.x == x)?;
            let (lo, hi) = point.ends;
            let known = Enclosure::new(lo, hi, crate::enclosure::Evidence::Converged).ok();
            Some(short(known.unwrap_or_else(|| Enclosure::exact(point.y))))
        };
        html! {
            details {
                summary { "The numbers" }
                div.wide {
                    table {
                        thead {
                            tr {
                                th scope="col" { (typeset::text(&self.x.label)) }
                                @for series in &self.series { th scope="col" { (typeset::text(&series.label)) } }
                            }
                        }
                        tbody {
                            @for &x in &places {
                                tr {
                                    th scope="row" { (short(Enclosure::around(x, 1e-4 * x.abs(), crate::enclosure::Evidence::Exact))) }
                                    @for series in &self.series { td { (value(series, x).unwrap_or_default()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A label in lines that fit.
fn cut(label: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in label.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + word.chars().count() >= LETTERS {
            lines.push(word.to_owned());
        } else {
            let separator = if lines[last].is_empty() { "" } else { " " };
            lines[last] = format!("{}{separator}{word}", lines[last]);
        }
    }
    lines
}

/// The frame: ends of the axes in coordinates.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    bottom: f64,
}

impl Frame {
    fn across(&self, x: f64) -> f64 {
        LEFT + (x - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - RIGHT - LEFT)
    }

    fn up(&self, y: f64) -> f64 {
        // Far outside a finger's breadth is as good as infinitely far, and is cut off at the frame.
        let share = ((y - self.y.0) / (self.y.1 - self.y.0)).clamp(-9.0, 9.0);
        self.bottom - share * (self.bottom - TOP)
    }
}

/// A number of SVG, to a hundredth.
fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

fn draw(series: &Series, frame: &Frame, x: &Axis, y: &Axis) -> Markup {
    let style = series.style % LOOKS;
    let class = format!("series s{style}");
    let place = |p: &Point| (frame.across(x.coordinate(p.x)), frame.up(y.coordinate(p.y)));
    let inside = |(px, py): &(f64, f64)| {
        px.is_finite() && py.is_finite() && (LEFT - 1.0..=WIDTH - RIGHT + 1.0).contains(px)
    };
    let visible = |(_, py): &(f64, f64)| (TOP - 1.0..=frame.bottom + 1.0).contains(py);
    html! {
        g class=(class) {
            @if matches!(series.look, Look::Curve | Look::Marked) {
                @for path in paths(series, &place, frame) { path d=(path) {} }
            }
            @if series.look == Look::Area {
                @let line: Vec<String> = series.points.iter().map(place).filter(inside).map(|(a, b)| format!("{} {}", n(a), n(b))).collect();
                path.area d=(format!("M{}", line.join("L"))) {}
            }
            @if matches!(series.look, Look::Marked | Look::Marks) {
                @for point in &series.points {
                    @let at = place(point);
                    @if inside(&at) && visible(&at) {
                        (bar(point, at, frame, y))
                        (mark(style, at))
                    }
                }
            }
            @if series.look == Look::Arrows {
                @for point in &series.points {
                    @let at = place(point);
                    @let tip = frame.across(x.coordinate(point.ends.0));
                    @if inside(&at) && (tip - at.0).abs() > 1.0 { (arrow(at, tip)) }
                }
            }
        }
    }
}

/// The polylines of a curve, cut off at the frame.
fn paths(series: &Series, place: &dyn Fn(&Point) -> (f64, f64), frame: &Frame) -> Vec<String> {
    let (mut all, mut now) = (Vec::new(), Vec::<(f64, f64)>::new());
    let is_inside = |y: f64| (TOP..=frame.bottom).contains(&y);
    let mut previous: Option<(f64, f64)> = None;
    for point in &series.points {
        let at = place(point);
        if !(at.0.is_finite() && at.1.is_finite()) {
            all.push(std::mem::take(&mut now));
            previous = None;
            continue;
        }
        if let Some(before) = previous {
            let crossing = |edge: f64| {
                let share = (edge - before.1) / (at.1 - before.1);
                (before.0 + share * (at.0 - before.0), edge)
            };
            let edge = |y: f64| if y < TOP { TOP } else { frame.bottom };
            match (is_inside(before.1), is_inside(at.1)) {
                (true, true) => now.push(at),
                (true, false) => {
                    now.push(crossing(edge(at.1)));
                    all.push(std::mem::take(&mut now));
                }
                (false, true) => now.extend([crossing(edge(before.1)), at]),
                (false, false) => {}
            }
        } else if is_inside(at.1) {
            now.push(at);
        }
        previous = Some(at);
    }
    all.push(now);
    let text = |(a, b): &(f64, f64)| format!("{} {}", n(*a), n(*b));
    all.iter()
        .filter(|line| line.len() > 1)
        .map(|line| format!("M{}", line.iter().map(text).collect::<Vec<_>>().join("L")))
        .collect()
}

/// The enclosure of a point, where it is wide enough to be seen.
fn bar(point: &Point, (x, _): (f64, f64), frame: &Frame, y: &Axis) -> Markup {
    let (lo, hi) = point.ends;
    let end = |v: f64, other: f64| {
        let c = y.coordinate(v);
        if c.is_finite() { frame.up(c).clamp(TOP, frame.bottom) } else { other }
    };
    let (low, high) = (end(lo, frame.bottom), end(hi, TOP));
    html! { @if (low - high).abs() > 2.0 { path.bar d=(format!("M{} {}V{}", n(x), n(low), n(high))) {} } }
}

/// A mark of a shape of its own for each style.
fn mark(style: usize, (x, y): (f64, f64)) -> Markup {
    let shape = match style {
        0 => format!("M{} {}h.01", n(x), n(y)),
        1 => format!("M{} {}h6v6h-6z", n(x - 3.0), n(y - 3.0)),
        2 => format!("M{} {}l4 7h-8z", n(x), n(y - 4.5)),
        3 => format!("M{} {}l4 4l-4 4l-4 -4z", n(x), n(y - 4.0)),
        4 => format!("M{} {}l6 6m0 -6l-6 6", n(x - 3.0), n(y - 3.0)),
        5 => format!("M{} {}h8m-4 -4v8", n(x - 4.0), n(y)),
        _ => format!("M{} {}l-4 -7h8z", n(x), n(y + 4.5)),
    };
    let class = if style == 0 { "mark dot" } else { "mark" };
    html! { path class=(class) d=(shape) {} }
}

fn arrow((x, y): (f64, f64), tip: f64) -> Markup {
    let side = if tip > x { -3.0 } else { 3.0 };
    let head = side * ((tip - x).abs() / 6.0).min(1.0);
    html! {
        path.arrow d=(format!("M{} {}H{}m{} -2.5L{} {}l{} 2.5", n(x), n(y), n(tip), n(head), n(tip), n(y), n(head))) {}
    }
}

/// What a series looks like, beside its name in the legend.
fn sample(series: &Series, y: f64) -> Markup {
    let style = series.style % LOOKS;
    html! {
        g class=(format!("series s{style}")) {
            @match series.look {
                Look::Curve => path d=(format!("M10 {}H50", n(y))) {},
                Look::Marked => { path d=(format!("M10 {}H50", n(y))) {} (mark(style, (30.0, y))) },
                Look::Marks => (mark(style, (30.0, y))),
                Look::Area => path.area d=(format!("M10 {}Q30 {} 50 {}", n(y + 5.0), n(y - 13.0), n(y + 5.0))) {},
                Look::Arrows => (arrow((14.0, y), 46.0)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let points =
            |k: f64| (1..=9).map(|i| Point::new(f64::from(i) * 0.1, k * f64::from(i))).collect::<Vec<_>>();
        Plot::new("p", "Title <1>", "Caption & more", Axis::linear("x"), Axis::logarithmic("C_P"))
            .with(Series::new(0, Look::Curve, "first", points(1.0)))
            .with(Series::new(
                1,
                Look::Marked,
                "a second series with a name that is far too long to fit on a line of the legend",
                points(1e3),
            ))
            .with(Series::new(2, Look::Marks, "nowhere", vec![Point::new(1.0, f64::NAN)]))
    }

    #[test]
    fn a_plot_is_xml_with_a_title_and_a_path_per_curve() {
        let file = plot().file();
        let tree = roxmltree::Document::parse(&file).unwrap();
        let titles: Vec<_> =
            tree.descendants().filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "title"))).collect();
        assert_eq!(titles.len(), 1);
        assert_eq!(titles[0].text(), Some("Title <1>"));
        assert_eq!(plot().series.len(), 2, "a series without a finite value is left out");
    }

    #[test]
    fn curves_are_cut_off_at_the_frame() {
        let mut plot = plot();
        plot.y = Axis::logarithmic("y").within(1.0, 10.0);
        let frame = plot.frame();
        let inside = |y: f64| (TOP - 0.1..=frame.bottom + 0.1).contains(&y);
        for series in &plot.series {
            let place = |p: &Point| (frame.across(p.x), frame.up(core_math::log10(p.y)));
            for path in paths(series, &place, &frame) {
                for pair in path.trim_start_matches('M').split('L') {
                    let (_, y) = pair.split_once(' ').unwrap();
                    assert!(inside(y.parse().unwrap()), "{path}");
                }
            }
        }
    }

    #[test]
    fn ticks_are_round_numbers() {
        let names = |axis: &Axis, ends| axis.ticks(ends).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(names(&Axis::linear(""), (0.0, 1.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(names(&Axis::linear(""), (-2.1, 2.1)), ["−2", "−1", "0", "1", "2"]);
        let log = names(&Axis::logarithmic(""), (-3.2, 1.1));
        assert_eq!(log, ["10^{−3}", "0.01", "0.1", "1", "10"]);
        assert_eq!(names(&Axis::logarithmic(""), (0.0, 0.8)), ["2", "4", "6"]);
    }
}
