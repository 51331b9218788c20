//! What two live interpreters of one process show: before and after the second one's import.

use insula_xray::{Hit, Overwritten, Shared, overwritten, shared};

use super::memory::View;
use super::{Lab, Setup};
use crate::observations::{Gap, Outcome, Seen};
use crate::worker::protocol::{At, Checkpoint, Kind, Known, Message, ReachedObjects, Visited};

#[derive(Default)]
pub(super) struct Pair {
    before: Option<Seen<Vec<Hit>>>,
    after: Option<Seen<Vec<Hit>>>,
    shared: Option<Seen<Vec<Shared>>>,
}

impl Pair {
    pub(super) fn look(&mut self, lab: &Lab, setup: &Setup, pid: u32, checkpoint: &Checkpoint, earlier: &[Message]) {
        let view = View::open(lab, pid, checkpoint);
        let hits = |types: &[_]| {
            let view = view.as_ref().map_err(Gap::clone)?;
            view.x_ray(&setup.subject.extension, types, &[])
        };
        match &checkpoint.at {
            At::OneInterpreter { known } => self.before = Some(hits(&known.types())),
            At::TwoInterpreters { known } => {
                let Some(visited) = earlier.iter().find_map(|message| Visited::of(&message.event)) else { return };
                let both = Known::both(known, &visited.known);
                self.after = Some(hits(&both));
                let mut reached = earlier.iter().filter_map(|message| ReachedObjects::of(&message.event));
                if let (Some(first), Some(second)) = (reached.next(), reached.next()) {
                    self.shared =
                        Some(view.map(|view| shared(&view.memory, &view.layout, &both, &first.list(), &second.list())));
                }
            }
            _ => {}
        }
    }

    pub(super) fn results(self, legacy: &Outcome) -> (Seen<Vec<Overwritten>>, Seen<Vec<Shared>>) {
        let missing =
            || legacy.obstacle().unwrap_or_else(|| Gap::inconclusive("the second interpreter did not report"));
        let replaced = match (self.before, self.after) {
            (Some(Ok(before)), Some(Ok(after))) => Ok(overwritten(&before, &after)),
            (Some(Err(why)), _) | (_, Some(Err(why))) => Err(why),
            _ => Err(missing()),
        };
        (replaced, self.shared.unwrap_or_else(|| Err(missing())))
    }
}
