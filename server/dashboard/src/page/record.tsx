import { useState } from 'preact/hooks';
import { history, list, named, plural, record } from '../api/record';
import { useAsk } from '../ask';
import { Conflicts } from '../part/conflict';
import { Handover } from '../part/handover';
import { Person, When } from '../part/name';
import { Answer } from '../part/state';
import { Value } from '../part/value';
import { address, type Place } from '../place';
import { called, t } from '../text';

/** Nothing, an empty text, list or map: left out. */
function isBlank(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** What hangs on a record: kinds that name it, by which field. */
const HANGING: Record<string, [kind: string, field: string][]> = {
  customer: [
    ['deal', 'customer_id'],
    ['visit', 'customer_id'],
    ['sales_order', 'customer_id'],
    ['contact', 'customer_id'],
    ['task', 'customer_id'],
  ],
  deal: [['sales_order', 'deal_id']],
};

function Hanging({ kind, field, id }: { kind: string; field: string; id: string }) {
  const asked = useAsk(`hanging ${kind} ${id}`, () => list(plural(kind), { [field]: id, limit: 20 }), [kind]);
  if (asked.problem !== undefined || asked.value === undefined || asked.value.items.length === 0) return null;
  return (
    <section class="card">
      <h2>{called('kinds', kind)}</h2>
      <ul>
        {asked.value.items.map((one) => (
          <li key={one.id}>
            <a href={address(['record', plural(kind), one.id])}>{named(one) ?? called('kind', kind)}</a>{' '}
            {Object.entries(one.derived)
              .filter(([name, value]) => ['stage', 'status', 'state'].includes(name) && typeof value === 'string')
              .map(([name, value]) => (
                <span key={name} class="badge">
                  {called(name, value as string)}
                </span>
              ))}{' '}
            <span class="faint">
              <When at={one.updated.at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One record of any kind: what it says, what is undecided, who wrote what and when. */
export function RecordPage({ place }: { place: Place }) {
  const [, collection = '', id = ''] = place.path;
  const [hands, setHands] = useState(false);
  const asked = useAsk(`record ${collection} ${id}`, () => record(collection, id), [
    ...new Set(
      ['customer', 'deal', 'visit', 'contact', 'task', 'sales_order'].filter((kind) => plural(kind) === collection),
    ),
  ]);
  const version = asked.value?.heads.join() ?? null;
  const past = useAsk(version === null ? null : `history ${id} ${version}`, () => history(collection, id));
  return (
    <Answer asked={asked}>
      {(one) => (
        <>
          <section class="card">
            <h2>
              {named(one) ?? called('kind', one.kind)} <span class="badge">{called('kind', one.kind)}</span>{' '}
              {one.archived && <span class="badge warn">{t('record.archived')}</span>}
              {one.edited_after_archive && <span class="badge warn">{t('record.edited_after_archive')}</span>}
              {one.derived.disputed === true && <span class="badge bad">{t('record.disputed')}</span>}
            </h2>
            <p class="faint">
              {t('record.created')} <Person id={one.created.by} />, <When at={one.created.at} /> · {t('record.updated')}{' '}
              <Person id={one.updated.by} />, <When at={one.updated.at} />
            </p>
            {one.assignees !== undefined && (
              <p>
                {t('record.assignees')}:{' '}
                {one.assignees.length === 0 && <span class="badge warn">{t('record.unassigned')}</span>}
                {one.assignees.map((member, at) => (
                  <span key={member}>
                    {at > 0 && ', '}
                    <Person id={member} />
                  </span>
                ))}{' '}
                <button type="button" onClick={() => setHands(true)}>
                  {t('handover.do')}
                </button>
              </p>
            )}
          </section>
          {hands && (
            <Handover
              records={[{ scope: one.scope, name: named(one) ?? one.id }]}
              from={one.assignees?.length === 1 ? (one.assignees[0] ?? null) : null}
              close={() => setHands(false)}
              done={asked.again}
            />
          )}
          {one.conflicts.length > 0 && (
            <section class="card">
              <h2>{t('decide.conflicts')}</h2>
              <Conflicts record={one} decided={asked.again} />
            </section>
          )}
          <div class="columns">
            <section class="card">
              <h2>{t('record.fields')}</h2>
              <dl class="facts">
                {[...Object.entries(one.derived), ...Object.entries(one.fields)]
                  .filter(([, value]) => !isBlank(value))
                  .map(([name, value]) => (
                    <>
                      <dt key={`${name} name`}>{called('field', name)}</dt>
                      <dd key={name}>
                        <Value field={name} value={value} />
                      </dd>
                    </>
                  ))}
              </dl>
            </section>
            <section class="card">
              <h2>{t('record.history')}</h2>
              <Answer asked={past}>
                {(entries) => (
                  <ol class="history">
                    {[...entries].reverse().map((entry) => (
                      <li key={entry.hash}>
                        <Person id={entry.by} /> · <When at={entry.at} />
                        <br />
                        <span class="faint">
                          {[...new Set(entry.fields.map((change) => called('field', change.field.split('/')[0])))].join(
                            ', ',
                          )}
                        </span>
                      </li>
                    ))}
                  </ol>
                )}
              </Answer>
            </section>
          </div>
          {(HANGING[one.kind] ?? []).map(([kind, field]) => (
            <Hanging key={kind} kind={kind} field={field} id={one.id} />
          ))}
        </>
      )}
    </Answer>
  );
}
