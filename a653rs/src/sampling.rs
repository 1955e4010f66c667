//! Sampling ports.

use a653rs::bindings::{
    ApexByte, ApexSamplingPortP1, ApexSamplingPortP4, ApexSamplingPortStatus, ApexSystemTime,
    ErrorReturnCode, MessageSize, PortDirection, SamplingPortId, SamplingPortName, Validity,
};
use bulkhead_apex::sampling;

use crate::{Hypervisor, code, identifier, narrow};

const fn validity(valid: bool) -> Validity {
    if valid { Validity::Valid } else { Validity::Invalid }
}

impl ApexSamplingPortP4 for Hypervisor {
    fn create_sampling_port(
        sampling_port_name: SamplingPortName,
        max_message_size: MessageSize,
        port_direction: PortDirection,
        refresh_period: ApexSystemTime,
    ) -> Result<SamplingPortId, ErrorReturnCode> {
        let (size, direction) = (narrow(max_message_size), port_direction as u32);
        sampling::create_sampling_port(&sampling_port_name, size, direction, refresh_period)
            .map(SamplingPortId::from)
            .map_err(code)
    }

    fn write_sampling_message(
        sampling_port_id: SamplingPortId,
        message: &[ApexByte],
    ) -> Result<(), ErrorReturnCode> {
        sampling::source(identifier(sampling_port_id), narrow(message.len()))
            .and_then(|port| sampling::write_sampling_message(&port, message))
            .map_err(code)
    }

    unsafe fn read_sampling_message(
        sampling_port_id: SamplingPortId,
        message: &mut [ApexByte],
    ) -> Result<(Validity, MessageSize), ErrorReturnCode> {
        // Nothing is written beyond the room, whatever its size: the kernel refuses what does not fit.
        sampling::destination(identifier(sampling_port_id))
            .and_then(|port| sampling::read_sampling_message(&port, message))
            .map(|read| (validity(read.valid), read.length))
            .map_err(code)
    }
}

impl ApexSamplingPortP1 for Hypervisor {
    fn get_sampling_port_id(sampling_port_name: SamplingPortName) -> Result<SamplingPortId, ErrorReturnCode> {
        sampling::get_sampling_port_id(&sampling_port_name).map(SamplingPortId::from).map_err(code)
    }

    fn get_sampling_port_status(
        sampling_port_id: SamplingPortId,
    ) -> Result<ApexSamplingPortStatus, ErrorReturnCode> {
        let status = sampling::get_sampling_port_status(identifier(sampling_port_id)).map_err(code)?;
        Ok(ApexSamplingPortStatus {
            refresh_period: status.refresh,
            max_message_size: status.message_size.unsigned_abs(),
            port_direction: PortDirection::try_from(status.direction)
                .map_err(|_| ErrorReturnCode::InvalidConfig)?,
            last_msg_validity: validity(status.last_was_valid != 0),
        })
    }
}
