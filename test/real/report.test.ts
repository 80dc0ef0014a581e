/** The page of `report` in a real browser: nothing of a client's becomes part of it, and everybody can read it. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';

const hostile = `</style><script>document.title='taken'</script><img src=x onerror="document.title='taken'">\u202e&"'`;
const day = 86_400_000;

let installation: Installation;
let browser: Browser;
let file: string;

/** A tree as install and nightly syncs leave it. @param last how the newest sync ended; undefined: never */
function writeClient(
  client: string,
  days: number,
  last?: { readonly at: number; readonly error?: string },
): void {
  const place = { source: null, direction: 'upload', remote: `s3:bucket/${client}` };
  const write = (path: string, text: string): void => {
    const target = installation.client(client, ...path.split('/'));
    mkdirSync(join(target, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(target, text, { mode: 0o600 });
  };
  write('vault/encrypted/gocryptfs.conf', '{}\n');
  write('vault/encrypted/QKhbVZ4pqJ9FQ0zQm8Yd2A', 'ciphertext');
  write('rclone/rclone.conf', '[s3]\ntype = s3\n');
  const [encryptedDir, mountDir] = ['encrypted', 'decrypted'].map((name) =>
    installation.client(client, 'vault', name),
  );
  const remote = { name: 's3', path: `bucket/${client}` };
  const profile = {
    version: 1,
    vaultId: crypto.randomUUID(),
    engine: 'gocryptfs',
    encryptedDir,
    mountDir,
    remote,
  };
  write('cryptosync/config/default.json', JSON.stringify({ ...profile, createdAt: '2026-01-31T02:00:00Z' }));
  const run = (time: number, error?: string): string => {
    const at = `${new Date(time).toISOString().slice(0, 19)}Z`;
    const outcome = error === undefined ? 'synced' : 'failed';
    const facts = { run: '0123456789ab', at, operation: 'sync', places: [{ ...place, outcome, error }] };
    const figures = {
      durationMs: 5000 + (time % 977) * 10,
      heldFiles: 9,
      heldBytes: 1e9 + (time % 7919) * 1e4,
    };
    return `${JSON.stringify({ ...facts, event: 'ended', outcome, ...figures, ...(error && { error }) })}\n`;
  };
  const nights = Array.from({ length: days }, (_value, index) => run(Date.now() - (days - index + 2) * day));
  const newest = last === undefined ? [] : [run(last.at, last.error)];
  write('cryptosync/state/ledger-default.jsonl', [...nights, ...newest].join(''));
}

/** A tenant whose server was killed. */
function writeTenant(tenantId: string, workloadId: string): void {
  const directory = installation.client(tenantId, 'cryptosync', 'state', 'session');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const claimedAt = new Date(Date.now() - 3.5 * day).toISOString();
  const journal = { version: 1, tenantId, workloadId, claimedAt, encrypted: true, mappings: [] };
  writeFileSync(join(directory, 'journal.json'), JSON.stringify(journal), { mode: 0o600 });
}

beforeAll(async () => {
  installation = createInstallation();
  file = installation.path('fleet.html');
  for (const client of ['alpha', 'beta', 'gamma']) writeClient(client, 300, { at: Date.now() - 3_600_000 });
  writeClient('late', 200);
  writeClient('failing', 50, { at: Date.now() - 3_600_000, error: hostile });
  writeClient('never', 0);
  writeTenant('acme', hostile);
  const made = await installation.cryptosync(['report', '--html', file]);
  expect([made.exitCode, made.stderr]).toEqual([0, '']);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser?.close();
  await installation.cleanUp();
});

interface Sight {
  readonly page: Page;
  /** What the console and the policy complained of. */
  readonly complaints: string[];
}

async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Sight> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  return { page, complaints };
}

describe.each(['light', 'dark'] as const)('the page, %s', (scheme) => {
  it.each([360, 768, 1280])(
    'at %i pixels complains of nothing, is accessible, and needs no scrolling aside',
    async (width) => {
      const { page, complaints } = await open(width, scheme);
      try {
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(),
        );
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        ).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        const sizes = `[...document.querySelectorAll('body *')].filter((one) => !one.closest('svg'))
        .map((one) => parseFloat(getComputedStyle(one).fontSize))`;
        expect(Math.min(...((await page.evaluate(sizes)) as number[]))).toBeGreaterThanOrEqual(16);
        expect((await page.screenshot()).length).toBeGreaterThan(10_000);
        expect(complaints).toEqual([]);
      } finally {
        await page.close();
      }
    },
  );
});

describe('the page', () => {
  it('says in a sentence who needs somebody, tells them first, and why', async () => {
    const { page } = await open(1280, 'light');
    try {
      expect(await page.locator('h1').innerText()).toBe('3 of 6 need you. 1 tenant was cut off.');
      expect(await page.title()).toContain('3 of 6 need you.');
      const cards = await page.locator('[aria-labelledby=needs] li').allInnerTexts();
      expect(cards.map((text) => text.split('\n')[0])).toEqual(['never', 'failing', 'late']);
      expect(cards[1]).toContain('was a failure');
      // of a vault with a good sync on the same day it would not be true that none has failed
      const text = await page.locator('main, body').first().innerText();
      expect(text).toContain('One vault failed all day, once, in 60 days.');
      const [tenant] = await page.locator('[aria-labelledby=tenants] li').allInnerTexts();
      expect(tenant).toMatch(/^acme\n.*interrupted.*claimed 3 d ago, never sent.*its server ended/s);
      const rows = page.locator('tbody tr');
      expect(await rows.locator('th').allInnerTexts()).toEqual([
        'never',
        'failing',
        'late',
        'alpha',
        'beta',
        'gamma',
      ]);
      expect(await page.getByRole('row').count()).toBe(7);
      await page.getByLabel('Only those that need you').check();
      expect(await rows.filter({ visible: true }).count()).toBe(3);
      expect(await page.getByRole('img', { name: /^60 days: \d+ good/ }).count()).toBeGreaterThan(2);
    } finally {
      await page.close();
    }
  });

  it('shows what a client’s message holds as text, and makes nothing of it', async () => {
    const { page } = await open(1280, 'light');
    try {
      expect(await page.locator('script, img').count()).toBe(0);
      const text = await page.locator('[aria-labelledby=needs]').innerText();
      expect(text).toContain(hostile.replace('\u202e', '\\u202e'));
      expect(await page.locator('[aria-labelledby=tenants]').innerText()).toContain(
        hostile.replace('\u202e', '\\u202e'),
      );
      // whoever could change the page still could not run a script in it
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement('script'), { text: "document.title = 'taken'" }))`,
      );
      expect(await page.title()).not.toBe('taken');
    } finally {
      await page.close();
    }
  });

  it('is its owner’s alone, and keeps the mode that it was given', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const open = installation.path('open.html');
    writeFileSync(open, 'old', { mode: 0o644 });
    expect((await installation.cryptosync(['report', '--html', open, '--quiet'])).exitCode).toBe(0);
    expect(statSync(open).mode & 0o777).toBe(0o644);
    expect(readFileSync(open, 'utf8')).toContain('<!doctype html>');
  });
});

describe('the report in a terminal, and as JSON', () => {
  it('tells the same', async () => {
    const { stdout } = await installation.cryptosync(['report']);
    expect(stdout.split('\n')[0]).toBe('3 of 6 need you. 1 tenant was cut off.');
    expect(stdout).toMatch(/^acme +interrupted /m);
    expect(stdout).not.toContain('\u202e');
    const { json } = await installation.cryptosync(['report', '--json', '--days', '10', '--max-age', '90d']);
    expect(json.counts).toMatchObject({ vaults: 6, needy: 2, overdue: 1, unverified: 6 });
    expect([json.counts, json.sessions]).toMatchObject([
      { sessions: 1, interrupted: 1 },
      [{ tenantId: 'acme', state: 'interrupted' }],
    ]);
    const late = json.vaults.find(({ client }: { client: string }) => client === 'late');
    expect([late.isNeedy, late.days.outcomes]).toEqual([false, 'ggggggg---']);
    expect(late.days.held.filter((value: unknown) => value === null)).toHaveLength(3);
  });
});
