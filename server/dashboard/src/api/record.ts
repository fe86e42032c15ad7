import type { Schema } from './client';
import { api, told } from './client';

/** A record of any kind, as the generic pages read it. */
export interface AnyRecord {
  id: string;
  kind: string;
  scope: string;
  heads: string[];
  fields: Record<string, unknown>;
  derived: Record<string, unknown>;
  conflicts: string[];
  archived: boolean;
  edited_after_archive: boolean;
  created: { by: string | null; at: string };
  updated: { by: string | null; at: string };
  assignees?: string[];
}

/** What the collection of a kind is called in paths. */
export function plural(kind: string): string {
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

// The record routes are one and the same for every kind: they are typed by one of them, and read as any record.
type Kind = 'customers';
const any = (collection: string) => collection as Kind;

export async function record(collection: string, id: string): Promise<AnyRecord> {
  const path = `/v1/${any(collection)}/{id}` as '/v1/customers/{id}';
  return (await told(api.GET(path, { params: { path: { id } } }))) as unknown as AnyRecord;
}

export async function history(collection: string, id: string): Promise<Schema<'HistoryEntry'>[]> {
  const path = `/v1/${any(collection)}/{id}/history` as '/v1/customers/{id}/history';
  return (await told(api.GET(path, { params: { path: { id } } }))).items;
}

export async function conflicts(collection: string, id: string): Promise<Schema<'Conflict'>[]> {
  const path = `/v1/${any(collection)}/{id}/conflicts` as '/v1/customers/{id}/conflicts';
  return (await told(api.GET(path, { params: { path: { id } } }))).items;
}

export async function resolve(collection: string, id: string, field: string, value: unknown): Promise<void> {
  const path = `/v1/${any(collection)}/{id}/conflicts/resolve` as '/v1/customers/{id}/conflicts/resolve';
  await told(api.POST(path, { params: { path: { id } }, body: { field, value } as never }));
}

export async function edit(one: AnyRecord, fields: Record<string, unknown>): Promise<void> {
  const path = `/v1/${any(plural(one.kind))}/{id}` as '/v1/customers/{id}';
  const headers = { 'If-Match': `"${one.heads.join('-')}"` };
  await told(api.PATCH(path, { params: { path: { id: one.id } }, headers, body: { fields } as never }));
}

/** Records of a collection that hold these values, up to `limit`. */
export async function list(
  collection: string,
  query: Record<string, unknown>,
): Promise<{ items: AnyRecord[]; next_cursor?: string | null }> {
  const path = `/v1/${any(collection)}` as '/v1/customers';
  return (await told(api.GET(path, { params: { query: query as never } }))) as never;
}

/** What a record is called, where it has a name of its own. */
export function named(one: Pick<AnyRecord, 'fields'>): string | undefined {
  for (const field of ['name', 'full_name', 'title', 'subject', 'name_zh', 'code', 'number', 'body', 'summary']) {
    const value = one.fields[field];
    if (typeof value === 'string' && value.trim() !== '') return value.length > 80 ? `${value.slice(0, 80)}…` : value;
  }
  return undefined;
}
