//! Queuing ports.

use a653rs::bindings::{
    ApexByte, ApexQueuingPortP1, ApexQueuingPortP4, ApexSystemTime, ErrorReturnCode, MessageRange,
    MessageSize, PortDirection, QueueOverflow, QueuingDiscipline, QueuingPortId, QueuingPortName,
    QueuingPortStatus,
};
use bulkhead_apex::{ReturnCode, queuing};

use crate::{Hypervisor, code, identifier, narrow};

impl ApexQueuingPortP4 for Hypervisor {
    fn create_queuing_port(
        queuing_port_name: QueuingPortName,
        max_message_size: MessageSize,
        max_nb_message: MessageRange,
        port_direction: PortDirection,
        queuing_discipline: QueuingDiscipline,
    ) -> Result<QueuingPortId, ErrorReturnCode> {
        let (size, depth) = (narrow(max_message_size), narrow(max_nb_message));
        let (direction, discipline) = (port_direction as u32, queuing_discipline as u32);
        queuing::create_queuing_port(&queuing_port_name, size, depth, direction, discipline)
            .map(QueuingPortId::from)
            .map_err(code)
    }

    fn send_queuing_message(
        queuing_port_id: QueuingPortId,
        message: &[ApexByte],
        time_out: ApexSystemTime,
    ) -> Result<(), ErrorReturnCode> {
        queuing::source(identifier(queuing_port_id), narrow(message.len()), time_out)
            .and_then(|port| queuing::send_queuing_message(port, message))
            .map_err(code)
    }

    unsafe fn receive_queuing_message(
        queuing_port_id: QueuingPortId,
        time_out: ApexSystemTime,
        message: &mut [ApexByte],
    ) -> Result<(MessageSize, QueueOverflow), ErrorReturnCode> {
        // Nothing is written beyond the room, whatever its size: the kernel refuses what does not fit.
        queuing::destination(identifier(queuing_port_id), time_out)
            .and_then(|port| queuing::receive_queuing_message(port, message))
            .map(|received| (received.length, received.overflow))
            .map_err(code)
    }

    fn get_queuing_port_status(queuing_port_id: QueuingPortId) -> Result<QueuingPortStatus, ErrorReturnCode> {
        let status = queuing::get_queuing_port_status(identifier(queuing_port_id)).map_err(code)?;
        Ok(QueuingPortStatus {
            nb_message: status.messages.unsigned_abs(),
            max_nb_message: status.depth.unsigned_abs(),
            max_message_size: status.message_size.unsigned_abs(),
            port_direction: PortDirection::try_from(status.direction)
                .map_err(|_| ErrorReturnCode::InvalidConfig)?,
            waiting_processes: status.waiting,
        })
    }

    /// An empty queue is cleared already, which is no error here: `QueuingPortReceiver::clear` of the traits' crate
    /// panics at every code, because part 1 has none for it.
    fn clear_queuing_port(queuing_port_id: QueuingPortId) -> Result<(), ErrorReturnCode> {
        match queuing::clear_queuing_port(identifier(queuing_port_id)) {
            Ok(()) | Err(ReturnCode::NoAction) => Ok(()),
            Err(refused) => Err(code(refused)),
        }
    }
}

impl ApexQueuingPortP1 for Hypervisor {
    fn get_queuing_port_id(queuing_port_name: QueuingPortName) -> Result<QueuingPortId, ErrorReturnCode> {
        queuing::get_queuing_port_id(&queuing_port_name).map(QueuingPortId::from).map_err(code)
    }
}
