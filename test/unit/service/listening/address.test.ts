import { describe, expect, it } from 'vitest';
import { activatedDescriptor, isLoopback, parseAddress } from '../../../../src/service/listening/address.ts';

describe('an address to listen at', () => {
  it.each([
    ['127.0.0.1:8443', { host: '127.0.0.1', port: 8443 }, true],
    ['localhost:0', { host: 'localhost', port: 0 }, true],
    ['[::1]:80', { host: '::1', port: 80 }, true],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }, false],
    ['[::]:1', { host: '::', port: 1 }, false],
    ['127.example.org:1', { host: '127.example.org', port: 1 }, false],
  ])('%s is one', (text, expected, loopback) => {
    expect(parseAddress(text)).toEqual(expected);
    expect(isLoopback(parseAddress(text))).toBe(loopback);
  });

  it.each([
    '',
    '8443',
    ':8443',
    'host',
    'host:',
    'host:99999',
    '::1:80',
    '[host]:80',
    'http://host:80',
    'a:1:2',
  ])('%o is none', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('a socket of systemd’s', () => {
  const own = { LISTEN_PID: String(process.pid), LISTEN_FDS: '1' };
  it('is taken by the process that it is meant for', () => {
    expect(activatedDescriptor(own)).toBe(3);
    expect(activatedDescriptor({ ...own, LISTEN_PID: '1' })).toBeUndefined();
    expect(activatedDescriptor({ ...own, LISTEN_FDS: '0' })).toBeUndefined();
    expect(activatedDescriptor({})).toBeUndefined();
  });

  it('is one', () => {
    expect(() => activatedDescriptor({ ...own, LISTEN_FDS: '2' })).toThrow(/2 sockets/);
  });
});
