//! Where the object of an identity is, and those that it owns.

use {
    crate::world::objects::{Kind, Object},
    std::{
        collections::{BTreeSet, HashMap},
        sync::Arc,
    },
};

/// A place in the store: what is there, under which key.
type Place = (Kind, String);

/// Places by identity.
#[derive(Debug, Default)]
pub(super) struct Index {
    itself: HashMap<String, BTreeSet<Place>>,
    owned: HashMap<String, BTreeSet<Place>>,
}

impl Index {
    /// Notes an object, unless it stands where the one before it stood in all that is looked up.
    pub(super) fn change(
        &mut self,
        key: &str,
        before: Option<&Arc<Object>>,
        after: Option<&Arc<Object>>,
    ) {
        let seen = |object: &Arc<Object>| (object.uid.clone(), object.owners.clone());
        if before.map(seen) == after.map(seen) {
            return;
        }
        if let Some(before) = before {
            let place = (before.kind, key.to_owned());
            leave(&mut self.itself, &before.uid, &place);
            before.owners.iter().for_each(|owner| leave(&mut self.owned, owner, &place));
        }
        if let Some(after) = after {
            let place = (after.kind, key.to_owned());
            self.itself.entry(after.uid.clone()).or_default().insert(place.clone());
            for owner in &after.owners {
                self.owned.entry(owner.clone()).or_default().insert(place.clone());
            }
        }
    }

    /// The places of the objects with that identity.
    pub(super) fn with_uid(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.itself.get(uid).into_iter().flatten()
    }

    /// The places of the objects that the one with that identity owns.
    pub(super) fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.owned.get(uid).into_iter().flatten()
    }
}

fn leave(places: &mut HashMap<String, BTreeSet<Place>>, uid: &str, place: &Place) {
    if let Some(there) = places.get_mut(uid) {
        there.remove(place);
        if there.is_empty() {
            places.remove(uid);
        }
    }
}
