//! Doubly linked lists over array positions: no allocation, and removal from the middle without a search.

/// Neighbours of a member within whatever list it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    previous: Option<u16>,
    next: Option<u16>,
}

/// The two ends of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    head: Option<u16>,
    tail: Option<u16>,
}

impl List {
    /// A list without members.
    pub const EMPTY: Self = Self { head: None, tail: None };

    /// The first member.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.head.map(usize::from)
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }
}

/// The links of everything that can be in one of several lists, each member in one list at a time.
///
/// Which list that is, the caller knows; a member is removed from the list that it is in.
#[derive(Debug)]
pub struct Links<'a> {
    nodes: &'a mut [Node],
}

impl<'a> Links<'a> {
    /// Links for as many members as there are nodes, at most 65535.
    #[must_use]
    pub fn new(nodes: &'a mut [Node]) -> Self {
        Self { nodes }
    }

    /// The member after this one.
    #[must_use]
    pub fn next(&self, member: usize) -> Option<usize> {
        self.nodes[member].next.map(usize::from)
    }

    /// Adds a member at the end.
    pub fn append(&mut self, list: &mut List, member: usize) {
        self.insert_before(list, member, None);
    }

    /// Adds a member at the front.
    pub fn prepend(&mut self, list: &mut List, member: usize) {
        self.insert_before(list, member, list.first());
    }

    /// Adds a member before another, at the end if there is no other.
    pub fn insert_before(&mut self, list: &mut List, member: usize, other: Option<usize>) {
        let position = member as u16;
        let next = other.map(|other| other as u16);
        let previous = match next {
            Some(next) => self.nodes[usize::from(next)].previous,
            None => list.tail,
        };
        self.nodes[member] = Node { previous, next };
        match previous {
            Some(previous) => self.nodes[usize::from(previous)].next = Some(position),
            None => list.head = Some(position),
        }
        match next {
            Some(next) => self.nodes[usize::from(next)].previous = Some(position),
            None => list.tail = Some(position),
        }
    }

    /// Takes a member out of the list that it is in.
    pub fn remove(&mut self, list: &mut List, member: usize) {
        let Node { previous, next } = core::mem::take(&mut self.nodes[member]);
        match previous {
            Some(previous) => self.nodes[usize::from(previous)].next = next,
            None => list.head = next,
        }
        match next {
            Some(next) => self.nodes[usize::from(next)].previous = previous,
            None => list.tail = previous,
        }
    }

    /// The members from first to last.
    pub fn members<'b>(&'b self, list: &List) -> impl Iterator<Item = usize> + use<'a, 'b> {
        core::iter::successors(list.first(), |&member| self.next(member))
    }
}
