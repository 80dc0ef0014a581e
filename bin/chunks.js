// Loads what was built, and keeps what V8 compiled of it, so that the next start of the same command need not compile it
// anew. Node's own cache has only what was compiled when a file was loaded; what runs called is the greater part.
//
// What is kept is code, and counts as such: it is read only where nobody else can have written it, belongs to one state
// of one file, and V8 refuses that of another version or of other flags. Whatever is wrong with it, the source counts.

const fs = process.getBuiltinModule('node:fs');
const path = process.getBuiltinModule('node:path');
const vm = process.getBuiltinModule('node:vm');

/** Runs of a command that add what they called; then what is kept stays as it is. */
const learningRuns = 4;
const longestFile = 64 << 20;

const before = '(function (exports, require, module, __filename, __dirname) {';
const behind = '\n})';

/**
 * @param dist the folder of what was built, as an absolute path that ends with a slash
 * @param folder this user's own, to keep compiled code in; without one none is kept
 * @param args of the command
 * @returns a function that gives what a file below `dist` exports
 */
export function openChunks(dist, folder, args) {
  const name = nameOf(dist, args);
  const file =
    folder && path.join(folder, `${process.version}-${process.arch}`, encodeURIComponent(dist), name);
  const kept = (file && readKept(file)) || { runs: 0, parts: new Map() };
  const chunks = { dist, kept, loaded: new Map() };
  // other flags make other code, which would only drive out what all other runs use
  if (file && process.execArgv.length === 0 && !process.env.NODE_OPTIONS) {
    process.on('exit', () => {
      if (isAbout(name, chunks.loaded)) keep(file, chunks);
    });
  }
  return (relative) => load(chunks, path.join(dist, relative));
}

/** What a run is kept under: all helps are one, and so is what has no command. */
function nameOf(dist, args) {
  if (args.some((arg) => arg === '-h' || arg.startsWith('--help'))) return 'help';
  const [topic, command] = args.slice(0, 2).filter((word) => /^[a-z][a-z-]*$/.test(word));
  if (topic === undefined || topic !== args[0]) return 'none';
  const isPair = command !== undefined && fs.existsSync(`${dist}commands/${topic}/${command}.cjs`);
  return isPair ? `${topic} ${command}` : topic;
}

/** What somebody mistyped gets no file. */
function isAbout(name, loaded) {
  const command = `/commands/${name.replace(' ', '/')}`;
  const isLoaded = (end) => [...loaded.keys()].some((file) => file.endsWith(`${command}${end}`));
  return name === 'help' || name === 'none' || isLoaded('.cjs') || isLoaded('/index.cjs');
}

function load(chunks, file) {
  const known = chunks.loaded.get(file);
  if (known !== undefined) return known.module.exports;
  const { source, identity } = readSource(file);
  const kept = chunks.kept.parts.get(file);
  const isSame = kept?.identity === identity;
  const script = new vm.Script(source, {
    filename: file,
    cachedData: isSame ? kept.code : undefined,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  chunks.loaded.set(file, { module, script, identity, isKnown: isSame && !script.cachedDataRejected });
  const run = script.runInThisContext();
  run.call(module.exports, module.exports, requireFrom(chunks, file), module, file, path.dirname(file));
  return module.exports;
}

/** What was built is ASCII, so a byte is a character. */
function readSource(file) {
  const descriptor = fs.openSync(file, 'r');
  try {
    const { size, ino, mtimeMs, ctimeMs } = fs.fstatSync(descriptor);
    const bytes = Buffer.allocUnsafeSlow(before.length + size + behind.length);
    bytes.latin1Write(before, 0);
    const length = before.length + readFrom(descriptor, bytes.subarray(before.length, before.length + size));
    bytes.latin1Write(behind, length);
    const source = bytes.latin1Slice(0, length + behind.length);
    return { source, identity: [size, ino, mtimeMs, ctimeMs].join(' ') };
  } finally {
    fs.closeSync(descriptor);
  }
}

function requireFrom(chunks, file) {
  const require = (id) => {
    if (id.startsWith('.') || path.isAbsolute(id)) return load(chunks, path.resolve(path.dirname(file), id));
    return process.getBuiltinModule(id) ?? requireOf(file)(id);
  };
  return Object.assign(require, { resolve: (...given) => requireOf(file).resolve(...given) });
}

/** Node's own, for what was not bundled. */
function requireOf(file) {
  return process.getBuiltinModule('node:module').createRequire(file);
}

/** @returns undefined where there is nothing, or nothing to be trusted */
function readKept(file) {
  let descriptor;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const { uid, mode, size } = fs.fstatSync(descriptor);
    if (uid !== process.getuid() || (mode & 0o170022) !== 0o100000 || size > longestFile) return undefined;
    const bytes = Buffer.allocUnsafeSlow(size);
    return readFrom(descriptor, bytes) === size ? partsOf(bytes) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** A line of JSON, and behind it the code of each part, where a word begins. */
function partsOf(bytes) {
  const end = bytes.indexOf(0x0a);
  const { length, runs, parts } = JSON.parse(bytes.latin1Slice(0, end));
  const start = wordFrom(end + 1);
  if (start + length !== bytes.length) return undefined;
  const found = parts.map(([file, identity, from, to]) => [
    file,
    { identity, code: bytes.subarray(start + from, start + to) },
  ]);
  return { runs, parts: new Map(found) };
}

/** Adds what this run compiled. It is no failure of the run when that can't be kept. */
function keep(file, { kept, loaded }) {
  const news = [...loaded].filter(([, { isKnown }]) => !isKnown);
  const isStale = news.some(([at]) => kept.parts.has(at));
  const runs = isStale ? 0 : kept.runs;
  if (runs >= learningRuns && news.length === 0) return;
  const parts = new Map(isStale ? [] : kept.parts);
  for (const [at, { script, identity }] of runs < learningRuns ? loaded : news) {
    const code = script.createCachedData();
    // a long run forgets what it has not called for a while
    if (code.length > (parts.get(at)?.code.length ?? 0)) parts.set(at, { identity, code });
  }
  const temporary = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeWhole(temporary, runs + 1, parts);
    fs.renameSync(temporary, file);
  } catch {
    forget(temporary);
  }
}

function forget(file) {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // nothing of it is there
  }
}

function writeWhole(file, runs, parts) {
  const entries = [];
  const pieces = [];
  let length = 0;
  for (const [at, { identity, code }] of parts) {
    entries.push([at, identity, length, length + code.length]);
    const padding = Buffer.alloc(wordFrom(code.length) - code.length);
    pieces.push(code, padding);
    length += code.length + padding.length;
  }
  const head = Buffer.from(`${JSON.stringify({ length, runs, parts: entries })}\n`);
  const padding = Buffer.alloc(wordFrom(head.length) - head.length);
  const descriptor = fs.openSync(file, 'w', 0o600);
  try {
    fs.writeFileSync(descriptor, Buffer.concat([head, padding, ...pieces]));
    // V8 does not look whether all of it came to the disk before the power went
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** V8 copies what does not begin at a word. */
function wordFrom(offset) {
  return (offset + 7) & ~7;
}

function readFrom(descriptor, bytes) {
  let length = 0;
  while (length < bytes.length) {
    const read = fs.readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return length;
}
