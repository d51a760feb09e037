//! What a check found, part by part, in words for people who are no engineers: Vietnamese first.

use std::fmt::Write as _;

use serde::Serialize;

use crate::verify::Finding;

mod words;

/// In which language the words are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// The result of a check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// Every part is as it was sealed, and signed by keys that lead to a trusted one.
    pub sound: bool,
    /// Each part.
    pub parts: Vec<Part>,
    /// What the sound parts say.
    pub facts: Vec<Fact>,
    /// What no bundle proves, however sound.
    pub not_proven: Vec<Words>,
}

/// A part of the bundle, and what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Part {
    /// `container`, `bundle`, `manifest`, `leaves`, `picture:<kind>`, `receipt`, `enrolment`, `witness`, `chain`,
    /// `day-root:<day>`, `time` or `file:<name>`.
    pub part: String,
    /// Whether it is sound.
    pub ok: bool,
    /// Stable code of what was found.
    pub code: &'static str,
    /// In Vietnamese.
    pub words_vi: String,
    /// In English.
    pub words_en: String,
}

/// Something that the evidence says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fact {
    /// Stable name.
    pub name: &'static str,
    /// The value, as it stands in the evidence.
    pub value: String,
    /// What it is, in Vietnamese.
    pub label_vi: &'static str,
    /// What it is, in English.
    pub label_en: &'static str,
}

/// A sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Words {
    /// Stable code.
    pub code: &'static str,
    /// In Vietnamese.
    pub vi: &'static str,
    /// In English.
    pub en: &'static str,
}

impl Report {
    /// Words the findings.
    pub fn new(found: Vec<(String, Finding)>, facts: Vec<(&'static str, String)>) -> Self {
        let parts: Vec<Part> = found
            .into_iter()
            .map(|(part, finding)| {
                let (words_vi, words_en) = words::of(&part, finding);
                Part { ok: finding.is_sound(), code: finding.code(), part, words_vi, words_en }
            })
            .collect();
        let mut facts = facts;
        facts.sort_by_key(|(name, _)| words::place(name));
        let facts = facts.into_iter().map(|(name, value)| {
            let (label_vi, label_en) = words::label(name);
            Fact { name, value, label_vi, label_en }
        });
        Self {
            sound: !parts.is_empty() && parts.iter().all(|part| part.ok),
            facts: facts.collect(),
            parts,
            not_proven: words::not_proven(),
        }
    }

    /// Whether the part was found faulty.
    pub fn faulty(&self, part: &str) -> bool {
        self.parts.iter().any(|one| one.part == part && !one.ok)
    }

    /// The report as a page of text.
    pub fn to_text(&self, lang: Lang) -> String {
        let say = |vi, en| match lang {
            Lang::Vi => vi,
            Lang::En => en,
        };
        let mut text = String::new();
        let mut line = |words: &str| {
            let _ = writeln!(text, "{words}"); // Writing into a String cannot fail.
        };
        line(say("KẾT QUẢ KIỂM TRA BẰNG CHỨNG XÁC MINH", "RESULT OF THE CHECK OF EVIDENCE"));
        line(if self.sound {
            say(
                "Kết luận: NGUYÊN VẸN. Mọi phần đúng như lúc được niêm phong và được ký bởi khoá đáng tin cậy.",
                "Conclusion: SOUND. Every part is as it was sealed, and signed by keys that lead to a trusted one.",
            )
        } else {
            say(
                "Kết luận: KHÔNG ĐẠT. Không được dùng gói này làm bằng chứng; xem các dòng ✗ dưới đây.",
                "Conclusion: NOT SOUND. This bundle must not be used as evidence; see the lines marked ✗.",
            )
        });
        line("");
        line(say("Từng phần", "Part by part"));
        for part in &self.parts {
            let mark = if part.ok { "✓" } else { "✗" };
            line(&format!("  {mark} {}", say(&part.words_vi, &part.words_en)));
        }
        if !self.facts.is_empty() {
            line("");
            line(if self.sound {
                say("Nội dung bằng chứng", "What the evidence says")
            } else {
                say("Nội dung của những phần còn đọc được", "What those parts say that can still be read")
            });
            for fact in &self.facts {
                let value = words::value(fact.name, &fact.value).map_or_else(
                    || fact.value.clone(),
                    |(vi, en)| match lang {
                        Lang::Vi => vi,
                        Lang::En => en,
                    },
                );
                line(&format!("  {}: {value}", say(fact.label_vi, fact.label_en)));
            }
        }
        line("");
        line(say("Những điều gói này KHÔNG chứng minh", "What this bundle does NOT prove"));
        for one in &self.not_proven {
            line(&format!("  – {}", say(one.vi, one.en)));
        }
        text
    }
}
