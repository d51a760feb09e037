// Drawing frames in the page where there is no native surface: through a generated video track where the browser
// has one (Windows), else onto a canvas.
import { toRgba, type I420 } from './i420';

export interface Painter {
  draw(frame: I420): Promise<void>;
  stop(): void;
}

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
type TrackGeneratorClass = new (init: { kind: 'video' }) => TrackGenerator;

function generatorClass(): TrackGeneratorClass | null {
  const found = (globalThis as { MediaStreamTrackGenerator?: TrackGeneratorClass }).MediaStreamTrackGenerator;
  return found && typeof VideoFrame !== 'undefined' ? found : null;
}

/** Whether frames go through a `<video>`; a `<canvas>` otherwise. */
export function drawsOnVideo(): boolean {
  return generatorClass() !== null;
}

export function videoPainter(video: HTMLVideoElement): Painter {
  const Generator = generatorClass();
  if (!Generator) throw new Error('no MediaStreamTrackGenerator');
  const track = new Generator({ kind: 'video' });
  const writer = track.writable.getWriter();
  video.srcObject = new MediaStream([track]);
  void video.play().catch(() => undefined);
  return {
    async draw({ planes, width, height }) {
      const frame = new VideoFrame(planes, {
        format: 'I420',
        codedWidth: width,
        codedHeight: height,
        timestamp: Math.round(performance.now() * 1000),
        // What browsers send; left out, 709 would be taken, and a capture would show other greys than came.
        colorSpace: { matrix: 'smpte170m', fullRange: false },
      });
      await writer.write(frame);
    },
    stop() {
      track.stop();
      video.srcObject = null;
    },
  };
}

export function canvasPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no 2d canvas');
  let image: ImageData | null = null;
  return {
    draw(frame) {
      if (!image || image.width !== frame.width || image.height !== frame.height) {
        canvas.width = frame.width;
        canvas.height = frame.height;
        image = context.createImageData(frame.width, frame.height);
      }
      toRgba(frame, image.data);
      context.putImageData(image, 0, 0);
      return Promise.resolve();
    },
    stop() {
      image = null;
    },
  };
}
