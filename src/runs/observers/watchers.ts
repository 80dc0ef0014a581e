/**
 * Who watches a run besides its log and its ledger, by what its profile and the settings of all clients say. Hooks and
 * addresses are loaded only where there are some: every mount and unmount comes by here.
 */
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import { isWatched, type WatchConfig } from '../../clients/watching/schema.ts';
import type { Warn } from '../../system/advice/index.ts';
import { type Run, type RunObserver, runsWithinHook, type Watching } from '../observer.ts';

/** In the order in which they are told. What is wrong with the profile is told by the run itself. */
export async function watchersFor(watching: Watching, run: Run, warn: Warn): Promise<readonly RunObserver[]> {
  const { config: everywhere, further } = watching;
  const profile = profileConfig(run);
  const hooks = runsWithinHook(watching.environment)
    ? []
    : [everywhere.hooks, profile.hooks]
        .filter((one) => one !== undefined)
        .filter((one) => isWatched(run.operation, one.for));
  const addresses = { ...everywhere, ...profile };
  const { pingUrl, ntfyUrl, webhookUrl, pingFor } = addresses;
  const isPinged = (pingUrl ?? ntfyUrl ?? webhookUrl) !== undefined && isWatched(run.operation, pingFor);
  const surroundings = { watching, warn };
  return [
    ...(hooks.length > 0 ? [(await import('./hooks.ts')).hooksObserver(hooks, surroundings)] : []),
    ...(isPinged ? [(await import('./pings.ts')).pingObserver(addresses, surroundings)] : []),
    // a tenant's session is no state of a vault
    ...(isOfProfile(run) ? further : []),
  ];
}

function isOfProfile({ layout }: Run): boolean {
  return layout !== undefined && 'profileFile' in layout;
}

function profileConfig({ layout }: Run): WatchConfig {
  if (layout === undefined || !('profileFile' in layout)) return {};
  try {
    return readProfileIfPresent(layout) ?? {};
  } catch {
    return {};
  }
}
