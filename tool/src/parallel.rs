//! Does the same with many things, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Takes the numbers from 0 to `count`, so many at a time, and returns what `each` has made of them in their order.
/// Who takes them begins with a state of its own. None is taken any more once `is_over` says so.
pub(crate) fn parallel<S, R: Send>(
    count: usize,
    jobs: usize,
    is_over: &(dyn Fn() -> bool + Sync),
    begin: &(dyn Fn() -> S + Sync),
    each: &(dyn Fn(&mut S, usize) -> R + Sync),
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            scope.spawn(|| {
                let mut state = begin();
                while !is_over() {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let result = each(&mut state, number);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
