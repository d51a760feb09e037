//! Two times of every entry: the days on which it holds (validity) and the moments at which it was known.
//!
//! A [`Timeline`] is what is known of one thing: disjoint spans of days, in order, as long as they can be (two
//! neighbours never say the same). [`Timeline::set`] gives the timeline after a change; [`difference`] says
//! which spans are known no more and which are known from now on. Nothing is overwritten: a [`History`] keeps
//! every span with the time it was known, and answers for any day as known at any moment.
//!
//! Pure: no clock, no store. Days are whole days of whoever asks.

use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;

/// Days from the first to the last, both included; open without a last one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Option<Date>,
}

impl Period {
    /// From a day on, for good.
    pub const fn since(from: Date) -> Self {
        Self { from, to: None }
    }

    /// Whether a day is in it.
    pub fn holds(self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// The earlier of two last days; open is later than any.
pub fn earlier(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

/// The day after; the calendar's last day has none and stands for itself.
pub fn next_day(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// The day before.
pub fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

/// One value on the days of a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span<V> {
    /// When it holds.
    pub period: Period,
    /// What holds.
    pub value: V,
}

/// What is known of one thing on every day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timeline<V>(Vec<Span<V>>);

impl<V> Default for Timeline<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Clone + PartialEq> Timeline<V> {
    /// From stored spans, in any order; `None` if two of them hold on one day.
    pub fn of(mut spans: Vec<Span<V>>) -> Option<Self> {
        spans.sort_by_key(|span| span.period.from);
        let apart = spans.windows(2).all(|pair| pair[0].period.to.is_some_and(|to| to < pair[1].period.from));
        let whole = spans.iter().all(|span| span.period.to.is_none_or(|to| span.period.from <= to));
        (apart && whole).then(|| Self(merged(spans)))
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Span<V>] {
        &self.0
    }

    /// What holds on a day.
    pub fn on(&self, day: Date) -> Option<&Span<V>> {
        self.0.iter().find(|span| span.period.holds(day))
    }

    /// Last day up to which nothing changes after `day`; `None` if nothing changes any more.
    pub fn steady_until(&self, day: Date) -> Option<Date> {
        match self.on(day) {
            Some(span) => span.period.to,
            None => self.0.iter().map(|span| span.period.from).find(|from| *from > day).map(day_before),
        }
    }

    /// The timeline on which `value` holds in the period (or nothing holds), and all else stays.
    #[must_use]
    pub fn set(&self, period: Period, value: Option<V>) -> Self {
        let mut spans = Vec::with_capacity(self.0.len() + 2);
        for span in &self.0 {
            let days = span.period;
            if days.from < period.from {
                let to = earlier(days.to, Some(day_before(period.from)));
                spans.push(Span { period: Period { from: days.from, to }, value: span.value.clone() });
            }
            if let Some(last) = period.to
                && days.to.is_none_or(|to| to > last)
            {
                let from = days.from.max(next_day(last));
                spans.push(Span { period: Period { from, to: days.to }, value: span.value.clone() });
            }
        }
        spans.extend(value.map(|value| Span { period, value }));
        spans.sort_by_key(|span| span.period.from);
        Self(merged(spans))
    }
}

/// Neighbours that say the same become one.
fn merged<V: PartialEq>(spans: Vec<Span<V>>) -> Vec<Span<V>> {
    let mut out: Vec<Span<V>> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last)
                if last.value == span.value && last.period.to.map(next_day) == Some(span.period.from) =>
            {
                last.period.to = span.period.to;
            }
            Some(_) | None => out.push(span),
        }
    }
    out
}

/// What a change of knowledge writes: spans that are known no more, and spans that are known from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference<V> {
    /// Known until now.
    pub close: Vec<Span<V>>,
    /// Known from now on.
    pub open: Vec<Span<V>>,
}

/// From one timeline to another.
pub fn difference<V: Clone + PartialEq>(before: &Timeline<V>, after: &Timeline<V>) -> Difference<V> {
    let gone = |span: &&Span<V>| !after.0.contains(span);
    let fresh = |span: &&Span<V>| !before.0.contains(span);
    Difference {
        close: before.0.iter().filter(gone).cloned().collect(),
        open: after.0.iter().filter(fresh).cloned().collect(),
    }
}

/// A span with the time it was known: from a moment (included) to another (excluded), or until now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known<V> {
    /// What holds when.
    pub span: Span<V>,
    /// Since when it is known.
    pub known_from: Timestamp,
    /// Until when; `None` while it is what is known.
    pub known_to: Option<Timestamp>,
}

impl<V> Known<V> {
    /// Whether it was known at a moment.
    pub fn at(&self, moment: Timestamp) -> bool {
        self.known_from <= moment && self.known_to.is_none_or(|to| moment < to)
    }
}

/// Everything that was ever known of one thing. Rows are added, and closed once; never changed or removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History<V>(Vec<Known<V>>);

impl<V> Default for History<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Clone + PartialEq> History<V> {
    /// Every row, in the order of writing.
    pub fn rows(&self) -> &[Known<V>] {
        &self.0
    }

    /// What was known at a moment.
    pub fn known_at(&self, moment: Timestamp) -> Timeline<V> {
        let known = self.0.iter().filter(|row| row.at(moment)).map(|row| row.span.clone());
        Timeline::of(known.collect()).unwrap_or_default()
    }

    /// Makes another timeline known from a moment on, which is later than all before.
    pub fn learn(&mut self, moment: Timestamp, after: &Timeline<V>) {
        let now = self.0.iter().filter(|row| row.known_to.is_none()).map(|row| row.span.clone());
        let written = difference(&Timeline::of(now.collect()).unwrap_or_default(), after);
        for row in self.0.iter_mut().filter(|row| row.known_to.is_none()) {
            if written.close.contains(&row.span) {
                row.known_to = Some(moment);
            }
        }
        let open = written.open.into_iter();
        self.0.extend(open.map(|span| Known { span, known_from: moment, known_to: None }));
    }
}

#[cfg(test)]
mod tests;
