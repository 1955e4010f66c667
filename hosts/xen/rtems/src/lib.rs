//! The library of programs with RTEMS on Xen: the link-time pack for RTEMS, the guest layer and the binding, optimized
//! as one.

#![no_std]

use {bulkhead_rtems as _, bulkhead_xen_monitor as _};
