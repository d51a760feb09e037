//! Deliberately broken switchboards: each is caught, with the invariant that it breaks.

use chinhchu_proof::day::{Day, Plan};
use chinhchu_proof::mutant::{Fault, Mutant};

/// How many days a fault may live.
const DAYS: u64 = 6;

#[test]
fn the_simulated_days_catch_every_fault() {
    let mut missed = Vec::new();
    for (fault, rule) in Fault::ALL {
        let caught = (0..DAYS).find_map(|seed| {
            let mut day = Day::new(Plan::small_day(seed), Mutant::new(fault));
            day.run().err().map(|broken| (seed, day.report.inputs, broken))
        });
        match caught {
            Some((seed, inputs, broken)) => {
                println!("{fault:?}: caught by day {seed} after {inputs} inputs: {broken:.120}");
                if broken.rule != rule {
                    missed.push(format!("{fault:?} breaks {rule}, and was caught as {broken}"));
                }
            }
            None => missed.push(format!("{fault:?}, which breaks {rule}, is not caught")),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
