/** The helper scripts of a profile and the links to them. */
import { accessSync, constants, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { listProfiles } from '../../clients/discovery.ts';
import {
  type ProfileLayout,
  profileLayout,
  type ScriptAction,
  scriptActions,
  scriptMode,
} from '../../clients/layout.ts';
import { linkPaths, linkState, olderVersion, scriptText } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { findExecutable } from '../../system/dependencies.ts';
import { kindOf, namesIn, readTextIfPresent } from '../../system/files.ts';
import type { ClientCase, Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import type { Diagnosis } from '../finding.ts';

export function checkScripts(examination: Examination, one: ProfileCase): Diagnosis[] {
  return [
    ...scriptActions.flatMap((action) => checkScript(examination, one, action)),
    ...checkRecordedLinks(one),
  ];
}

function checkScript(examination: Examination, one: ProfileCase, action: ScriptAction): Diagnosis[] {
  const { layout, name } = one;
  const path = layout.scripts[action];
  const problem = scriptProblem(examination, one, action);
  if (problem === undefined) return [];
  return [
    {
      id: 'script-wrong',
      severity: 'warning',
      subject: name,
      what: `${path} ${problem}`,
      why: 'Links, cron jobs and units that call it fail, or do something else.',
      mend: { to: 'install-without-links', ...namesOf(layout) },
      repair: { kind: 'write-scripts', layout },
    },
  ];
}

function scriptProblem(
  { context, program: own }: Examination,
  { layout }: ProfileCase,
  action: ScriptAction,
): string | undefined {
  const path = layout.scripts[action];
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'is missing';
  if (!stats.isFile()) return 'is not a file';
  const text = readTextIfPresent(path) ?? '';
  const assigned = (variable: string): string =>
    new RegExp(`^${variable}='(.*)'$`, 'm').exec(text)?.[1]?.replaceAll(String.raw`'\''`, "'") ?? '';
  // another cryptosync may have written it: which node and program it names is its own affair while they are there, and
  // no older than this one
  const program = { node: assigned('node'), script: assigned('program') };
  if (text !== scriptText(action, layout, context.root, program)) return 'is not what install writes';
  if ((stats.mode & 0o777) !== scriptMode) {
    return `has mode ${(stats.mode & 0o777).toString(8)} instead of ${scriptMode.toString(8)}`;
  }
  if (isExecutable(program.node) && kindOf(program.script) === 'file') {
    const older = olderVersion(program, own);
    return older && `runs ${older}`;
  }
  return findExecutable('cryptosync', context.environment) === undefined
    ? 'runs a cryptosync that is gone'
    : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The links that install made, as the summary remembers them. */
function checkRecordedLinks({ layout, name }: ProfileCase): Diagnosis[] {
  const recorded = recordedLinks(layout, layout.profile);
  return scriptActions.flatMap((action): Diagnosis[] => {
    const path = recorded.find((link) => link.endsWith(`/${layout.linkNames[action]}`));
    if (path === undefined) return [];
    const target = layout.scripts[action];
    const state = linkState(path, target);
    if (state === 'right') return [];
    const base = {
      id: 'link-wrong',
      subject: name,
      why: `${layout.linkNames[action]} does not do what it says.`,
    };
    if (state === 'taken') {
      const what = `${path} is not a link of cryptosync`;
      return [{ ...base, severity: 'error', what, mend: { to: 'move-away-then-install' } }];
    }
    return [
      {
        ...base,
        severity: 'warning',
        what: `${path} ${state === 'absent' ? 'is missing' : 'leads elsewhere'}`,
        mend: { to: 'link-again', path, target },
        repair: { kind: 'write-link', path, target },
      },
    ];
  });
}

const ownLinkName = /^cryptosync-(mount|unmount|sync)-/;

/** Links to scripts of this client that are gone with their profile. */
export function checkDanglingLinks({ context, binDirectory }: Examination, client: ClientCase): Diagnosis[] {
  const { root } = context;
  const expected = new Set(
    listProfiles(root, client.layout.client).flatMap((name) =>
      Object.values(profileLayout(root, client.layout.client, name).scripts),
    ),
  );
  const directories = new Set([
    ...(binDirectory === undefined ? [] : [binDirectory]),
    ...client.profiles.flatMap(({ layout }) =>
      recordedLinks(layout, layout.profile).map((link) => dirname(link)),
    ),
  ]);
  return [...directories]
    .flatMap((directory) =>
      namesIn(directory)
        .filter((name) => ownLinkName.test(name))
        .map((name) => join(directory, name)),
    )
    .filter((path) => {
      if (kindOf(path) !== 'link') return false;
      const target = resolve(dirname(path), readlinkSync(path));
      return (
        target.startsWith(`${client.layout.scriptsDirectory}/`) &&
        kindOf(target) === 'none' &&
        !expected.has(target)
      );
    })
    .map((path) => ({
      id: 'link-dangling',
      severity: 'warning',
      subject: client.layout.client,
      what: `${path} leads to a script that is gone`,
      why: 'Whoever types it gets "not found"; its profile no longer exists.',
      mend: { to: 'remove-path', path },
      repair: { kind: 'remove-link', path },
    }));
}

/** Links that stand in a directory although the summary has forgotten them. */
export function linksFoundIn(layout: ProfileLayout, directory: string | undefined): string[] {
  if (directory === undefined) return [];
  const paths = linkPaths(layout, directory);
  return scriptActions
    .filter((action) => linkState(paths[action], layout.scripts[action]) === 'right')
    .map((action) => paths[action]);
}
