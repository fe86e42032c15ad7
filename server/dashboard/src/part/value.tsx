import type { ComponentChildren } from 'preact';
import { named, plural, record } from '../api/record';
import { useAsk } from '../ask';
import { usePeople } from '../people';
import { address } from '../place';
import { called, day, instant, money, number, percent, t } from '../text';
import { Person } from './name';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Which kind a field's id names. */
const REFERENCES: Record<string, string> = {
  customer_id: 'customer',
  contact_id: 'contact',
  deal_id: 'deal',
  visit_id: 'visit',
  order_id: 'sales_order',
  kpi_id: 'kpi',
  template_id: 'process_template',
  parent_customer: 'customer',
  merged_into: 'customer',
  survivor: 'customer',
  product: 'product',
};

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A record that another names, by its own name where the caller may read it. */
function Reference({ kind, id }: { kind: string; id: string }) {
  const asked = useAsk(`reference ${id}`, () => record(plural(kind), id));
  const name = asked.value === undefined ? undefined : named(asked.value);
  if (asked.problem !== undefined) return <code>{id.slice(0, 8)}</code>;
  return <a href={address(['record', plural(kind), id])}>{name ?? called('kind', kind)}</a>;
}

/** Of a move, what its stage says by itself. */
const IMPLIED = ['rank', 'stage_type', 'forecast_category'];

/** A field's value as people read it. */
export function Value({ field, value }: { field: string; value: unknown }): ComponentChildren {
  const { members } = usePeople();
  if (value === null || value === undefined || value === '') return <span class="faint">—</span>;
  if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no');
  if (typeof value === 'number')
    return field.endsWith('_bp') || field.endsWith('_bp_effective') ? percent(value) : number(value);
  if (typeof value === 'string') {
    if (ID.test(value)) {
      if (members.has(value)) return <Person id={value} />;
      const kind = REFERENCES[field];
      return kind === undefined ? <code>{value.slice(0, 8)}</code> : <Reference kind={kind} id={value} />;
    }
    if (INSTANT.test(value)) return instant(value);
    if (DAY.test(value)) return day(value);
    return /^[a-z][a-z0-9_]*$/.test(value) ? called(field, value) : value;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="faint">—</span>;
    if (value.every((one) => !isObject(one))) {
      return value.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a list of plain values has no other key
        <span key={at}>
          {at > 0 && ' · '}
          <Value field={field} value={one} />
        </span>
      ));
    }
    return (
      <ul>
        {value.map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries of a log stand in their order
          <li key={at}>
            <Value field={field} value={one} />
          </li>
        ))}
      </ul>
    );
  }
  if (isObject(value)) {
    if (typeof value.minor === 'number' && typeof value.currency === 'string') {
      return money({ minor: value.minor, currency: value.currency });
    }
    if (typeof value.lat_e7 === 'number' && typeof value.lon_e7 === 'number') {
      const accuracy = typeof value.accuracy_m === 'number' ? ` ±${number(value.accuracy_m)} m` : '';
      return `${(value.lat_e7 / 1e7).toFixed(5)}, ${(value.lon_e7 / 1e7).toFixed(5)}${accuracy}`;
    }
    if (isObject(value.stamp)) {
      const { stamp, ...rest } = value;
      const by = stamp as Json;
      return (
        <>
          {Object.entries(rest)
            .filter(([name, part]) => part !== null && !('stage' in rest && IMPLIED.includes(name)))
            .map(([name, part], at) => (
              <span key={name}>
                {at > 0 && ', '}
                {name !== 'event' && name !== 'stage' && <span class="faint">{called('field', name)} </span>}
                <Value field={name} value={part} />
              </span>
            ))}
          <span class="faint">
            {' — '}
            <Person id={typeof by.by === 'string' ? by.by : null} />
            {typeof by.at === 'string' && `, ${instant(by.at)}`}
          </span>
        </>
      );
    }
    const parts = Object.entries(value).filter(([, part]) => part !== null && part !== '');
    if (parts.length === 0) return <span class="faint">—</span>;
    return (
      <>
        {parts.map(([name, part], at) => (
          <span key={name}>
            {at > 0 && ' · '}
            <span class="faint">{members.has(name) ? <Person id={name} /> : called('field', name)}: </span>
            <Value field={name} value={part} />
          </span>
        ))}
      </>
    );
  }
  return String(value);
}
