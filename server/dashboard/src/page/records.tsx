import type { Schema } from '../api/client';
import { behind, keyOf, question } from '../api/insight';
import { useAsk } from '../ask';
import { Person, useName } from '../part/name';
import { periodName } from '../part/pick';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { usePeople } from '../people';
import { address, type Place } from '../place';
import { called, day, money, plain, t } from '../text';

type Behind = Schema<'Behind'>;

/** The records behind a figure: one click away from it, and one from each record. */
export function Records({ place }: { place: Place }) {
  const people = usePeople();
  const name = useName();
  const asked = question(place, people.currency);
  const part = (key: string) => place.query.get(key) ?? undefined;
  const [figure, stage, reason, member] = [part('figure') ?? '', part('stage'), part('reason'), part('member')];
  const wanted = { figure, ...(stage ? { stage } : {}), ...(reason ? { reason } : {}), ...(member ? { member } : {}) };
  const answer = useAsk(`records ${keyOf(asked)} ${JSON.stringify(wanted)}`, () => behind(asked, wanted), [
    'deal',
    'visit',
    'sales_order',
    'sales_credit',
    'survey_response',
  ]);
  const worth = (row: Behind) =>
    row.amount_minor == null || !row.currency ? undefined : { minor: row.amount_minor, currency: row.currency };
  const who = (row: Behind) => row.members.map(name).join(', ');
  const columns: Column<Behind>[] = [
    {
      title: t('records.title'),
      heads: true,
      show: (row) => <a href={address(['record', row.collection, row.id])}>{row.title || row.id.slice(0, 8)}</a>,
      value: (row) => row.title,
    },
    { title: t('market.day'), show: (row) => (row.day ? day(row.day) : '—'), value: (row) => row.day },
    {
      title: t('records.amount'),
      numeric: true,
      show: (row) => {
        const amount = worth(row);
        return amount === undefined ? '—' : money(amount);
      },
      value: (row) => {
        const amount = worth(row);
        return amount === undefined ? null : Number(plain(amount));
      },
    },
    { title: t('records.currency'), show: (row) => row.currency ?? '—', value: (row) => row.currency },
    { title: t('market.who'), show: who, value: who },
  ];
  return (
    <section class="card">
      <p class="what">
        <strong>{called('figure', figure)}</strong> · {periodName(asked.period)}
        {stage && ` · ${called('stage', stage)}`}
        {reason && ` · ${called('lost_reason', reason)}`}
        {member && (
          <>
            {' · '}
            <Person id={member} />
          </>
        )}
      </p>
      <Answer asked={answer}>
        {({ rows, whole }) => (
          <>
            {!whole && <p class="badge warn">{t('decide.not_all', { n: rows.length })}</p>}
            <Table
              caption={t('page.records')}
              hideCaption
              file={`records-${figure}`}
              columns={columns}
              rows={rows}
              id={(row) => row.id}
              empty={t('records.none')}
            />
          </>
        )}
      </Answer>
    </section>
  );
}
