//! What is to happen at a tick or at a time of day: sorted lists of absolute times.

use super::list::{Links, List, Node};

/// The list that an alarm is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Times are ticks since the start.
    Ticks,
    /// Times are seconds since 1970.
    Wall,
    /// Expired, waiting for the timer server; times mean nothing.
    Server,
}

/// One alarm, set or not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm {
    time: u64,
    scale: Option<Scale>,
}

/// All alarms. Alarms of the same time expire in the order in which they were set.
#[derive(Debug)]
pub struct Alarms<'a> {
    alarms: &'a mut [Alarm],
    links: Links<'a>,
    ticks: List,
    wall: List,
    server: List,
}

impl<'a> Alarms<'a> {
    /// Alarms, none of them set. Both slices have the same length.
    #[must_use]
    pub fn new(alarms: &'a mut [Alarm], nodes: &'a mut [Node]) -> Self {
        Self { alarms, links: Links::new(nodes), ticks: List::EMPTY, wall: List::EMPTY, server: List::EMPTY }
    }

    /// Sets an alarm; if it was set, it is set anew.
    pub fn set(&mut self, alarm: usize, scale: Scale, time: u64) {
        self.cancel(alarm);
        self.alarms[alarm] = Alarm { time, scale: Some(scale) };
        let list = Self::list_of(&mut self.ticks, &mut self.wall, &mut self.server, scale);
        let later = match scale {
            Scale::Server => None,
            _ => self.links.members(list).find(|&other| self.alarms[other].time > time),
        };
        self.links.insert_before(list, alarm, later);
    }

    /// Clears an alarm. Returns whether it was set.
    pub fn cancel(&mut self, alarm: usize) -> bool {
        let Some(scale) = self.alarms[alarm].scale.take() else {
            return false;
        };
        let list = Self::list_of(&mut self.ticks, &mut self.wall, &mut self.server, scale);
        self.links.remove(list, alarm);
        true
    }

    /// Whether an alarm is set.
    #[must_use]
    pub fn is_set(&self, alarm: usize) -> bool {
        self.alarms[alarm].scale.is_some()
    }

    /// Whether a list has alarms.
    #[must_use]
    pub fn has(&self, scale: Scale) -> bool {
        let list = match scale {
            Scale::Ticks => &self.ticks,
            Scale::Wall => &self.wall,
            Scale::Server => &self.server,
        };
        !list.is_empty()
    }

    /// Takes the first alarm of a list whose time has come.
    pub fn expire(&mut self, scale: Scale, now: u64) -> Option<usize> {
        let first = Self::list_of(&mut self.ticks, &mut self.wall, &mut self.server, scale).first()?;
        if self.alarms[first].time > now {
            return None;
        }
        self.cancel(first);
        Some(first)
    }

    /// The times of the alarms in a list, in their order.
    pub fn times(&mut self, scale: Scale) -> impl Iterator<Item = u64> + '_ {
        let list = *Self::list_of(&mut self.ticks, &mut self.wall, &mut self.server, scale);
        self.links.members(&list).map(|alarm| self.alarms[alarm].time)
    }

    fn list_of<'b>(
        ticks: &'b mut List,
        wall: &'b mut List,
        server: &'b mut List,
        scale: Scale,
    ) -> &'b mut List {
        match scale {
            Scale::Ticks => ticks,
            Scale::Wall => wall,
            Scale::Server => server,
        }
    }
}
