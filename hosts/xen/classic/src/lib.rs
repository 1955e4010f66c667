//! The library of programs with the stand-in executive on Xen: the stand-in executive, the guest layer and the binding,
//! optimized as one.

#![no_std]

use {bulkhead_classic as _, bulkhead_xen_monitor as _};
