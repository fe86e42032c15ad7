import { periodOf, teamOf } from '../part/pick';
import type { Place } from '../place';
import type { Schema } from './client';
import { api, every, told } from './client';

export type Figure = Schema<'Figure'>;
export type Line = Schema<'Line'>;
export type Head = Schema<'Head'>;
export type Point = Schema<'Point'>;

/** What a figure is asked for: the address holds it. */
export interface Question {
  period: string;
  team?: string;
  currency: string;
}

export function question(place: Place, currency: string): Question {
  const team = teamOf(place);
  return {
    period: periodOf(place),
    currency: place.query.get('currency') ?? currency,
    ...(team === undefined ? {} : { team }),
  };
}

/** The same as a key: two equal questions are one. */
export const keyOf = (asked: Question): string => `${asked.period} ${asked.team ?? ''} ${asked.currency}`;

const params = (query: Question) => ({ params: { query } });

export const attainment = (asked: Question) => told(api.GET('/v1/insight/attainment', params(asked)));
export const forecast = (asked: Question) => told(api.GET('/v1/insight/forecast', params(asked)));
export const funnel = (asked: Question) => told(api.GET('/v1/insight/funnel', params(asked)));
export const team = (asked: Question) => told(api.GET('/v1/insight/team', params(asked)));
export const customers = (asked: Question) => told(api.GET('/v1/insight/customers', params(asked)));

export async function duplicates(): Promise<Schema<'Duplicates'>> {
  return told(api.GET('/v1/insight/duplicates', { params: { query: {} } }));
}

/** Visits as points, up to `most`, and what all of them come to. */
export async function visits(asked: Question, most: number) {
  const first = await told(api.GET('/v1/insight/visits', { params: { query: { ...asked, limit: 200 } } }));
  const points = [...first.items];
  let cursor = first.next_cursor ?? undefined;
  while (cursor !== undefined && points.length < most) {
    const next: Schema<'Visits'> = await told(
      api.GET('/v1/insight/visits', { params: { query: { ...asked, limit: 200, cursor } } }),
    );
    points.push(...next.items);
    cursor = next.next_cursor ?? undefined;
  }
  return { head: first as Head, activity: first.activity ?? undefined, points, whole: cursor === undefined };
}

/** The records behind a figure. */
export function behind(
  asked: Question,
  wanted: { figure: string; stage?: string; reason?: string; member?: string },
): Promise<{ rows: Schema<'Behind'>[]; whole: boolean }> {
  return every(
    (cursor) =>
      api.GET('/v1/insight/records', {
        params: { query: { ...asked, ...wanted, limit: 200, ...(cursor === undefined ? {} : { cursor }) } },
      }),
    2000,
  );
}
