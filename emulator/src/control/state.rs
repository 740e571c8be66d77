//! Back to the state of a fresh emulator: what clients made is gone, what was seeded is there.
//!
//! The server runs this while no other request is answered: what is under way ends first, and the
//! next request sees the new state.

use {
    crate::{
        control::{Control, error::Error},
        world::World,
    },
    serde_json::{Value, json},
};

pub(super) fn reset(control: &Control, world: &World) -> Result<Value, Error> {
    world.reset();
    control.faults.clear();
    control.seed.plant(world).map_err(Error::Seed)?;
    Ok(json!({"status": "reset"}))
}
