//! A CSV file of agents: read with every fault named by its line, then taken whole or not at all. Pure but for
//! the look into the store.
//!
//! Columns by their heading: `username`, `name`, `company` are needed; `partner`, `customer_types`, `languages`
//! may be there (several values parted by spaces; empty: no partner, all types, all languages). Who is known by
//! the user name is changed, everybody else is added. UTF-8, comma or semicolon.

use std::collections::{BTreeSet, HashMap};

use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::console::agents::{
    AgentChange, AgentNew, AgentSkills, ImportDeed, ImportFault, ImportRow,
};
use chinhchu_protocol::ids::{AgentId, CompanyCode};
use rusqlite::Connection;

use super::keep::{self, console_skills};
use crate::agents::sql as agent_sql;
use crate::console::Scope;
use crate::policy::file::LineCounter;
use crate::store::StoreError;

/// Most rows of a file: each new agent's password is hashed.
pub const MAX_ROWS: usize = 500;
const COLUMNS: [&str; 6] = ["username", "name", "company", "partner", "customer_types", "languages"];
const NEEDED: usize = 3;

/// A file as read.
#[derive(Default)]
pub struct File {
    /// Rows that can be read, with their lines.
    pub rows: Vec<(u32, AgentNew)>,
    /// What cannot.
    pub faults: Vec<ImportFault>,
}

/// What a file would do.
#[derive(Default)]
pub struct Plan {
    /// Every row without a fault, with the agent it changes.
    pub rows: Vec<(ImportRow, AgentNew, Option<AgentId>)>,
    /// Every fault.
    pub faults: Vec<ImportFault>,
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> File {
    let mut file = File::default();
    let Ok(text) = std::str::from_utf8(bytes) else {
        file.faults.push(fault(1, "file", "not_utf8"));
        return file;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = text.lines().next().unwrap_or_default();
    let delimiter = if heading.contains(';') && !heading.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let places = match reader.headers().map(|heading| places(heading, &mut file.faults)) {
        Ok(Some(places)) => places,
        Ok(None) => return file,
        Err(_) => {
            file.faults.push(fault(1, "file", "not_csv"));
            return file;
        }
    };
    let mut lines = LineCounter::new(text);
    for record in reader.records() {
        let Ok(record) = record else {
            file.faults.push(fault(0, "file", "not_csv"));
            return file;
        };
        let line = lines.of(record.position());
        if file.rows.len() == MAX_ROWS {
            file.faults.push(fault(line, "file", "too_long"));
            return file;
        }
        row(&record, &places, line, &mut file);
    }
    if file.rows.is_empty() && file.faults.is_empty() {
        file.faults.push(fault(1, "file", "missing"));
    }
    file
}

/// Where each column stands; none if a needed one is missing.
fn places(heading: &csv::StringRecord, faults: &mut Vec<ImportFault>) -> Option<[Option<usize>; 6]> {
    let before = faults.len();
    let mut places = [None; 6];
    for (place, name) in heading.iter().enumerate() {
        match COLUMNS.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            Some(column) if places[column].is_some() => faults.push(fault(1, COLUMNS[column], "repeated")),
            Some(column) => places[column] = Some(place),
            // The name of a column is somebody's text: it is not repeated.
            None => faults.push(fault(1, "?", "unknown_field")),
        }
    }
    for (column, name) in COLUMNS.iter().enumerate().take(NEEDED) {
        if places[column].is_none() {
            faults.push(fault(1, name, "missing"));
        }
    }
    (faults.len() == before).then_some(places)
}

fn row(record: &csv::StringRecord, places: &[Option<usize>; 6], line: u32, file: &mut File) {
    let cell = |column: usize| places[column].and_then(|place| record.get(place)).unwrap_or_default();
    let before = file.faults.len();
    let width = places.iter().flatten().count();
    if record.len() != width {
        file.faults.push(fault(line, "row", "wrong_length"));
        return;
    }
    let Some(company) = CompanyCode::parse(cell(2)) else {
        let code = if cell(2).is_empty() { "missing" } else { "unknown_value" };
        file.faults.push(fault(line, "company", code));
        return;
    };
    let mut customer_types = BTreeSet::new();
    for name in cell(4).split_whitespace() {
        match serde_json::from_value::<CustomerType>(name.into()) {
            Ok(known) => drop(customer_types.insert(known)),
            Err(_) => file.faults.push(fault(line, "customer_types", "unknown_value")),
        }
    }
    if file.faults.len() > before {
        return;
    }
    let languages = cell(5).split_whitespace().map(str::to_owned).collect();
    let agent = AgentChange {
        name: cell(1).to_owned(),
        company,
        partner: Some(cell(3)).filter(|text| !text.is_empty()).map(str::to_owned),
        skills: AgentSkills { customer_types, languages },
    };
    file.rows.push((line, AgentNew { username: cell(0).to_owned(), agent }));
}

/// What the rows would do to the store as it is now, for this person.
pub fn plan(connection: &Connection, scope: &Scope, file: &File) -> Result<Plan, StoreError> {
    let mut plan = Plan { faults: file.faults.clone(), ..Plan::default() };
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (line, new) in &file.rows {
        let mut faults: Vec<ImportFault> = keep::faults(connection, scope, &new.username, &new.agent)?
            .into_iter()
            .map(|(field, code)| fault(*line, field.trim_start_matches("skills."), &code))
            .collect();
        if seen.insert(new.username.to_lowercase(), *line).is_some() {
            faults.push(fault(*line, "username", "repeated"));
        }
        let known = agent_sql::agent_by_name(connection, &new.username)?;
        if let Some(known) = &known {
            let profile = &known.profile;
            if !scope.sees_agent(&profile.company, profile.partner.as_deref()) {
                faults.push(fault(*line, "username", "name_taken"));
            }
        }
        if !faults.is_empty() {
            plan.faults.append(&mut faults);
            continue;
        }
        let changes = known.as_ref().map(|known| changes(known, &new.agent));
        let deed = match &changes {
            None => ImportDeed::Add,
            Some(changes) if changes.is_empty() => ImportDeed::Same,
            Some(_) => ImportDeed::Change,
        };
        let row = ImportRow {
            line: *line,
            username: new.username.clone(),
            deed,
            changes: changes.unwrap_or_default(),
        };
        plan.rows.push((row, new.clone(), known.map(|known| known.profile.agent_id)));
    }
    plan.faults.sort_by_key(|fault| fault.line);
    Ok(plan)
}

fn changes(known: &agent_sql::StoredAgent, new: &AgentChange) -> Vec<String> {
    let skills = console_skills(&known.skills);
    let pairs = [
        ("name", known.profile.name != new.name),
        ("company", known.profile.company != new.company),
        ("partner", known.profile.partner != new.partner),
        ("customer_types", skills.customer_types != new.skills.customer_types),
        ("languages", skills.languages != new.skills.languages),
    ];
    pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}

fn fault(line: u32, field: &str, code: &str) -> ImportFault {
    ImportFault { line, field: field.to_owned(), code: code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_as_a_spreadsheet_writes_it_is_read_in_any_order_of_columns() {
        let text = "\u{feff}Username;Company;Name;languages\r\nhoa;1;Nguyễn Thị Hoa;vi en\r\nlan;3;\"Trần; Lan\";\r\n";
        let file = read(text.as_bytes());
        assert_eq!(file.faults, []);
        assert_eq!(file.rows.len(), 2);
        assert_eq!(file.rows[0].1.agent.skills.languages.len(), 2);
        assert_eq!((file.rows[1].0, file.rows[1].1.agent.name.as_str()), (3, "Trần; Lan"));
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_column() {
        let told = |text: &str| {
            let faults = read(text.as_bytes()).faults.into_iter();
            faults.map(|fault| (fault.line, fault.field, fault.code)).collect::<Vec<_>>()
        };
        let one = |line: u32, field: &str, code: &str| vec![(line, field.to_owned(), code.to_owned())];
        assert_eq!(told("username,name\nhoa,Hoa\n"), one(1, "company", "missing"));
        assert_eq!(told("username,name,company,phone\n"), one(1, "?", "unknown_field"));
        assert_eq!(told("username,name,company\n"), one(1, "file", "missing"));
        assert_eq!(told("username,name,company\nhoa,Hoa\n"), one(2, "row", "wrong_length"));
        assert_eq!(
            told("username,name,company,customer_types\nhoa,Hoa,1,private\n"),
            one(2, "customer_types", "unknown_value")
        );
        let many = format!("username,name,company\n{}", "a,b,1\n".repeat(MAX_ROWS + 1));
        assert_eq!(told(&many), one(502, "file", "too_long"));
        assert_eq!(read(&[0xff, 0xfe]).faults[0].code, "not_utf8");
    }
}
