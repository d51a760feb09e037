//! Who asks the console: cookie → session → person, read from the store for every request.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method};
use chinhchu_protocol::console::people::{Me, Right, Role, SecondFactor};
use chinhchu_protocol::ids::{CompanyCode, PersonId, PersonSessionId};
use chinhchu_protocol::problem::ErrorCode;

use super::{cookie, rights, session, sql};
use crate::http::{ApiError, App};
use crate::sockets::origin;
use crate::store::StoreError;
use crate::tokens::secret::hash;

/// Stands in every request of the console that is not a GET: a form of another site cannot send it.
pub const HEADER: HeaderName = HeaderName::from_static("x-chinhchu-console");

/// A person whose session stands, with its second factor shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Names the person.
    pub person_id: PersonId,
    /// The session that asks.
    pub session_id: PersonSessionId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What of the installation the person sees.
    pub scope: Scope,
}

impl Person {
    /// Refuses (403) what the table of rights does not give.
    pub fn may(&self, right: Right) -> Result<(), ApiError> {
        if rights::rights(self.role, &self.scope).contains(&right) {
            return Ok(());
        }
        Err(ApiError::forbidden("Your role may not do that here."))
    }

    /// Who it is, for the audit.
    pub fn actor(&self) -> String {
        format!("person:{}", self.person_id)
    }

    /// Whether the session and the person still stand: for streams, which outlive their request.
    pub async fn stands(&self, app: &App) -> Result<bool, ApiError> {
        let (id, now) = (self.session_id, app.clock.now());
        let read = app.db.read(move |connection| sql::session_by_id(connection, id)).await;
        let found = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
        Ok(found.is_some_and(|found| session::standing(&found, now).is_ok() && found.person.is_active()))
    }
}

/// The part of the installation that a person sees. `None` is all of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// Only these companies.
    pub companies: Option<BTreeSet<CompanyCode>>,
    /// Only this partner's agents, and the calls that one of them was offered.
    pub partner: Option<String>,
}

impl Scope {
    /// Refuses (404) a company that is not the person's: it does not exist.
    pub fn company(&self, company: &CompanyCode) -> Result<(), ApiError> {
        if self.sees_company(company) {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::NotFound, "There is no such company."))
    }

    /// Whether a company is the person's.
    pub fn sees_company(&self, company: &CompanyCode) -> bool {
        self.companies.as_ref().is_none_or(|companies| companies.contains(company))
    }

    /// Whether a call is seen: home or serving company, and, for a partner's people, one of the partners whose
    /// agents were offered it.
    pub fn sees_call(&self, home: &CompanyCode, serving: &CompanyCode, partners: &[Option<String>]) -> bool {
        let company = self.sees_company(home) || self.sees_company(serving);
        let partner = self.partner.as_ref();
        company && partner.is_none_or(|own| partners.iter().any(|offered| offered.as_ref() == Some(own)))
    }

    /// Whether an agent is seen.
    pub fn sees_agent(&self, company: &CompanyCode, partner: Option<&str>) -> bool {
        self.sees_company(company) && self.partner.as_deref().is_none_or(|own| partner == Some(own))
    }

    /// The companies as a JSON list for queries (`… IN (SELECT value FROM json_each(?))`); none for all.
    pub fn companies_json(&self) -> Option<String> {
        let codes = self.companies.as_ref()?;
        let codes: Vec<&str> = codes.iter().map(|code| code.0.as_str()).collect();
        Some(serde_json::json!(codes).to_string())
    }
}

/// A session with or without its second factor: for the second step of the sign-in and for `/me`.
pub struct Arrived {
    /// The session and its person.
    pub found: sql::FoundSession,
    /// How it stands with the second factor.
    pub factor: SecondFactor,
}

impl Arrived {
    /// The person, if the second factor was shown and the password is the person's own.
    pub fn whole(&self) -> Result<Person, ApiError> {
        let person = self.shown()?;
        if self.password_temporary() {
            let told = "Somebody else made this password: set one of your own first.";
            return Err(ApiError::new(ErrorCode::PasswordTemporary, told));
        }
        Ok(person)
    }

    /// The person, if the second factor was shown, whoever made the password: to set another one.
    pub fn shown(&self) -> Result<Person, ApiError> {
        match self.factor {
            SecondFactor::On | SecondFactor::Off => {}
            SecondFactor::ToSetUp | SecondFactor::Wanted => {
                let told = "Set the second factor up, or enter its code, first.";
                return Err(ApiError::new(ErrorCode::SecondFactorMissing, told));
            }
        }
        let sql::StoredPerson { person_id, name, role, scope, .. } = self.found.person.clone();
        Ok(Person { person_id, session_id: self.found.session_id, name, role, scope })
    }

    /// Whether the session was opened by a password that somebody else made.
    fn password_temporary(&self) -> bool {
        let person = &self.found.person;
        match self.found.way {
            sql::Way::Password => person.password_hash.is_some() && person.password_temporary,
            sql::Way::Directory => false,
        }
    }

    /// What the browser is told.
    pub fn me(&self) -> Me {
        let stored = &self.found.person;
        let passed = self.whole().is_ok();
        Me {
            person_id: stored.person_id,
            username: stored.username.clone(),
            name: stored.name.clone(),
            role: stored.role,
            rights: if passed { rights::rights(stored.role, &stored.scope) } else { Vec::new() },
            companies: stored.scope.companies.as_ref().map(|codes| codes.iter().cloned().collect()),
            partner: stored.scope.partner.clone(),
            second_factor: self.factor,
            password_temporary: self.password_temporary(),
        }
    }
}

impl FromRequestParts<App> for Arrived {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        from_own_page(app, parts)?;
        let token = cookie::token(app, &parts.headers)
            .ok_or_else(|| ApiError::new(ErrorCode::SessionMissing, "Sign in to the console first."))?;
        let (token_hash, now) = (hash(token), app.clock.now());
        let read = app.db.read(move |connection| sql::session_by_token(connection, token_hash)).await;
        let found = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
        let found = found.filter(|found| found.person.is_active()).ok_or_else(session::over)?;
        session::standing(&found, now)?;
        session::touch(app, &found, now).await?;
        let factor = session::factor(&found);
        Ok(Self { found, factor })
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Arrived::from_request_parts(parts, app).await?.whole()
    }
}

/// Refuses what another site's page could have sent.
pub fn from_own_page(app: &App, parts: &Parts) -> Result<(), ApiError> {
    let only_looks = parts.method == Method::GET || parts.method == Method::HEAD;
    let marked = parts.headers.get(HEADER).is_some_and(|value| value.as_bytes() == b"1");
    if only_looks || (marked && origin::allowed(app, &parts.headers, parts.uri.authority())) {
        return Ok(());
    }
    Err(ApiError::forbidden("Send `X-Chinhchu-Console: 1`, from the console's own pages."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> CompanyCode {
        CompanyCode(text.to_owned())
    }

    #[test]
    fn a_call_is_seen_by_its_home_its_serving_company_and_the_partners_it_was_offered_to() {
        let of = |companies: &[&str], partner: Option<&str>| Scope {
            companies: (!companies.is_empty()).then(|| companies.iter().map(|c| code(c)).collect()),
            partner: partner.map(str::to_owned),
        };
        let partners = [None, Some("A".to_owned())];
        let sees = |scope: &Scope| scope.sees_call(&code("4"), &code("1"), &partners);
        assert!(sees(&of(&[], None)) && sees(&of(&["4"], None)) && sees(&of(&["1"], None)));
        assert!(!sees(&of(&["2", "3"], None)));
        assert!(sees(&of(&[], Some("A"))) && sees(&of(&["1"], Some("A"))));
        assert!(!sees(&of(&[], Some("B"))) && !sees(&of(&["2"], Some("A"))));
        assert!(!of(&[], Some("B")).sees_call(&code("4"), &code("1"), &[]));
        assert!(of(&["1"], Some("A")).sees_agent(&code("1"), Some("A")));
        assert!(!of(&["1"], Some("A")).sees_agent(&code("1"), None));
        assert_eq!(
            of(&["2"], None).company(&code("1")).map_err(|error| error.code()),
            Err(ErrorCode::NotFound)
        );
    }
}
