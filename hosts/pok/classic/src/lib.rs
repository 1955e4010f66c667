//! The library of programs with the stand-in executive on POK: the stand-in executive, the guest layer and the binding,
//! optimized as one.

#![no_std]

use {bulkhead_classic as _, bulkhead_pok_binding as _};
