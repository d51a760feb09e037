//! The table of rights, route by route: what each route of the console asks for, and what it is about. A route
//! that is not here fails the walk (`console_walk`).

use chinhchu_protocol::console::people::Right::{
    AgentsRead, AgentsWrite, AuditRead, CallsRead, CaseErase, CompaniesRead, CompaniesWrite, EvidenceRead,
    People, PeopleRead, PolicyRead, PolicyWrite, Reports, Review, Staffing, Tokens, TokensRead, Wallboard,
    Webhooks, WebhooksRead, Workstations, WorkstationsRead,
};
use chinhchu_protocol::console::people::{Right, Role};
use chinhchu_server::console::Scope;

/// Who is let in.
#[derive(Clone, Copy, Debug)]
pub enum Gate {
    /// Everybody, also without a session.
    Open,
    /// Everybody who has signed in.
    Own,
    /// Whose role has the right.
    May(Right),
    /// Whose role has one of the two.
    Either(Right, Right),
    /// Whose role has the right, for all companies and partners.
    Whole(Right),
}

impl Gate {
    /// Whether this person passes.
    pub fn lets_in(self, role: Role, scope: &Scope) -> bool {
        let rights = chinhchu_server::console::rights::rights(role, scope);
        match self {
            Self::Open | Self::Own => true,
            Self::May(right) => rights.contains(&right),
            Self::Either(one, other) => rights.contains(&one) || rights.contains(&other),
            Self::Whole(right) => rights.contains(&right) && *scope == Scope::default(),
        }
    }
}

/// What a route is about: told apart by what the person sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// A list, or what counts for everybody.
    All,
    /// The call of company 1 that an agent of partner A took.
    Call,
    /// That agent.
    Agent,
    /// Company 1.
    Company,
    /// A company's token.
    Token,
    /// A company's webhook.
    Webhook,
}

use About::{Agent, All, Call, Company, Token, Webhook};
use Gate::{Either, May, Open, Own, Whole};

/// Method, path, query, who is let in, what it is about.
pub type Row = (&'static str, &'static str, &'static str, Gate, About);

/// Every route of the console.
pub const ROUTES: &[Row] = &[
    // Sign-in and one's own account.
    ("get", "/sign-in-ways", "", Open, All),
    ("post", "/session", "", Open, All),
    ("get", "/directory", "", Open, All),
    ("get", "/directory/back", "", Open, All),
    ("get", "/me", "", Own, All),
    ("get", "/me/sessions", "", Own, All),
    ("delete", "/me/sessions/{session_id}", "", Own, All),
    ("put", "/me/password", "", Own, All),
    ("post", "/me/second-factor", "", Own, All),
    ("put", "/me/second-factor", "", Own, All),
    ("post", "/me/recovery-codes", "", Own, All),
    ("post", "/session/second-factor", "", Own, All),
    ("delete", "/session", "", Own, All),
    // People.
    ("get", "/people", "", May(PeopleRead), All),
    ("post", "/people", "", May(People), All),
    ("get", "/people/{person_id}", "", May(PeopleRead), All),
    ("put", "/people/{person_id}", "", May(People), All),
    ("get", "/people/{person_id}/sessions", "", May(PeopleRead), All),
    ("delete", "/people/{person_id}/sessions/{session_id}", "", May(People), All),
    ("post", "/people/{person_id}/disable", "", May(People), All),
    ("post", "/people/{person_id}/enable", "", May(People), All),
    ("post", "/people/{person_id}/reset-password", "", May(People), All),
    ("post", "/people/{person_id}/reset-second-factor", "", May(People), All),
    // Agents.
    ("get", "/agents", "", May(AgentsRead), All),
    ("post", "/agents", "", May(AgentsWrite), All),
    ("post", "/agents/import", "?preview=true", May(AgentsWrite), All),
    ("get", "/agents/{agent_id}", "", May(AgentsRead), Agent),
    ("put", "/agents/{agent_id}", "", May(AgentsWrite), Agent),
    ("post", "/agents/{agent_id}/sign-out", "", May(AgentsWrite), Agent),
    ("post", "/agents/{agent_id}/disable", "", May(AgentsWrite), Agent),
    ("post", "/agents/{agent_id}/enable", "", May(AgentsWrite), Agent),
    ("post", "/agents/{agent_id}/reset-password", "", May(AgentsWrite), Agent),
    ("get", "/partners", "", May(AgentsRead), All),
    // Now.
    ("get", "/wallboard", "", May(Wallboard), All),
    ("get", "/wallboard/events", "", May(Wallboard), All),
    // Calls.
    ("get", "/calls", "", May(CallsRead), All),
    ("post", "/calls/search", "", May(CallsRead), All),
    ("get", "/calls/{call_id}", "", May(CallsRead), Call),
    ("get", "/calls/{call_id}/events", "", May(CallsRead), Call),
    ("get", "/calls/{call_id}/timeline", "", May(CallsRead), Call),
    ("get", "/calls/{call_id}/explain", "", May(CallsRead), Call),
    ("get", "/calls/{call_id}/case", "", May(EvidenceRead), Call),
    ("get", "/calls/{call_id}/images/{kind}", "", May(EvidenceRead), Call),
    ("get", "/calls/{call_id}/evidence", "", May(EvidenceRead), Call),
    ("post", "/calls/{call_id}/export", "", May(EvidenceRead), Call),
    ("get", "/evidence/missing", "", May(CallsRead), All),
    // A customer's data: the walk's call is of company 1's own customer.
    ("post", "/cases/search", "", May(CaseErase), All),
    ("post", "/cases/erase", "", May(CaseErase), All),
    ("post", "/calls/{call_id}/hold", "", May(CaseErase), Call),
    ("post", "/calls/{call_id}/release", "", May(CaseErase), Call),
    ("get", "/holds", "", May(CaseErase), All),
    // Reviews.
    ("get", "/reviews", "", May(Review), All),
    ("post", "/reviews/next", "", May(Review), All),
    ("get", "/reviews/figures", "", May(Review), All),
    ("get", "/reviews/{call_id}", "", May(Review), Call),
    ("post", "/reviews/{call_id}", "", May(Review), Call),
    ("get", "/reviews/settings", "", Either(Review, PolicyRead), All),
    ("put", "/reviews/settings", "", May(PolicyWrite), All),
    // Figures.
    ("get", "/reports", "?from=2026-11-01&to=2026-12-01", May(Reports), All),
    ("get", "/reports.csv", "?from=2026-11-01&to=2026-12-01", May(Reports), All),
    ("get", "/reports.xlsx", "?from=2026-11-01&to=2026-12-01", May(Reports), All),
    ("get", "/reports/trial", "?from=2026-11-01&to=2026-12-01", May(Reports), All),
    ("get", "/reconciliation/{day}", "", May(Reports), All),
    ("post", "/staffing", "", May(Staffing), All),
    ("post", "/staffing/day", "", May(Staffing), All),
    // The catalogue.
    ("get", "/policy", "", May(PolicyRead), All),
    ("get", "/policy/changes", "", May(PolicyRead), All),
    ("post", "/policy/changes", "", May(PolicyWrite), All),
    ("post", "/policy/preview", "", May(PolicyRead), All),
    ("post", "/policy/what-if", "", May(PolicyRead), All),
    ("get", "/policy/export.csv", "", May(PolicyRead), All),
    ("get", "/policy/entries/{payment}/{sub_type}", "", May(PolicyRead), All),
    ("get", "/policy/for-call/{call_id}", "", May(PolicyRead), Call),
    // Companies and the operator's words.
    ("get", "/companies", "", May(CompaniesRead), All),
    ("get", "/companies/{code}", "", May(CompaniesRead), Company),
    ("patch", "/companies/{code}", "", May(CompaniesWrite), Company),
    ("get", "/companies/{code}/at", "?at=2026-11-23T00:00:00Z", May(CompaniesRead), Company),
    ("get", "/companies/{code}/history", "", May(CompaniesRead), Company),
    ("delete", "/companies/{code}/changes/{change_id}", "", May(CompaniesWrite), Company),
    ("get", "/texts", "", May(CompaniesRead), All),
    ("post", "/texts", "", Whole(CompaniesWrite), All),
    ("delete", "/texts/{name}/{version}", "", Whole(CompaniesWrite), All),
    ("get", "/reasons", "", May(CompaniesRead), All),
    ("post", "/reasons", "", Whole(CompaniesWrite), All),
    ("post", "/reasons/{kind}/{code}/end", "", Whole(CompaniesWrite), All),
    ("delete", "/reasons/{kind}/{code}/ahead", "?from=2099-01-01T00:00:00Z", Whole(CompaniesWrite), All),
    // Other systems.
    ("get", "/tokens", "", May(TokensRead), All),
    ("post", "/tokens", "", May(Tokens), All),
    ("delete", "/tokens/{token_id}", "", May(Tokens), Token),
    ("get", "/service-credentials", "", Whole(TokensRead), All),
    ("post", "/service-credentials", "", Whole(Tokens), All),
    ("delete", "/service-credentials/{credential_id}", "", Whole(Tokens), All),
    ("get", "/webhooks", "", May(WebhooksRead), All),
    ("post", "/webhooks", "", May(Webhooks), All),
    ("post", "/webhooks/{webhook_id}/ping", "", May(Webhooks), Webhook),
    ("delete", "/webhooks/{webhook_id}", "", May(Webhooks), Webhook),
    ("get", "/webhooks/deliveries", "", May(WebhooksRead), All),
    ("post", "/webhooks/deliveries/resend", "", May(Webhooks), All),
    ("post", "/webhooks/deliveries/{delivery_id}/resend", "", May(Webhooks), All),
    ("get", "/workstations", "", May(WorkstationsRead), All),
    ("post", "/workstations/codes", "", Whole(Workstations), All),
    ("post", "/workstations/{workstation_id}/approve", "", May(Workstations), All),
    ("post", "/workstations/{workstation_id}/revoke", "", May(Workstations), All),
    // The audit.
    ("get", "/audit", "", May(AuditRead), All),
    ("get", "/audit/verify", "", May(AuditRead), All),
    ("post", "/audit/verify", "", May(AuditRead), All),
];
