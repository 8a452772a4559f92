import Link from 'next/link';
import { type Actor, listAlarms, portalContext } from '#server/portal.ts';
import { Banner } from './components/ui/banner.tsx';

const bytesOfGiB = 1024 ** 3;

/** What waits for an auditor or an administrator, on every page; nothing for anybody else. */
export async function DeskAlarms({ actor }: { actor: Actor }) {
  const { disk, kept, lifts } = await listAlarms(await portalContext(), actor);
  if (!disk && kept === 0 && lifts === 0) return null;
  return (
    <div className="mb-6 grid gap-3">
      {disk && (
        <Banner tone="danger" title="The disk of the recordings is nearly full">
          It has {gibText(disk.freeBytes)} free, and the settings leave {gibText(disk.leastBytes)} free. No session
          begins that must be recorded; those that run go on. Make room there
          {actor.person.roles.includes('admin') ? (
            <>
              , or let less be left free in the{' '}
              <Link href="/settings" className="underline">
                settings
              </Link>
              .
            </>
          ) : (
            ', or ask an administrator.'
          )}
        </Banner>
      )}
      {kept > 0 && (
        <Banner tone="warn">
          <Link href="/sessions?recording=kept" className="underline">
            {kept === 1 ? 'One recording was' : `${kept} recordings were`} not deleted in time
          </Link>
          , because {kept === 1 ? 'it' : 'each of them'} cannot be proven whole, or could not be removed.
        </Banner>
      )}
      {lifts > 0 && (
        <Banner>
          <Link href="/sessions?recording=held" className="underline">
            {lifts === 1 ? 'Somebody asks' : `There are ${lifts} requests`} to lift a hold
          </Link>
          . A second person has to agree.
        </Banner>
      )}
    </div>
  );
}

function gibText(bytes: number): string {
  const gib = bytes / bytesOfGiB;
  return `${Number.isInteger(gib) ? gib : gib.toFixed(1)} GiB`;
}
