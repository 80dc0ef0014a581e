/** A tree that commands refuse, because others can get at it: each of its paths, what doctor says, and what it mends. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPatient, type Opinion, type Patient } from '../../support/patient.ts';

const nobody = 65_534;
let patient: Patient;

beforeAll(async () => {
  patient = await createPatient();
});
afterAll(() => patient.installation.cleanUp());

/** The root, the client, and every path of its own tree that is believed or run, found by looking. */
function believed(): string[] {
  const { installation } = patient;
  const paths = [installation.root, installation.client('client1')];
  const walk = (path: string): void => {
    paths.push(path);
    if (!lstatSync(path).isDirectory()) return;
    for (const name of readdirSync(path)) walk(join(path, name));
  };
  for (const name of ['cryptosync', 'rclone']) walk(installation.client('client1', name));
  return paths;
}

/** Of the findings that name a path, their mends, where they are commands. */
const mendsFor = ({ findings }: Opinion, path: string): string[] =>
  findings.filter(({ what }) => what.includes(path)).map(({ mend }) => mend);

/** Each directory alone, because it hides what is below it; and all files together. */
function inTurn(): string[][] {
  const paths = believed();
  const isDirectory = (path: string): boolean => lstatSync(path).isDirectory();
  const files = paths.filter((path) => !isDirectory(path));
  expect(files.length).toBeGreaterThan(8);
  return [...paths.filter(isDirectory).map((path) => [path]), files];
}

describe('a path that others can write', () => {
  it('is told with what closes it, wherever it stands in the tree', async () => {
    for (const paths of inTurn()) {
      const modes = paths.map((path) => lstatSync(path).mode & 0o7777);
      for (const path of paths) chmodSync(path, 0o770);
      const opinion = await patient.examine();
      expect(opinion, paths.join()).toMatchObject({ exitCode: 16 });
      for (const path of paths) expect(mendsFor(opinion, path).join(), path).toContain('chmod');
      for (const [at, path] of paths.entries()) chmodSync(path, modes[at] ?? 0o700);
    }
    await patient.expectHealthy();
  });

  it('is closed by --fix, locks and all, and what stood behind it is mended as well', async () => {
    const paths = believed();
    const modes = paths.map((path) => lstatSync(path).mode & 0o7777);
    patient.setImmutable(false);
    for (const path of paths) chmodSync(path, 0o777);
    const { exitCode, findings, fixed } = await patient.examine('--fix');
    expect({ exitCode, findings }).toEqual({ exitCode: 0, findings: [] });
    expect(fixed.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['root-writable', 'mount-point-mutable']),
    );
    const did = fixed.map(({ did }) => did).join();
    for (const [at, path] of paths.entries()) {
      expect(did).toContain(`the mode of ${path} to `);
      expect([path, lstatSync(path).mode & 0o022]).toEqual([path, 0]);
      chmodSync(path, modes[at] ?? 0o700);
    }
    await patient.expectHealthy();
    await patient.vault.succeed('sync');
  });

  it('is told and left alone above the root, because it is not ours', async () => {
    const above = patient.installation.path('above');
    const root = join(above, 'root');
    mkdirSync(root, { recursive: true });
    chmodSync(above, 0o770);
    const env = { CRYPTOSYNC_ROOT: root };
    const args = ['doctor', '--json', '--fix'];
    const { exitCode, json } = await patient.installation.cryptosync(args, { env });
    expect(exitCode).toBe(16);
    const [finding] = json.findings;
    expect(finding).toMatchObject({ id: 'way-writable', fixable: false, mend: `chmod go-w ${above}` });
    expect(lstatSync(above).mode & 0o777).toBe(0o770);
  });
});

describe('a path that belongs to somebody else', () => {
  it('is told, with what gives it back, wherever it stands in the tree', async () => {
    for (const paths of inTurn()) {
      for (const path of paths) chownSync(path, nobody, nobody);
      const opinion = await patient.examine();
      expect(opinion, paths.join()).toMatchObject({ exitCode: 16 });
      for (const path of paths) expect(mendsFor(opinion, path).join(), path).toContain('chown');
      for (const path of paths) chownSync(path, 0, 0);
    }
    await patient.expectHealthy();
  });
});
