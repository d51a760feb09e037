//! The columns of a report as a table, each with its meaning (the same words as in docs/reports.md).

use chinhchu_protocol::console::figures::{Figures, Share};

/// A cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Count(u32),
    /// A share, 0 to 1.
    Share(Option<f64>),
    /// Seconds.
    Seconds(Option<f64>),
    /// Hours.
    Hours(Option<f64>),
    /// Đồng.
    Money(Option<f64>),
}

/// A column.
pub struct Column {
    /// Name in JSON.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What it counts, exactly.
    pub meaning: &'static str,
    /// Its cell.
    pub cell: fn(&Figures) -> Cell,
}

const fn column(
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    cell: fn(&Figures) -> Cell,
) -> Column {
    Column { id, title, meaning, cell }
}

fn seconds(ms: Option<u32>) -> Cell {
    Cell::Seconds(ms.map(|ms| f64::from(ms) / 1000.0))
}

fn share(share: Share) -> Cell {
    Cell::Share(share.share)
}

#[expect(clippy::cast_precision_loss, reason = "hours at the edge of a report")]
fn hours(ms: Option<u64>) -> Cell {
    Cell::Hours(ms.map(|ms| ms as f64 / 3_600_000.0))
}

/// Every column, in order.
pub const COLUMNS: &[Column] = &[
    column(
        "calls",
        "Cuộc gọi",
        "Cuộc gọi được tiếp nhận từ eKYC trong kỳ. Dòng theo đối tác, nhân viên: cuộc gọi đã được đưa tới họ ít nhất một lần, kể cả khi máy không đổ chuông.",
        |f| Cell::Count(f.calls),
    ),
    column(
        "offered",
        "Vào hàng chờ",
        "Cuộc gọi đã sẵn sàng và vào hàng chờ (mẫu số của mức phục vụ). Dòng theo đối tác, nhân viên: cuộc gọi đã đổ chuông ở chỗ họ ít nhất một lần.",
        |f| Cell::Count(f.offered),
    ),
    column(
        "answered",
        "Được tiếp nhận",
        "Cuộc gọi có ít nhất một lần nhân viên tiếp nhận.",
        |f| Cell::Count(f.answered),
    ),
    column(
        "declined",
        "NVHT từ chối cuộc gọi",
        "Cuộc gọi kết thúc vì nhân viên từ chối (F2). Dòng theo đối tác, nhân viên: cuộc gọi mà họ từ chối.",
        |f| Cell::Count(f.declined),
    ),
    column(
        "redirected",
        "Được điều hướng",
        "Cuộc gọi phải chuyển sang nhân viên khác ít nhất một lần: bỏ qua, không trả lời, máy không đổ chuông hoặc nhân viên mất kết nối khi đang đổ chuông (F5).",
        |f| Cell::Count(f.redirected),
    ),
    column(
        "abandoned",
        "Bỏ cuộc khi chờ",
        "Điểm bán hủy cuộc gọi khi đang chờ, chưa ai tiếp nhận.",
        |f| Cell::Count(f.abandoned),
    ),
    column(
        "left_before",
        "Hủy trước khi chờ",
        "Cuộc gọi bị hủy, hoặc trang gọi chưa bao giờ sẵn sàng, trước khi vào hàng chờ.",
        |f| Cell::Count(f.left_before),
    ),
    column(
        "hung_up",
        "Gác máy khi đang gọi",
        "Điểm bán hủy sau khi nhân viên đã tiếp nhận.",
        |f| Cell::Count(f.hung_up),
    ),
    column(
        "caller_lost",
        "Mất kết nối phía khách",
        "Cuộc gọi kết thúc vì phía khách mất kết nối quá 15 giây (F4).",
        |f| Cell::Count(f.caller_lost),
    ),
    column(
        "agent_lost",
        "Mất kết nối phía NVHT",
        "Cuộc gọi kết thúc vì nhân viên mất kết nối quá 15 giây và không ai thay được.",
        |f| Cell::Count(f.agent_lost),
    ),
    column(
        "no_agent",
        "Không có NVHT",
        "Cuộc gọi kết thúc vì hết thời gian chờ tối đa mà không ai tiếp nhận.",
        |f| Cell::Count(f.no_agent),
    ),
    column("closed", "Ngoài giờ", "Cuộc gọi bị trả về vì ngoài giờ làm việc.", |f| {
        Cell::Count(f.closed)
    }),
    column(
        "failed",
        "Lỗi, thiếu bằng chứng",
        "Cuộc gọi kết thúc không có kết luận hoặc bằng chứng trong thời hạn, hoặc do lỗi hệ thống.",
        |f| Cell::Count(f.failed),
    ),
    column(
        "completed",
        "Hoàn tất",
        "Cuộc gọi kết thúc với kết luận và bằng chứng đầy đủ.",
        |f| Cell::Count(f.completed),
    ),
    column("open", "Chưa kết thúc", "Cuộc gọi chưa kết thúc lúc lập báo cáo.", |f| {
        Cell::Count(f.open)
    }),
    column(
        "offers",
        "Lượt đưa tới nhân viên",
        "Số lần cuộc gọi được đưa tới một nhân viên, kể cả lượt không đổ chuông.",
        |f| Cell::Count(f.offers),
    ),
    column("passed", "Lượt bỏ qua", "Lượt mà nhân viên bấm bỏ qua.", |f| {
        Cell::Count(f.passed)
    }),
    column(
        "missed",
        "Lượt không trả lời",
        "Lượt đã đổ chuông mà không ai trả lời.",
        |f| Cell::Count(f.missed),
    ),
    column(
        "never_rang",
        "Lượt không đổ chuông",
        "Lượt mà máy trạm không xác nhận đã đổ chuông; nhân viên không có lỗi (I7).",
        |f| Cell::Count(f.never_rang),
    ),
    column(
        "verified",
        "Đã xác minh",
        "Cuộc gọi có kết luận (xác nhận hoặc từ chối) với bằng chứng đã nhận, kể cả nhận muộn.",
        |f| Cell::Count(f.verified),
    ),
    column("confirmed", "Xác nhận", "Cuộc gọi được xác nhận chính chủ.", |f| {
        Cell::Count(f.confirmed.count)
    }),
    column("confirmed_share", "Tỷ lệ xác nhận", "Xác nhận ÷ Đã xác minh.", |f| {
        share(f.confirmed)
    }),
    column("rejected", "Từ chối xác minh", "Cuộc gọi bị từ chối xác minh.", |f| {
        Cell::Count(f.rejected.count)
    }),
    column(
        "rejected_share",
        "Tỷ lệ từ chối xác minh",
        "Từ chối xác minh ÷ Đã xác minh.",
        |f| share(f.rejected),
    ),
    column(
        "late",
        "Bằng chứng muộn",
        "Kết luận mà bằng chứng đến sau khi cuộc gọi đã kết thúc.",
        |f| Cell::Count(f.late),
    ),
    column(
        "wait_mean",
        "Chờ trung bình (s)",
        "Thời gian chờ của các cuộc được tiếp nhận: từ lúc vào hàng chờ đến lần tiếp nhận đầu tiên. Dòng theo đối tác, nhân viên: từ lần đổ chuông đầu tiên ở chỗ họ đến lúc họ tiếp nhận.",
        |f| seconds(f.wait.mean_ms),
    ),
    column("wait_p50", "Chờ p50 (s)", "Trung vị thời gian chờ.", |f| seconds(f.wait.p50_ms)),
    column("wait_p90", "Chờ p90 (s)", "Thời gian chờ mà 90 % số cuộc không vượt quá.", |f| {
        seconds(f.wait.p90_ms)
    }),
    column("wait_p99", "Chờ p99 (s)", "Thời gian chờ mà 99 % số cuộc không vượt quá.", |f| {
        seconds(f.wait.p99_ms)
    }),
    column(
        "handle_mean",
        "Xử lý trung bình (s)",
        "Thời gian xử lý: từ lúc tiếp nhận đến hết cuộc trò chuyện, cộng thời gian hoàn tất sau cuộc gọi; cộng mọi lần tiếp nhận của cuộc gọi.",
        |f| seconds(f.handle.mean_ms),
    ),
    column("handle_p50", "Xử lý p50 (s)", "Trung vị thời gian xử lý.", |f| {
        seconds(f.handle.p50_ms)
    }),
    column(
        "handle_p90",
        "Xử lý p90 (s)",
        "Thời gian xử lý mà 90 % số cuộc không vượt quá.",
        |f| seconds(f.handle.p90_ms),
    ),
    column(
        "handle_p99",
        "Xử lý p99 (s)",
        "Thời gian xử lý mà 99 % số cuộc không vượt quá.",
        |f| seconds(f.handle.p99_ms),
    ),
    column(
        "service_level",
        "Mức phục vụ",
        "Tiếp nhận trong T giây ÷ Vào hàng chờ. Dòng theo đối tác, nhân viên: trong T giây từ khi đổ chuông ở chỗ họ.",
        |f| share(f.service_level),
    ),
    column(
        "service_level_patient",
        "Mức phục vụ (trừ bỏ cuộc sớm)",
        "Tiếp nhận trong T giây ÷ (Vào hàng chờ − Bỏ cuộc khi chờ trong T giây).",
        |f| share(f.service_level_patient),
    ),
    column(
        "evidence",
        "Bằng chứng đầy đủ",
        "Bằng chứng đã nhận ÷ bằng chứng phải có; bằng chứng còn trong thời hạn gửi thì chưa tính.",
        |f| share(f.evidence),
    ),
    column(
        "duty_hours",
        "Giờ trực",
        "Tổng thời gian đăng nhập của nhân viên trong kỳ, kể cả tạm nghỉ; nếu máy trạm mất kết nối và không trở lại thì tính đến lúc mất kết nối; mỗi lần đăng nhập nhiều nhất 14 giờ.",
        |f| hours(f.duty_ms),
    ),
    column(
        "cost",
        "Chi phí (đ)",
        "Đơn giá cuộc gọi × Được tiếp nhận + đơn giá giờ × Giờ trực.",
        |f| Cell::Money(f.cost.map(|cost| cost.total)),
    ),
    column(
        "cost_per_verification",
        "Chi phí một lần xác minh (đ)",
        "Chi phí ÷ Đã xác minh; để trống khi chưa có lần xác minh nào.",
        |f| Cell::Money(f.cost.and_then(|cost| cost.per_verification)),
    ),
];
