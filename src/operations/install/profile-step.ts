/** Writing the profile: what was asked for, put into the profile as it stands when it is written. */

import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { leaveFormerMountDirectory, movedDirectories } from '../config/profile-change.ts';
import { configLockRequest, vaultLockRequest } from '../locks.ts';
import { underLocks } from '../under-locks.ts';
import { verifyMountDirectory } from './checks.ts';
import type { Installation } from './installation.ts';
import { vaultPlanOf } from './plan.ts';
import { decideProfile, type ProfileDecision } from './profile.ts';

/** @throws PLAN_CHANGED when the vault that this run provided is not the profile's (any more) */
export async function profileStep(installation: Installation): Promise<void> {
  const { context, request, plan, inputs, created } = installation;
  const { layout } = request;
  await underLocks(
    context,
    { wait: inputs.wait },
    {
      look() {
        const decision = decideProfile(context, request, plan.decision);
        return { existing: decision.existing, wanted: withVault(installation, decision) };
      },
      locks: (decision) => [
        configLockRequest(layout, 'install'),
        // a new profile moves nothing: its vault was provided before, or is another profile's that may be at work
        ...(decision.existing === undefined ? [] : movedDirectories(layout, decision)).map((path) =>
          vaultLockRequest(layout, path, 'install'),
        ),
      ],
      async act({ existing, wanted }) {
        await verifyMountDirectory(layout, wanted, existing);
        installation.profile = wanted;
        if (JSON.stringify(existing) === JSON.stringify(wanted)) return;
        await writeProfile(layout, wanted);
        await leaveFormerMountDirectory(context, layout, { existing, wanted });
        created.push(layout.profileFile);
      },
    },
  );
}

/** The profile with the id of the vault that lies there. */
function withVault({ request, provided }: Installation, decision: ProfileDecision): Profile {
  const { profile } = decision;
  const { action } = vaultPlanOf(request, decision);
  const vaultId = profile.vaultId ?? provided?.vaultId;
  const isThere = action === 'keep' || (action === 'adopt' && provided !== undefined);
  const isProvided =
    provided === undefined ||
    (provided.encryptedDir === profile.encryptedDir && (provided.vaultId ?? vaultId) === vaultId);
  const madeWith = provided?.madeWith;
  if (isThere && isProvided)
    return { ...profile, ...(vaultId && { vaultId }), ...(madeWith && { madeWith }) };
  throw new CryptosyncError(
    'PLAN_CHANGED',
    `the vault of ${nameOf(request.layout)} in ${profile.encryptedDir} was changed or taken away while it was installed`,
  );
}
