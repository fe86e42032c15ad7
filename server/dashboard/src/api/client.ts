import createClient, { type Middleware } from 'openapi-fetch';
import { Problem } from './problem';
import type { components, paths } from './schema';

/** A schema of the relay's OpenAPI document, by name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export const api = createClient<paths>({ credentials: 'same-origin', cache: 'no-store' });

let signedOut: () => void = () => {};

/** Says what to do when the session is over. */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

const page: Middleware = {
  onRequest({ request }) {
    // Another site's page cannot add this header: see docs/security.md.
    request.headers.set('x-satchel-page', '1');
    return request;
  },
};
api.use(page);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was asked for, or a thrown [Problem]. */
export async function told<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw Problem.unreachable;
  }
  if (!answer.response.ok) {
    if (answer.response.status === 401) signedOut();
    throw Problem.of(answer.response.status, answer.error);
  }
  return answer.data as T;
}

/** A page of any list. */
interface Part<T> {
  items: T[];
  next_cursor?: string | null;
}

/** Every row of a list, page by page, up to `most`; `whole` says whether that was all. */
export async function every<T>(
  ask: (cursor: string | undefined) => Promise<Answer<Part<T>>>,
  most = 5000,
): Promise<{ rows: T[]; whole: boolean }> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const part: Part<T> = await told(ask(cursor));
    rows.push(...part.items);
    cursor = part.next_cursor ?? undefined;
  } while (cursor !== undefined && rows.length < most);
  return { rows, whole: cursor === undefined };
}
