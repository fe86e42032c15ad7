/** What the relay answers where it refuses: an RFC 9457 problem document. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string | undefined,
    readonly fields: readonly string[] = [],
  ) {
    super(detail ?? code);
  }

  /** The relay could not be reached at all. */
  static readonly unreachable = new Problem(0, 'unreachable', undefined);

  static of(status: number, body: unknown): Problem {
    const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const violations = Array.isArray(told.violations) ? (told.violations as { field: string; detail: string }[]) : [];
    return new Problem(
      status,
      typeof told.code === 'string' ? told.code : 'failed',
      typeof told.detail === 'string' ? told.detail : undefined,
      violations.map((one) => `${one.field}: ${one.detail}`),
    );
  }
}
