//! What is broken, in words that a lawyer reads.

use serde::Serialize;

/// Where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What happened to calls and agents.
    Log,
    /// Who did what.
    Audit,
    /// Signed roots of days.
    Roots,
    /// Erased calls.
    Tombstones,
    /// Evidence of verdicts, receipts and approvals.
    Evidence,
    /// The file or store itself.
    File,
}

impl Part {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Log => ("nhật ký cuộc gọi", "the log of calls"),
            Self::Audit => ("nhật ký kiểm toán", "the audit"),
            Self::Roots => ("chữ ký theo ngày", "the signed roots of days"),
            Self::Tombstones => ("danh sách đã xóa", "the list of erased calls"),
            Self::Evidence => ("bằng chứng", "the evidence"),
            Self::File => ("tệp dữ liệu", "the file"),
        }
    }
}

/// One break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Break {
    /// Where.
    pub part: Part,
    /// Stable.
    pub code: &'static str,
    /// First bad record, or line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The day whose root tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// In Vietnamese.
    pub words_vi: String,
    /// In English.
    pub words_en: String,
}

impl Break {
    fn new(part: Part, code: &'static str, vi: String, en: String) -> Self {
        Self { part, code, seq: None, day: None, words_vi: vi, words_en: en }
    }

    fn at(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    fn on(mut self, day: &str) -> Self {
        self.day = Some(day.to_owned());
        self
    }

    /// A record that was changed, or is not there.
    pub(super) fn chain(part: Part, seq: u64, missing: bool) -> Self {
        let (vi, en) = part.words();
        let (code, vi, en) = if missing {
            (
                "record_missing",
                format!("{vi}: bản ghi số {seq} bị thiếu"),
                format!("{en}: record {seq} is missing"),
            )
        } else {
            (
                "record_changed",
                format!("{vi}: bản ghi số {seq} đã bị sửa, hoặc không nối tiếp bản ghi trước"),
                format!("{en}: record {seq} was changed, or does not follow the one before"),
            )
        };
        Self::new(part, code, vi, en).at(seq)
    }

    /// The records of a day are not those that were signed.
    pub(super) fn day_differs(part: Part, day: &str, from: u64, to: u64) -> Self {
        let (vi, en) = part.words();
        Self::new(
            part,
            "day_differs",
            format!("{vi}: các bản ghi ngày {day} (số {from} đến {to}) không đúng với bản đã ký của ngày đó"),
            format!(
                "{en}: the records of {day} ({from} to {to}) are not those that were signed for that day"
            ),
        )
        .at(from)
        .on(day)
    }

    /// The end is gone.
    pub(super) fn cut(part: Part, day: &str, first_missing: u64, to: u64) -> Self {
        let (vi, en) = part.words();
        Self::new(
            part,
            "tail_missing",
            format!("{vi}: thiếu phần cuối, từ bản ghi số {first_missing}; ngày {day} đã ký đến số {to}"),
            format!("{en}: the end is missing from record {first_missing}; up to {to} was signed on {day}"),
        )
        .at(first_missing)
        .on(day)
    }

    /// More records than were signed when the file was made.
    pub(super) fn added(part: Part, seq: u64) -> Self {
        let (vi, en) = part.words();
        Self::new(
            part,
            "record_added",
            format!("{vi}: các bản ghi từ số {seq} đã được thêm vào sau khi tệp được ký"),
            format!("{en}: the records from {seq} on were added after the file was signed"),
        )
        .at(seq)
    }

    /// A record of the log that somebody else has, and this store has not, or otherwise.
    pub(super) fn record_not_held(seq: u64) -> Self {
        Self::new(
            Part::Log,
            "record_not_held",
            format!("nhật ký cuộc gọi: bản ghi số {seq} không phải bản mà bên khác đang giữ: lịch sử đã bị viết lại"),
            format!("the log of calls: record {seq} is not the one that somebody else holds: history was rewritten"),
        )
        .at(seq)
    }

    /// A root that the audit says was made, and is not there or is another.
    pub(super) fn root_missing(day: &str, seq: u64) -> Self {
        Self::new(
            Part::Roots,
            "root_missing",
            format!(
                "chữ ký của ngày {day} mà nhật ký kiểm toán đã ghi (bản ghi số {seq}) không còn, hoặc đã bị thay"
            ),
            format!("the root of {day}, named by record {seq} of the audit, is missing or was exchanged"),
        )
        .at(seq)
        .on(day)
    }

    /// Evidence that the log tells of.
    pub(super) fn evidence(code: &'static str, call: &str, assignment: u32) -> Self {
        let (vi, en) = match code {
            "evidence_missing" => (
                "nhật ký ghi là đã nhận nhưng không có trong kho",
                "the log tells that it was taken, yet it is not here",
            ),
            "evidence_changed" => {
                ("đã bị sửa: không đúng với nhật ký", "was changed: it is not what the log tells of")
            }
            "evidence_added" => {
                ("nằm trong kho nhưng nhật ký không hề ghi nhận", "is here, yet the log tells nothing of it")
            }
            _ => (
                "biên nhận không đúng: đã bị sửa, hoặc nhật ký đã bị viết lại sau khi biên nhận được cấp",
                "its receipt does not hold: it was changed, or the log was rewritten after it was given",
            ),
        };
        Self::new(
            Part::Evidence,
            code,
            format!("bằng chứng của cuộc gọi {call}, lượt {assignment}: {vi}"),
            format!("the evidence of call {call}, assignment {assignment}: {en}"),
        )
    }

    /// An approval of a workstation's key.
    pub(super) fn approval_unsigned(key_id: &str) -> Self {
        Self::new(
            Part::Evidence,
            "approval_unsigned",
            format!(
                "phê duyệt khoá máy trạm {key_id} không đúng: đã bị sửa, hoặc do khoá không được tin cậy ký"
            ),
            format!(
                "the approval of the workstation's key {key_id} is not signed by a trusted key, or was changed"
            ),
        )
    }

    /// A root that cannot be read, or that no trusted key signed.
    pub(super) fn root_unsigned(day: &str) -> Self {
        Self::new(
            Part::Roots,
            "root_unsigned",
            format!("chữ ký của ngày {day} không đúng: đã bị sửa, hoặc do khoá không được tin cậy ký"),
            format!("the root of {day} is not signed by a trusted key, or was changed"),
        )
        .on(day)
    }

    /// A root that does not follow the one before.
    pub(super) fn root_out_of_order(day: &str) -> Self {
        Self::new(
            Part::Roots,
            "root_out_of_order",
            format!("chữ ký của ngày {day} không nối tiếp chữ ký của ngày trước"),
            format!("the root of {day} does not follow the root of the day before"),
        )
        .on(day)
    }

    /// A root that somebody else has, and this store has not.
    pub(super) fn root_not_held(sha256: &str) -> Self {
        let sha256: String = sha256.chars().filter(char::is_ascii_hexdigit).take(64).collect();
        Self::new(
            Part::Roots,
            "root_not_held",
            format!("không có chữ ký theo ngày {sha256} mà bên khác đang giữ: lịch sử đã bị viết lại"),
            format!("the root {sha256}, which somebody else holds, is not here: history was rewritten"),
        )
    }

    /// A line of the tombstones that was changed or does not follow.
    pub(super) fn tombstone_broken(n: u64) -> Self {
        Self::new(
            Part::Tombstones,
            "tombstone_broken",
            format!("danh sách đã xóa: dòng {n} đã bị sửa, hoặc không nối tiếp dòng trước"),
            format!("the list of erased calls: line {n} was changed, or does not follow the one before"),
        )
        .at(n)
    }

    /// The audit names a tombstone that is not there.
    pub(super) fn tombstone_missing(seq: u64) -> Self {
        Self::new(
            Part::Tombstones,
            "tombstone_missing",
            format!("danh sách đã xóa: thiếu dòng mà nhật ký kiểm toán đã ghi ở bản ghi số {seq}"),
            format!("the list of erased calls: the line named by record {seq} of the audit is missing"),
        )
        .at(seq)
    }

    /// The key of an erased case.
    pub(super) fn not_erased(call: &str) -> Self {
        Self::new(
            Part::Tombstones,
            "not_erased",
            format!("cuộc gọi {call} đã được xóa nhưng kho này vẫn còn khoá: khởi động máy chủ để xóa lại"),
            format!(
                "call {call} was erased, yet this store has its key: start the server, which erases it again"
            ),
        )
    }

    /// Something that cannot be read.
    pub(super) fn unreadable(what: &str) -> Self {
        Self::new(
            Part::File,
            "unreadable",
            format!("không đọc được: {what}"),
            format!("cannot be read: {what}"),
        )
    }
}
