//! The smallest scenario that still shows a difference of the same cause.

use {
    crate::{
        Result,
        request::{Body, Request},
        run::Pair,
        scenario::Scenario,
    },
    serde_json::Value,
};

/// How many tries a shrinking may take.
const TRIES: usize = 60;

/// Makes a scenario smaller, as long as its last step keeps its difference.
pub(crate) fn shrink(pair: &mut Pair, scenario: &Scenario, cause: &str) -> Result<Scenario> {
    let mut best = scenario.clone();
    let mut tries = 0;
    loop {
        let mut better = None;
        for candidate in candidates(&best) {
            tries += 1;
            if tries > TRIES {
                return Ok(best);
            }
            if pair.ends_with(&candidate, cause)? {
                better = Some(candidate);
                break;
            }
        }
        match better {
            Some(candidate) => best = candidate,
            None => return Ok(best),
        }
    }
}

// A step that is taken out leaves a gap, so that blanks keep their numbers.
fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let Some((last, before)) = scenario.steps.split_last() else { return Vec::new() };
    let mut found = Vec::new();
    let gap = Request { method: String::new(), ..last.clone() };
    let kept: Vec<usize> = (0..before.len()).filter(|at| !before[*at].method.is_empty()).collect();
    let mut without = |places: &[usize]| {
        if !places.is_empty() {
            let mut steps = scenario.steps.clone();
            places.iter().for_each(|place| steps[*place] = gap.clone());
            found.push(Scenario { steps });
        }
    };
    without(&kept);
    if kept.len() > 3 {
        kept.chunks(kept.len().div_ceil(4)).for_each(&mut without);
    }
    if kept.len() < 8 {
        kept.chunks(1).for_each(&mut without);
    }
    for request in smaller(last) {
        let mut steps = before.to_vec();
        steps.push(request);
        found.push(Scenario { steps });
    }
    found
}

fn smaller(request: &Request) -> Vec<Request> {
    let mut found = Vec::new();
    for at in 0..request.query.len() {
        let mut less = request.clone();
        less.query.remove(at);
        found.push(less);
    }
    for at in 0..request.headers.len() {
        let mut less = request.clone();
        less.headers.remove(at);
        found.push(less);
    }
    match &request.body {
        Body::None => {}
        Body::Json(value) => {
            found.push(Request { body: Body::None, ..request.clone() });
            for less in smaller_values(value) {
                found.push(Request { body: Body::Json(less), ..request.clone() });
            }
        }
        _ => found.push(Request { body: Body::None, ..request.clone() }),
    }
    found
}

fn smaller_values(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    if let Value::Object(members) = value {
        for name in members.keys() {
            let mut less = members.clone();
            less.remove(name);
            found.push(less.into());
        }
        for (name, inner) in members {
            for inner in smaller_values(inner) {
                let mut less = members.clone();
                less.insert(name.clone(), inner);
                found.push(less.into());
            }
        }
    }
    found
}
