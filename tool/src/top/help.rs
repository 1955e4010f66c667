//! What the keys do and the columns mean, as the view tells it.

/// The lines that are shown instead of the figures.
pub(super) const HELP: [&str; 24] = [
    "Keys",
    "  q, Ctrl-C         quit, and end the system if it runs",
    "  Tab, Down, Right  the next partition: its channels, tasks and console are shown",
    "  Up, Left          the one before",
    "  p, space          pause what is shown; the system runs on",
    "  ?                 this help, and back",
    "",
    "Partitions",
    "  last, total   share of the processor in the last interval, and from the beginning on",
    "  windows       how often one has opened",
    "  missing       how often one has not that is behind",
    "  latest        how late one has opened at the latest",
    "  restarts      starts but for the first",
    "  errors        of the partition, that the health monitor has dealt with",
    "",
    "Channels",
    "  put, got      messages that were sent or written, and received or read",
    "  waiting       messages of a queuing channel that were not received, of how many that can",
    "",
    "Tasks",
    "  last, total   share of the processor, as above",
    "  runs          how often it was given the processor of its partition",
    "",
    "Where records are lost, figures can be too small, and what waits is not known.",
];
