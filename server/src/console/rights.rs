//! The table of rights: what each role may do, and what nobody of a single company or partner may.

use chinhchu_protocol::console::people::{Right, Role};

use super::Scope;

use Right::{
    AgentsRead, AgentsWrite, AuditRead, CallsRead, CaseErase, CompaniesRead, CompaniesWrite, EvidenceRead,
    People, PeopleRead, PolicyRead, PolicyWrite, Reports, Review, Staffing, Tokens, TokensRead, Wallboard,
    Webhooks, WebhooksRead, Workstations, WorkstationsRead,
};

const TEAM_LEAD: &[Right] = &[Wallboard, CallsRead, AgentsRead, Reports, Staffing];

const SUPERVISOR: &[Right] = &[
    Wallboard,
    CallsRead,
    EvidenceRead,
    Review,
    Reports,
    Staffing,
    PolicyRead,
    CompaniesRead,
    AgentsRead,
    AgentsWrite,
    WebhooksRead,
];

/// Reads of everything; writes reviews only.
const AUDITOR: &[Right] = &[
    Wallboard,
    CallsRead,
    EvidenceRead,
    Review,
    Reports,
    Staffing,
    PolicyRead,
    CompaniesRead,
    TokensRead,
    AgentsRead,
    PeopleRead,
    WorkstationsRead,
    WebhooksRead,
    AuditRead,
];

/// All but reviews: who runs the installation does not judge its verdicts.
const ADMINISTRATOR: &[Right] = &[
    Wallboard,
    CallsRead,
    EvidenceRead,
    Reports,
    Staffing,
    PolicyRead,
    PolicyWrite,
    CompaniesRead,
    CompaniesWrite,
    TokensRead,
    Tokens,
    AgentsRead,
    AgentsWrite,
    PeopleRead,
    People,
    WorkstationsRead,
    Workstations,
    WebhooksRead,
    Webhooks,
    AuditRead,
    CaseErase,
];

/// What counts for the whole installation, or for a whole company: nothing for a partner's people.
const NEVER_OF_A_PARTNER: &[Right] = &[
    TokensRead,
    Tokens,
    PolicyWrite,
    // Settings hold the shares of all partners, and the reasons of changes name them.
    CompaniesRead,
    CompaniesWrite,
    PeopleRead,
    People,
    WebhooksRead,
    Webhooks,
    WorkstationsRead,
    Workstations,
    AuditRead,
    CaseErase,
];

/// What counts for every company: nothing for one company's people.
const NEVER_OF_A_COMPANY: &[Right] = &[PolicyWrite, PeopleRead, People, AuditRead];

/// What this role may do within this scope, in the order of the table.
pub fn rights(role: Role, scope: &Scope) -> Vec<Right> {
    let of_role = match role {
        Role::TeamLead => TEAM_LEAD,
        Role::Supervisor => SUPERVISOR,
        Role::Auditor => AUDITOR,
        Role::Administrator => ADMINISTRATOR,
    };
    let allowed = |right: &Right| {
        (scope.partner.is_none() || !NEVER_OF_A_PARTNER.contains(right))
            && (scope.companies.is_none() || !NEVER_OF_A_COMPANY.contains(right))
    };
    of_role.iter().copied().filter(allowed).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chinhchu_protocol::ids::CompanyCode;

    use super::*;

    fn scope(companies: &[&str], partner: Option<&str>) -> Scope {
        let codes: BTreeSet<CompanyCode> =
            companies.iter().map(|code| CompanyCode((*code).to_owned())).collect();
        Scope { companies: (!codes.is_empty()).then_some(codes), partner: partner.map(str::to_owned) }
    }

    /// The rights that change something, beside reviews.
    const CHANGES: &[Right] =
        &[PolicyWrite, CompaniesWrite, Tokens, AgentsWrite, People, Workstations, Webhooks, CaseErase];

    #[test]
    fn each_role_has_what_the_one_below_it_has_and_an_auditor_changes_nothing_but_reviews() {
        let everywhere = scope(&[], None);
        let of = |role| rights(role, &everywhere).into_iter().collect::<BTreeSet<_>>();
        assert!(of(Role::Supervisor).is_superset(&of(Role::TeamLead)));
        assert!(of(Role::Auditor).iter().all(|right| !CHANGES.contains(right)));
        assert!(of(Role::Auditor).contains(&Review));
        assert!(!of(Role::Administrator).contains(&Review));
        assert!(CHANGES.iter().all(|right| of(Role::Administrator).contains(right)));
    }

    #[test]
    fn nobody_of_a_partner_or_of_one_company_rules_over_the_others() {
        for role in Role::ALL {
            let partner = rights(role, &scope(&[], Some("Đối tác A")));
            assert!(NEVER_OF_A_PARTNER.iter().all(|right| !partner.contains(right)), "{role:?}");
            let company = rights(role, &scope(&["1"], None));
            assert!(NEVER_OF_A_COMPANY.iter().all(|right| !company.contains(right)), "{role:?}");
        }
        assert!(rights(Role::Administrator, &scope(&["1"], None)).contains(&Tokens));
    }

    /// What operators read is what the code does.
    #[test]
    fn the_documented_table_is_the_one_that_holds() {
        let text = include_str!("../../../docs/people.md");
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("| `") && line.split('|').count() == 10)
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let everywhere = scope(&[], None);
        for row in &rows {
            let name = row[1].trim_matches('`');
            let right: Right = serde_json::from_value(name.into()).expect("a right");
            let of_roles = Role::ALL.map(|role| rights(role, &everywhere).contains(&right));
            let limited = [!NEVER_OF_A_COMPANY.contains(&right), !NEVER_OF_A_PARTNER.contains(&right)];
            let told: Vec<bool> = row[3..9].iter().map(|cell| *cell == "●").collect();
            assert_eq!(told, [&of_roles[..], &limited[..]].concat(), "{name}");
        }
        let known: BTreeSet<Right> = Role::ALL.iter().flat_map(|role| rights(*role, &everywhere)).collect();
        assert_eq!(rows.len(), known.len());
    }
}
