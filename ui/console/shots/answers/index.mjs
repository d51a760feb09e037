import { live } from './live.mjs';
import { people } from './people.mjs';

export const areas = [live, people];
