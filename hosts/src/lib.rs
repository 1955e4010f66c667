//! Other kernels below the guest layer, as facts: the layouts, numbers and codes that a binding of the guest layer and
//! the tool that builds for it have to agree on.
//!
//! Nothing of those kernels is in here but what their interfaces are. `docs/hosts.md` says what they give and lack.

#![no_std]
#![forbid(unsafe_code)]

pub mod pok;
pub mod xtratum;
