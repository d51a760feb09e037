import { people } from './people.mjs';

export const areas = [people];
