//! Scenarios by chance: a namespace with something in it, then requests of all kinds.

mod authorize;
mod bodies;
mod lists;
mod nodes;
mod objects;
mod odd;
mod paths;
mod reviews;
mod texts;
mod tokens;
mod updates;
mod wire;

use crate::{random::Random, request::Request, scenario::Scenario};

/// What the requests of a scenario may speak of.
#[derive(Debug, Default)]
struct Setting {
    /// The number of the step that is being made.
    step: usize,
    /// Steps that may have answered with a token.
    tokens: Vec<usize>,
    /// Steps that may have made an object, so that there is a uid.
    objects: Vec<usize>,
}

impl Setting {
    /// A token of an earlier answer, perhaps changed.
    fn token(&self, random: &mut Random) -> String {
        if self.tokens.is_empty() || random.chance(8) {
            return random.text(&[
                "admin-token",
                "nobody-token",
                "nothing",
                "",
                " ",
                "a.b.c",
                " x",
                "a b",
                "\t",
            ]);
        }
        let step = self.tokens[random.below(self.tokens.len())];
        let change = if random.chance(45) { "" } else { random.pick(crate::token::CHANGES) };
        format!("{{{{token.{step}|{change}}}}}")
    }

    /// A uid of an earlier answer, or one of nobody.
    fn uid(&self, random: &mut Random) -> String {
        if self.objects.is_empty() || random.chance(40) {
            return random.text(&["wrong", "00000000-0000-0000-0000-000000000000", ""]);
        }
        format!("{{{{uid.{}}}}}", self.objects[random.below(self.objects.len())])
    }
}

/// Makes one scenario.
pub(crate) fn scenario(random: &mut Random) -> Scenario {
    let mut setting = Setting::default();
    let mut steps = Vec::new();
    let mut add = |request: Request, setting: &mut Setting| {
        if request.path.ends_with("/token") {
            setting.tokens.push(setting.step);
        } else if request.method == "POST" {
            setting.objects.push(setting.step);
        }
        setting.step += 1;
        steps.push(request);
    };
    for request in objects::setup(random) {
        add(request, &mut setting);
    }
    add(tokens::plain("a"), &mut setting);
    for _ in 0..10 + random.below(14) {
        let mut request = match random.below(100) {
            0..23 => tokens::request(random, &setting),
            23..28 => nodes::request(random),
            28..41 => reviews::request(random, &setting),
            41..50 => authorize::request(random, &setting),
            50..64 => objects::request(random, &setting),
            64..74 => updates::request(random, &setting),
            74..85 => lists::request(random, &setting),
            _ => paths::request(random, &setting),
        };
        if random.chance(15) {
            bodies::change(random, &mut request);
        }
        if random.chance(40) {
            odd::twist(random, &setting, &mut request);
        }
        add(request, &mut setting);
    }
    for _ in 0..random.below(3) {
        add(wire::request(random), &mut setting);
    }
    // A watch takes a second: one at the end of some.
    if random.chance(10) {
        add(lists::watch(random, &setting), &mut setting);
    }
    Scenario { steps }
}
