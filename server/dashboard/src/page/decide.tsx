import { useState } from 'preact/hooks';
import type { Schema } from '../api/client';
import { api, every, told } from '../api/client';
import { Problem } from '../api/problem';
import { type AnyRecord, edit, named, plural } from '../api/record';
import { useAsk } from '../ask';
import { Conflicts } from '../part/conflict';
import { Dialog } from '../part/dialog';
import { Duplicates } from '../part/duplicates';
import { Person, useName, When } from '../part/name';
import { Answer, Failure } from '../part/state';
import { type Column, Table } from '../part/table';
import { Value } from '../part/value';
import { address, type Place } from '../place';
import { called, instant, t } from '../text';

type Waiting = Schema<'QuarantineView'>;

const KINDS = ['customer', 'contact', 'visit', 'deal', 'task', 'note', 'sales_order'];

function undecided(): Promise<{ rows: AnyRecord[]; whole: boolean }> {
  return every(
    (cursor) =>
      api.GET('/v1/undecided', {
        params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } },
      }) as unknown as Promise<{
        data?: { items: AnyRecord[]; next_cursor?: string };
        response: Response;
      }>,
    500,
  );
}

function Title({ record }: { record: AnyRecord }) {
  return (
    <h3>
      <a href={address(['record', plural(record.kind), record.id])}>{named(record) ?? record.id.slice(0, 8)}</a>{' '}
      <span class="badge">{called('kind', record.kind)}</span>
    </h3>
  );
}

interface Move {
  stage: string;
  stage_type: string;
  rank: number;
  probability_bp: number;
  forecast_category?: string | null;
  stamp: { by?: string; at?: string; at_ms?: number };
}

/** A deal that was won by one and lost by another: whoever has seen both ends says which holds. */
function Dispute({ record, decided }: { record: AnyRecord; decided: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const moves = (Array.isArray(record.fields.moves) ? record.fields.moves : []) as Move[];
  const ends = moves.filter((move) => ['won', 'lost', 'invalid'].includes(move.stage_type)).slice(-3);
  const settle = async ({ stamp: _, ...move }: Move) => {
    setBusy(true);
    try {
      await edit(record, { moves: { append: [move] } });
      decided();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
    }
    setBusy(false);
  };
  return (
    <div class="decision">
      <Title record={record} />
      <p class="faint">{t('decide.dispute.what')}</p>
      {problem && <Failure problem={problem} />}
      <div class="choices">
        {ends.map((move, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may have made the same move
          <div class="choice" key={at}>
            <p class="value">
              {called('stage_type', move.stage_type)} <span class="faint">{called('stage', move.stage)}</span>
            </p>
            <p class="faint">
              <Person id={move.stamp.by} /> {move.stamp.at && <When at={move.stamp.at} />}
            </p>
            <button type="button" disabled={busy} onClick={() => settle(move)}>
              {t('decide.holds')}
              <span class="unseen"> {called('stage_type', move.stage_type)}</span>
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

function Undecided() {
  const asked = useAsk('undecided', undecided, KINDS);
  return (
    <Answer asked={asked}>
      {({ rows, whole }) => {
        const disputed = rows.filter((one) => one.derived.disputed === true);
        const apart = rows.filter((one) => one.conflicts.length > 0);
        const revived = rows.filter((one) => one.edited_after_archive);
        return (
          <>
            <section class="card" aria-labelledby="conflicts">
              <h2 id="conflicts">
                {t('decide.conflicts')} <span class="badge">{apart.length}</span>
              </h2>
              <p class="what">{t('decide.conflicts.what')}</p>
              {!whole && <p class="badge warn">{t('decide.not_all', { n: rows.length })}</p>}
              {apart.length === 0 && <p class="empty">{t('decide.conflicts.none')}</p>}
              {apart.map((one) => (
                <div class="decision" key={one.id}>
                  <Title record={one} />
                  <Conflicts record={one} decided={asked.again} />
                </div>
              ))}
            </section>
            <section class="card" aria-labelledby="disputes">
              <h2 id="disputes">
                {t('decide.disputes')} <span class="badge">{disputed.length}</span>
              </h2>
              {disputed.length === 0 && <p class="empty">{t('decide.disputes.none')}</p>}
              {disputed.map((one) => (
                <Dispute key={one.id} record={one} decided={asked.again} />
              ))}
            </section>
            {revived.length > 0 && (
              <section class="card" aria-labelledby="revived">
                <h2 id="revived">
                  {t('decide.revived')} <span class="badge">{revived.length}</span>
                </h2>
                <p class="what">{t('decide.revived.what')}</p>
                {revived.map((one) => (
                  <div class="decision" key={one.id}>
                    <Title record={one} />
                  </div>
                ))}
              </section>
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Quarantine() {
  const name = useName();
  const asked = useAsk(
    'quarantine',
    () =>
      every(
        (cursor) => api.GET('/v1/quarantine', { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } }),
        1000,
      ),
    KINDS,
  );
  const [about, setAbout] = useState<{ row: Waiting; what: 'accept' | 'drop' } | null>(null);
  const decide = async () => {
    if (about === null) return;
    const params = { params: { path: { number: about.row.number } } };
    if (about.what === 'accept') await told(api.POST('/v1/quarantine/{number}/accept', params));
    else await told(api.POST('/v1/quarantine/{number}/drop', params));
    asked.again();
  };
  const columns: Column<Waiting>[] = [
    {
      title: t('quarantine.who'),
      heads: true,
      show: (row) => <Person id={row.member} />,
      value: (row) => name(row.member),
    },
    { title: t('quarantine.kind'), show: (row) => called('kind', row.kind), value: (row) => called('kind', row.kind) },
    { title: t('quarantine.why'), show: (row) => called('quarantine', row.code), value: (row) => row.code },
    { title: t('quarantine.when'), show: (row) => <When at={row.received_at} />, value: (row) => row.received_at },
    {
      title: '',
      show: (row) => (
        <>
          <button type="button" onClick={() => setAbout({ row, what: 'accept' })}>
            {t('quarantine.accept')}
          </button>{' '}
          <button type="button" onClick={() => setAbout({ row, what: 'drop' })}>
            {t('quarantine.drop')}
          </button>
        </>
      ),
      value: () => '',
    },
  ];
  return (
    <section class="card" aria-labelledby="quarantine">
      <h2 id="quarantine">
        {t('decide.quarantine')} <span class="badge">{asked.value?.rows.length ?? '…'}</span>
      </h2>
      <p class="what">{t('decide.quarantine.what')}</p>
      <Answer asked={asked}>
        {({ rows }) => (
          <Table
            caption={t('decide.quarantine')}
            hideCaption
            file="quarantine"
            columns={columns}
            rows={rows}
            id={(row) => `${row.number}`}
            empty={t('decide.quarantine.none')}
          />
        )}
      </Answer>
      {about !== null && (
        <Dialog
          title={t(about.what === 'accept' ? 'quarantine.accept.title' : 'quarantine.drop.title')}
          word={t(about.what === 'accept' ? 'quarantine.accept' : 'quarantine.drop')}
          grave={about.what === 'drop'}
          act={decide}
          close={() => setAbout(null)}
        >
          <dl class="facts">
            <dt>{t('quarantine.who')}</dt>
            <dd>
              <Person id={about.row.member} />
            </dd>
            <dt>{t('quarantine.kind')}</dt>
            <dd>
              <Value field="kind" value={about.row.kind} />
            </dd>
            <dt>{t('quarantine.why')}</dt>
            <dd>{called('quarantine', about.row.code)}</dd>
            <dt>{t('quarantine.when')}</dt>
            <dd>{instant(about.row.received_at)}</dd>
          </dl>
          <p>{t(about.what === 'accept' ? 'quarantine.accept.what' : 'quarantine.drop.what')}</p>
        </Dialog>
      )}
    </section>
  );
}

/** What waits for a person's decision. */
export function Decide(_: { place: Place }) {
  return (
    <>
      <Undecided />
      <Duplicates />
      <Quarantine />
    </>
  );
}
