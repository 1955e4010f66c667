//! Status codes, with the numeric values of the Classic API.

/// Why a directive did not do what it was asked. Success is not among them: see [`crate::executive::Answer`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A name of zero, or a name that no object has.
    InvalidName = 3,
    /// No object of the kind has this identifier.
    InvalidId = 4,
    /// As many objects or messages as configured exist already.
    TooMany = 5,
    /// The time that the caller allowed has passed.
    Timeout = 6,
    /// The object on which the caller waited was deleted.
    ObjectWasDeleted = 7,
    /// A size of zero, or larger than the object takes.
    InvalidSize = 8,
    /// A null pointer.
    InvalidAddress = 9,
    /// A number outside its range.
    InvalidNumber = 10,
    /// The combination is not defined, or the time of day has not been set.
    NotDefined = 11,
    /// Someone holds the object.
    ResourceInUse = 12,
    /// Not to be had now.
    Unsatisfied = 13,
    /// The object is in no state for this.
    IncorrectState = 14,
    /// The task is suspended already.
    AlreadySuspended = 15,
    /// The directive cannot be used from an interrupt handler.
    CalledFromIsr = 18,
    /// A priority outside its range, or above a semaphore's ceiling.
    InvalidPriority = 19,
    /// No valid time of day, or one that has passed.
    InvalidClock = 20,
    /// There is no such node.
    InvalidNode = 21,
    /// The caller does not own the object.
    NotOwner = 23,
}

/// The value that a successful directive returns.
pub const SUCCESSFUL: u32 = 0;
