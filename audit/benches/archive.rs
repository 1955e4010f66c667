//! How long an archive of 5 MB takes. The promise is less than two seconds.
#![allow(missing_docs, reason = "criterion's macros generate public items without")]

#[path = "../tests/common/mod.rs"]
mod common;

use bulkhead_audit::instructions::Architecture;
use common::{Builder, PLAIN_I386, PLAIN_SPARC, archive, big_endian};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// The size of an archive that the issue speaks of, and about what an RTEMS kit without debug information has.
const SIZE: usize = 5_000_000;
const FUNCTIONS_PER_OBJECT: usize = 40;

/// Plain functions with one that needs privilege in each object, and code enough in each to fill the archive.
fn kit(architecture: Architecture, plain: &[u8], sensitive: &[u8]) -> Vec<u8> {
    let body = plain.repeat(20);
    let mut members = Vec::new();
    let mut size = 0;
    while size < SIZE {
        let mut builder = Builder::new(architecture).function("sensitive", sensitive);
        for index in 0..FUNCTIONS_PER_OBJECT {
            builder = builder.function(&format!("plain_{index}"), &body);
        }
        let object = builder.build();
        size += object.len();
        members.push(("object.o", object));
    }
    archive(&members)
}

fn archives(criterion: &mut Criterion) {
    // Without the returns, so that each function is one long stretch of code.
    let i386 = kit(Architecture::I386, &PLAIN_I386[..PLAIN_I386.len() - 1], &[0xfa, 0x9d, 0xc3]);
    let sparc = kit(
        Architecture::Sparc,
        &big_endian(&PLAIN_SPARC[..PLAIN_SPARC.len() - 2]),
        &big_endian(&[0x91d0_2009, 0x91d0_200a]),
    );
    let mut group = criterion.benchmark_group("archive of 5 MB");
    group.sample_size(20);
    group.bench_function("i386", |bencher| bencher.iter(|| common::report(black_box(&i386))));
    group.bench_function("sparc", |bencher| bencher.iter(|| common::report(black_box(&sparc))));
    group.finish();
}

criterion_group!(benches, archives);
criterion_main!(benches);
