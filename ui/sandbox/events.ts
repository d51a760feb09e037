// Server-sent events over fetch: EventSource cannot send the token. Resumes with Last-Event-ID.

export interface ServerEvent {
  id: string | null;
  type: string;
  data: string;
}

/** Cuts a stream into events; keeps what is not complete. */
export class EventParser {
  private rest = '';
  lastId: string | null = null;

  push(text: string): ServerEvent[] {
    this.rest = (this.rest + text).replace(/\r/g, '');
    const blocks = this.rest.split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map((block) => this.read(block)).filter((event) => event !== null);
  }

  private read(block: string): ServerEvent | null {
    const data: string[] = [];
    let type = 'message';
    for (const line of block.split('\n')) {
      const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (field === 'data') data.push(value ?? '');
      else if (field === 'event') type = value ?? type;
      else if (field === 'id') this.lastId = value ?? null;
    }
    return data.length > 0 ? { id: this.lastId, type, data: data.join('\n') } : null;
  }
}

/** Reads until the stream ends; rejects when it cannot be opened. */
export async function readEvents(
  path: string,
  token: string,
  parser: EventParser,
  signal: AbortSignal,
  take: (event: ServerEvent) => void,
): Promise<void> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  if (parser.lastId !== null) headers['last-event-id'] = parser.lastId;
  const answer = await fetch(path, { headers, signal });
  if (!answer.ok || !answer.body) throw new Error(String(answer.status));
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const event of parser.push(decoder.decode(value, { stream: true }))) take(event);
  }
}
