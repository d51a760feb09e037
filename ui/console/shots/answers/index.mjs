import { calls } from './calls.mjs';
import { counted } from './figures.mjs';
import { keeping } from './keeping.mjs';
import { live } from './live.mjs';
import { people } from './people.mjs';

export const areas = [calls, counted, keeping, live, people];
