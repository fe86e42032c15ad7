import { useCallback, useEffect, useState } from 'preact/hooks';
import { onSignedOut } from './api/client';
import { Problem } from './api/problem';
import { SignIn } from './page/sign_in';
import { Failure } from './part/state';
import { type People, PeopleContext, people } from './people';
import { address, go, usePlace } from './place';
import { Shell } from './shell';
import { liveIn, speak, t, useLanguage } from './text';
import './theme';

speak();

/** The whole page: signed in, or not. */
export function App() {
  const place = usePlace();
  const language = useLanguage();
  const [found, setFound] = useState<Omit<People, 'again'> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(async () => {
    try {
      const now = await people();
      liveIn(now.me.time_zone);
      speak(now.me.locale);
      setProblem(null);
      setFound(now);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
    }
  }, []);
  const opensLink = location.pathname === '/sign-in';
  useEffect(() => {
    onSignedOut(() => {
      setFound(null);
      setProblem(new Problem(401, 'signed-out', undefined));
    });
    if (!opensLink) void load();
  }, [load, opensLink]);
  const lang = place.query.get('lang');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address decides, and it has changed
  useEffect(() => speak(found?.me.locale), [lang, found]);
  const entered = () => {
    // What the link says of period or language stays.
    go(address([]), 'replace');
    void load();
  };
  if (opensLink || problem?.status === 401) return <SignIn key={language} entered={entered} />;
  if (problem !== null) {
    return (
      <main class="alone">
        <h1>Satchel</h1>
        <Failure problem={problem} again={load} />
      </main>
    );
  }
  if (found === null) {
    return (
      <main class="alone">
        <p role="status">{t('state.loading')}</p>
      </main>
    );
  }
  return (
    <PeopleContext.Provider value={{ ...found, again: load }}>
      <Shell place={place} />
    </PeopleContext.Provider>
  );
}
