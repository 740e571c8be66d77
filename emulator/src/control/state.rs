//! Back to the state of a fresh emulator: what clients made is gone, what was seeded is there.

use {
    crate::{
        control::{Control, error::Error},
        world::World,
    },
    serde_json::{Value, json},
    std::sync::PoisonError,
};

pub(super) fn reset(control: &Control, world: &World) -> Result<Value, Error> {
    // What is being answered ends first, and the next request sees the new state.
    let _alone = control.resetting.write().unwrap_or_else(PoisonError::into_inner);
    world.reset();
    control.faults.clear();
    control.seed.plant(world).map_err(Error::Seed)?;
    Ok(json!({"status": "reset"}))
}
