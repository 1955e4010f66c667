//! The library of programs with the stand-in executive on AIR: the stand-in executive, the guest layer and the
//! binding, optimized as one.

#![no_std]

use {bulkhead_air_binding as _, bulkhead_classic as _};
