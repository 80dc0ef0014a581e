/** One run in a process of its own, which a test kills: its machine, place and what is asked stand in its argument. */
import { Secret } from '../../../src/secrets/secret.ts';
import { type Asked, type Machine, type ModelPlace, runOn } from './world.ts';

const { machine, place, asked, key } = JSON.parse(process.argv[2] ?? '{}') as {
  machine: Machine;
  place: Omit<ModelPlace, 'key'>;
  asked: Asked;
  key?: string;
};
const whole: ModelPlace = key === undefined ? place : { ...place, key: { key: new Secret(key) } };
process.stdout.write('begun\n');
const ended = await runOn(machine, whole, asked);
process.stdout.write(ended.kind === 'done' ? 'done\n' : `${ended.error.code}: ${ended.error.message}\n`);
