//! The library of programs with RTEMS on POK: the link-time pack for RTEMS, the guest layer and the binding, optimized
//! as one.

#![no_std]

use {bulkhead_pok_binding as _, bulkhead_rtems as _};
