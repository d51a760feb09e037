//! The evaluation of a trial in words for whoever decides, not for statisticians.

use chinhchu_protocol::console::figures::{Comparison, Estimate, Measure, TrialPartner};

/// A sentence for each measure of each partner, then what of it is shown to differ.
pub fn evaluation(partners: &[TrialPartner], comparisons: &[Comparison]) -> Vec<String> {
    let mut said = Vec::new();
    for partner in partners {
        for estimate in &partner.measures {
            said.extend(of_partner(&partner.partner, estimate));
        }
    }
    if partners.len() > 1 {
        said.extend(comparisons.iter().filter(|one| one.significant).map(shown));
        said.extend(not_shown(comparisons));
    }
    said
}

/// How it was reckoned.
pub fn methods() -> Vec<String> {
    [
        "Cuộc gọi thuộc kỳ theo lúc được tiếp nhận từ eKYC; một cuộc gọi đã đổ chuông tới nhiều đối tác được tính cho từng đối tác theo phần của họ.",
        "Khoảng tin cậy 95 %: nếu lặp lại việc đánh giá nhiều lần, khoảng này chứa giá trị thật trong 95 % số lần.",
        "Tỷ lệ: khoảng Wilson. Trung vị thời gian xử lý: khoảng theo thứ hạng, không giả định phân phối. Chi phí theo cuộc gọi: đơn giá chia cho khoảng Wilson của tỷ lệ xác minh trên số cuộc được tiếp nhận; chi phí theo giờ: sai số của số lần xác minh (1/√n).",
        "So sánh từng cặp: kiểm định hai tỷ lệ (z, gộp), Mann–Whitney cho thời gian xử lý; hiệu chỉnh Holm cho tất cả các phép so sánh cùng lúc. «Có ý nghĩa» nghĩa là p hiệu chỉnh nhỏ hơn 0,05.",
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
pub const fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::Answered => "tỷ lệ tiếp nhận",
        Measure::ServiceLevel => "mức phục vụ",
        Measure::Handling => "trung vị thời gian xử lý",
        Measure::Rejected => "tỷ lệ từ chối xác minh",
        Measure::Evidence => "tỷ lệ bằng chứng đầy đủ",
        Measure::Cost => "chi phí một lần xác minh",
    }
}

fn of_partner(partner: &str, estimate: &Estimate) -> Option<String> {
    let who = called(partner);
    let what = name(estimate.measure);
    let Some(value) = estimate.value else {
        let is_cost = estimate.measure == Measure::Cost;
        return (!is_cost).then(|| format!("{who}: {what} chưa có số liệu."));
    };
    let shown = |value| value_of(estimate.measure, value);
    let span = match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("khoảng tin cậy 95 %: {} đến {}", shown(low), shown(high)),
        (_, _) => "chưa đủ số liệu cho khoảng tin cậy".to_owned(),
    };
    Some(format!("{who}: {what} {} ({span}; trên {} cuộc gọi).", shown(value), whole(f64::from(estimate.of))))
}

fn shown(one: &Comparison) -> String {
    let (higher, lower) = if one.difference > 0.0 { (&one.a, &one.b) } else { (&one.b, &one.a) };
    let by = one.difference.abs();
    let by = match one.measure {
        Measure::Answered | Measure::ServiceLevel | Measure::Rejected | Measure::Evidence => {
            format!("{} điểm phần trăm", decimal(by * 100.0, 1))
        }
        Measure::Handling | Measure::Cost => value_of(one.measure, by),
    };
    format!(
        "{} có {} cao hơn {} {by}; khác biệt có ý nghĩa thống kê (p hiệu chỉnh {}).",
        called(higher),
        name(one.measure),
        called(lower),
        chance(one.p_corrected)
    )
}

/// One sentence for what nothing is shown of: silence would be read as equality.
fn not_shown(comparisons: &[Comparison]) -> Option<String> {
    let list: Vec<String> = comparisons
        .iter()
        .filter(|one| !one.significant)
        .map(|one| format!("{} giữa {} và {}", name(one.measure), called(&one.a), called(&one.b)))
        .collect();
    (!list.is_empty()).then(|| {
        format!(
            "Chưa đủ căn cứ để nói là khác nhau (điều đó không có nghĩa là bằng nhau): {}.",
            list.join("; ")
        )
    })
}

fn value_of(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Answered | Measure::ServiceLevel | Measure::Rejected | Measure::Evidence => {
            format!("{} %", decimal(value * 100.0, 1))
        }
        Measure::Handling => format!("{} giây", decimal(value / 1000.0, 1)),
        Measure::Cost => format!("{} đ", whole(value)),
    }
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
    use super::*;

    #[test]
    fn a_difference_is_told_with_who_is_higher_and_how_sure_that_is() {
        let one = Comparison {
            measure: Measure::Answered,
            a: "A".to_owned(),
            b: String::new(),
            difference: -0.0321,
            p: 0.000_01,
            p_corrected: 0.000_06,
            significant: true,
        };
        assert_eq!(
            shown(&one),
            "Nhân viên của công ty có tỷ lệ tiếp nhận cao hơn Đối tác A 3,2 điểm phần trăm; \
             khác biệt có ý nghĩa thống kê (p hiệu chỉnh < 0,001)."
        );
        let estimate = Estimate {
            measure: Measure::Cost,
            of: 1234,
            value: Some(12_345.6),
            low: Some(12_000.0),
            high: Some(1_234_567.0),
        };
        assert_eq!(
            of_partner("A", &estimate).as_deref(),
            Some(
                "Đối tác A: chi phí một lần xác minh 12.346 đ \
                 (khoảng tin cậy 95 %: 12.000 đ đến 1.234.567 đ; trên 1.234 cuộc gọi)."
            )
        );
    }
}
