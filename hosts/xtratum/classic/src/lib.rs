//! The library of programs with the stand-in executive on XtratuM: the stand-in executive, the guest layer and the
//! binding, optimized as one.

#![no_std]

use {bulkhead_classic as _, bulkhead_xtratum_binding as _};
