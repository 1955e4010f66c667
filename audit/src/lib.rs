//! Finds the privileged and sensitive instructions of a program.
