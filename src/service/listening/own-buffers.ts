/**
 * Connections whose bytes are read into memory of ours, and wiped once they were understood. Node's own way leaves
 * what a client sent, a key among it, in buffers that are freed or used again but never cleared.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { blank } from '../body/blank.ts';

/** Bytes; what libuv suggests for a read. */
const readSize = 64 * 1024;

/** How node hands bytes to a buffer of the caller's (documented for `net.connect`, and the same for what is accepted). */
interface OnRead {
  readonly buffer: Buffer;
  callback(length: number): boolean;
}

/** A socket of node's with what it is made of. */
interface HandleOwner {
  _handle: object | null;
}

/**
 * Makes a server wipe what it has read. To be called once, before it listens.
 * @param secure gives what TLS connections are made with, each time anew; undefined where the server speaks plainly.
 */
export function readIntoOwnBuffers(server: Server, secure: (() => SecureContext) | undefined): void {
  const accept = server.listeners('connection').at(-1) as (socket: Socket) => void;
  // one for all: what was read is taken out before anything else can be read
  const buffer = blank(readSize);
  server.removeAllListeners('connection');
  server.on('connection', (accepted: Socket) => {
    if (secure === undefined) return begin(server, accept, ownSocket(accepted, buffer));
    const socket = secureSocket(accepted, secure(), buffer);
    const tooLate = setTimeout(() => socket.destroy(), server.headersTimeout);
    socket.once('close', () => clearTimeout(tooLate));
    socket.on('error', () => socket.destroy());
    socket.once('secure', () => {
      clearTimeout(tooLate);
      begin(server, accept, socket);
      socket.on('data', () => setImmediate(clearStack));
    });
  });
}

function begin(server: Server, accept: (socket: Socket) => void, socket: Socket): void {
  accept.call(server, socket);
  // with a listener for its data node's parser does not read from the kernel itself; this one comes after the parser
  socket.on('data', (bytes: Buffer) => bytes.fill(0));
}

/**
 * Deciphered bytes pass through an array on node's stack (TLSWrap::ClearOut, 16 KiB), where they stay until something
 * as deep is called. The arguments of a call lie on the stack, one beside the other.
 */
function clearStack(): void {
  const words = new Array<number>(8192).fill(0);
  nothing.apply(undefined, words);
}

function nothing(..._words: number[]): void {}

/** Takes over what was accepted, before anything was read from it. */
function ownSocket(accepted: Socket, buffer: Buffer): Socket {
  const owner = accepted as unknown as HandleOwner;
  const { onread, push } = reading(buffer);
  const options = { handle: owner._handle, allowHalfOpen: true, onread };
  const socket = new Socket(options as object);
  push.to = socket;
  owner._handle = null;
  // the server counts the one that it made
  socket.once('close', () => accepted.destroy());
  return socket;
}

function secureSocket(accepted: Socket, secureContext: SecureContext, buffer: Buffer): TLSSocket {
  const { onread, push } = reading(buffer);
  const options = { isServer: true, secureContext, onread, ALPNProtocols: ['http/1.1'] };
  const socket = new TLSSocket(accepted, options as object);
  push.to = socket;
  return socket;
}

function reading(buffer: Buffer): { onread: OnRead; push: { to: Socket | undefined } } {
  const push: { to: Socket | undefined } = { to: undefined };
  const onread: OnRead = {
    buffer,
    callback(length) {
      const read = buffer.subarray(0, length);
      const copy = blank(length);
      read.copy(copy);
      read.fill(0);
      return push.to?.push(copy) ?? false;
    },
  };
  return { onread, push };
}
