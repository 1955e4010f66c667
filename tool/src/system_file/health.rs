//! What the health monitor does about a partition's errors, as the system file describes it.

use bulkhead_abi::{Action, HealthError, Response};

/// How many restarts a partition gets in a [`RESTART_PERIOD`] if the system file says nothing.
pub const RESTARTS: u32 = 3;

/// In what time it gets them, in nanoseconds.
pub const RESTART_PERIOD: u64 = 10_000_000_000;

/// The health monitor's table of a partition, and its budget of restarts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// By the numbers of the errors. Only [`HealthError::Initialization`] can have none, and what is no partition's.
    responses: [Option<Response>; HealthError::COUNT],
    /// How many restarts the health monitor gives it in a period.
    pub restarts: u32,
    /// The period, in nanoseconds.
    pub restart_period: u64,
    /// What is done where one more would be needed.
    pub restarts_exceeded: Response,
}

/// What a table of the system file changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) responses: Vec<(HealthError, Response)>,
    pub(super) restarts: Option<u32>,
    pub(super) restart_period: Option<u64>,
    pub(super) restarts_exceeded: Option<Response>,
}

impl Default for Health {
    fn default() -> Self {
        let mut responses = [None; HealthError::COUNT];
        for error in HealthError::ALL {
            let has_one = !matches!(error, HealthError::Initialization | HealthError::Device);
            responses[error as usize] = has_one.then(|| Response::standard(error));
        }
        Self {
            responses,
            restarts: RESTARTS,
            restart_period: RESTART_PERIOD,
            restarts_exceeded: Response::new(Action::Idle),
        }
    }
}

impl Health {
    /// What is done about an error.
    #[must_use]
    pub const fn response(&self, error: HealthError) -> Option<Response> {
        self.responses[error as usize]
    }

    /// The table as the kernel has it.
    #[must_use]
    pub fn encoded(&self) -> [u32; HealthError::COUNT] {
        let mut words = [0; HealthError::COUNT];
        for error in HealthError::ALL {
            words[error as usize] = match (self.response(error), error) {
                (Some(response), _) => response.encode(),
                (None, HealthError::Initialization) => Response::NONE,
                // No partition's: the kernel looks only whether there could be such a response.
                (None, _) => Response::standard(error).encode(),
            };
        }
        words
    }

    /// Reads what [`Health::encoded`] has made, and the budget; `None` if it is not of that.
    pub(crate) fn decode(
        words: &[u32; HealthError::COUNT],
        (restarts, restart_period, exceeded): (u32, u64, u32),
    ) -> Option<Self> {
        let restarts_exceeded = Response::decode(exceeded)?;
        let mut health = Self { restarts, restart_period, restarts_exceeded, ..Self::default() };
        for error in HealthError::ALL {
            health.responses[error as usize] = match (error, words[error as usize]) {
                (HealthError::Device, _) | (HealthError::Initialization, Response::NONE) => None,
                (_, word) => Some(Response::decode(word)?),
            };
        }
        Some(health)
    }

    /// The table with what the system file changes of it.
    pub(super) fn with(mut self, changes: &Changes) -> Self {
        for (error, response) in &changes.responses {
            if *error != HealthError::Device {
                self.responses[*error as usize] = Some(*response);
            }
        }
        Self {
            restarts: changes.restarts.unwrap_or(self.restarts),
            restart_period: changes.restart_period.unwrap_or(self.restart_period),
            restarts_exceeded: changes.restarts_exceeded.unwrap_or(self.restarts_exceeded),
            ..self
        }
    }
}
