// Plays both sides a little, so that a person can click through the screens in a plain browser (npm run dev:agent).
import type { Answer } from '../agent/host/drawn';
import { callOf } from '../agent/stage';
import { scenes, view } from './scenes';

export const play: Answer = (command, picture) => {
  switch (command.type) {
    case 'sign_in':
      return command.password === 'sai' ? scenes['sign-in-error'] : scenes['device-check'];
    case 'sign_out':
      return scenes['sign-in'];
    case 'set_status':
      if (callOf(picture)) return command.status.status === 'paused' ? { ...picture, wish: command.status } : scenes.call;
      return command.status.status === 'available'
        ? scenes.waiting
        : { ...picture, view: view({ state: 'paused', since: new Date().toISOString(), reason: command.status.reason }) };
    case 'accept':
      return scenes.call;
    case 'pass':
    case 'decline':
      return scenes.waiting;
    case 'verdict':
      return scenes.sealed;
    case 'compared_again':
      return scenes.call;
    case 'give_up':
    case 'wrap_up_done':
      return scenes.waiting;
    case 'renew_key':
      return scenes['enrol-new-key'];
    case 'begin_new_outbox':
      return scenes['outbox-set-aside'];
    case 'silence_ring':
    case 'ring_shown':
    case 'place_video':
    case 'check_devices':
      return null;
  }
};
