//! Shows that the switchboard keeps its invariants I1 to I8: model check, simulated day, mutants.
