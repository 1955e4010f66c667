//! The other end of the channels: what it does in which period, the checked partition relies on.

use a653rs::bindings::{
    ApexPartitionP4, ApexQueuingPortP4, ApexSamplingPortP4, ApexTimeP4, OperatingMode, PortDirection,
    QueuingDiscipline,
};
use a653rs_bulkhead::Hypervisor;

use crate::{Identifier, MILLISECOND, name, process, run};

static SAMPLES: Identifier = Identifier::none();
static ORDERS: Identifier = Identifier::none();
static ANSWERS: Identifier = Identifier::none();

/// Samples are written in periods before this one.
pub(crate) const SAMPLES_END: i64 = 5;
/// One order is sent in this period.
pub(crate) const ORDER: i64 = 10;
/// In this one three are sent, for which there is not room enough.
pub(crate) const ORDERS_TOO_MANY: i64 = 12;
/// From this one on an answer is received in each.
pub(crate) const ANSWERS_BEGIN: i64 = 15;

pub(crate) fn start() {
    let fifo = QueuingDiscipline::Fifo;
    let samples = Hypervisor::create_sampling_port(name("samples-out"), 8, PortDirection::Source, 1);
    let orders = Hypervisor::create_queuing_port(name("orders-out"), 4, 2, PortDirection::Source, fifo);
    let answers = Hypervisor::create_queuing_port(name("answers-in"), 4, 1, PortDirection::Destination, fifo);
    SAMPLES.set(samples);
    ORDERS.set(orders);
    ANSWERS.set(answers);
    run(&process("talk", talk, 1, 10 * MILLISECOND)).expect("it may be created");
}

extern "C" fn talk() {
    for period in 0_i64..30 {
        if period < SAMPLES_END {
            let written = Hypervisor::write_sampling_message(SAMPLES.get(), &period.to_be_bytes());
            written.expect("it is a source");
        }
        let orders: &[&[u8; 4]] = match period {
            ORDER => &[b"one "],
            ORDERS_TOO_MANY => &[b"two ", b"thre", b"lost"],
            _ => &[],
        };
        for order in orders {
            let sent = Hypervisor::send_queuing_message(ORDERS.get(), *order, 0);
            assert_eq!(sent.is_ok(), *order != b"lost", "{order:?}");
        }
        if period >= ANSWERS_BEGIN {
            // SAFETY: nothing is written beyond the room.
            let _ = unsafe { Hypervisor::receive_queuing_message(ANSWERS.get(), 0, &mut [0; 4]) };
        }
        Hypervisor::periodic_wait().expect("it is periodic");
    }
    let _ = Hypervisor::set_partition_mode(OperatingMode::Idle);
}
