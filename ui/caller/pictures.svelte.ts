// ID card and portrait, fetched with the call's own token and shown from memory: the token never stands in a URL.

import type { ImageKind, ImageRef } from '$generated';

const SHOWN: readonly ImageKind[] = ['id_front', 'id_back', 'portrait'];
const RETRY_MS = [1_000, 3_000, 8_000];

export interface Paper {
  kind: ImageKind;
  sha256: string;
  url: string;
  state: 'loading' | 'ready' | 'failed';
  src: string;
}

export class Pictures {
  papers = $state<Paper[]>([]);
  private ended = false;

  constructor(private readonly token: string) {}

  /** Takes the view's list; a picture already here is not fetched again. */
  take(images: readonly ImageRef[]): void {
    for (const { kind, sha256, url } of images) {
      if (!SHOWN.includes(kind) || this.papers.some((paper) => paper.kind === kind && paper.sha256 === sha256)) continue;
      this.papers = [
        ...this.papers.filter((paper) => paper.kind !== kind),
        { kind, sha256, url, state: 'loading', src: '' } satisfies Paper,
      ].sort((a, b) => SHOWN.indexOf(a.kind) - SHOWN.indexOf(b.kind));
      void this.fetch(sha256, 0);
    }
  }

  again(sha256: string): void {
    void this.fetch(sha256, RETRY_MS.length);
  }

  drop(): void {
    this.ended = true;
    for (const paper of this.papers) if (paper.src) URL.revokeObjectURL(paper.src);
    this.papers = [];
  }

  private async fetch(sha256: string, attempt: number): Promise<void> {
    const paper = this.papers.find((one) => one.sha256 === sha256);
    if (!paper) return;
    paper.state = 'loading';
    try {
      const answer = await fetch(`${paper.url}?display=1`, { headers: { authorization: `Bearer ${this.token}` } });
      if (!answer.ok) throw new Error(String(answer.status));
      const src = URL.createObjectURL(await answer.blob());
      if (this.ended) {
        URL.revokeObjectURL(src);
        return;
      }
      paper.src = src;
      paper.state = 'ready';
    } catch {
      const pause = RETRY_MS[attempt];
      if (pause === undefined) paper.state = 'failed';
      else setTimeout(() => void this.fetch(sha256, attempt + 1), pause);
    }
  }
}
