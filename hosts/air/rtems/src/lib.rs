//! The library of programs with RTEMS on AIR: the link-time pack for RTEMS, the guest layer and the binding,
//! optimized as one.

#![no_std]

use {bulkhead_air_binding as _, bulkhead_rtems as _};
