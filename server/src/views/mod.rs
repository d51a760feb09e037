//! What others see of the state: integrators ([`call`]), the call page ([`caller`]), the workstation
//! ([`agent`]). Pure reading; nothing here changes anything.

pub mod agent;
pub mod call;
pub mod caller;
pub mod words;
