import { useState } from 'preact/hooks';
import type { Schema } from '../api/client';
import { api, every, told } from '../api/client';
import { type AnyRecord, list, named } from '../api/record';
import { useAsk } from '../ask';
import { Dialog } from '../part/dialog';
import { Handover, type Held } from '../part/handover';
import { Person, useName, When } from '../part/name';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { charges, type Member, reach, usePeople } from '../people';
import { address, change, type Place } from '../place';
import { called, compare, instant, type Key, t } from '../text';

type Device = Schema<'DeviceView'>;
type Role = Schema<'RoleName'>;

const TABS: [string, Key][] = [
  ['members', 'people.members'],
  ['devices', 'people.devices'],
  ['handover', 'people.handover'],
];

function Edit({ member, close }: { member: Member | null; close: () => void }) {
  const people = usePeople();
  const teams = reach(people).sort((a, b) => compare(a.name, b.name));
  const isAdmin = people.me.role === 'admin';
  const [name, setName] = useState(member?.name ?? '');
  const [role, setRole] = useState<Role>(member?.role ?? 'rep');
  const [team, setTeam] = useState(member === null ? (teams[0]?.id ?? '') : (member.team ?? ''));
  const [active, setActive] = useState(member?.active ?? true);
  const act = async () => {
    const place = team === '' ? {} : { team };
    if (member === null) {
      const { locale, time_zone } = people.me;
      await told(api.POST('/v1/members', { body: { name, role, locale, time_zone, ...place } }));
    } else {
      // Only what was changed: a manager may not even name what is not his to change.
      const body: Schema<'MemberPatch'> = {};
      if (name !== member.name) body.name = name;
      if (role !== member.role) body.role = role;
      if (team !== (member.team ?? '')) body.team = team === '' ? null : team;
      if (active !== member.active) body.active = active;
      await told(api.PATCH('/v1/members/{id}', { params: { path: { id: member.id } }, body }));
    }
    people.again();
  };
  return (
    <Dialog
      title={member === null ? t('people.add') : t('people.edit.title', { name: member.name })}
      word={t('dialog.save')}
      act={act}
      close={close}
    >
      <label>
        <span>{t('people.name')}</span>
        <input required maxLength={120} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>
        <span>{t('people.role')}</span>
        <select value={role} disabled={!isAdmin} onChange={(event) => setRole(event.currentTarget.value as Role)}>
          {(['rep', 'manager', 'admin'] as const).map((one) => (
            <option key={one} value={one} selected={one === role}>
              {called('role', one)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t('people.team')}</span>
        <select value={team} onChange={(event) => setTeam(event.currentTarget.value)}>
          {role === 'admin' && <option value="">{t('people.no_team')}</option>}
          {teams.map((one) => (
            <option key={one.id} value={one.id} selected={one.id === team}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      {member !== null && (
        <label>
          <input type="checkbox" checked={active} onChange={(event) => setActive(event.currentTarget.checked)} />{' '}
          {t('people.active')}
        </label>
      )}
      {member?.active && !active && <p class="failure">{t('people.leave.what')}</p>}
    </Dialog>
  );
}

function Invite({ member, close }: { member: Member; close: () => void }) {
  const asked = useAsk(`invite ${member.id}`, () =>
    told(api.POST('/v1/members/{id}/invites', { params: { path: { id: member.id } } })),
  );
  return (
    <Dialog title={t('invite.title', { name: member.name })} close={close}>
      <Answer asked={asked}>
        {(invite) => (
          <>
            <p>{t('invite.what', { at: instant(invite.expires_at) })}</p>
            <img class="qr" alt={t('invite.qr')} src={`data:image/svg+xml,${encodeURIComponent(invite.qr_svg)}`} />
            <p>
              {t('invite.code')}: <code>{invite.code}</code>
            </p>
          </>
        )}
      </Answer>
    </Dialog>
  );
}

function Members() {
  const people = usePeople();
  const [edits, setEdits] = useState<{ member: Member | null } | null>(null);
  const [invites, setInvites] = useState<Member | null>(null);
  const mine = new Set(charges(people).map((one) => one.id));
  const team = (id: string | null | undefined) => (id ? (people.teams.get(id)?.name ?? '—') : '—');
  const columns: Column<Member>[] = [
    { title: t('people.name'), heads: true, show: (row) => row.name, value: (row) => row.name },
    { title: t('people.role'), show: (row) => called('role', row.role), value: (row) => called('role', row.role) },
    { title: t('people.team'), show: (row) => team(row.team), value: (row) => team(row.team) },
    { title: t('people.zone'), show: (row) => row.time_zone, value: (row) => row.time_zone },
    {
      title: t('people.state'),
      show: (row) => (
        <span class={`badge ${row.active ? 'good' : 'warn'}`}>{t(row.active ? 'people.here' : 'people.left')}</span>
      ),
      value: (row) => t(row.active ? 'people.here' : 'people.left'),
    },
    {
      title: '',
      show: (row) =>
        mine.has(row.id) && (
          <>
            <button type="button" onClick={() => setEdits({ member: row })}>
              {t('people.edit')}
              <span class="unseen"> {row.name}</span>
            </button>{' '}
            {row.active && (
              <button type="button" onClick={() => setInvites(row)}>
                {t('people.invite')}
                <span class="unseen"> {row.name}</span>
              </button>
            )}
          </>
        ),
      value: () => '',
    },
  ];
  const rows = [...people.members.values()].sort(
    (a, b) => Number(b.active) - Number(a.active) || compare(a.name, b.name),
  );
  return (
    <section class="card">
      {people.me.role !== 'rep' && (
        <div class="tools">
          <button type="button" class="main" onClick={() => setEdits({ member: null })}>
            {t('people.add')}
          </button>
        </div>
      )}
      <Table
        caption={t('people.members')}
        hideCaption
        file="members"
        columns={columns}
        rows={rows}
        id={(row) => row.id}
      />
      {edits !== null && <Edit member={edits.member} close={() => setEdits(null)} />}
      {invites !== null && <Invite member={invites} close={() => setInvites(null)} />}
    </section>
  );
}

function Devices() {
  const people = usePeople();
  const name = useName();
  const [about, setAbout] = useState<Device | null>(null);
  const ask = async (): Promise<Device[]> => {
    const page = (query: { all?: boolean; member?: string }) =>
      every((cursor) =>
        api.GET('/v1/devices', { params: { query: { ...query, limit: 200, ...(cursor ? { cursor } : {}) } } }),
      );
    if (people.me.role === 'admin') return (await page({ all: true })).rows;
    // A manager asks for each of his people: the list of all is the admin's.
    const parts = await Promise.all(charges(people).map((one) => page({ member: one.id })));
    return parts.flatMap((part) => part.rows);
  };
  const asked = useAsk('devices', ask);
  const state = (row: Device) =>
    (row.wiped_at ? 'device.wiped' : row.revoked_at ? 'device.revoked' : 'device.active') as Key;
  const columns: Column<Device>[] = [
    {
      title: t('device.member'),
      heads: true,
      show: (row) => <Person id={row.member} />,
      value: (row) => name(row.member),
    },
    { title: t('device.name'), show: (row) => row.name, value: (row) => row.name },
    { title: t('device.platform'), show: (row) => row.platform, value: (row) => row.platform },
    { title: t('device.seen'), show: (row) => <When at={row.last_seen_at} />, value: (row) => row.last_seen_at },
    {
      title: t('device.state'),
      show: (row) => <span class={`badge ${row.revoked_at ? 'warn' : 'good'}`}>{t(state(row))}</span>,
      value: (row) => t(state(row)),
    },
    {
      title: '',
      show: (row) =>
        !row.revoked_at && (
          <button type="button" onClick={() => setAbout(row)}>
            {t('device.revoke')}
            <span class="unseen">
              {' '}
              {row.name}, {name(row.member)}
            </span>
          </button>
        ),
      value: () => '',
    },
  ];
  return (
    <section class="card">
      <p class="what">{t('device.what')}</p>
      <Answer asked={asked}>
        {(rows) => (
          <Table
            caption={t('people.devices')}
            hideCaption
            file="devices"
            columns={columns}
            rows={[...rows].sort((a, b) => compare(name(a.member), name(b.member)))}
            id={(row) => row.id}
            empty={t('device.none')}
          />
        )}
      </Answer>
      {about !== null && (
        <Dialog
          title={t('device.revoke.title', { name: about.name, member: name(about.member) })}
          word={t('device.revoke')}
          grave
          close={() => setAbout(null)}
          act={async () => {
            await told(api.DELETE('/v1/devices/{id}', { params: { path: { id: about.id } } }));
            asked.again();
          }}
        >
          <p>{t('device.revoke.what')}</p>
        </Dialog>
      )}
    </section>
  );
}

/** Customers that the caller may read, up to some thousands. */
async function customers(): Promise<{ rows: AnyRecord[]; whole: boolean }> {
  return every(
    async (cursor) => ({
      data: await list('customers', { limit: 200, archived: false, ...(cursor ? { cursor } : {}) }),
      response: new Response(),
    }),
    5000,
  );
}

function HandoverTab({ place }: { place: Place }) {
  const people = usePeople();
  const givers = charges(people)
    .filter((one) => one.role !== 'admin')
    .sort((a, b) => compare(a.name, b.name));
  const from = place.query.get('from') ?? '';
  const asked = useAsk('customers', customers);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [filter, setFilter] = useState('');
  const [hands, setHands] = useState<Held[] | null>(null);
  const held = (rows: AnyRecord[]) =>
    rows
      .filter((one) => one.assignees?.includes(from))
      .map((one) => ({ scope: one.scope, name: named(one) ?? one.id }))
      .filter((one) => one.name.toLowerCase().includes(filter.toLowerCase()))
      .sort((a, b) => compare(a.name, b.name));
  const toggle = (scope: string) => {
    const next = new Set(chosen);
    if (!next.delete(scope)) next.add(scope);
    setChosen(next);
  };
  return (
    <section class="card">
      <p class="what">{t('handover.how')}</p>
      <div class="tools">
        <label>
          <span>{t('handover.from')}</span>
          <select
            value={from}
            onChange={(event) => {
              setChosen(new Set());
              change({ from: event.currentTarget.value });
            }}
          >
            <option value="">{t('pick.choose')}</option>
            {givers.map((one) => (
              <option key={one.id} value={one.id} selected={one.id === from}>
                {one.name}
                {one.active ? '' : ` (${t('people.left')})`}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t('handover.filter')}</span>
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      </div>
      {from !== '' && (
        <Answer asked={asked}>
          {({ rows, whole }) => {
            const own = held(rows);
            if (own.length === 0) return <p class="empty">{t('handover.none')}</p>;
            const all = own.every((one) => chosen.has(one.scope));
            return (
              <>
                {!whole && <p class="badge warn">{t('handover.not_all', { n: rows.length })}</p>}
                <div class="tools">
                  <button
                    type="button"
                    class="plain"
                    onClick={() => setChosen(new Set(all ? [] : own.map((one) => one.scope)))}
                  >
                    {t(all ? 'handover.choose_none' : 'handover.choose_all', { n: own.length })}
                  </button>
                  <button
                    type="button"
                    class="main"
                    disabled={chosen.size === 0}
                    onClick={() => setHands(own.filter((one) => chosen.has(one.scope)))}
                  >
                    {t('handover.begin', { n: chosen.size })}
                  </button>
                </div>
                <ul class="picked" aria-label={t('handover.customers')}>
                  {own.map((one) => (
                    <li key={one.scope}>
                      <label>
                        <input type="checkbox" checked={chosen.has(one.scope)} onChange={() => toggle(one.scope)} />{' '}
                        {one.name}
                      </label>
                    </li>
                  ))}
                </ul>
              </>
            );
          }}
        </Answer>
      )}
      {hands !== null && (
        <Handover
          records={hands}
          from={from}
          close={() => setHands(null)}
          done={() => {
            setChosen(new Set());
            asked.again();
          }}
        />
      )}
    </section>
  );
}

/** People, their devices, and whose customers are whose. */
export function PeoplePage({ place }: { place: Place }) {
  const tab = place.query.get('tab') ?? 'members';
  return (
    <>
      <nav class="tabs" aria-label={t('people.tabs')}>
        {TABS.map(([name, title]) => (
          <a key={name} href={address(['people'], { tab: name })} aria-current={name === tab ? 'page' : undefined}>
            {t(title)}
          </a>
        ))}
      </nav>
      {tab === 'devices' ? <Devices /> : tab === 'handover' ? <HandoverTab place={place} /> : <Members />}
    </>
  );
}
