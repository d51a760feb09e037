// Frames from the workstation's loopback socket: token first, then one acknowledgement per drawn frame, so that at
// most two are under way. A socket that closes is opened again for as long as the screen wants the picture.
import type { VideoStream } from '$generated';
import { readFrame } from './i420';
import type { Painter } from './painter';

const AGAIN_MS = 500;

export interface SocketPlan {
  url: string;
  token: string;
}

/** `plan` is asked at every (re)connect: a restarted station has another port and token. */
export function receiveFrames(
  plan: () => SocketPlan | null,
  stream: VideoStream,
  painter: Painter,
  fault: (broken: boolean) => void,
): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const open = (): void => {
    const now = plan();
    if (!now) {
      timer = setTimeout(open, AGAIN_MS);
      return;
    }
    const mine = new WebSocket(`${now.url}?stream=${stream}`);
    socket = mine;
    mine.binaryType = 'arraybuffer';
    mine.onopen = () => mine.send(now.token);
    mine.onmessage = (message: MessageEvent<unknown>) => {
      const frame = message.data instanceof ArrayBuffer ? readFrame(message.data) : null;
      if (!frame) return;
      painter.draw(frame).then(
        () => {
          fault(false);
          if (mine.readyState === WebSocket.OPEN) mine.send(JSON.stringify({ ack: frame.seq }));
        },
        () => fault(true),
      );
    };
    mine.onclose = () => {
      if (over) return;
      fault(true);
      timer = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  return () => {
    over = true;
    clearTimeout(timer);
    socket?.close();
    painter.stop();
  };
}
