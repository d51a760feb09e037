//! The evaluation of a trial in words for whoever decides, not for statisticians.

use chinhchu_protocol::console::figures::{Comparison, Estimate, Measure, Share, TrialPartner};

/// A sentence for each measure of each partner and for the pool, then what of it is shown to differ.
pub fn evaluation(
    partners: &[TrialPartner],
    pool: Option<Share>,
    comparisons: &[Comparison],
    within_s: u32,
) -> Vec<String> {
    let mut said = Vec::new();
    for partner in partners {
        for estimate in &partner.measures {
            said.extend(of_partner(partner, estimate, within_s));
        }
    }
    said.extend(pool.and_then(|pool| of_pool(pool, within_s)));
    if partners.len() > 1 {
        said.extend(
            comparisons.iter().filter(|one| one.significant).map(|one| shown(one, partners, within_s)),
        );
        said.extend(not_shown(comparisons, within_s));
    }
    said
}

/// How it was reckoned.
pub fn methods() -> Vec<String> {
    [
        "Cuộc gọi thuộc kỳ theo lúc được tiếp nhận từ eKYC; một cuộc gọi đã được đưa tới nhiều đối tác được tính cho từng đối tác theo phần của họ. Lượt mà máy không đổ chuông không tính vào mẫu số của đối tác.",
        "Khoảng tin cậy 95 %: nếu lặp lại việc đánh giá nhiều lần, khoảng này chứa giá trị thật trong 95 % số lần.",
        "Tỷ lệ: khoảng Wilson. Trung vị thời gian xử lý: khoảng theo thứ hạng, không giả định phân phối. Chi phí theo cuộc gọi: đơn giá chia cho khoảng Wilson của tỷ lệ xác minh trên số cuộc được tiếp nhận; chi phí theo giờ: sai số của số lần xác minh (1/√n).",
        "Hai tỷ lệ tiếp nhận trong T giây: «từ khi đổ chuông» tính từ lần đổ chuông đầu tiên ở đối tác, nên không thấy thời gian khách đã chờ trước đó; «từ khi vào hàng chờ» tính cả thời gian ấy. Thời gian chờ trước khi đổ chuông còn tùy vào các đối tác khác và cách chia cuộc gọi, nên con số sau chỉ để tham khảo, không kiểm định.",
        "So sánh từng cặp: kiểm định hai tỷ lệ (z, gộp), hoặc kiểm định chính xác Fisher khi có ô mà số lượng kỳ vọng nhỏ hơn 5; Mann–Whitney cho thời gian xử lý (so sánh thứ hạng, không so sánh trung vị); chi phí theo giờ bằng lôgarit của tỷ số. Không kiểm định hai lần cùng một điều: chi phí theo cuộc gọi (chỉ là đơn giá chia cho một tỷ lệ), và tỷ lệ tiếp nhận trong T giây khi mọi cuộc được tiếp nhận đều trong T giây. Hiệu chỉnh Holm cho tất cả các phép so sánh cùng lúc. «Có ý nghĩa» nghĩa là p hiệu chỉnh nhỏ hơn 0,05.",
        "Các cuộc gọi của cùng một nhân viên không hoàn toàn độc lập với nhau, nên khoảng thật có thể rộng hơn; khác biệt nhỏ không nên là căn cứ duy nhất để chọn đối tác.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// How a partner is called.
pub fn called(partner: &str) -> String {
    if partner.is_empty() {
        "Nhân viên của công ty".to_owned()
    } else {
        format!("Đối tác {partner}")
    }
}

/// How a measure is called.
pub fn name(measure: Measure, within_s: u32) -> String {
    match measure {
        Measure::Answered => "tỷ lệ tiếp nhận".to_owned(),
        Measure::ServiceLevel => format!("tỷ lệ tiếp nhận trong {within_s} giây từ khi đổ chuông"),
        Measure::QueueLevel => format!("tỷ lệ tiếp nhận trong {within_s} giây từ khi vào hàng chờ"),
        Measure::Handling => "trung vị thời gian xử lý".to_owned(),
        Measure::Rejected => "tỷ lệ từ chối xác minh".to_owned(),
        Measure::Evidence => "tỷ lệ bằng chứng đầy đủ".to_owned(),
        Measure::Cost => "chi phí một lần xác minh".to_owned(),
    }
}

fn of_partner(partner: &TrialPartner, estimate: &Estimate, within_s: u32) -> Option<String> {
    let (who, what) = (called(&partner.partner), name(estimate.measure, within_s));
    let Some(value) = estimate.value else {
        return match (estimate.measure, partner.figures.cost) {
            (Measure::Cost, None) => None,
            (Measure::Cost, Some(cost)) => {
                Some(format!("{who}: chưa có lần xác minh nào; chi phí {} đ.", whole(cost.total)))
            }
            (_, _) => Some(format!("{who}: {what} chưa có số liệu.")),
        };
    };
    let shown = |value| value_of(estimate.measure, value);
    let span = match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("khoảng tin cậy 95 %: {} đến {}", shown(low), shown(high)),
        (_, _) => "chưa đủ số liệu cho khoảng tin cậy".to_owned(),
    };
    Some(format!("{who}: {what} {} ({span}; trên {} cuộc gọi).", shown(value), whole(f64::from(estimate.of))))
}

/// All partners together, as whoever waits has it.
fn of_pool(pool: Share, within_s: u32) -> Option<String> {
    Some(format!(
        "Toàn bộ hàng chờ, mọi đối tác: {} {} (trên {} cuộc gọi).",
        name(Measure::QueueLevel, within_s),
        percent(pool.share?),
        whole(f64::from(pool.of))
    ))
}

fn shown(one: &Comparison, partners: &[TrialPartner], within_s: u32) -> String {
    let sure = format!("khác biệt có ý nghĩa thống kê (p hiệu chỉnh {})", chance(one.p_corrected));
    if let Some(longer) = one.longer {
        return format!("{}; {sure}.", takes_longer(one, longer, partners));
    }
    let (higher, lower) = if one.difference > 0.0 { (&one.a, &one.b) } else { (&one.b, &one.a) };
    let by = one.difference.abs();
    let by = if is_share(one.measure) {
        format!("{} điểm phần trăm", decimal(by * 100.0, 1))
    } else {
        value_of(one.measure, by)
    };
    format!("{} có {} cao hơn {} {by}; {sure}.", called(higher), name(one.measure, within_s), called(lower))
}

/// What the ranks say, with the medians beside it: these may differ the other way.
fn takes_longer(one: &Comparison, longer: f64, partners: &[TrialPartner]) -> String {
    let (slow, fast, share) =
        if longer > 0.5 { (&one.a, &one.b, longer) } else { (&one.b, &one.a, 1.0 - longer) };
    let median = |name: &String| {
        let found = partners.iter().find(|partner| partner.partner == *name);
        let found = found.and_then(|partner| partner.figures.handle.p50_ms);
        found.map_or_else(|| "–".to_owned(), |ms| value_of(Measure::Handling, f64::from(ms)))
    };
    format!(
        "{} có thời gian xử lý nhìn chung dài hơn {}: lấy mỗi bên một cuộc gọi bất kỳ thì cuộc của bên này dài hơn trong \
         {} số lần (trung vị {} so với {})",
        called(slow),
        called(fast),
        percent(share),
        median(slow),
        median(fast)
    )
}

/// One sentence for what nothing is shown of: silence would be read as equality.
fn not_shown(comparisons: &[Comparison], within_s: u32) -> Option<String> {
    let list: Vec<String> = comparisons
        .iter()
        .filter(|one| !one.significant)
        .map(|one| {
            let what = match one.measure {
                Measure::Handling => "thời gian xử lý".to_owned(),
                other => name(other, within_s),
            };
            format!("{what} giữa {} và {}", called(&one.a), called(&one.b))
        })
        .collect();
    (!list.is_empty()).then(|| {
        format!(
            "Chưa đủ căn cứ để nói là khác nhau (điều đó không có nghĩa là bằng nhau): {}.",
            list.join("; ")
        )
    })
}

const fn is_share(measure: Measure) -> bool {
    match measure {
        Measure::Answered
        | Measure::ServiceLevel
        | Measure::QueueLevel
        | Measure::Rejected
        | Measure::Evidence => true,
        Measure::Handling | Measure::Cost => false,
    }
}

fn value_of(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Handling => format!("{} giây", decimal(value / 1000.0, 1)),
        Measure::Cost => format!("{} đ", whole(value)),
        Measure::Answered
        | Measure::ServiceLevel
        | Measure::QueueLevel
        | Measure::Rejected
        | Measure::Evidence => percent(value),
    }
}

/// What is not quite all never reads as 100 %, what is not quite nothing never as 0 % (as the console's tables).
fn percent(share: f64) -> String {
    if share < 1.0 && share > 0.999 {
        return "99,9 %".to_owned();
    }
    if share > 0.0 && share < 0.001 {
        return "< 0,1 %".to_owned();
    }
    format!("{} %", decimal(share * 100.0, 1))
}

fn chance(p: f64) -> String {
    if p < 0.001 { "< 0,001".to_owned() } else { format!("= {}", decimal(p, 3)) }
}

/// With a comma, as in Vietnam.
fn decimal(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('.', ",")
}

/// With points between thousands.
fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use chinhchu_protocol::console::figures::{Cost, Figures};

    use super::*;

    fn partner(name: &str, median_ms: u32) -> TrialPartner {
        let mut figures = Figures::default();
        figures.handle.p50_ms = Some(median_ms);
        TrialPartner { partner: name.to_owned(), figures, measures: Vec::new() }
    }

    fn significant(measure: Measure, difference: f64, longer: Option<f64>) -> Comparison {
        let (a, b) = ("A".to_owned(), String::new());
        Comparison { measure, a, b, difference, longer, p: 1e-5, p_corrected: 6e-5, significant: true }
    }

    #[test]
    fn a_difference_is_told_with_who_is_higher_and_how_sure_that_is() {
        assert_eq!(
            shown(&significant(Measure::Answered, -0.0321, None), &[], 20),
            "Nhân viên của công ty có tỷ lệ tiếp nhận cao hơn Đối tác A 3,2 điểm phần trăm; \
             khác biệt có ý nghĩa thống kê (p hiệu chỉnh < 0,001)."
        );
        let cost = |value: Option<f64>| Estimate {
            measure: Measure::Cost,
            of: 1234,
            value,
            low: value.map(|_| 12_000.0),
            high: value.map(|_| 1_234_567.0),
        };
        let mut a = partner("A", 1);
        assert_eq!(
            of_partner(&a, &cost(Some(12_345.6)), 20).as_deref(),
            Some(
                "Đối tác A: chi phí một lần xác minh 12.346 đ \
                 (khoảng tin cậy 95 %: 12.000 đ đến 1.234.567 đ; trên 1.234 cuộc gọi)."
            )
        );
        assert_eq!(of_partner(&a, &cost(None), 20), None, "no price was named");
        a.figures.cost = Some(Cost { total: 1_800_000.0, per_verification: None });
        let told = of_partner(&a, &cost(None), 20);
        assert_eq!(told.as_deref(), Some("Đối tác A: chưa có lần xác minh nào; chi phí 1.800.000 đ."));
    }

    /// Means of 122 s and 238 s, medians of 180.5 s and 180.2 s: A is the faster.
    #[test]
    fn who_takes_longer_is_told_by_the_ranks_and_not_by_the_medians() {
        let partners = [partner("A", 180_500), partner("", 180_200)];
        let told = shown(&significant(Measure::Handling, 300.0, Some(0.382)), &partners, 20);
        assert_eq!(
            told,
            "Nhân viên của công ty có thời gian xử lý nhìn chung dài hơn Đối tác A: lấy mỗi bên một cuộc gọi bất kỳ \
             thì cuộc của bên này dài hơn trong 61,8 % số lần (trung vị 180,2 giây so với 180,5 giây); \
             khác biệt có ý nghĩa thống kê (p hiệu chỉnh < 0,001)."
        );
    }

    #[test]
    fn what_is_not_all_never_reads_as_all() {
        assert_eq!(percent(4_999.0 / 5_000.0), "99,9 %");
        assert_eq!([1.0, 0.0, 1.0 / 5_000.0, 0.5].map(percent), ["100,0 %", "0,0 %", "< 0,1 %", "50,0 %"]);
    }
}
