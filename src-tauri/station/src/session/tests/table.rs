//! The transition table: what each view of the server does in each place where the session can be.

use std::fmt::Write as _;

use super::*;

const OTHER: CallId = CallId(Uuid::from_u128(8));

fn names(effects: &[Effect]) -> String {
    effects.iter().map(|effect| format!("{effect:?}")).collect::<Vec<_>>().join(" ")
}

type Place = (&'static str, fn() -> Desk);

fn places() -> [Place; 7] {
    [
        ("idle", Desk::signed_in),
        ("ringing", || {
            let mut desk = Desk::signed_in();
            desk.show(100, ringing(100, 15_000));
            desk
        }),
        ("answered", || {
            let mut desk = Desk::signed_in();
            desk.show(100, ringing(100, 15_000));
            desk.session.command(at(200), Command::Accept).expect("rings");
            desk
        }),
        ("call", || Desk::seeing(500)),
        ("sealing", || {
            let mut desk = Desk::seeing(500);
            desk.confirm(510).expect("open");
            desk
        }),
        ("sealed", || {
            let mut desk = Desk::seeing(500);
            desk.confirm(510).expect("open");
            desk.session.handle(at(520), Input::VerdictSealed { key: KEY, sealed: sealed() });
            desk
        }),
        ("signed out", || {
            let mut desk = Desk::signed_in();
            desk.session.command(at(200), Command::SignOut).expect("signed in");
            desk
        }),
    ]
}

fn views() -> [(&'static str, AgentActivity); 7] {
    let since = server_time(600);
    let AgentActivity::Ringing { offer } = ringing(600, 15_000) else { panic!("rings") };
    let call = AgentCall { call_id: OTHER, ..agent_call(false) };
    [
        ("available", AgentActivity::Available { since }),
        ("paused", AgentActivity::Paused { since, reason: "break".into() }),
        ("this ring", ringing(600, 14_000)),
        ("another ring", AgentActivity::Ringing { offer: OfferView { call_id: OTHER, ..offer } }),
        ("this call", AgentActivity::InCall { call: agent_call(false), since }),
        ("another call", AgentActivity::Connecting { call }),
        ("wrap-up", AgentActivity::WrapUp { call_id: CALL, until: since.plus_ms(30_000), ended: None }),
    ]
}

#[test]
fn each_view_does_in_each_place_what_the_table_says() {
    let mut table = String::new();
    for (place, desk) in places() {
        for (name, activity) in views() {
            let mut desk = desk();
            let effects = desk.show(600, activity);
            let _ = writeln!(table, "{place} | {name} | {}", names(&effects));
        }
    }
    assert_eq!(table, include_str!("table.txt"), "\n{table}");
}
