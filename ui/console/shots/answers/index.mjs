import { calls } from './calls.mjs';
import { live } from './live.mjs';
import { people } from './people.mjs';
import { staffing } from './staffing.mjs';

export const areas = [calls, live, people, staffing];
