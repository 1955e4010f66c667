//! The library of programs with RTEMS on the Bulkhead kernel: the link-time pack for RTEMS, the guest layer and the
//! binding, optimized as one.

#![no_std]

use {bulkhead_host as _, bulkhead_rtems as _};
