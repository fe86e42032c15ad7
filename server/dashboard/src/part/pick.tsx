import { reach, usePeople } from '../people';
import { change, type Place } from '../place';
import { compare, t } from '../text';

/** The period in the address; the present quarter where it names none. */
export function periodOf(place: Place): string {
  const asked = place.query.get('period');
  if (asked !== null && /^\d{4}(-(\d{2}|Q[1-4]))?$/.test(asked)) return asked;
  return quarter(new Date());
}

function quarter(at: Date): string {
  return `${at.getUTCFullYear()}-Q${Math.floor(at.getUTCMonth() / 3) + 1}`;
}

export function periodName(period: string): string {
  const [year = '', part] = period.split('-');
  if (part === undefined) return t('when.year', { year });
  return part.startsWith('Q') ? t('when.quarter', { year, part: part.slice(1) }) : t('when.month', { year, part });
}

/** Periods to choose from: this year's and the last's, the longest first. */
function choices(): string[] {
  const year = new Date().getUTCFullYear();
  return [year, year - 1].flatMap((one) => [
    `${one}`,
    ...[4, 3, 2, 1].map((part) => `${one}-Q${part}`),
    ...Array.from({ length: 12 }, (_, month) => `${one}-${`${12 - month}`.padStart(2, '0')}`),
  ]);
}

export function PeriodPick({ place }: { place: Place }) {
  const now = periodOf(place);
  const all = choices();
  if (!all.includes(now)) all.unshift(now);
  return (
    <label>
      <span>{t('pick.period')}</span>
      <select value={now} onChange={(event) => change({ period: event.currentTarget.value })}>
        {all.map((one) => (
          <option key={one} value={one} selected={one === now}>
            {periodName(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function teamOf(place: Place): string | undefined {
  return place.query.get('team') ?? undefined;
}

export function TeamPick({ place }: { place: Place }) {
  const people = usePeople();
  const teams = reach(people).sort((a, b) => compare(a.name, b.name));
  if (teams.length === 0) return null;
  const now = teamOf(place) ?? '';
  const whole = people.me.role === 'admin' ? t('pick.everybody') : t('pick.my_teams');
  return (
    <label>
      <span>{t('pick.team')}</span>
      <select value={now} onChange={(event) => change({ team: event.currentTarget.value })}>
        <option value="" selected={now === ''}>
          {whole}
        </option>
        {teams.map((one) => (
          <option key={one.id} value={one.id} selected={one.id === now}>
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}

const CURRENCIES = ['CNY', 'USD', 'EUR', 'HKD', 'JPY', 'SGD', 'GBP', 'KRW', 'TWD', 'KWD'];

/** In which currency amounts are shown: by dated rates, where the organisation keeps them. */
export function CurrencyPick({ place }: { place: Place }) {
  const { currency } = usePeople();
  const now = place.query.get('currency') ?? currency;
  const all = [...new Set([currency, now, ...CURRENCIES])];
  return (
    <label>
      <span>{t('pick.currency')}</span>
      <select value={now} onChange={(event) => change({ currency: event.currentTarget.value })}>
        {all.map((one) => (
          <option key={one} value={one} selected={one === now}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
