//! Things in the order in which they came, each of them once.

use std::{collections::HashSet, hash::Hash, rc::Rc};

/// A list without duplicates; whether something is in it already takes the same time however long
/// it is, because clients say how long it gets.
#[derive(Debug)]
pub struct Distinct<T> {
    all: Vec<Rc<T>>,
    seen: HashSet<Rc<T>>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { all: Vec::new(), seen: HashSet::new() }
    }
}

impl<T: Eq + Hash> Distinct<T> {
    /// Adds something, unless it is there; whether it was not.
    pub fn push(&mut self, one: T) -> bool {
        let one = Rc::new(one);
        let is_new = self.seen.insert(Rc::clone(&one));
        if is_new {
            self.all.push(one);
        }
        is_new
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|one| &**one)
    }

    /// The same, to be kept.
    pub fn into_vec(self) -> Vec<T> {
        drop(self.seen);
        self.all.into_iter().filter_map(Rc::into_inner).collect()
    }
}

impl<T: Eq + Hash> Extend<T> for Distinct<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        for one in more {
            self.push(one);
        }
    }
}

impl<T: Eq + Hash> FromIterator<T> for Distinct<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut distinct = Self::default();
        distinct.extend(all);
        distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_where_it_came_first() {
        let mut distinct: Distinct<_> = ["b", "a", "b"].into_iter().collect();
        assert!(!distinct.push("a") && distinct.push("c"));
        assert_eq!(distinct.into_vec(), ["b", "a", "c"]);
    }
}
