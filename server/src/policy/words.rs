//! Names of the catalogue's choices, as stored and as on the wire.

use chinhchu_protocol::case::{CustomerType, Payment};
use chinhchu_protocol::console::policy::{PolicyCustomers, PolicySource};
use chinhchu_protocol::policy::VideoCall;

/// `prepaid` or `postpaid`.
pub const fn payment(payment: Payment) -> &'static str {
    match payment {
        Payment::Prepaid => "prepaid",
        Payment::Postpaid => "postpaid",
    }
}

/// Reads [`payment`].
pub fn read_payment(text: &str) -> Option<Payment> {
    [Payment::Prepaid, Payment::Postpaid].into_iter().find(|one| payment(*one) == text)
}

/// `individual_vi2` or `enterprise`.
pub const fn customers(customers: PolicyCustomers) -> &'static str {
    match customers {
        PolicyCustomers::IndividualVi2 => "individual_vi2",
        PolicyCustomers::Enterprise => "enterprise",
    }
}

/// Reads [`customers`].
pub fn read_customers(text: &str) -> Option<PolicyCustomers> {
    super::catalogue::COLUMNS.into_iter().find(|one| customers(*one) == text)
}

/// The column that a customer type is ruled by: VI2 like an individual (P1).
pub const fn customers_of(customer_type: CustomerType) -> PolicyCustomers {
    match customer_type {
        CustomerType::Individual | CustomerType::Vi2 => PolicyCustomers::IndividualVi2,
        CustomerType::Enterprise => PolicyCustomers::Enterprise,
    }
}

/// `individual`, `vi2` or `enterprise`.
pub const fn customer_type(customer_type: CustomerType) -> &'static str {
    match customer_type {
        CustomerType::Individual => "individual",
        CustomerType::Vi2 => "vi2",
        CustomerType::Enterprise => "enterprise",
    }
}

/// Reads [`customer_type`].
pub fn read_customer_type(text: &str) -> Option<CustomerType> {
    let all = [CustomerType::Individual, CustomerType::Vi2, CustomerType::Enterprise];
    all.into_iter().find(|one| customer_type(*one) == text)
}

/// `mandatory` or `not_mandatory`.
pub const fn video_call(video_call: VideoCall) -> &'static str {
    match video_call {
        VideoCall::Mandatory => "mandatory",
        VideoCall::NotMandatory => "not_mandatory",
    }
}

/// Reads [`video_call`].
pub fn read_video_call(text: &str) -> Option<VideoCall> {
    [VideoCall::Mandatory, VideoCall::NotMandatory].into_iter().find(|one| video_call(*one) == text)
}

/// `installation`, `import` or `single`.
pub const fn source(source: PolicySource) -> &'static str {
    match source {
        PolicySource::Installation => "installation",
        PolicySource::Import => "import",
        PolicySource::Single => "single",
    }
}

/// Reads [`source`].
pub fn read_source(text: &str) -> Option<PolicySource> {
    let all = [PolicySource::Installation, PolicySource::Import, PolicySource::Single];
    all.into_iter().find(|one| source(*one) == text)
}
