//! The words of a report.

use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam;

use super::Words;
use crate::verify::Finding;

/// What was found of a part, as a sentence in both languages.
pub fn of(part: &str, finding: Finding) -> (String, String) {
    let (subject_vi, subject_en) = subject(part);
    let (vi, en) = if finding == Finding::Sound { sound(part) } else { sentence(finding) };
    (format!("{subject_vi}: {vi}"), format!("{subject_en}: {en}"))
}

fn subject(part: &str) -> (String, String) {
    let (kind, rest) = part.split_once(':').unwrap_or((part, ""));
    let (vi, en) = match kind {
        "container" => ("Tệp gói bằng chứng", "The file"),
        "bundle" => ("Danh mục của gói", "The list of parts"),
        "manifest" => ("Chữ ký của máy trạm", "The workstation's signature"),
        "leaves" => ("Các trường thông tin", "The fields"),
        "receipt" => ("Biên nhận của máy chủ", "The server's receipt"),
        "enrolment" => ("Phê duyệt khoá của máy trạm", "The approval of the workstation's key"),
        "witness" => ("Ảnh đối chứng từ máy điểm bán", "The witness frame of the caller's page"),
        "chain" => ("Nhật ký cuộc gọi", "The log of the call"),
        "time" => ("Thời gian", "The times"),
        "day-root" => {
            return (format!("Mã gốc nhật ký ngày {rest}"), format!("The log's root of {rest}"));
        }
        "picture" => return picture(rest),
        "known" => {
            let short = rest.get(..16).unwrap_or(rest);
            return (format!("Mã đối chiếu {short}…"), format!("The hash {short}… that was kept elsewhere"));
        }
        _ => return (format!("Tệp «{rest}»"), format!("The file «{rest}»")),
    };
    (vi.to_owned(), en.to_owned())
}

fn picture(kind: &str) -> (String, String) {
    let (vi, en) = match kind {
        "screenshot" => ("Ảnh chụp màn hình lúc kết luận", "The screenshot at the verdict"),
        "live_frame" => ("Hình khách hàng lúc kết luận", "The customer's picture at the verdict"),
        "witness_frame" => ("Hình đối chứng từ máy điểm bán", "The witness frame's picture"),
        "id_front" => ("Ảnh mặt trước giấy tờ", "The front of the ID card"),
        "id_back" => ("Ảnh mặt sau giấy tờ", "The back of the ID card"),
        "portrait" => ("Ảnh chân dung", "The portrait"),
        other => return (format!("Ảnh «{other}»"), format!("The picture «{other}»")),
    };
    (vi.to_owned(), en.to_owned())
}

fn sound(part: &str) -> (&'static str, &'static str) {
    let kind = part.split(':').next().unwrap_or(part);
    match kind {
        "container" => (
            "cấu trúc đúng như lúc đóng gói, không thêm bớt gì giữa các phần.",
            "its structure is as it was packed; nothing was put between its parts.",
        ),
        "bundle" => (
            "do máy chủ ký; có đủ và chỉ có các phần đã được đóng gói.",
            "signed by the server; all parts that were packed are here, and no others.",
        ),
        "manifest" => (
            "hợp lệ; được tạo bằng khoá đã phê duyệt của máy trạm.",
            "valid; made with the workstation's approved key.",
        ),
        "leaves" => (
            "đúng với những gì máy trạm đã ký, không thêm, không bớt, không sửa.",
            "what the workstation signed: nothing added, removed or changed.",
        ),
        "picture" => ("đúng với mã băm đã được ký.", "has the hash that was signed."),
        "receipt" => {
            ("do máy chủ ký cho đúng bằng chứng này.", "signed by the server, for exactly this evidence.")
        }
        "enrolment" | "day-root" => ("do máy chủ ký.", "signed by the server."),
        "witness" => (
            "do máy chủ ký; trả lời đúng mã mà máy trạm đã đưa ra lúc kết luận.",
            "signed by the server; it answers the code that the workstation gave at the verdict.",
        ),
        "chain" => (
            "các bản ghi của cuộc gọi có trong nhật ký của máy chủ, đúng vị trí, khớp với bằng chứng.",
            "the records of the call stand in the server's log, in their places, and agree with the evidence.",
        ),
        "known" => (
            "đúng là mã của gói này; bên giữ mã có thể xác nhận.",
            "names this very evidence, or the root that it stands on.",
        ),
        "time" => (
            "giờ tiếp nhận, giờ chụp và giờ máy chủ nhận phù hợp với nhau và với nhật ký.",
            "accept, capture and receipt agree with each other and with the log.",
        ),
        _ => ("hợp lệ.", "valid."),
    }
}

fn sentence(finding: Finding) -> (&'static str, &'static str) {
    match finding {
        Finding::Sound => ("hợp lệ.", "valid."),
        Finding::Withheld => (
            "không kèm theo vì đã được ẩn khi xuất gói; mã băm của nó vẫn được chứng minh.",
            "left out when the bundle was made; its hash is proven all the same.",
        ),
        Finding::PartlyHidden => (
            "hợp lệ; một số trường đã được ẩn khi xuất gói (liệt kê bên dưới).",
            "valid; some fields were hidden when the bundle was made (listed below).",
        ),
        Finding::Gone => (
            "không còn vì đã hết thời hạn lưu giữ; mã băm của nó vẫn được chứng minh.",
            "no longer kept, its time was over; its hash is proven all the same.",
        ),
        Finding::NotAsked => ("không được yêu cầu trong cuộc gọi này.", "none was asked for in this call."),
        Finding::NeverArrived => (
            "máy trạm đã yêu cầu nhưng máy điểm bán không gửi.",
            "asked for, but the caller's page never sent it.",
        ),
        Finding::ApprovedLater => (
            "do máy chủ ký, nhưng ngày phê duyệt sau thời điểm nhận bằng chứng (khoá được phê duyệt lại?); cần hỏi đơn vị vận hành.",
            "signed by the server, but approved after the evidence was received (approved again?); ask the operator.",
        ),
        Finding::ClockNeverCompared => (
            "đồng hồ máy trạm chưa được so với máy chủ; chỉ dựa vào giờ tiếp nhận và giờ nhận của máy chủ.",
            "the workstation's clock was never compared with the server's; rely on accept and receipt alone.",
        ),
        Finding::ClocksApart => (
            "phù hợp với nhật ký, nhưng đồng hồ máy trạm và máy chủ lệch nhau hơn 5 giây.",
            "agrees with the log, but the clocks of workstation and server were more than 5 s apart.",
        ),
        Finding::ServerClockSet => (
            "phù hợp với nhật ký; đồng hồ máy chủ được chỉnh tiến trong cuộc gọi, nhật ký có ghi lại, nên hai cách tính giờ chênh nhau đúng khoảng đó.",
            "agrees with the log; the server's clock was set ahead in the call, as its log says, and the two ways of \
             counting differ by that.",
        ),
        Finding::WitnessApart => (
            "do máy chủ ký, nhưng ảnh đến cách lúc chụp hơn 10 giây; cần so lại bằng mắt.",
            "signed by the server, but it came more than 10 s from the capture; compare it by eye.",
        ),
        Finding::WitnessOfAnotherMoment => (
            "đến cách lúc chụp quá lâu nên không cho thấy cùng một thời điểm.",
            "it came so long before or after the capture that it does not show that moment.",
        ),
        Finding::DayNotOver => (
            "do máy chủ ký riêng cho lần xuất này vì ngày chưa kết thúc, chưa bên nào khác giữ; nên xuất lại sau nửa đêm.",
            "signed by the server for this export only, as the day was not over: nobody else holds it. Export again \
             after midnight.",
        ),
        Finding::NotHere => (
            "không phải mã của bằng chứng này, cũng không phải mã gốc ngày nào trong gói: gói hoặc nhật ký đã bị thay.",
            "names neither this evidence nor a root in the bundle: the bundle or the log was exchanged.",
        ),
        Finding::Missing => ("không có trong gói.", "is not in the bundle."),
        Finding::NotABundle => (
            "không phải gói bằng chứng, hoặc tệp bị hỏng hay bị cắt.",
            "not a bundle of evidence, or damaged or cut.",
        ),
        Finding::Altered => (
            "cấu trúc tệp đã bị thay đổi sau khi đóng gói.",
            "its structure was changed after it was packed.",
        ),
        Finding::Damaged => ("nội dung đã bị thay đổi hoặc hỏng.", "its contents were changed or damaged."),
        Finding::NotAsPacked => ("khác với lúc đóng gói.", "differs from what was packed."),
        Finding::NotListed => {
            ("không thuộc gói này, đã được thêm vào.", "does not belong here; it was added.")
        }
        Finding::UntrustedKey => (
            "được ký bởi một khoá không nằm trong danh sách tin cậy.",
            "signed by a key that is not trusted.",
        ),
        Finding::BadSignature => ("chữ ký không hợp lệ.", "the signature does not hold."),
        Finding::Unreadable => {
            ("không đọc được, nội dung đã bị thay đổi.", "cannot be read; it was changed.")
        }
        Finding::OtherEvidence => (
            "thuộc về cuộc gọi, máy trạm hoặc bằng chứng khác.",
            "belongs to another call, workstation or evidence.",
        ),
        Finding::NotSigned => {
            ("không khớp với nội dung máy trạm đã ký.", "does not fit what the workstation signed.")
        }
        Finding::NotChecked => (
            "không kiểm tra được vì phần mà nó dựa vào không hợp lệ.",
            "cannot be checked, because a part it rests on is not valid.",
        ),
        Finding::NotInLog => (
            "bản ghi không có trong nhật ký đã ký, hoặc không đúng vị trí.",
            "a record is not in the signed log, or not in its place.",
        ),
        Finding::LogDiffers => (
            "nhật ký không ghi nhận bằng chứng này, hoặc ghi khác.",
            "the log does not hold this evidence, or tells it otherwise.",
        ),
        Finding::TimesDiffer => ("các mốc thời gian mâu thuẫn với nhau.", "the times contradict each other."),
    }
}

/// What the facts are called, in the order in which they are told.
const LABELS: [(&str, &str, &str); 36] = [
    ("call_id", "Mã cuộc gọi", "Call"),
    ("assignment", "Lượt tiếp nhận", "Assignment"),
    ("company", "Công ty (mã)", "Company"),
    ("full_name", "Họ và tên khách hàng", "Name of the customer"),
    ("date_of_birth", "Ngày sinh", "Date of birth"),
    ("id_kind", "Loại giấy tờ", "Kind of paper"),
    ("id_number", "Số giấy tờ", "Number of the paper"),
    ("msisdn", "Số thuê bao", "Phone number"),
    ("external_id", "Mã hồ sơ eKYC", "eKYC transaction"),
    ("decision", "Kết luận xác minh", "Verdict"),
    ("reason", "Mã lý do", "Reason"),
    ("note", "Ghi chú của nhân viên", "Note of the agent"),
    ("agent_id", "Nhân viên (mã)", "Agent"),
    ("rule_id", "Quy định áp dụng (mã)", "Policy rule"),
    ("accepted_at", "Tiếp nhận lúc (giờ máy chủ)", "Accepted at (server's clock)"),
    ("captured_at", "Chụp lúc", "Captured at"),
    ("captured_at_text", "Thời gian in trên ảnh", "Time burnt into the picture"),
    ("received_at", "Máy chủ nhận lúc", "Received by the server at"),
    ("standing", "Hiệu lực của kết luận", "Standing of the verdict"),
    ("capture_method", "Cách chụp màn hình", "How the screen was captured"),
    ("clock_source", "Đồng hồ dùng cho giờ chụp", "Clock of the capture"),
    ("clock_offset_ms", "Độ lệch đồng hồ máy trạm (ms)", "Offset of the workstation's clock (ms)"),
    ("interruptions", "Số lần gián đoạn hoặc kết nối lại", "Interruptions and reconnections"),
    ("witness_after_ms", "Ảnh đối chứng đến sau khi chụp (ms)", "Witness frame after the capture (ms)"),
    ("workstation_id", "Máy trạm (mã)", "Workstation"),
    ("workstation_name", "Tên máy trạm", "Workstation's name"),
    ("workstation_key", "Dấu vân tay khoá máy trạm", "Fingerprint of the workstation's key"),
    ("counter", "Số thứ tự dưới khoá của máy trạm", "Number under the workstation's key"),
    ("dtls_local", "Vân tay DTLS của máy trạm", "DTLS fingerprint of the workstation"),
    ("dtls_remote", "Vân tay DTLS của máy điểm bán", "DTLS fingerprint of the caller"),
    ("manifest_sha256", "Mã băm bằng chứng", "Hash of the evidence"),
    ("log_seq", "Số bản ghi nhật ký", "Record of the log"),
    ("day_root", "Mã gốc của ngày", "Root of the day"),
    ("server_key", "Dấu vân tay khoá máy chủ", "Fingerprint of the server's key"),
    ("exported_at", "Gói được xuất lúc", "Bundle made at"),
    ("hidden", "Đã ẩn khi xuất", "Hidden when made"),
];

/// Where a fact stands among the others.
pub fn place(name: &str) -> usize {
    LABELS.iter().position(|(known, ..)| *known == name).unwrap_or(LABELS.len())
}

/// What a fact is called.
pub fn label(name: &str) -> (&'static str, &'static str) {
    LABELS.get(place(name)).map_or(("Thông tin khác", "Other"), |(_, vi, en)| (vi, en))
}

/// A value in words, where it is a code or a time.
pub fn value(name: &str, value: &str) -> Option<(String, String)> {
    let (vi, en) = match (name, value) {
        ("hidden", names) => {
            let (vi, en): (Vec<_>, Vec<_>) = names.split(", ").map(hidden).unzip();
            return Some((vi.join(", "), en.join(", ")));
        }
        ("decision", "confirmed") => ("Xác nhận chính chủ", "confirmed: the person of the papers"),
        ("decision", "rejected") => ("Từ chối xác minh", "rejected"),
        ("standing", "counts") => ("là kết luận của cuộc gọi", "is the verdict of the call"),
        ("standing", "late") => ("là kết luận của cuộc gọi, đến muộn", "is the verdict of the call, late"),
        ("standing", "superseded") => (
            "không phải kết luận của cuộc gọi (đã có kết luận của nhân viên khác)",
            "is not the verdict of the call (another agent's stands)",
        ),
        ("capture_method", "window") => ("chụp cửa sổ ứng dụng", "the application's window"),
        ("capture_method", "monitor") => ("chụp màn hình, cắt theo cửa sổ", "the monitor, cut to the window"),
        ("capture_method", "rendered") => (
            "dựng từ hình đã giải mã, không phải ảnh chụp màn hình",
            "drawn from the decoded frame; not a capture of the screen",
        ),
        ("clock_source", "workstation") => ("máy trạm", "the workstation's"),
        ("clock_source", "server") => {
            ("máy chủ (đồng hồ máy trạm sai)", "the server's (the workstation's was wrong)")
        }
        ("id_kind", "cmnd") => ("Chứng minh nhân dân", "CMND"),
        ("id_kind", "cccd") => ("Căn cước công dân", "CCCD"),
        ("id_kind", "can_cuoc") => ("Căn cước", "Căn cước"),
        ("id_kind", "passport") => ("Hộ chiếu", "passport"),
        ("accepted_at" | "captured_at" | "received_at" | "exported_at", at) => {
            let at = vietnam_time(at)?;
            return Some((at.clone(), at));
        }
        _ => return None,
    };
    Some((vi.to_owned(), en.to_owned()))
}

/// A hidden field or picture by the name that people know, and by that of the data.
fn hidden(name: &str) -> (String, String) {
    let field = name.strip_prefix("case.").unwrap_or(name);
    let known = LABELS.iter().find(|(known, _, _)| *known == field);
    let (vi, en) = match (name.strip_prefix("picture:"), known) {
        (Some(kind), _) => picture(kind),
        (None, Some((_, vi, en))) => ((*vi).to_owned(), (*en).to_owned()),
        (None, None) => return (name.to_owned(), name.to_owned()),
    };
    (format!("{vi} ({name})"), format!("{en} ({name})"))
}

/// `2026-11-23T02:15:42.250Z` as `23/11/2026 09:15:42 +07:00`.
fn vietnam_time(text: &str) -> Option<String> {
    let at: Timestamp = text.parse().ok()?;
    let local = at.plus_ms(vietnam::OFFSET_MS).to_string();
    let (date, time) = local.split_once('T')?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{day}/{month}/{year} {} +07:00", time.get(..8)?))
}

/// What no bundle proves.
pub fn not_proven() -> Vec<Words> {
    vec![
        Words {
            code: "person_behind_the_session",
            vi: "Vân tay DTLS cho biết hình ảnh thuộc phiên kết nối nào, không cho biết ai ngồi trước máy quay. \
                 Việc đúng người là nhận định của nhân viên đã đối chiếu.",
            en: "The DTLS fingerprints tell from which connection the pictures came, not who sat before the camera. \
                 That it was the right person is the judgement of the agent who compared.",
        },
        Words {
            code: "server_between",
            vi: "Một máy chủ bị chiếm quyền hoặc cố ý gian lận có thể đứng giữa hai bên của cuộc gọi; gói này không \
                 loại trừ được điều đó.",
            en: "A server that is taken over, or means to deceive, can sit between both ends of the call; this bundle \
                 cannot rule that out.",
        },
        Words {
            code: "administrator_of_the_workstation",
            vi: "Người quản trị máy trạm có thể lấy được khoá ký của máy. Vì vậy có ảnh đối chứng do máy điểm bán gửi \
                 bằng đường riêng: nên so sánh bằng mắt ảnh đó với hình khách hàng.",
            en: "An administrator of the workstation can take out its signing key. Hence the witness frame, which the \
                 caller's device sends by a way of its own: compare it with the customer's picture by eye.",
        },
        Words {
            code: "operator_and_his_own_log",
            vi: "Đơn vị vận hành giữ khoá máy chủ nên có thể tạo lại nhật ký của chính mình. Hãy đối chiếu mã băm bằng \
                 chứng với kết quả mSale đã nhận và mã gốc trong ngày với bản đã gửi ra ngoài.",
            en: "The operator holds the server's key and could write its own log anew. Compare the hash of the evidence \
                 with the result that mSale received, and the day's root with the copy that was sent out.",
        },
        Words {
            code: "time_without_authority",
            vi: "Thời gian theo đồng hồ của máy chủ và máy trạm; gói này không có dấu thời gian của tổ chức thứ ba.",
            en: "Times are those of the server's and the workstation's clocks; no third party has stamped them here.",
        },
        Words {
            code: "names_of_hidden_fields",
            vi: "Tên của trường bị ẩn là do bên xuất gói ghi; số lượng trường và giá trị của chúng thì không thể sửa.",
            en: "The name of a hidden field is what the exporter says; the number of fields and their values cannot be \
                 changed.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_vietnam_reads_them() {
        assert_eq!(vietnam_time("2026-11-22T17:15:42.250Z").as_deref(), Some("23/11/2026 00:15:42 +07:00"));
        assert_eq!(vietnam_time("yesterday"), None);
    }
}
