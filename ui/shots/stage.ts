// Entry for drawing: `?scene=call&window=main|ring&clock=still`. Shows one scene in a plain browser.
import App from '../agent/App.svelte';
import { drawnHost, surfacePainter } from '../agent/host/drawn';
import RingWindow from '../agent/ring/RingWindow.svelte';
import { start } from '../agent/start';
import { Clock } from '../agent/time/clock.svelte';
import * as drawings from './drawings';
import { play } from './player';
import { NOW, scenes, type SceneName } from './scenes';

async function load(src: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

const query = new URLSearchParams(location.search);
const name = (query.get('scene') ?? 'sign-in') as SceneName;
// Scenes stand still at their moment for pictures, or begin there and run.
const began = Date.now();
const clock = new Clock(query.get('clock') === 'still' ? () => NOW : () => NOW + Date.now() - began);
const surface = surfacePainter({ remote: await load(drawings.live), own: await load(drawings.own) });
const host = drawnHost(scenes[name], play, surface);
Object.assign(window, { drawn: { host, scenes } });
start(query.get('window') === 'ring' ? RingWindow : App, host, clock);
