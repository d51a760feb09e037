//! Opening hours and holidays of the company that serves: who is taken in, who is told that it is closed.

use chinhchu_protocol::call::{CallState, EndReason, NoticeCode};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::hours::{Day, Hours, Span};
use chinhchu_routing::{Event, Input, Settings, notice_of};

use crate::world::{START, World, company};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Midnight before START, which is Monday 2026-11-23, 09:00 in Vietnam.
const MONDAY: Timestamp = START.plus_ms(-9 * HOUR);

fn span(from: &str, to: &str) -> Span {
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':').expect("HH:MM");
        hour.parse::<u16>().expect("hour") * 60 + minute.parse::<u16>().expect("minute")
    };
    Span { from: minutes(from), to: minutes(to) }
}

/// Monday to Friday 07:30–11:30 and 13:00–17:30, Saturday in the morning, Sunday closed.
fn office() -> Hours {
    let (morning, afternoon) = (span("07:30", "11:30"), span("13:00", "17:30"));
    let whole = vec![morning, afternoon];
    let weekly =
        [whole.clone(), whole.clone(), whole.clone(), whole.clone(), whole, vec![morning], Vec::new()];
    Hours { weekly, ..Hours::default() }
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// A moment of Vietnam's time.
fn at(date: &str, time: &str) -> Timestamp {
    format!("{date}T{time}+07:00").parse().expect("a time")
}

fn set(world: &mut World, code: &str, hours: Hours, serve_queue_after_close: bool) {
    let settings = Settings { hours: Some(Box::new(hours)), serve_queue_after_close, ..Settings::default() };
    world.must(&Input::SetCompany { company: company(code), settings });
}

/// A call that was taken in and gets ready at this moment.
fn ready_at(world: &mut World, n: u128, code: &str, at: Timestamp) -> CallId {
    world.pass_ms(at.ms_since(world.now));
    world.ready_call(n, code)
}

/// What the caller was told of the opening, each time that it was told.
fn told_closed(world: &World, call: CallId) -> Vec<Option<Timestamp>> {
    let told = world.facts.iter().filter_map(|fact| match &fact.event {
        Event::PoolClosed { call: of, opens_at, .. } if *of == call => {
            assert_eq!(notice_of(fact), Some(NoticeCode::Closed));
            Some(*opens_at)
        }
        _ => None,
    });
    told.collect()
}

fn ended(world: &World, call: CallId) -> Option<EndReason> {
    world.board.call(call).and_then(|call| call.end_reason)
}

#[test]
fn c1_a_page_that_gets_ready_in_the_last_open_millisecond_waits_and_one_at_the_closing_minute_is_told() {
    let mut world = World::new();
    set(&mut world, "1", office(), true);
    let closing = MONDAY.plus_ms(17 * HOUR + 30 * MINUTE);
    let last = ready_at(&mut world, 1, "4", closing.plus_ms(-1));
    assert_eq!(world.board.call(last).map(|call| call.state), Some(CallState::Waiting));
    let late = ready_at(&mut world, 2, "4", closing);
    assert_eq!(told_closed(&world, late), [Some(at("2026-11-24", "07:30:00"))]);
    assert_eq!(ended(&world, late), Some(EndReason::NoAgent));
    assert!(told_closed(&world, last).is_empty());
}

#[test]
fn c1_the_opening_minute_is_open_and_the_millisecond_before_is_not() {
    let mut world = World::new();
    set(&mut world, "1", office(), true);
    let opening = at("2026-11-24", "07:30:00");
    let early = ready_at(&mut world, 1, "1", opening.plus_ms(-1));
    assert_eq!(told_closed(&world, early), [Some(opening)]);
    let first = ready_at(&mut world, 2, "1", opening);
    assert!(told_closed(&world, first).is_empty());
    assert_eq!(world.board.call(first).map(|call| call.state), Some(CallState::Waiting));
    // A call is served by its serving company's hours, and company 2 has none.
    world.pass_ms(13 * HOUR);
    let other = world.ready_call(3, "2");
    assert!(told_closed(&world, other).is_empty());
}

#[test]
fn a_call_that_is_closed_out_is_offered_to_nobody_though_an_agent_is_free() {
    let mut world = World::new();
    world.agent(1, "1");
    set(&mut world, "1", office(), true);
    let call = ready_at(&mut world, 1, "1", at("2026-11-23", "12:00:00"));
    assert_eq!(told_closed(&world, call), [Some(at("2026-11-23", "13:00:00"))]);
    assert!(
        !world
            .facts
            .iter()
            .any(|fact| matches!(fact.event, Event::Offered { .. } | Event::CallQueued { .. }))
    );
    let other = world.call(2, "1");
    assert!(
        !world.must(&Input::Cancel { call: other }).is_empty(),
        "a call may be taken in and cancelled at any hour"
    );
}

#[test]
fn who_waits_at_closing_time_is_served_until_the_longest_wait() {
    let mut world = World::new();
    set(&mut world, "1", office(), true);
    let call = ready_at(&mut world, 1, "1", at("2026-11-23", "17:25:00"));
    world.pass_ms(8 * MINUTE);
    assert_eq!(ended(&world, call), None);
    let agent = world.agent(1, "1");
    assert_eq!(world.offer(call), Some((agent, 1)));
}

#[test]
fn where_the_setting_says_so_who_waits_at_closing_time_is_sent_away_then() {
    let mut world = World::new();
    set(&mut world, "1", office(), false);
    let call = ready_at(&mut world, 1, "4", at("2026-11-23", "17:25:00"));
    world.pass_ms(5 * MINUTE - 1);
    assert_eq!(ended(&world, call), None);
    world.pass_ms(1);
    assert_eq!(ended(&world, call), Some(EndReason::NoAgent));
    assert_eq!(told_closed(&world, call), [Some(at("2026-11-24", "07:30:00"))]);
    // Who has waited for the longest wait ends as ever.
    let usual = ready_at(&mut world, 2, "4", at("2026-11-24", "08:00:00"));
    world.pass_ms(10 * MINUTE);
    assert_eq!((ended(&world, usual), told_closed(&world, usual)), (Some(EndReason::NoAgent), Vec::new()));
}

#[test]
fn a_call_on_its_way_at_closing_time_goes_on() {
    let mut world = World::new();
    set(&mut world, "1", office(), false);
    world.pass_ms(at("2026-11-23", "17:29:00").ms_since(world.now));
    world.agent(1, "1");
    let call = world.ready_call(1, "1");
    world.accept(call);
    world.pass_ms(2 * MINUTE);
    assert!(told_closed(&world, call).is_empty());
}

#[test]
fn a_holiday_replaces_the_spans_of_its_day() {
    let mut hours = office();
    hours.holidays.insert(day("2027-01-01"), Vec::new());
    hours.holidays.insert(day("2027-01-03"), vec![span("08:00", "10:00")]);
    assert!(hours.is_open(at("2026-12-31", "17:29:59.999")));
    assert!(!hours.is_open(at("2027-01-01", "09:00:00")), "New Year, a Friday");
    assert_eq!(hours.opens_at(at("2027-01-01", "09:00:00")), Some(at("2027-01-02", "07:30:00")));
    assert!(hours.is_open(at("2027-01-03", "08:00:00")), "a Sunday that is worked");
    assert!(!hours.is_open(at("2027-01-03", "10:00:00")));
    assert!(!hours.is_open(at("2027-01-10", "09:00:00")), "any other Sunday");
}

#[test]
fn spans_may_run_over_midnight_and_a_holiday_does_not_cut_the_night_before() {
    let mut hours =
        Hours { weekly: std::array::from_fn(|_| vec![span("22:00", "26:00")]), ..Hours::default() };
    let next = "2026-11-24";
    for (time, open) in [("00:00:00", true), ("01:59:59.999", true), ("02:00:00", false), ("21:59:59", false)]
    {
        assert_eq!(hours.is_open(at(next, time)), open, "{time}");
    }
    assert_eq!(hours.closes_at(at("2026-11-23", "23:00:00")), Some(at(next, "02:00:00")));
    hours.holidays.insert(day(next), Vec::new());
    assert!(hours.is_open(at(next, "01:00:00")), "it belongs to Monday");
    assert!(!hours.is_open(at(next, "22:30:00")));
    assert_eq!(hours.opens_at(at(next, "02:00:00")), Some(at("2026-11-25", "22:00:00")));
}

#[test]
fn days_that_follow_each_other_without_a_gap_never_close() {
    let always =
        Hours { weekly: std::array::from_fn(|_| vec![Span { from: 0, to: 1_440 }]), ..Hours::default() };
    let midnight = at("2026-11-24", "00:00:00");
    assert!(always.is_open(midnight) && always.is_open(midnight.plus_ms(-1)));
    assert_eq!(always.closes_at(midnight), None);
    let never = Hours::default();
    assert_eq!((never.opens_at(midnight), never.closes_at(midnight)), (None, None));
    let mut world = World::new();
    set(&mut world, "1", never, true);
    let call = world.ready_call(1, "1");
    assert_eq!((told_closed(&world, call), ended(&world, call)), (vec![None], Some(EndReason::NoAgent)));
}

#[test]
fn days_are_those_of_the_calendar() {
    let mut at = day("1970-01-01");
    let mut last = (1969, 12, 31);
    while at < day("2101-01-01") {
        let (year, month, date) = at.date();
        let next = date == last.2 + 1 && (year, month) == (last.0, last.1);
        let new = date == 1
            && ((year, month) == (last.0, last.1 + 1) || (year, month, last.1) == (last.0 + 1, 1, 12));
        assert!(next || new, "{at} after {last:?}");
        assert_eq!(Day::from_date(year, month, date), Some(at));
        assert_eq!(at.to_string().parse(), Ok(at));
        last = at.date();
        at = at.plus(1);
    }
    assert_eq!(Day::of(START.plus_ms(-9 * HOUR)), day("2026-11-23"));
    assert_eq!(Day::of(START.plus_ms(-9 * HOUR - 1)), day("2026-11-22"));
    assert_eq!((day("2026-11-23").weekday(), day("2028-02-29").weekday()), (0, 1));
    for wrong in
        ["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-11-31", "2026/11/01", "1969-12-31", ""]
    {
        assert!(wrong.parse::<Day>().is_err(), "{wrong}");
    }
}

#[test]
fn settings_without_hours_keep_their_bytes_and_hours_come_back_from_json() {
    let plain = serde_json::to_string(&Settings::default()).expect("json");
    assert!(!plain.contains("hours") && !plain.contains("serve_queue"), "{plain}");
    let mut hours = office();
    hours.holidays.insert(day("2027-01-01"), Vec::new());
    let settings =
        Settings { hours: Some(Box::new(hours)), serve_queue_after_close: false, ..Settings::default() };
    let text = serde_json::to_string(&settings).expect("json");
    assert!(text.contains(r#""holidays":{"2027-01-01":[]}"#), "{text}");
    assert_eq!(serde_json::from_str::<Settings>(&text).expect("settings"), settings);
}
