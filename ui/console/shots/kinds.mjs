// Answers that are more than a body.
export class Problem {
  constructor(status, code, errors = []) {
    Object.assign(this, { status, code, errors });
  }
}

/** The answer was written by the function itself and goes on. */
export const STREAM = Symbol('stream');
/** Never answers. */
export const HANG = Symbol('hang');
